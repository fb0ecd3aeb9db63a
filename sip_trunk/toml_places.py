"""Where each key of a TOML 1.0 text stands. tomllib reads the values and tells no places."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sip_trunk.errors import Place

Path = tuple[str | int, ...]

_SKIP = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_BLANK = re.compile(r"[ \t]*")
_STRING = re.compile(
    r'"""(?:[^\\]|\\.)*?"{3,5}|' r"'''.*?'{3,5}|" r'"(?:[^"\\\n]|\\.)*"|' r"'[^'\n]*'",
    re.DOTALL,
)
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_SCALAR = re.compile(r"[^,\]}#\n]*")
_ESCAPE = re.compile(r'\\(u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|["\\bfnrt])')
_SHORT = {'"': '"', "\\": "\\", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


def places(text: str) -> dict[Path, Place]:
    """Key path → place of its key (of a list's item: of its first character). `text` is TOML that tomllib has read."""
    scanner = _Scanner(text)
    return dict(scanner.document())


def nearest(known: dict[Path, Place], where: Path) -> Place:
    """The place of `where`, or of the nearest thing around it that has one."""
    for length in range(len(where), 0, -1):
        if found := known.get(where[:length]):
            return found
    return Place(1, 1)


class _Scanner:
    """Walks over the text once; what is valid needs no second look."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._line, self._line_start, self._counted = 1, 0, 0
        self._items: dict[Path, int] = {}  # how many tables each [[array]] has so far

    def document(self) -> Iterator[tuple[Path, Place]]:
        table: Path = ()
        self._skip()
        while self._at < len(self._text):
            if self._text[self._at] == "[":
                place = self._place()
                table = self._header()
                if table[-1] == 0:
                    yield table[:-1], place  # the list itself
                yield table, place
            else:
                yield from self._pair(table)
            self._skip()

    def _header(self) -> Path:
        many = self._text.startswith("[[", self._at)
        self._at += 2 if many else 1
        keys = [key for key, _ in self._keys("]")]
        self._at += 2 if many else 1
        path: Path = ()
        for key in keys[:-1]:
            path = self._inside((*path, key))
        path = (*path, keys[-1])
        if not many:
            return path
        self._items[path] = self._items.get(path, -1) + 1
        return (*path, self._items[path])

    def _inside(self, path: Path) -> Path:
        """`[a.b]` below `[[a]]` belongs to the latest `a`."""
        return (*path, self._items[path]) if path in self._items else path

    def _pair(self, table: Path) -> Iterator[tuple[Path, Place]]:
        path = table
        for key, place in self._keys("="):
            path = (*path, key)
            yield path, place
        self._at += 1
        yield from self._value(path)

    def _keys(self, end: str) -> Iterator[tuple[str, Place]]:
        while True:
            self._blank()
            place = self._place()
            yield self._key(), place
            self._blank()
            if self._text[self._at] == end:
                return
            self._at += 1  # the dot

    def _key(self) -> str:
        if quoted := _STRING.match(self._text, self._at):
            self._at = quoted.end()
            inner = quoted[0][1:-1]
            return _ESCAPE.sub(_unescaped, inner) if quoted[0][0] == '"' else inner
        bare = _BARE.match(self._text, self._at)
        assert bare, "tomllib has read this"
        self._at = bare.end()
        return bare[0]

    def _value(self, path: Path) -> Iterator[tuple[Path, Place]]:
        self._blank()
        if self._text[self._at] == "[":
            yield from self._list(path)
        elif self._text[self._at] == "{":
            yield from self._inline(path)
        else:
            found = _STRING.match(self._text, self._at) or _SCALAR.match(self._text, self._at)
            assert found, "the empty string matches"
            self._at = found.end()

    def _list(self, path: Path) -> Iterator[tuple[Path, Place]]:
        index = 0
        while self._next("]"):
            yield (*path, index), self._place()
            yield from self._value((*path, index))
            index += 1

    def _inline(self, path: Path) -> Iterator[tuple[Path, Place]]:
        while self._next("}"):
            yield from self._pair(path)

    def _next(self, end: str) -> bool:
        """Past `[`, `{` or a comma; whether there is another item before `end`, past which it is then."""
        if self._text[self._at] in "[{":
            self._at += 1
        self._skip()
        if self._text[self._at] == ",":
            self._at += 1
            self._skip()
        if self._text[self._at] != end:
            return True
        self._at += 1
        return False

    def _skip(self) -> None:
        found = _SKIP.match(self._text, self._at)
        assert found, "the empty string matches"
        self._at = found.end()

    def _blank(self) -> None:
        found = _BLANK.match(self._text, self._at)
        assert found, "the empty string matches"
        self._at = found.end()

    def _place(self) -> Place:
        """Of where we are; counts each line once, however long the text."""
        while (end := self._text.find("\n", self._counted, self._at)) >= 0:
            self._line, self._line_start, self._counted = self._line + 1, end + 1, end + 1
        return Place(self._line, self._at - self._line_start + 1)


def _unescaped(found: re.Match[str]) -> str:
    code = found[1]
    return _SHORT[code] if code in _SHORT else chr(int(code[1:], 16))
