"""The embedded Asterisk: one node run by us, all of it below one folder, without root."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import tempfile
from contextlib import suppress
from pathlib import Path

from telephony.asterisk.config import NodeConfig, render
from telephony.asterisk.debian_tree import PackagesError, run
from telephony.asterisk.install import AsteriskProgram
from telephony.child import Child, end_leftover

START_S = 30.0
LONGEST_SOCKET_FOLDER = 80  # a UNIX socket's path ends at 107 bytes [unix(7)]
FOLDERS = ("etc", "lib/keys", "db", "spool", "log/cel-custom", "run")


class AsteriskError(Exception):
    """The embedded Asterisk does not run; the message says why and what to do."""


class EmbeddedAsterisk:
    def __init__(self, program: AsteriskProgram, node: NodeConfig, templates: Path) -> None:
        self.program = program
        self.node = node
        self._templates = templates
        self._folder = node.folder.absolute()
        self._child: Child | None = None
        self._short: Path | None = None

    async def start(self) -> None:
        """Write the configuration, start, and return once Asterisk has fully booted. Errors: AsteriskError."""
        for folder in FOLDERS:
            (self._folder / folder).mkdir(parents=True, exist_ok=True)
        await end_leftover(self._pid_file, "asterisk.conf")
        self._check_ports()
        self._write()
        self._child = await Child.start(
            "asterisk", [*self._argv(), "-f"], log=self._folder / "log/console.log", pid_file=self._pid_file
        )
        try:
            await asyncio.wait_for(self._booted(), START_S)
        except TimeoutError:
            await self.stop()
            raise AsteriskError(f"Asterisk was not ready after {START_S:.0f} s:\n{self._last_words()}") from None
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        if self._child:
            await self._child.stop()
            self._child = None
        if self._short:
            shutil.rmtree(self._short.parent, ignore_errors=True)
            self._short = None

    async def kill(self) -> None:
        """As a crash would."""
        assert self._child
        os.kill(self._child.pid, 9)
        await self._child.wait()

    @property
    def running(self) -> bool:
        return self._child is not None and self._child.returncode is None

    async def command(self, text: str) -> str:
        """What the command line of this Asterisk answers (`core show channels`). Errors: AsteriskError."""
        try:
            return await run(*self._argv(), "-rx", text)
        except PackagesError as error:
            raise AsteriskError(str(error)) from None

    # -- starting -----------------------------------------------------------------------------------------------

    @property
    def _pid_file(self) -> Path:
        return self._folder / "run/hotline-asterisk.pid"

    def _argv(self) -> list[str]:
        return [*self.program.argv, "-C", str(self._folder / "etc/asterisk.conf")]

    def _write(self) -> None:
        texts = render(
            self.node,
            templates=self._templates,
            modules=self.program.modules,
            data=self.program.data,
            run=self._run_folder(),
            music=self.program.music,
        )
        for name, text in texts.items():
            path = self._folder / "etc" / name
            new = path.with_suffix(".new")
            new.touch(mode=0o600)
            new.write_text(text, "utf-8")
            new.replace(path)

    def _run_folder(self) -> Path:
        """Where the control socket lies; a long folder gets a short name."""
        folder = self._folder / "run"
        if len(os.fsencode(folder)) <= LONGEST_SOCKET_FOLDER:
            return folder
        self._short = Path(tempfile.mkdtemp(prefix="hotline-")) / "run"
        self._short.symlink_to(folder)
        return self._short

    def _check_ports(self) -> None:
        node = self.node
        for kind, host, port, what in (
            (socket.SOCK_DGRAM, node.sip_host, node.sip_port, "SIP"),
            (socket.SOCK_STREAM, node.ami_host, node.ami_port, "AMI"),
        ):
            with socket.socket(socket.AF_INET, kind) as probe:
                if kind == socket.SOCK_STREAM:
                    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind((host, port))
                except OSError as error:
                    raise AsteriskError(
                        f"{what} port {host}:{port} cannot be used ({error.strerror}): stop what has it, or set another"
                    ) from None

    async def _booted(self) -> None:
        while True:
            if self._child and self._child.returncode is not None:
                raise AsteriskError(f"Asterisk ended with status {self._child.returncode}:\n{self._last_words()}")
            with suppress(AsteriskError):
                if "fully booted" in (await self.command("core waitfullybooted")).lower():
                    return
            await asyncio.sleep(0.1)

    def _last_words(self) -> str:
        lines: list[str] = []
        for log in ("log/console.log", "log/messages.log"):
            with suppress(OSError):
                lines += (self._folder / log).read_text("utf-8", "replace").splitlines()[-8:]
        return "\n".join(lines)
