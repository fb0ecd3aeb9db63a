"""A folder of trunks on another machine, over SSH: what `sip_trunk.receiver` lets be done there.

ssh(1) is started with a fixed command, which the far side's forced command replaces; values travel as JSON over its
standard input and are part of no command. The host must be known; nothing is asked of a person.
"""

from __future__ import annotations

import json
import os
import select
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict
from typing import Any

from sip_trunk.errors import TrunkError
from sip_trunk.receiver import MOST_BYTES
from sip_trunk.revisions import Past, Revision, Step, TrunksBusyError, revision_named
from telephony.trunk_settings import SshTo

ANSWER_S = 30.0  # for one answer, the disk of the far side included
END_S = 5.0
PIECE = 65_536
FORCED = "hotline-trunk-receive"  # what the far side's authorized_keys sets instead (docs/trunks.md)


def command(to: SshTo, program: str = "ssh") -> tuple[str, ...]:
    """Without a person's own configuration; a dead connection is noticed within a quarter of a minute."""
    options = (
        "BatchMode=yes", "StrictHostKeyChecking=yes", f"UserKnownHostsFile={to.known_hosts}", "IdentitiesOnly=yes",
        "ConnectTimeout=10", "ServerAliveInterval=5", "ServerAliveCountMax=3", "ClearAllForwardings=yes",
    )  # fmt: skip
    given = [word for option in options for word in ("-o", option)]
    return (program, "-F", "none", "-T", *given, "-i", to.key, "-p", str(to.port), "-l", to.user, "--", to.host, FORCED)


class _Link:
    """One connection. All may raise TrunkError."""

    def __init__(self, node: str, argv: Sequence[str]) -> None:
        self._node = node
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the connection
        self._left = b""
        try:
            self._process = subprocess.Popen(  # noqa: S603 - a fixed command, and settings that can be no options
                argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._said, bufsize=0
            )
        except OSError as error:
            self._said.close()
            raise TrunkError(f"{node}: {argv[0]} does not start: {error.strerror}") from None

    def ask(self, do: str, **values: object) -> Any:
        """Errors: TrunkError, TrunksBusyError."""
        assert self._process.stdin
        line = json.dumps({"do": do, **values}, ensure_ascii=False).encode() + b"\n"
        try:
            while line:
                line = line[self._process.stdin.write(line) or 0 :]
        except OSError:
            raise self._lost() from None
        try:
            answer = json.loads(self._line(time.monotonic() + ANSWER_S))
        except ValueError:
            answer = None
        if not isinstance(answer, dict) or not answer.keys() & {"ok", "busy", "wrong"}:
            raise TrunkError(f"{self._node}: what answers there is no `hotline trunk receive` (docs/trunks.md)")
        if "busy" in answer:
            raise TrunksBusyError(f"{self._node}: {answer['busy']}")
        if "wrong" in answer:
            raise TrunkError(f"{self._node}: {answer['wrong']}")
        return answer["ok"]

    def _line(self, deadline: float) -> bytes:
        assert self._process.stdout
        out = self._process.stdout.fileno()
        parts = [self._left]
        while b"\n" not in parts[-1]:
            ready, _, _ = select.select([out], [], [], max(0.0, deadline - time.monotonic()))
            piece = os.read(out, PIECE) if ready else b""
            if not piece or sum(map(len, parts)) > MOST_BYTES:
                raise self._lost()
            parts.append(piece)
        line, _, self._left = b"".join(parts).partition(b"\n")
        return line

    def _lost(self) -> TrunkError:
        """Why, as ssh said it last."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(END_S)
        self._said.seek(0)
        lines = self._said.read(PIECE).decode("utf-8", "replace").strip().splitlines()
        said = "".join(each for each in lines[-1] if each.isprintable())[:200] if lines else "no answer"
        return TrunkError(f"{self._node} cannot be reached over SSH: {said}")

    def close(self) -> None:
        """The far side frees what it held as soon as nobody asks any more."""
        assert self._process.stdin
        assert self._process.stdout
        with suppress(OSError):
            self._process.stdin.close()
        try:
            self._process.wait(END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()
        self._said.close()


class RemoteFolder:
    """`sip_trunk.revisions.Folder` at the other end of `argv`: one connection while held, else one for each word."""

    def __init__(self, node: str, argv: Sequence[str]) -> None:
        self._node = node
        self._argv = tuple(argv)
        self._link: _Link | None = None

    @contextmanager
    def held(self) -> Iterator[None]:
        link = _Link(self._node, self._argv)
        try:
            link.ask("hold")
            self._link = link
            yield
        finally:
            self._link = None
            link.close()

    def current(self) -> Revision | None:
        return self._named(self._ask("current"))

    def known(self) -> tuple[Revision, ...]:
        return tuple(found for each in self._ask("known") if (found := self._named(each)))

    def source(self, revision: Revision) -> str:
        return str(self._ask("source", revision=str(revision)))

    def keep(self, texts: Mapping[str, str]) -> Revision:
        kept = self._named(self._ask("keep", texts=dict(texts)))
        if kept is None:
            raise TrunkError(f"{self._node}: no revision was kept")
        return kept

    def begin(self, step: Step) -> None:
        self._ask("begin", step=asdict(step))

    def unfinished(self) -> Step | None:
        found = self._ask("unfinished")
        return Step(**found) if found else None

    def switch(self, revision: Revision | None) -> None:
        self._ask("switch", revision=str(revision) if revision else None)

    def end(self, past: Past) -> None:
        self._ask("end", past=asdict(past))

    def history(self) -> tuple[Past, ...]:
        return tuple(Past(**each) for each in self._ask("history"))

    def _ask(self, do: str, **values: object) -> Any:
        if self._link:
            return self._link.ask(do, **values)
        link = _Link(self._node, self._argv)
        try:
            return link.ask(do, **values)
        finally:
            link.close()

    @staticmethod
    def _named(name: str | None) -> Revision | None:
        return revision_named(name) if name else None
