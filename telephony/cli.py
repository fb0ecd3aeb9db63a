"""The command line: `hotline …`. Every error a user can mend is one clear line, without a trace."""

from __future__ import annotations

import argparse
import asyncio
import errno
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from telephony import (
    appointments_cli,
    audit_cli,
    complaint_cli,
    customer_cli,
    database_cli,
    flow_cli,
    guidance_cli,
    outage_cli,
    outbox_cli,
    privacy_cli,
    quality_cli,
    recordings_cli,
    route_cli,
    survey_cli,
    trunk_cli,
    user_cli,
)
from telephony.shipped import CONFIG_FOLDER

CONFIG = CONFIG_FOLDER / "hotline.toml"


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status: 0 done, 1 something has to be mended, 2 the call itself was wrong, 130 interrupted."""
    parser = _parser()
    chosen = parser.parse_args(arguments)
    try:
        return int(chosen.run(chosen))
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        if all(isinstance(each, BrokenPipeError) for each in _causes(error)):
            # Whoever read our output has gone: nobody is left to complain to.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 1
        if not (words := _plainly(error)):
            raise
        sys.stderr.write(f"hotline: {words}\n")
        return 1


_OURS = frozenset({"telephony", "ivr_flows", "quality", "sip_trunk"})


def _causes(error: BaseException) -> list[BaseException]:
    """What is inside of task groups' errors; the first is why the other tasks were cancelled."""
    if isinstance(error, BaseExceptionGroup):
        return [cause for each in error.exceptions for cause in _causes(each)]
    return [error]


def _plainly(error: BaseException) -> str:
    """What a person can do something about, in words; empty for a bug of ours, which deserves its trace."""
    if isinstance(error, BaseExceptionGroup):
        words = [_plainly(each) for each in _causes(error)]
        return words[0] if all(words) else ""
    if isinstance(error, OSError) and error.filename and error.strerror:
        return f"{os.fsdecode(error.filename)}: {error.strerror}"
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return f"{error.strerror}: make room, or set HOTLINE_DATA to a folder elsewhere"
    return str(error) if type(error).__module__.split(".")[0] in _OURS else ""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="hotline", description="The telephone side of a telecom operator's service.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    serve = _command(commands, "serve", _serve, "run the server beside an Asterisk and a PostgreSQL of your own")
    serve.add_argument("--config", type=Path, action="append", metavar="FILE", help="settings; later files win")
    _command(commands, "setup", _setup, "fetch and make what the hotline needs on this machine")
    demo = _command(commands, "demo", _demo, "run everything on this machine with simulated people")
    demo.add_argument("--once", action="store_true", help="one general and one accessibility call, then stop")
    demo.add_argument("--json", action="store_true", help="with --once: print the facts as one JSON document")
    demo.add_argument("--page", choices=("auto", "chromium", "client"), default="auto", help="the consultant's page")
    demo.add_argument("--screenshot", type=Path, metavar="FILE", help="with --once in Chromium: a picture of the pop")
    demo.add_argument(
        "--every", type=float, default=16.0, metavar="SECONDS", help="a customer calls so often, on the average"
    )
    demo.add_argument("--nodes", type=int, default=1, metavar="N", help="so many Asterisk nodes (default: 1)")
    doctor = _command(commands, "doctor", _doctor, "say what is right on this machine, what is wrong, how to mend it")
    doctor.add_argument("--config", type=Path, action="append", metavar="FILE", help="settings a server shall use")
    doctor.add_argument("--json", action="store_true", help="the findings as one JSON document")
    own = _command(commands, "asterisk-config", _asterisk_config, "write what an Asterisk of your own needs, to review")
    own.add_argument("folder", type=Path, metavar="FOLDER", help="where to write the files")
    own.add_argument("--config", type=Path, action="append", metavar="FILE", help="settings: numbers, agi_listen")
    own.add_argument("--name", default="node-1", help="its systemname (default: %(default)s)")
    own.add_argument(
        "--trunk", action="append", default=[], metavar="NAME=ADDRESS[=sip:HOST:PORT]",
        help="a carrier, known by its address or network; with where to send calls out",
    )  # fmt: skip
    own.add_argument("--agent", action="append", default=[], metavar="NAME", help="a consultant's phone")
    own.add_argument("--sip", default="0.0.0.0:5060", metavar="HOST:PORT", help="default: %(default)s")
    own.add_argument("--ami-port", type=int, default=5038, metavar="PORT", help="default: %(default)s")
    own.add_argument("--ami-host", default="127.0.0.1", metavar="HOST", help="where it listens (default: %(default)s)")
    own.add_argument("--server", default="127.0.0.1", metavar="ADDRESS", help="whence the server logs in")
    own.add_argument("--peer", action="append", default=[], metavar="NAME=HOST:PORT", help="another node, by its SIP")
    own.add_argument("--pages", default="", metavar="WSS-URL", help="where phones in pages connect, wss://HOST:PORT/ws")
    own.add_argument("--pages-certificate", type=Path, metavar="FILE", help="of that name, PEM, readable by Asterisk")
    own.add_argument("--pages-key", type=Path, metavar="FILE", help="its key, PEM")
    own.add_argument("--secrets", type=Path, metavar="FILE", help="one for all nodes (default: FOLDER/secrets.json)")
    customer_cli.add(commands, CONFIG)
    flow_cli.add(commands, CONFIG.parent, data_folder())
    outage_cli.add(commands, data_folder())
    guidance_cli.add(commands, CONFIG)
    route_cli.add(commands, CONFIG)
    user_cli.add(commands, CONFIG)
    audit_cli.add(commands, CONFIG)
    outbox_cli.add(commands, CONFIG)
    privacy_cli.add(commands, CONFIG)
    database_cli.add(commands, CONFIG)
    recordings_cli.add(commands, CONFIG)
    survey_cli.add(commands, CONFIG)
    appointments_cli.add(commands, CONFIG)
    quality_cli.add(commands, CONFIG)
    complaint_cli.add(commands, CONFIG)
    trunk_cli.add(commands, CONFIG)
    _command(commands, "clean-demo", _clean_demo, "remove all that the demo has written")
    _command(commands, "version", _version, "print the version")
    return parser


def _command(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    name: str,
    run: Callable[[argparse.Namespace], int],
    summary: str,
) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=summary, description=f"{summary[0].upper()}{summary[1:]}.")
    command.set_defaults(run=run)
    return command


def _serve(chosen: argparse.Namespace) -> int:
    from telephony import logs, serving, settings

    logs.configure()
    asyncio.run(serving.serve(settings.load(chosen.config or [CONFIG])))
    return 0


def _setup(_: argparse.Namespace) -> int:
    from telephony.demo.setup import prepare

    asyncio.run(prepare(tools_folder()))
    return 0


def _demo(chosen: argparse.Namespace) -> int:
    from telephony import logs
    from telephony.demo import demo, once

    logs.configure(quiet=not chosen.once)
    if chosen.once:
        how = once.How(chosen.page, chosen.screenshot, as_json=chosen.json)
        return asyncio.run(once.run(data_folder(), tools_folder(), CONFIG.parent, how))
    live = demo.run(data_folder(), tools_folder(), CONFIG.parent, between_calls_s=chosen.every, nodes=chosen.nodes)
    return asyncio.run(live)


def _doctor(chosen: argparse.Namespace) -> int:
    from telephony import logs
    from telephony.doctor import doctor

    logs.configure(quiet=True)
    examined = doctor.run(data_folder(), tools_folder(), CONFIG, chosen.config or (), json=chosen.json)
    return asyncio.run(examined)


def _asterisk_config(chosen: argparse.Namespace) -> int:
    from telephony import own_asterisk, settings

    host, _, port = chosen.sip.rpartition(":")
    wanted = own_asterisk.Wanted(
        chosen.name,
        chosen.folder.absolute(),
        tuple(map(own_asterisk.trunk, chosen.trunk)),
        tuple(chosen.agent),
        host,
        int(port) if port.isdigit() else 0,
        chosen.ami_host,
        chosen.ami_port,
        chosen.server,
        tuple(map(own_asterisk.peer, chosen.peer)),
        own_asterisk.pages(chosen.pages, chosen.pages_certificate, chosen.pages_key),
        chosen.secrets,
    )
    done = own_asterisk.write(settings.load(chosen.config or [CONFIG]), wanted, CONFIG.parent / "asterisk")
    sys.stdout.write("\n".join(done) + "\n")
    return 0


def _clean_demo(_: argparse.Namespace) -> int:
    from telephony.demo.clean import clean

    clean(data_folder())
    return 0


def _version(_: argparse.Namespace) -> int:
    from importlib.metadata import version

    sys.stdout.write(f"hotline {version('hotline')}\n")
    return 0


def data_folder() -> Path:
    """Everything the hotline writes lies below this folder."""
    return Path(os.environ.get("HOTLINE_DATA") or ".hotline").absolute()


def tools_folder() -> Path:
    """What was fetched and made once and is only read afterwards: Asterisk, prompts, voices."""
    return Path(os.environ.get("HOTLINE_TOOLS") or data_folder()).absolute()
