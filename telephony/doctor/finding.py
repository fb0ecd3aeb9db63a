"""What the doctor finds: how a thing stands, in words, and what mends it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum


class Standing(StrEnum):
    RIGHT = "right"
    WARNING = "warning"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Finding:
    topic: str
    standing: Standing
    text: str
    mend: str = ""


def right(topic: str, text: str) -> Finding:
    return Finding(topic, Standing.RIGHT, text)


def warning(topic: str, text: str, mend: str) -> Finding:
    return Finding(topic, Standing.WARNING, text, mend)


def wrong(topic: str, text: str, mend: str) -> Finding:
    return Finding(topic, Standing.WRONG, text, mend)


_MARKS = {Standing.RIGHT: "ok", Standing.WARNING: "note", Standing.WRONG: "WRONG"}
_COLOURS = {Standing.RIGHT: "32", Standing.WARNING: "33", Standing.WRONG: "1;31"}


def lines(findings: Iterable[Finding], *, colours: bool) -> Iterator[str]:
    """One line each, and one more for what mends it; then what it comes to."""
    counts = dict.fromkeys(Standing, 0)
    for finding in findings:
        counts[finding.standing] += 1
        mark = f"{_MARKS[finding.standing]:5}"
        shown = f"\033[{_COLOURS[finding.standing]}m{mark}\033[0m" if colours else mark
        first, *more = finding.text.splitlines() or [""]
        yield f"{shown}  {finding.topic:14}  {first}"
        yield from (f"{'':23}{line}" for line in more)
        if finding.mend:
            yield f"{'':23}-> {finding.mend}"
    yield ""
    if counts[Standing.WRONG]:
        yield f"{counts[Standing.WRONG]} to be mended, {counts[Standing.WARNING]} to note."
    else:
        yield f"Nothing is wrong, {counts[Standing.WARNING]} to note."


def as_json(findings: Sequence[Finding]) -> str:
    return json.dumps(
        {"healthy": healthy(findings), "findings": [asdict(finding) for finding in findings]}, ensure_ascii=False
    )


def healthy(findings: Iterable[Finding]) -> bool:
    """True when nothing is wrong; what is only worth a note does not count."""
    return all(finding.standing is not Standing.WRONG for finding in findings)
