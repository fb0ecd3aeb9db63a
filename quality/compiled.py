"""Numba, where it is installed and works: a decorator for compiled functions whose machine code is kept on the disk.

The cache lies under HOTLINE_DATA, else under the user's cache folder, apart for each version of the sources: Numba
itself looks at one file's date only, and functions here call those of other files. Never under /tmp: what is read
from a cache is run.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

SOURCES = (
    "compiled.py",
    "packet_records.py",
    "fast_decode.py",
    "fast_events.py",
    "fast_rtcp.py",
    "fast_ring.py",
    "fast_streams.py",
    "fast_table.py",
    "payload_formats.py",
)


def cache_folder() -> Path:
    """Where the machine code of these sources belongs."""
    digest = hashlib.sha256()
    for name in SOURCES:
        digest.update((Path(__file__).parent / name).read_bytes())
    data = os.environ.get("HOTLINE_DATA")
    if data:
        root = Path(data) / "cache"
    else:
        root = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "hotline"
    return (root / f"numba-{digest.hexdigest()[:16]}").absolute()


def compiled(function: Callable[..., Any]) -> Any:
    """Compile at the first call, without the interpreter's lock; kept on the disk where that can be written.

    Errors: ImportError without Numba.
    """
    from numba import njit

    # Without counting references to tables: nothing is allocated, and the counting took half the time.
    options: dict[str, Any] = {"nogil": True, "error_model": "numpy", "_nrt": False}
    try:
        return njit(cache=True, **options)(function)
    except RuntimeError:  # no place for a cache
        return njit(**options)(function)
