"""A real sshd(8) on 127.0.0.1, for whoever runs the tests and with a forced command alone.

As root it would want an account and a folder of its own: there it runs in a namespace where it is somebody else.
"""

from __future__ import annotations

import asyncio
import os
import pwd
import shlex
import shutil
import subprocess
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from telephony.trunk_settings import SshTo
from tests import tools
from tests.ports import free_port

CONFIG = """\
ListenAddress 127.0.0.1
Port {port}
HostKey {folder}/host
AuthorizedKeysFile {folder}/authorized
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
"""
SOMEBODY = 1000  # the number root goes by in the namespace


@asynccontextmanager
async def sshd(folder: Path, forced: Sequence[str | Path]) -> AsyncIterator[SshTo]:
    """How it is reached, and its `forced` command run whatever is asked for."""
    port = free_port()
    for name in ("host", "key"):
        _made(folder / name)
    line = shlex.join(map(str, forced)).replace('"', '\\"')
    (folder / "authorized").write_text(f'restrict,command="{line}" {(folder / "key.pub").read_text()}', "utf-8")
    (folder / "known").write_text(f"[127.0.0.1]:{port} {(folder / 'host.pub').read_text()}", "utf-8")
    (folder / "config").write_text(CONFIG.format(port=port, folder=folder) + _split(), "utf-8")
    argv, user = _somebody(folder, [str(tools.sshd()), "-D", "-e", "-f", str(folder / "config")])
    process = await asyncio.create_subprocess_exec(*argv, stderr=asyncio.subprocess.PIPE)
    try:
        assert process.stderr
        said = await asyncio.wait_for(process.stderr.readline(), 10)
        assert b"listening" in said, said + await process.stderr.read()
        yield SshTo(host="127.0.0.1", port=port, user=user, key=str(folder / "key"), known_hosts=str(folder / "known"))
    finally:
        process.terminate()
        await process.wait()


def ssh() -> str:
    """The client: the machine's, else the one that came with the server."""
    return shutil.which("ssh") or str(tools.ssh_tree() / "usr/bin/ssh")


def _made(key: Path) -> None:
    program = shutil.which("ssh-keygen") or str(tools.ssh_tree() / "usr/bin/ssh-keygen")
    subprocess.run([program, "-q", "-t", "ed25519", "-N", "", "-C", "test", "-f", key], check=True)


def _split() -> str:
    """From OpenSSH 9.8 on the server is made of several programs."""
    there = tools.ssh_tree() / "usr/lib/openssh"
    if shutil.which("sshd") or not (there / "sshd-session").exists():
        return ""
    return f"SshdSessionPath {there}/sshd-session\nSshdAuthPath {there}/sshd-auth\n"


def _somebody(folder: Path, argv: list[str]) -> tuple[list[str], str]:
    """As whom it runs."""
    if os.geteuid() != 0:
        return argv, pwd.getpwuid(os.geteuid()).pw_name
    accounts = folder / "passwd"
    accounts.write_text(f"root:x:0:0::/root:/bin/sh\nsomebody:x:{SOMEBODY}:{SOMEBODY}::/:/bin/sh\n", "utf-8")
    become = ["exec", "unshare", "--user", f"--map-user={SOMEBODY}", f"--map-group={SOMEBODY}", *argv]
    script = f"mount --bind {shlex.quote(str(accounts))} /etc/passwd && {shlex.join(become)}"
    return ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script], "somebody"
