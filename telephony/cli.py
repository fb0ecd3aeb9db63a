"""The command line: `hotline …`. Every error a user can mend is one clear line, without a trace."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

_CHECKOUT = Path(__file__).parents[1] / "config"
CONFIG = (_CHECKOUT if _CHECKOUT.is_dir() else Path(__file__).parent / "_config") / "hotline.toml"


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status: 0 done, 1 something has to be mended, 2 the call itself was wrong, 130 interrupted."""
    parser = _parser()
    chosen = parser.parse_args(arguments)
    try:
        return int(chosen.run(chosen))
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        if type(error).__module__.split(".")[0] not in _OURS:
            raise
        sys.stderr.write(f"hotline: {error}\n")
        return 1


_OURS = frozenset({"telephony", "ivr_flows", "quality", "sip_trunk"})


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
    from telephony import app, logs, settings

    logs.configure()
    asyncio.run(app.serve(settings.load(chosen.config or [CONFIG])))
    return 0


def _setup(_: argparse.Namespace) -> int:
    from telephony.demo.setup import prepare

    asyncio.run(prepare(data_folder()))
    return 0


def _demo(chosen: argparse.Namespace) -> int:
    from telephony import logs
    from telephony.demo import demo, once

    logs.configure(quiet=not chosen.once)
    if chosen.once:
        how = once.How(chosen.page, chosen.screenshot, as_json=chosen.json)
        return asyncio.run(once.run(data_folder(), CONFIG.parent, how))
    return asyncio.run(demo.run(data_folder(), CONFIG.parent))


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
    return Path(os.environ.get("HOTLINE_DATA", ".hotline")).absolute()
