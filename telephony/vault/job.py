"""`python -m telephony.vault.job`: make one sealed recording of what Asterisk has left, with little of the machine.

A process of its own, so that nothing in a file can do harm to the server: what is wanted comes as JSON on the standard
input (the key among it, which no list of processes shows), the facts leave on the standard output.
"""

from __future__ import annotations

import base64
import json
import os
import resource
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from telephony.vault.talk import NothingRecordedError, Source, Talk
from telephony.vault.vault import Spans, write

MOST_MEMORY = 1 << 30  # bytes of address space
NICE = 19


@dataclass(frozen=True, slots=True)
class Job:
    """`sources`: paths and at which byte their samples begin; `out` is written with the key."""

    name: str
    key: bytes
    out: Path
    sources: tuple[tuple[str, int], ...]
    rate_hz: int
    begun_at: float
    muted: Spans = ()

    def as_json(self) -> str:
        fields = asdict(self) | {"key": base64.b64encode(self.key).decode(), "out": str(self.out)}
        return json.dumps(fields)

    @classmethod
    def parse(cls, text: str) -> Job:
        known = json.loads(text)
        known["key"], known["out"] = base64.b64decode(known["key"]), Path(known["out"])
        known["sources"] = tuple((path, begin) for path, begin in known["sources"])
        known["muted"] = tuple((begin, end) for begin, end in known["muted"])
        return cls(**known)


def make(job: Job) -> str:
    """The facts as JSON; what is written is on the disk then. Empty where no sound is. Errors: OSError, ValueError."""
    sources = [Source(Path(path), begin) for path, begin in job.sources]
    try:
        talk = Talk(sources, job.rate_hz, job.begun_at, job.muted)
    except NothingRecordedError:
        return ""
    with os.fdopen(os.open(job.out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
        write(out, job.key, job.name, talk.facts, talk.wav())
        out.flush()
        os.fsync(out.fileno())
    return json.dumps(asdict(talk.facts))


def main() -> int:
    os.nice(NICE)
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core dump would hold key and sound
    try:
        sys.stdout.write(make(Job.parse(sys.stdin.read())))
    except (OSError, ValueError, MemoryError) as error:
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
