"""Environments of other people's Python programs for the tests, each named by its lock, whole or not there at all."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

from tests.tools import data_folder


def environment(lock: Path) -> Path:
    return data_folder() / "tools" / f"{lock.stem}-{hashlib.sha256(lock.read_bytes()).hexdigest()[:12]}"


def is_whole(lock: Path) -> bool:
    return (environment(lock) / "whole").exists()


def install(lock: Path) -> None:
    """Errors: subprocess.CalledProcessError."""
    wanted = environment(lock)
    if is_whole(lock):
        return
    shutil.rmtree(wanted, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", wanted], check=True)
    pip = [str(wanted / "bin/python"), "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-deps"]
    subprocess.run([*pip, "--require-hashes", "-r", str(lock)], check=True)
    (wanted / "whole").touch()
