"""A secret of this house that is made on first use and kept in a file nobody else may read."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def kept_key(path: Path) -> str:
    """The same for all servers of this data folder, however many begin at once. Errors: OSError."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        new = path.with_suffix(f".{os.getpid()}")
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(32))
        try:
            path.hardlink_to(new)  # unless another server was faster
        except FileExistsError:
            pass
        finally:
            new.unlink()
    key = path.read_text("ascii").strip()
    if not key:
        raise OSError(0, "it is empty")
    return key
