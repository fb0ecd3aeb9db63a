"""`hotline privacy`: what a person may have and may have erased, what must stay, and what is forgotten in time."""

from __future__ import annotations

import argparse
import getpass
import json
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from telephony.store_cli import Actions, say, settings_of, with_store

if TYPE_CHECKING:
    from telephony.core.privacy import Hold, Kept
    from telephony.privacy.erasing import Preview
    from telephony.privacy.house import House
    from telephony.store.store import Store

T = TypeVar("T")


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser], config: Path) -> None:
    """Enter `privacy` into `hotline`; `config` is the settings' file unless another is named."""
    privacy = commands.add_parser(
        "privacy",
        help="a customer's rights over personal data: export, erase, hold; what is forgotten in time",
        description="Personal data: what is kept of a customer, where, why and how long (docs/privacy.md).",
    )
    actions = Actions(privacy, config)
    export = actions.add("export", _export, "everything that is kept of a customer, as files or as JSON")
    erase = actions.add("erase", _erase, "say what erasing a customer would do; with --yes, do it")
    hold = actions.add("hold", _hold, "nothing of a customer is erased or forgotten from now on")
    for parser in (export, erase, hold):
        parser.add_argument("customer", metavar="CUSTOMER", help="a customer number, or a number such as +48221234567")
        parser.add_argument("--as", dest="actor", default="", metavar="LOGIN", help="who does it, for the audit")
    export.add_argument("--to", type=Path, metavar="FOLDER", help="a new folder (default: in the data folder)")
    export.add_argument("--json", action="store_true", help="one JSON document on the standard output; no files")
    export.add_argument("--reason", default="request", metavar="TEXT", help="for the audit; no number, no name")
    erase.add_argument("--yes", action="store_true", help="erase, and print the signed receipt")
    hold.add_argument("--reason", required=True, metavar="TEXT", help="why; no number, no name")
    hold.add_argument("--until", type=_day, metavar="DATE", help="the last day, 2026-12-31 (default: until released)")
    release = actions.add("release", _release, "a hold ends")
    release.add_argument("hold", metavar="CUSTOMER", help="the customer, or the id of the hold")
    release.add_argument("--as", dest="actor", default="", metavar="LOGIN", help="who does it, for the audit")
    actions.add("holds", _holds, "whose data must stay, and why")
    verify = actions.add("verify", _verify, "whether a receipt is of this house and unchanged; status 1 if not")
    verify.add_argument("receipt", type=Path, metavar="RECEIPT", help="a file")
    retention = actions.add("retention", _retention, "forget now what is old enough; a server does so each hour")
    retention.add_argument("what", metavar="run", choices=("run",), help="do it")
    retention.add_argument("--dry-run", action="store_true", help="only count")
    catalogue = actions.add("catalogue", _catalogue, "where personal data lies, why, how long and how it is erased")
    catalogue.add_argument("--json", action="store_true", help="as one JSON document, with every column")


def _day(text: str) -> float:
    from telephony.privacy.desk import end_of

    try:
        return end_of(date.fromisoformat(text))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no day such as 2026-12-31") from None


def _actor(chosen: argparse.Namespace) -> str:
    return chosen.actor or f"{getpass.getuser()} (hotline privacy)"


def _with_house(chosen: argparse.Namespace, work: Callable[[House], Coroutine[Any, Any, T]]) -> T:
    from telephony.privacy.house import House

    settings = settings_of(chosen)

    async def run(store: Store) -> T:
        house = House.of(settings, store, time.time)
        assert house is not None, "the store is a database"
        return await work(house)

    return with_store(settings, run)


def _export(chosen: argparse.Namespace) -> int:
    from telephony.privacy.desk import PrivacyDesk
    from telephony.privacy.exporting import as_json

    if chosen.json:
        work = lambda house: PrivacyDesk(house).export(chosen.customer, _actor(chosen), chosen.reason)  # noqa: E731
        return say(as_json(_with_house(chosen, work)))
    folder, document = _with_house(
        chosen, lambda house: PrivacyDesk(house).export_to(chosen.customer, _actor(chosen), chosen.reason, chosen.to)
    )
    rows = sum(len(place["rows"]) for place in document["places"].values())
    return say(f"{rows} entries of {len(document['places'])} kinds, {len(document['recordings'])} recordings: {folder}")


def _erase(chosen: argparse.Namespace) -> int:
    from telephony.privacy.desk import PrivacyDesk

    if chosen.yes:
        return say(_with_house(chosen, lambda house: PrivacyDesk(house).erase(chosen.customer, _actor(chosen))))
    return say(_told(_with_house(chosen, lambda house: PrivacyDesk(house).preview(chosen.customer))))


def _told(preview: Preview) -> str:
    lines = [f"held ({hold.reason}): nothing would be erased" for hold in preview.holds]
    lines += ["would be erased:", *_counts(preview.erased)] if preview.erased else ["nothing would be erased"]
    if preview.kept:
        lines += ["kept by law:", *map(_kept, preview.kept)]
    if preview.person.shared_names:
        lines.append("others have the same name: texts are not searched for it")
    lines.append("nothing was done; --yes does it")
    return "\n".join(lines)


def _counts(counts: Mapping[str, int]) -> list[str]:
    return [f"{count:>8}  {name}" for name, count in sorted(counts.items())]


def _kept(each: Kept) -> str:
    return f"{each.count:>8}  {each.place}: {each.why}"


def _hold(chosen: argparse.Namespace) -> int:
    from telephony.privacy.desk import PrivacyDesk

    placed = _with_house(
        chosen, lambda house: PrivacyDesk(house).hold(chosen.customer, _actor(chosen), chosen.reason, chosen.until)
    )
    return say(f"hold {placed.id}: nothing is erased or forgotten")


def _release(chosen: argparse.Namespace) -> int:
    from telephony.privacy.desk import PrivacyDesk

    found = _with_house(chosen, lambda house: PrivacyDesk(house).release(chosen.hold, _actor(chosen)))
    return say("\n".join(f"hold {each.id} is released" for each in found))


def _holds(chosen: argparse.Namespace) -> int:
    from telephony.privacy.desk import PrivacyDesk

    return say(_hold_lines(_with_house(chosen, lambda house: PrivacyDesk(house).holds())))


def _hold_lines(holds: Sequence[Hold]) -> str:
    now = time.time()
    return (
        "\n".join(
            f"{each.id}  {'lasts' if each.lasts(now) else 'over'}  {each.subject}  {each.reason} ({each.placed_by})"
            for each in holds
        )
        or "nothing is held"
    )


def _verify(chosen: argparse.Namespace) -> int:
    from telephony.privacy.receipts import FalseReceiptError, Signer

    try:
        checked = Signer.of(settings_of(chosen)).checked(chosen.receipt.read_text("utf-8"))
    except FalseReceiptError as error:
        return say(f"false: {error}", failed=True)
    return say(f"genuine\n{json.dumps(checked.receipt, ensure_ascii=False, indent=2, sort_keys=True)}")


def _retention(chosen: argparse.Namespace) -> int:
    from telephony.privacy.forgetting import carry_on, forget

    async def run(house: House) -> tuple[Mapping[str, str], dict[str, int]]:
        waiting = {} if chosen.dry_run else (await carry_on(house)).waiting
        return waiting, await forget(house, only_count=chosen.dry_run)

    waiting, gone = _with_house(chosen, run)
    lines = [f"erasure {erasure} waits: {why}" for erasure, why in waiting.items()]
    done = "would be forgotten" if chosen.dry_run else "forgotten"
    lines += [f"{done}:", *_counts(gone)] if gone else ["nothing is old enough"]
    return say("\n".join(lines), failed=bool(waiting))


def _catalogue(chosen: argparse.Namespace) -> int:
    from telephony.core.personal_data.places import PLACES
    from telephony.core.personal_data.tables import TABLES

    entries: list[Mapping[str, Any]] = [
        *(
            {
                "name": each.name, "where": "database", "purpose": each.purpose, "kind": each.kind,
                "ground": each.ground, "kept": each.keep, "erased": each.erase, "columns": dict(each.columns),
            }
            for each in TABLES
        ),
        *(
            {
                "name": each.name, "where": each.where, "purpose": each.purpose, "kind": each.kind,
                "ground": each.ground, "kept": each.keep, "erased": each.erased,
            }
            for each in PLACES
        ),
    ]  # fmt: skip
    if chosen.json:
        return say(json.dumps(entries, ensure_ascii=False, indent=2))
    return say("\n\n".join(_entry(each) for each in entries))


def _entry(each: Mapping[str, Any]) -> str:
    return (
        f"{each['name']} ({each['where']}): {each['purpose']}\n"
        f"  {each['kind']}; {each['ground']}\n  kept: {each['kept']}\n  erased: {each['erased']}"
    )
