"""`trunks.toml`: read, checked, and told what is wrong with line and column; its JSON Schema for editors."""

from __future__ import annotations

import re
import stat
import tomllib
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from sip_trunk.checks import check
from sip_trunk.errors import Finding, Place, TrunkFileError
from sip_trunk.model import TrunkSet
from sip_trunk.toml_places import nearest, places

MAX_BYTES = 16 * 1024 * 1024  # 10,000 numbers take less than 1 MB
_BAD_TOML = re.compile(r"(?P<what>.*) \(at line (?P<line>\d+), column (?P<column>\d+)\)")

_ADAPTER = TypeAdapter(TrunkSet)


def load(path: Path) -> TrunkSet:
    """The trunks in a file. Errors: TrunkFileError with all that is wrong."""
    return parse(text_of(path), path.name)


def parse(text: str, name: str) -> TrunkSet:
    """The same of a text; `name` is how findings call it."""
    tree = _toml(text, name)
    where = places(text)
    try:
        trunks = _ADAPTER.validate_python(tree, strict=False)
    except ValidationError as error:
        raise TrunkFileError(
            name,
            [
                Finding(nearest(where, each["loc"]), f"{'.'.join(map(str, each['loc']))}: {each['msg']}")
                for each in error.errors(include_input=False, include_url=False, include_context=False)
            ],
        ) from None
    if wrong := [Finding(nearest(where, problem.where), problem.message) for problem in check(trunks)]:
        raise TrunkFileError(name, wrong)
    return trunks


def text_of(path: Path) -> str:
    """A regular file of UTF-8 of a bearable size. Errors: TrunkFileError."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # a pipe would let us wait for ever
            raise TrunkFileError(str(path), [Finding(Place(1, 1), "is not a file")])
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise TrunkFileError(str(path), [Finding(Place(1, 1), f"cannot be read: {error.strerror}")]) from None
    if len(raw) > MAX_BYTES:
        raise TrunkFileError(path.name, [Finding(Place(1, 1), f"is larger than {MAX_BYTES >> 20} MiB")])
    try:
        return raw.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line, start = raw.count(b"\n", 0, error.start) + 1, raw.rfind(b"\n", 0, error.start)
        raise TrunkFileError(path.name, [Finding(Place(line, error.start - start), "is not UTF-8")]) from None


def json_schema() -> dict[str, object]:
    """JSON Schema (2020-12) of `trunks.toml`."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **_ADAPTER.json_schema()}


def _toml(text: str, name: str) -> dict[str, object]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = _BAD_TOML.fullmatch(str(error))
        place = Place(int(found["line"]), int(found["column"])) if found else _end(text)
        raise TrunkFileError(name, [Finding(place, f"is not TOML: {found['what'] if found else error}")]) from None
    except RecursionError:
        raise TrunkFileError(name, [Finding(Place(1, 1), "is nested too deeply")]) from None


def _end(text: str) -> Place:
    return Place(text.count("\n") + 1, len(text) - text.rfind("\n"))
