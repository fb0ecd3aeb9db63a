"""What the machine itself brings: Python, the locked packages, phones, speech, room, time zones."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ivr_flows.speech import PEOPLE, SpeechError, speak
from quality.softphone_client import PhoneError, phone_program
from telephony.doctor.finding import Finding, right, warning, wrong

LOCK = Path(__file__).parents[2] / "requirements.lock"
ROOM_FIRST_MB, ROOM_MB = 900, 100  # before everything is downloaded, and afterwards
ZONE = "Europe/Warsaw"
_LOCKED = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;]+)(\s*;.*)?", re.MULTILINE)


def examine(data: Path) -> Iterator[Finding]:
    yield python(sys.version_info[:3])
    yield packages(LOCK)
    yield phones()
    yield speech()
    yield room(data)
    yield time_zone(ZONE)


def python(running: tuple[int, ...]) -> Finding:
    text = ".".join(map(str, running))
    if (3, 11) <= running < (3, 14):
        return right("Python", text)
    return wrong(
        "Python", f"{text} is not supported", "install Python 3.11, 3.12 or 3.13, remove .venv and `make setup`"
    )


def packages(lock: Path) -> Finding:
    """Whether what is installed is what the lock says."""
    try:
        locked = _LOCKED.findall(lock.read_text("utf-8"))
    except OSError:
        return warning("packages", "installed without the lock file beside them", "use a clone and `make setup`")
    wanted: dict[str, list[str]] = {}  # more than one version where an older Python takes an older one
    everywhere = {name for name, _, marker in locked if not marker}
    for name, each, _ in locked:
        wanted.setdefault(name, []).append(each)
    others = [
        said for name, each in wanted.items() if (said := _differs(name, each, only_somewhere=name not in everywhere))
    ]
    if others:
        return wrong("packages", f"not as locked: {', '.join(others)}", "make setup")
    return right("packages", f"{len(wanted)} locked packages")


def _differs(name: str, wanted: list[str], *, only_somewhere: bool) -> str:
    try:
        installed = version(name)
    except PackageNotFoundError:
        return "" if only_somewhere else f"{name} is missing"
    return "" if installed in wanted else f"{name} {installed} instead of {' or '.join(wanted)}"


def phones() -> Finding:
    try:
        _, kind = phone_program()
    except PhoneError as error:
        return wrong("demo's phones", str(error), "make setup")
    if kind == "pjsua2":
        return right("demo's phones", "pjsua2: real media, quality is measured in both directions")
    return warning(
        "demo's phones",
        "pyVoIP, since pjsua2-python has no wheel for this Python: all calls work, their timing is choppy",
        "quality figures mean something with Python 3.11 or 3.12 only",
    )


def speech() -> Finding:
    try:
        speak("Dzień dobry.", PEOPLE["hotline"])
    except (SpeechError, OSError) as error:
        return wrong("speech", str(error), "make setup; the package espeakng-loader brings the synthesiser")
    return right("speech", "Polish prompts can be made")


def room(data: Path) -> Finding:
    """Whether we may write to the data folder, and how much."""
    there = next(folder for folder in (data, *data.parents) if os.path.exists(folder))  # noqa: PTH110 - no error either
    if not there.is_dir():
        return wrong("data folder", f"{there} is not a folder", "set HOTLINE_DATA to a folder of your own")
    if not os.access(there, os.W_OK | os.X_OK):
        return wrong("data folder", f"{there} is not ours to write", "set HOTLINE_DATA to a folder of your own")
    free_mb = shutil.disk_usage(there).free // 1_000_000
    needed_mb = ROOM_MB if (data / "asterisk-tree").exists() else ROOM_FIRST_MB
    if free_mb < needed_mb:
        return wrong(
            "data folder",
            f"{data}: {free_mb} MB are free, {needed_mb} MB are needed",
            "make room, or set HOTLINE_DATA to a folder elsewhere",
        )
    return right("data folder", f"{data}, {free_mb / 1000:.1f} GB free")


def time_zone(name: str) -> Finding:
    try:
        ZoneInfo(name)
    except ZoneInfoNotFoundError:
        return wrong("time zones", f"no data of {name}", "apt-get install tzdata")
    return right("time zones", name)
