"""The programs that the acceptance tests need: the machine's own, else installed, else unpacked without root.

`python -m tests.tools` gets them all before the tests run. Chromium and SIPp from a private tree start through a small
wrapper script that names the tree's libraries and fonts.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shlex
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import playwright

from telephony.asterisk import debian_tree
from telephony.asterisk.debian_tree import PackagesError, Release, Source

ROOT = Path(__file__).parents[1]
HOST_LIBC = ("libc6", "libc-bin")  # the wrapper runs under the host's loader, which wants its own C library


@dataclass(frozen=True, slots=True)
class Tool:
    """A program: the names it goes by, the packages that bring it, and the file in them to start."""

    names: tuple[str, ...]
    packages: tuple[str, ...]
    binary: str
    check: str = "--version"
    check_status: int = 0
    apart: tuple[str, ...] = ()  # folders of libraries off the usual path
    serves: bool = False  # installing it would start a service: only unpacked


CHROMIUM = Tool(
    ("chromium", "chromium-browser", "google-chrome"),
    ("chromium", "fonts-dejavu-core", "libatomic1"),  # the last for Playwright's own Node
    "usr/lib/chromium/chromium",
    apart=("nss",),
)
SIPP = Tool(("sipp",), ("sip-tester",), "usr/bin/sipp", "-v", check_status=99)
TSHARK = Tool(("tshark",), ("tshark",), "usr/bin/tshark", apart=("wireshark",))
PROMETHEUS = Tool(("prometheus",), ("prometheus",), "usr/bin/prometheus", serves=True)
SSHD = Tool(("sshd",), ("openssh-server", "openssh-client"), "usr/sbin/sshd", "-V", serves=True)
KAMAILIO = Tool(("kamailio",), ("kamailio",), "usr/sbin/kamailio", "-v", apart=("kamailio",), serves=True)
TOOLS = (CHROMIUM, SIPP, TSHARK, PROMETHEUS, SSHD, KAMAILIO)

FONTS_CONF = """\
<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig>
  <dir>{tree}/usr/share/fonts</dir>
  <dir>/usr/share/fonts</dir>
  <cachedir>{cache}</cachedir>
</fontconfig>
"""


class ToolMissingError(RuntimeError):
    """A program is not here; the message names the command that brings it."""


def data_folder() -> Path:
    return Path(os.environ.get("HOTLINE_DATA") or ROOT / ".hotline").absolute()


def chromium() -> Path:
    """For Playwright's `executable_path`. Errors: ToolMissingError."""
    return _path(CHROMIUM)


def playwright_node() -> Path | None:
    """Playwright's Node, started with the libraries of Chromium's tree; None where the host has its own Chromium."""
    program = _path(CHROMIUM)
    if program != _wrapper(CHROMIUM, data_folder()):
        return None
    node, wrapper = Path(playwright.__file__).parent / "driver/node", data_folder() / "tools/run-node"
    libraries = ":".join(map(str, _libraries(CHROMIUM, _tree(CHROMIUM, data_folder()))))
    text = f'#!/bin/sh\nLD_LIBRARY_PATH={shlex.quote(libraries)} exec {shlex.quote(str(node))} "$@"\n'
    wrapper.write_text(text, "utf-8")
    wrapper.chmod(0o755)
    return wrapper


def sipp() -> Path:
    """Errors: ToolMissingError."""
    return _path(SIPP)


def tshark() -> Path:
    """Errors: ToolMissingError."""
    return _path(TSHARK)


def kamailio() -> list[str]:
    """The program, and where its modules lie if not in their usual place. Errors: ToolMissingError."""
    program = _path(KAMAILIO)
    if program != _wrapper(KAMAILIO, data_folder()):
        return [str(program)]
    folder = _tree(KAMAILIO, data_folder()) / f"usr/lib/{os.uname().machine}-linux-gnu/kamailio/modules"
    return [str(program), "-L", f"{folder}/"]


def prometheus() -> Path:
    """Errors: ToolMissingError."""
    return _path(PROMETHEUS)


def promtool() -> Path:
    """It comes with Prometheus. Errors: ToolMissingError."""
    if found := shutil.which("promtool"):
        return Path(found)
    program = _tree(PROMETHEUS, data_folder()) / "usr/bin/promtool"
    if not program.exists():
        raise ToolMissingError(f"promtool is not here yet: run `python -m tests.tools`, or {_advice(PROMETHEUS)}")
    return program


def sshd() -> Path:
    """Errors: ToolMissingError."""
    return _path(SSHD)


def ssh_tree() -> Path:
    """Where the other programs of OpenSSH are if the machine has none."""
    return _tree(SSHD, data_folder())


def _path(tool: Tool) -> Path:
    if found := find(tool, data_folder()):
        return found
    raise ToolMissingError(f"{tool.names[0]} is not here yet: run `python -m tests.tools`, or {_advice(tool)}")


def find(tool: Tool, data: Path) -> Path | None:
    for name in tool.names:
        # Ubuntu's chromium-browser is a stub that asks for a snap.
        if (found := shutil.which(name)) and b"snap" not in Path(found).read_bytes()[:2000]:
            return Path(found)
    return _wrapper(tool, data) if debian_tree.is_whole(_tree(tool, data), tool.packages) else None


def _tree(tool: Tool, data: Path) -> Path:
    return data / "tools" / tool.names[0]


def _wrapper(tool: Tool, data: Path) -> Path:
    return data / "tools" / f"run-{tool.names[0]}"


def _advice(tool: Tool) -> str:
    return f"as an administrator `apt-get install {' '.join(tool.packages)}`"


async def ensure(tool: Tool, data: Path, progress: Callable[[str], None]) -> Path:
    """Find the tool or get it. Errors: ToolMissingError with the one command that helps."""
    if found := find(tool, data):
        return found
    reasons: list[str] = []
    for way in (_install, _unpack) if os.geteuid() == 0 and not tool.serves else (_unpack,):
        try:
            await way(tool, data, progress)
            if found := find(tool, data):
                return await _checked(found, tool)
        except PackagesError as error:
            reasons.append(str(error))
    raise ToolMissingError(f"{tool.names[0]} cannot be had: run {_advice(tool)}\n" + "\n".join(reasons))


async def _checked(program: Path, tool: Tool) -> Path:
    """The program, if it starts. Errors: PackagesError."""
    process = await asyncio.create_subprocess_exec(
        program, tool.check, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    printed, _ = await process.communicate()
    if process.returncode != tool.check_status:
        raise PackagesError(f"{program} does not start: {printed.decode('utf-8', 'replace')[-600:]}")
    return program


async def _install(tool: Tool, data: Path, progress: Callable[[str], None]) -> None:
    progress(f"installing {' '.join(tool.packages)}")
    await debian_tree.run("apt-get", "-q", "update")
    await debian_tree.run("apt-get", "-q", "-y", "install", "--no-install-recommends", *tool.packages)


async def _unpack(tool: Tool, data: Path, progress: Callable[[str], None]) -> None:
    host = debian_tree.release()
    tree = _tree(tool, data)
    await debian_tree.fetch(tree, await debian_sources(host), tool.packages, progress, without=HOST_LIBC)
    wrapper = _wrapper(tool, data)
    fonts = data / "tools" / f"{tool.names[0]}-fonts.conf"
    fonts.write_text(FONTS_CONF.format(tree=tree, cache=data / "tools" / "font-cache"), "utf-8")
    wrapper.write_text(_script(tool, tree, fonts), "utf-8")
    wrapper.chmod(0o755)


async def debian_sources(host: Release) -> list[Source]:
    """Where the host's own suite comes from. Errors: PackagesError."""
    components = "main universe" if host.id == "ubuntu" else "main"
    return [Source(await debian_tree.mirror(host), host.codename, components, host.keyring)]


def _script(tool: Tool, tree: Path, fonts: Path) -> str:
    """A shell script that starts the tree's program with the tree's libraries and fonts."""
    return (
        "#!/bin/sh\n"
        f"export LD_LIBRARY_PATH={shlex.quote(':'.join(map(str, _libraries(tool, tree))))}\n"
        f"export FONTCONFIG_FILE={shlex.quote(str(fonts))}\n"
        f'exec {shlex.quote(str(tree / tool.binary))} "$@"\n'
    )


def _libraries(tool: Tool, tree: Path) -> list[Path]:
    machine = f"{os.uname().machine}-linux-gnu"
    folders = [tree / start / machine for start in ("usr/lib", "lib")]
    return [*folders, *(folder / apart for folder in folders[:1] for apart in (*tool.apart, "pulseaudio"))]


async def _ensure_all(names: list[str]) -> int:
    data = data_folder()
    missing = 0
    for tool in TOOLS:
        if names and tool.names[0] not in names:
            continue
        try:
            found = await ensure(tool, data, lambda text, name=tool.names[0]: print(f"{name}: {text}", flush=True))  # type: ignore[misc]
            print(f"{tool.names[0]}: {found}", flush=True)
        except ToolMissingError as error:
            print(f"{tool.names[0]}: {error}", file=sys.stderr, flush=True)
            missing += 1
    return missing


def main() -> None:
    parser = argparse.ArgumentParser(description="Find or get the programs the acceptance tests need.")
    parser.add_argument("names", nargs="*", help="only these")
    sys.exit(1 if asyncio.run(_ensure_all(parser.parse_args().names)) else 0)


if __name__ == "__main__":
    main()
