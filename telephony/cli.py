"""The command line: `hotline …`. Every error a user can mend is one clear line, without a trace."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

CONFIG = Path("config/hotline.toml")


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


def data_folder() -> Path:
    """Everything the hotline writes lies below this folder."""
    return Path(os.environ.get("HOTLINE_DATA", ".hotline")).absolute()
