"""`hotline clean-demo`: remove what the demo has written, and nothing else."""

from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path

from telephony.demo.demo import only_one

OURS = (
    "asterisk", "asterisk-tree", "log", "postgres", "prompts", "voices", "ports.json", "secrets.json", "server.toml",
    "browser", "screenshots", "closures.json", "closures.lock", "outages.json", "outages.lock", "server.pid",
    "once", "tools", "node-2", "node-3", "node-4", "said", "calendar.yaml", "flows", "recordings",
    "vault", "vault-keys", "receipts.key", "erased.jsonl", "exports",
    "second-factor.key", "audit.key", "audit.spool", "facts.spool", "tls", "messages",
)  # fmt: skip
UNFINISHED = (".part", ".new", ".lock")  # of one of ours, after a crash


def clean(data: Path) -> None:
    """Errors: DemoError while a demo runs there."""
    if not data.exists():
        return
    with only_one(data):
        for path in filter(_is_ours, list(data.iterdir())):
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
    (data / "demo.lock").unlink(missing_ok=True)
    with suppress(OSError):  # something of somebody else's lies there: leave it
        data.rmdir()


def _is_ours(path: Path) -> bool:
    return path.name in OURS or (path.suffix in UNFINISHED and path.stem in OURS)
