"""`hotline flow publish | list | rollback | diff`: which flows are served, and back to those before."""

from __future__ import annotations

import argparse
import getpass
import json
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from itertools import zip_longest
from pathlib import Path
from time import monotonic, sleep, time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ivr_flows import FlowSet, Known
    from ivr_flows.check import Finding
    from ivr_flows.revisions import Current, Published, Revisions
    from telephony.flow_news import News
    from telephony.settings import Settings

TAKEN_UP_S, LOOK_EVERY_S = 5.0, 0.05
WHERE = "default: `flows` in the settings, or the shipped ones"


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser], config: Path) -> None:
    """Enter the commands into `hotline flow`; `config` is the folder with hotline.toml."""
    publish = _command(
        commands, config, "publish", _publish, "check a folder of flows and serve it from the next call on"
    )
    publish.add_argument("folder", type=Path, nargs="?", metavar="FOLDER", help=WHERE)
    publish.add_argument("--note", default="", metavar="TEXT", help="why, for `hotline flow list`")
    listed = _command(commands, config, "list", _list, "the published revisions, and which of them is served")
    listed.add_argument("--json", action="store_true", help="one JSON document")
    rollback = _command(commands, config, "rollback", _roll_back, "serve an earlier revision from the next call on")
    rollback.add_argument("revision", nargs="?", metavar="REVISION", help="or its beginning; default: the one before")
    diff = _command(commands, config, "diff", _diff, "what differs between two revisions or folders of flows")
    diff.add_argument("old", nargs="?", metavar="OLD", help="a revision or a folder; default: what is served")
    diff.add_argument("new", nargs="?", metavar="NEW", help=f"a revision or a folder; {WHERE}")


def _command(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    config: Path,
    name: str,
    run: Callable[[argparse.Namespace], int],
    summary: str,
) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=summary, description=f"{summary[0].upper()}{summary[1:]}.")
    command.set_defaults(run=run, settings=config / "hotline.toml")
    command.add_argument("--config", type=Path, action="append", metavar="FILE", help="settings; later files win")
    return command


def _settings(chosen: argparse.Namespace) -> Settings:
    from telephony import settings

    return settings.load(chosen.config or [chosen.settings])


# -- publish --------------------------------------------------------------------------------------------------------


def _publish(chosen: argparse.Namespace) -> int:
    from ivr_flows.revisions import changes, check_note, drafted
    from telephony import flow_news
    from telephony.flows import Origin

    check_note(chosen.note)
    settings = _settings(chosen)
    origin = Origin.of(settings)
    folder, revisions = chosen.folder or origin.folder, origin.revisions
    with drafted(folder, revisions.folder) as draft:
        if not _right(draft, folder, settings):
            sys.stderr.write("hotline: nothing is published: mend the errors first\n")
            return 1
        flows = _usable(draft, settings)
        before, heard = _served(revisions), flow_news.heard(revisions.folder)
        if before and before.revision == flows.revision and (heard is None or heard.revision == flows.revision):
            sys.stdout.write(f"revision {before.revision} is served already\n")
            return 0
        published = revisions.publish(draft, flows.revision, by=_who(), note=chosen.note, at=time())
    sys.stdout.write(f"revision {published.revision} is published: {changes(before, published)}\n")
    return _until_served(revisions.folder, published.revision, heard)


def _until_served(folder: Path, revision: str, before: News | None) -> int:
    """Tell what the running server makes of it; 1 where it does not serve it. `before`: what it had said until then."""
    from telephony import flow_news

    if before is None:
        sys.stdout.write("no server runs with this data folder: the next one that starts will serve it\n")
        return 0
    ends_at = monotonic() + TAKEN_UP_S
    while monotonic() < ends_at:
        news = flow_news.heard(folder)
        taken_up = news is not None and news.loads > before.loads
        if news and taken_up and news.revision == revision and not news.problem:
            sys.stdout.write("the server serves it\n")
            return 0
        if news and taken_up and news.problem:
            sys.stderr.write(f"hotline: the server goes on with {news.revision}: {news.problem}\n")
            return 1
        sleep(LOOK_EVERY_S)
    sys.stderr.write(f"hotline: the server has not taken it up within {TAKEN_UP_S:.0f} s: its log may say why\n")
    return 1


def _right(draft: Path, folder: Path, settings: Settings) -> bool:
    """Tell everything that may be wrong; False where something forbids to serve the set."""
    from ivr_flows.rules import Severity
    from telephony.flows import known_to

    errors = False
    for each in _findings(draft, known_to(settings)):
        errors = errors or each.severity is Severity.ERROR
        where = f"{folder / Path(each.file).name}:{each.line}:{each.column}"
        sys.stdout.write(f"{where}: {each.severity} {each.rule}: {each.message}\n  fix: {each.fix}\n")
    return not errors


def _findings(draft: Path, known: Known) -> list[Finding]:
    from ivr_flows.check import FIXES, Finding, check_all
    from ivr_flows.loading import examine_set, flow_files
    from ivr_flows.rules import Severity

    found = []
    problems = examine_set(draft, known)[1]
    for problem in problems:
        at = (problem.place.file, problem.place.line, problem.place.column) if problem.place else ("", 1, 1)
        found.append(Finding(*at, problem.rule, Severity.ERROR, problem.message, FIXES[problem.rule]))
    told = {problem.message for problem in problems}
    found += [each for each in check_all(flow_files(draft), known) if each.message not in told]
    return sorted(found, key=lambda each: (Path(each.file).name, each.line, each.column))


def _usable(folder: Path, settings: Settings) -> FlowSet:
    """The set, once it fits the numbers and its prompts are there. Errors: FlowError, SpeechError."""
    from ivr_flows.prompts import PromptStore
    from telephony.flows import by_number, can_say, known_to, load_all
    from telephony.prompt_cli import build_with_bar
    from telephony.settings import speaker

    flows = load_all(folder, known_to(settings))
    by_number(flows, {did: number.flow for did, number in settings.numbers.items()})
    store = PromptStore(settings.prompt_folder, settings.recorded, speaker(settings.speech_command))
    wanted = can_say(flows)
    if not all(map(store.ready, wanted)):
        made = build_with_bar(store, wanted)
        sys.stdout.write(f"{made} prompts made, {len(wanted)} in {store.folder}\n")
    return flows


def _served(revisions: Revisions) -> Published | None:
    """What is served now, as far as that can be told."""
    from ivr_flows import FlowError

    try:
        current = revisions.current()
        return revisions.whole(current.revision) if current else None
    except FlowError:  # a damaged one is what the user is about to mend
        return None


def _who() -> str:
    try:
        return os.environ.get("SUDO_USER") or getpass.getuser()
    except (KeyError, OSError):  # a user whom the machine does not know by name
        return f"user {os.getuid()}"


# -- list -----------------------------------------------------------------------------------------------------------


def _list(chosen: argparse.Namespace) -> int:
    from telephony import flow_news
    from telephony.flows import Origin

    origin = Origin.of(_settings(chosen))
    found, news = _Found.of(origin.revisions), flow_news.heard(origin.revisions.folder)
    if chosen.json:
        plain = asdict(found) | {"folder": str(origin.folder), "server": asdict(news) if news else None}
        sys.stdout.write(json.dumps(plain, ensure_ascii=False) + "\n")
        return 0
    if not found.current and not found.problems:
        sys.stdout.write(f"nothing is published: the flows in {origin.folder} are served\n")
    for each, older in zip_longest(found.published, found.published[1:]):
        sys.stdout.write(_line(each, older, found.current))
    sys.stdout.writelines(f"! {problem}\n" for problem in found.problems)
    if news and news.problem:
        sys.stdout.write(f"! the server goes on with {news.revision}: {news.problem}\n")
    return 0


@dataclass(frozen=True, slots=True)
class _Found:
    current: Current | None
    published: tuple[Published, ...]
    problems: tuple[str, ...]

    @classmethod
    def of(cls, revisions: Revisions) -> _Found:
        from ivr_flows import FlowError

        published, damaged = revisions.all()
        problems, current = [str(each) for each in damaged], None
        try:
            current = revisions.current()
        except FlowError as error:
            problems.append(str(error))
        if current and current.revision not in [each.revision for each in published]:
            problems.append(
                f"{current.revision} is to be served: publish again, or roll back to a revision by its name"
            )
        return cls(current, published, tuple(problems))


def _line(each: Published, older: Published | None, current: Current | None) -> str:
    from ivr_flows.revisions import changes

    star, back = " ", ""
    if current and current.revision == each.revision:
        star = "*"
        back = f"  (rolled back to on {_when(current.at)} by {current.by})" if current.rolled_back else ""
    what = changes(older, each) if older else "the oldest that is kept"
    note = f"  „{each.note}”" if each.note else ""
    return f"{star} {each.revision}  {_when(each.at)}  {each.by:10}  {what}{note}{back}\n"


def _when(at: float) -> str:
    from ivr_flows.calendar import local

    return local(at).strftime("%Y-%m-%d %H:%M:%S")


# -- rollback and diff ----------------------------------------------------------------------------------------------


def _roll_back(chosen: argparse.Namespace) -> int:
    from ivr_flows import FlowError
    from telephony import flow_news
    from telephony.flows import Origin

    settings = _settings(chosen)
    revisions = Origin.of(settings).revisions
    if chosen.revision:
        to = revisions.find(chosen.revision)
    elif current := revisions.current():
        to = revisions.before(current)
    else:
        raise FlowError("nothing is published, so there is nothing to go back from")
    _usable(revisions.folder / to.revision, settings)
    heard = flow_news.heard(revisions.folder)
    revisions.roll_back(to.revision, by=_who(), at=time())
    note = f" („{to.note}”)" if to.note else ""
    sys.stdout.write(f"back to revision {to.revision} of {_when(to.at)}{note}\n")
    return _until_served(revisions.folder, to.revision, heard)


def _diff(chosen: argparse.Namespace) -> int:
    from telephony.flows import Origin

    origin = Origin.of(_settings(chosen))
    current = origin.revisions.current()
    served = origin.revisions.folder / current.revision if current else origin.folder
    old = _folder(chosen.old, origin.revisions) if chosen.old else served
    new = _folder(chosen.new, origin.revisions) if chosen.new else origin.folder
    sys.stdout.writelines(_differences(old, new))
    return 0


def _folder(name: str, revisions: Revisions) -> Path:
    return Path(name) if Path(name).is_dir() else revisions.folder / revisions.find(name).revision


def _differences(old: Path, new: Path) -> Iterator[str]:
    from difflib import unified_diff

    texts = [_texts(old), _texts(new)]
    for name in sorted(texts[0].keys() | texts[1].keys()):
        before, after = (each.get(name, "").splitlines(keepends=True) for each in texts)
        for line in unified_diff(before, after, str(old / name), str(new / name)):
            yield line if line.endswith("\n") else f"{line}\n"


def _texts(folder: Path) -> dict[str, str]:
    from ivr_flows.loading import flow_files
    from ivr_flows.numbers_file import NUMBERS

    paths = [*flow_files(folder), folder / NUMBERS]
    return {path.name: path.read_text("utf-8", "replace") for path in paths if path.is_file()}
