"""`hotline recordings`: what is in the vault, whether it is whole, and its keys."""

from __future__ import annotations

import argparse
import json
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from telephony.store_cli import Actions, say, settings_of, with_store

if TYPE_CHECKING:
    from collections.abc import Iterator

    from telephony.core.recording import ListedRecording
    from telephony.vault.vault import Vault


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser], config: Path) -> None:
    """Enter `recordings` into `hotline`; `config` is the settings' file unless another is named."""
    recordings = commands.add_parser(
        "recordings",
        help="the vault of recordings: what is in it, whether it is whole, new keys",
        description="Recordings at rest (docs/recordings.md). Nobody listens here: that is for the console.",
    )
    actions = Actions(recordings, config)
    listing = actions.add("list", _list, "what there is, the latest first")
    listing.add_argument("--interaction", metavar="ID", help="of this call")
    listing.add_argument("--ticket", type=_ticket, metavar="NUMBER", help="of this ticket")
    listing.add_argument("--most", type=int, default=100, metavar="N", help="recordings (default: 100)")
    show = actions.add("show", _show, "what is known of one: its silences, what was muted, its key")
    show.add_argument("recording", metavar="NAME", help="as `hotline recordings list` tells it")
    verify = actions.add("verify", _verify, "open all of them from end to end; status 1 where one is not as it was")
    rotate = actions.add("rotate", _rotate, "wrap the key of each recording under a new master key")
    for parser in (listing, show, verify, rotate):
        parser.add_argument("--json", action="store_true", help="as one JSON document")


def _ticket(text: str) -> int:
    from telephony.core.ticket import ticket_sequence

    try:
        return ticket_sequence(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _list(chosen: argparse.Namespace) -> int:
    found = with_store(
        settings_of(chosen),
        lambda store: store.recordings.listed(interaction=chosen.interaction, ticket=chosen.ticket, most=chosen.most),
    )
    if chosen.json:
        told = [{**asdict(each.recording), "queue": each.queue, "ticket": each.ticket} for each in found]
        return say(json.dumps(told, indent=2))
    return say("\n".join(map(_line, found)) or "there are none")


def _line(each: ListedRecording) -> str:
    from ivr_flows.calendar import local

    known = each.recording
    begun = f"{local(known.begun_at):%Y-%m-%d %H:%M:%S}"
    return f"{begun}  {known.duration_s:7.1f} s  {known.name}  {each.queue or '-'}  {each.ticket or '-'}"


def _show(chosen: argparse.Namespace) -> int:
    from telephony.recording_keys import vault_of

    vault = vault_of(settings_of(chosen))
    with vault.open(chosen.recording) as opened:
        facts = asdict(opened.facts) | {"bytes": opened.size, "master_key": vault.master_of(chosen.recording)}
    if chosen.json:
        return say(json.dumps(facts, indent=2))
    return say("\n".join(f"{name}: {json.dumps(value)}" for name, value in facts.items()))


def _verify(chosen: argparse.Namespace) -> int:
    from telephony.recording_keys import vault_of

    settings = settings_of(chosen)
    rows = with_store(settings, lambda store: store.recordings.names())
    vault = vault_of(settings)
    there = sorted(vault.names())
    faults = dict(_broken(vault, there))
    faults |= dict.fromkeys(sorted(rows - set(there)), "it is gone from the vault")
    faults |= {name: "the database does not know it" for name in there if name not in rows and name not in faults}
    if chosen.json:
        return say(json.dumps({"recordings": len(there), "faults": faults}, indent=2), failed=bool(faults))
    lines = [f"{name}: {fault}" for name, fault in faults.items()]
    return say("\n".join(lines) or f"nothing is wrong with {len(there)} recordings", failed=bool(faults))


def _broken(vault: Vault, names: list[str]) -> Iterator[tuple[str, str]]:
    from telephony.vault.sealed import BrokenSealError

    for name in names:
        try:
            with vault.open(name) as opened:
                opened.check()
        except FileNotFoundError:
            yield name, "its key is gone"
        except (BrokenSealError, OSError) as error:
            yield name, str(error)


def _rotate(chosen: argparse.Namespace) -> int:
    from telephony.recording_keys import own_keys, vault_of
    from telephony.vault.keys import add_key
    from telephony.vault.sealed import BrokenSealError

    settings = settings_of(chosen)
    vault = vault_of(settings)
    if folder := own_keys(settings):
        add_key(folder)
    wrapped, faults = 0, {}
    for name in sorted(vault.names()):
        try:
            wrapped += vault.wrap_anew(name)
        except (BrokenSealError, OSError) as error:
            faults[name] = str(error)
    used = Counter(vault.master_of(name) for name in vault.names() if name not in faults)
    ring = vault.ring()
    unused = sorted(set(ring.masters) - set(used) - {ring.current})
    if chosen.json:
        told = {"current": ring.current, "wrapped": wrapped, "unused": unused, "faults": faults}
        return say(json.dumps(told, indent=2), failed=bool(faults))
    lines = [f"{wrapped} recordings are under the key {ring.current} now", *(f"{a}: {b}" for a, b in faults.items())]
    lines += [f"no recording here needs {name} any more; back-ups may" for name in unused]
    return say("\n".join(lines), failed=bool(faults))
