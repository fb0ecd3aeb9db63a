"""Give up every privilege for good: user, groups, capabilities [capabilities(7)], and new ones through exec."""

from __future__ import annotations

import ctypes
import os
from pathlib import Path

NOBODY = 65534
_NO_NEW_PRIVILEGES, _DROP_BOUNDING, _AMBIENT, _CLEAR_ALL = 38, 24, 47, 4
_CAPSET_CALL = {"x86_64": 126, "aarch64": 91}
_VERSION_3 = 0x20080522
_libc = ctypes.CDLL(None, use_errno=True)


class PrivilegesLeftError(RuntimeError):
    """Something was not given up: the process must not go on."""


def drop_privileges(user: int = NOBODY, group: int = NOBODY) -> None:
    """As root, become `user`; in any case keep no capability. Errors: PrivilegesLeftError, OSError."""
    _libc.prctl(_AMBIENT, _CLEAR_ALL, 0, 0, 0)
    for capability in range(_last_capability() + 1):
        _libc.prctl(_DROP_BOUNDING, capability, 0, 0, 0)  # as root; for others the sets below are what counts
    if os.geteuid() == 0:
        os.setgroups([])
        os.setresgid(group, group, group)
        os.setresuid(user, user, user)
    _libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    header = (ctypes.c_uint32 * 2)(_VERSION_3, 0)
    nothing = (ctypes.c_uint32 * 6)()
    _libc.syscall(_CAPSET_CALL[os.uname().machine], header, nothing)
    if left := kept():
        raise PrivilegesLeftError(f"not given up: {', '.join(left)}")


def kept(status: str | None = None) -> list[str]:
    """Which privileges this process still has, by the kernel's own word (/proc/self/status)."""
    text = Path("/proc/self/status").read_text("ascii") if status is None else status
    told = dict(line.split(":\t", 1) for line in text.splitlines() if ":\t" in line)
    sets = [name for name in ("CapInh", "CapPrm", "CapEff", "CapAmb") if int(told[name], 16)]
    root = ["root"] if "0" in told["Uid"].split() else []
    return [*sets, *root, *([] if told["NoNewPrivs"].strip() == "1" else ["NoNewPrivs"])]


def _last_capability() -> int:
    try:
        return int(Path("/proc/sys/kernel/cap_last_cap").read_text("ascii"))
    except (OSError, ValueError):
        return 40
