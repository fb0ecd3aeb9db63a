"""`hotline trunk`: trunks as a reviewed file, planned, applied and rolled back."""

from __future__ import annotations

import argparse
import asyncio
import functools
import getpass
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from telephony.store_cli import Actions, say, settings_of

if TYPE_CHECKING:
    from sip_trunk.plan import Plan
    from telephony.trunk_apply import Applied, TrunkNode, Wanted
    from telephony.trunk_trial import TestCall


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser], config: Path) -> None:
    """Enter `trunk` and what belongs to it."""
    summary = "trunks: carriers, numbers and ways out, as a file under review"
    group = commands.add_parser("trunk", help=summary, description=f"{summary[0].upper()}{summary[1:]}.")
    actions = Actions(group, config)
    actions.add("schema", _schema, "print the JSON Schema of such files, for editors that complete and check them")
    for name, run, what in (
        ("check", _check, "say what is wrong with a file of trunks, with line and column"),
        ("plan", _plan, "say what applying a file would change in what Asterisk really runs"),
        ("apply", _apply, "write, reload and verify, node after node; what does not verify is rolled back"),
    ):
        parser = actions.add(name, run, what)
        parser.add_argument("file", type=Path, metavar="FILE", help="trunks.toml")
    parser.add_argument(
        "--test-call", action="store_true", help="verify with a call to each carrier's test_number, too"
    )
    trial = actions.add("test", _test, "try a trunk: endpoint, registration, OPTIONS, and a call to its test_number")
    trial.add_argument("trunk", metavar="NAME", help="as trunks.toml calls it")
    trial.add_argument("--node", metavar="NAME", help="at this [[asterisk]] alone")
    actions.add("status", _status, "carriers as they are now: registration, answers to OPTIONS, calls")
    receive = actions.add("receive", _receive, "on the far side of SSH: what `trunk_ssh` asks for (docs/trunks.md)")
    receive.add_argument("folder", type=Path, metavar="FOLDER", help="`trunks` in Asterisk's configuration folder")
    actions.add("history", _history, "what has been applied and rolled back, and why")
    back = actions.add("rollback", _rollback, "go back to an earlier revision")
    back.add_argument("revision", nargs="?", metavar="REVISION", help="as history tells it (default: the one before)")
    back.add_argument("--node", metavar="NAME", help="at this [[asterisk]] alone")


def _schema(_: argparse.Namespace) -> int:
    from sip_trunk.trunk_file import json_schema

    return say(json.dumps(json_schema(), ensure_ascii=False, indent=2))


def _check(chosen: argparse.Namespace) -> int:
    """Errors: TrunkFileError."""
    from sip_trunk import trunk_file

    trunks = trunk_file.load(chosen.file)
    counts = f"{len(trunks.trunks)} trunks, {len(trunks.dids)} numbers, {len(trunks.outbound)} rules for calls out"
    return say(f"{chosen.file.name} is good: {counts}")


def _plan(chosen: argparse.Namespace) -> int:
    from telephony.trunk_apply import planned

    async def work() -> None:
        wanted = _wanted(chosen)
        for node in _nodes(chosen):
            say(f"{node.name}: {_told(await planned(node, wanted))}")

    asyncio.run(work())
    return 0


def _apply(chosen: argparse.Namespace) -> int:
    from telephony.trunk_rollout import rolled_out, standings, told
    from telephony.trunk_trial import failed_calls

    nodes, wanted = _nodes(chosen), _wanted(chosen)
    calls = functools.partial(failed_calls, call=_calls(chosen)) if chosen.test_call else None

    async def work() -> bool:
        good = True
        async for done in rolled_out(nodes, wanted, getpass.getuser(), calls=calls):
            say(_outcome(done))
            good = not done.failed
        return good

    if asyncio.run(work()):
        return 0
    for line in told(standings(nodes, wanted)) if len(nodes) > 1 else ():
        say(line)
    return 1


def _test(chosen: argparse.Namespace) -> int:
    from telephony.trunk_nodes import chosen as only
    from telephony.trunk_trial import in_force, tried

    async def work() -> bool:
        good = True
        for node in only(_nodes(chosen), chosen.node):
            say(f"{node.name}: {chosen.trunk}")
            for check in await tried(node, in_force(node), chosen.trunk, _calls(chosen)):
                say(f"  {check.what:13}{ {True: 'good', False: 'NOT GOOD', None: '-'}[check.good]:9}{check.said}")
                good = good and check.good is not False
        return good

    return 0 if asyncio.run(work()) else 1


def _calls(chosen: argparse.Namespace) -> TestCall:
    from telephony.probing import prober_of
    from telephony.trunk_trial import calls_of

    return calls_of(prober_of(settings_of(chosen), time.time))


def _status(chosen: argparse.Namespace) -> int:
    from telephony.asterisk.provision import provisioning

    async def work() -> None:
        for node in _nodes(chosen):
            async with provisioning(node.ami) as link:
                running = await link.running()
            say(f"{node.name}: revision {node.folder.current() or 'none'}")
            for name in sorted(running.calls):
                hosts = ", ".join(
                    f"{each.status}{f' {each.round_trip_ms:.0f} ms' if each.round_trip_ms else ''}"
                    for each in running.contacts
                    if each.trunk == name
                )
                registered = running.registrations.get(name, "no registration")
                say(f"  {name}: {registered}; OPTIONS: {hosts or 'no host'}; calls: {running.calls[name]}")

    asyncio.run(work())
    return 0


def _receive(chosen: argparse.Namespace) -> int:
    from sip_trunk.receiver import serve

    serve(chosen.folder, sys.stdin.buffer, sys.stdout.buffer)
    return 0


def _history(chosen: argparse.Namespace) -> int:
    for node in _nodes(chosen):
        for past in node.folder.history():
            when = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(past.at))
            reason = f" ({past.reason})" if past.reason else ""
            say(f"{node.name} {when} {past.actor}: {past.old or 'none'} → {past.new}: {past.outcome}{reason}")
    return 0


def _rollback(chosen: argparse.Namespace) -> int:
    from sip_trunk.errors import TrunkError
    from sip_trunk.revisions import revision_named
    from telephony.trunk_apply import rolled_back
    from telephony.trunk_nodes import chosen as only

    async def work() -> None:
        for node in only(_nodes(chosen), chosen.node):
            now = node.folder.current()
            earlier = [each for each in node.folder.known() if now and each.number < now.number]
            to = revision_named(chosen.revision) if chosen.revision else (earlier[-1] if earlier else None)
            if to is None:
                raise TrunkError(f"{node.name}: there is no such revision, see hotline trunk history")
            await rolled_back(node, to, getpass.getuser())
            say(f"{node.name}: revision {to} is in force")

    asyncio.run(work())
    return 0


def _wanted(chosen: argparse.Namespace) -> Wanted:
    """Errors: TrunkFileError, TrunkError."""
    from sip_trunk import trunk_file
    from telephony.trunk_nodes import wanted_of

    return wanted_of(trunk_file.text_of(chosen.file), chosen.file.name, settings_of(chosen))


def _nodes(chosen: argparse.Namespace) -> tuple[TrunkNode, ...]:
    """Those of the settings. Errors: TrunkError where one lacks what is needed."""
    from telephony.trunk_nodes import nodes_of

    return nodes_of(settings_of(chosen).asterisk)


def _told(plan: Plan) -> str:
    if not plan:
        return "runs what the file says"
    lines = [f"  {change}" for change in plan.changes]
    lines += [f"  {count} calls under way at {name} go on as they are" for name, count in plan.affected.items()]
    return "\n".join([f"{len(plan.changes)} changes", *lines])


def _outcome(done: Applied) -> str:
    if done.failed:
        reasons = "".join(f"\n  {each}" for each in done.failed)
        return f"{done.node}: rolled back to {done.revision or 'no trunks'}, because{reasons}"
    if not done.changes:
        return f"{done.node}: runs what the file says, revision {done.revision}"
    return f"{done.node}: revision {done.revision} is in force, {len(done.changes)} changes"
