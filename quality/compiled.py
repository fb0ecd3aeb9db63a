"""What Numba compiles: a decorator for such functions, and where their machine code is kept on the disk.

The cache lies under HOTLINE_DATA, else under the user's cache folder, apart for each version of the sources. Never
under /tmp: what is read from a cache is run.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

SOURCES = (
    "compiled.py",
    "machine_code.py",
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
    """For `machine_code` to compile. Errors: ImportError without Numba."""
    from numba import njit

    # Without counting references to tables: nothing is allocated, and the counting took half the time.
    options: dict[str, Any] = {"nogil": True, "error_model": "numpy", "_nrt": False}
    return njit(**options)(function)
