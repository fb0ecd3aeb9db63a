"""`hotline quality`: scores of RTP captures, and the E-model asked by hand (docs/quality.md)."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from telephony import probe_cli, worst_calls_cli
from telephony.store_cli import say

if TYPE_CHECKING:
    from quality.read_capture import Progress
    from quality.score_capture import Scored

SHOWN_FROM = 20 << 20  # octets of a file that takes long enough for a progress bar


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser], config: Path) -> None:
    """Enter `quality` into `hotline`; `config` is the settings' file unless another is named."""
    quality = commands.add_parser(
        "quality",
        help="score calls from captures of RTP; make test calls; ask the E-model; the worst calls",
        description="Call quality to the standards: RFC 3550, RFC 3611, ITU-T G.107 (docs/quality.md).",
    )
    actions = quality.add_subparsers(required=True, metavar="ACTION")
    _add_score(actions)
    _add_headers(actions)
    _add_emodel(actions)
    probe_cli.add(actions, config)
    worst_calls_cli.add(actions, config)


def _add_score(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    score = actions.add_parser(
        "score",
        help="score each RTP stream and call of captures",
        description="Score each RTP stream and call of pcap or pcapng files, gzip, too.",
    )
    score.add_argument("files", nargs="+", metavar="FILE", help="a capture; - is the standard input")
    form = score.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="JSON Lines: one object for each stream, then for each call")
    form.add_argument("--csv", action="store_true", help="one row for each stream")
    form.add_argument("--html", type=Path, metavar="REPORT", help="write a report with plots to this file")
    score.add_argument(
        "--payload", action=argparse.BooleanOptionalAction,
        help="look for silence and clipping in G.711, too (default: in files up to 64 MiB)",
    )  # fmt: skip
    score.add_argument("--no-plc", action="store_true", help="receivers do not conceal losses of G.711")
    score.add_argument("--dscp", type=int, metavar="MARK", help="what packets have to be marked with; 46 is EF")
    score.set_defaults(run=_score)


def _add_headers(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    headers = actions.add_parser(
        "headers",
        help="a capture without anything that was said, to be handed on",
        description="Write headers of RTP and figures of RTCP into a new pcap file: no payload, no SIP, no texts.",
    )
    headers.add_argument("file", metavar="FILE", help="a capture; - is the standard input")
    headers.add_argument("into", type=Path, metavar="NEW", help="the file to be written; it must not be there yet")
    headers.set_defaults(run=_headers)


def _headers(chosen: argparse.Namespace) -> int:
    from quality.capture_headers import write_headers
    from quality.stream_figures import CaptureError

    source: Path | BinaryIO = sys.stdin.buffer if chosen.file == "-" else Path(chosen.file)
    try:
        with chosen.into.open("xb") as into:
            written = write_headers(source, into)
    except (CaptureError, OSError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        _remark(f"{chosen.into if isinstance(error, FileExistsError) else chosen.file}: {reason}")
        return 1
    return say(f"{written} packets without payload in {chosen.into}")


def _add_emodel(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    emodel = actions.add_parser(
        "emodel",
        help="R and MOS of a codec under loss and delay",
        description="R and MOS by the E-model, with each of its terms.",
    )
    which = emodel.add_mutually_exclusive_group(required=True)
    which.add_argument("--codec", metavar="NAME", help="pcma, pcmu, g722, g729a-vad …: its figures by G.113")
    which.add_argument("--ie", type=float, metavar="X", help="the codec's equipment impairment")
    emodel.add_argument("--bpl", type=float, metavar="Y", help="with --ie: the codec's robustness against loss")
    emodel.add_argument("--loss", type=float, default=0.0, metavar="PERCENT", help="lost or late (default: 0)")
    emodel.add_argument("--burst-ratio", type=float, default=1.0, metavar="B", help="1: random loss (default)")
    emodel.add_argument("--delay-ms", type=float, default=0.0, metavar="D", help="one way, mouth to ear (default: 0)")
    emodel.add_argument("--scale", choices=("nb", "wb", "fb"), default="nb", help="default: nb")
    emodel.add_argument("--no-plc", action="store_true", help="the receiver does not conceal losses")
    emodel.add_argument("--json", action="store_true", help="as one JSON object")
    emodel.set_defaults(run=_emodel)


def _emodel(chosen: argparse.Namespace) -> int:
    from quality.emodel import Scale
    from quality.emodel_answer import Question, answer

    found = answer(
        Question(
            chosen.codec,
            chosen.ie,
            chosen.bpl,
            chosen.loss,
            chosen.burst_ratio,
            chosen.delay_ms,
            Scale(chosen.scale),
            not chosen.no_plc,
        )
    )
    terms = {"ro": found.ro, "is": found.is_, "id": found.id_, "ie_eff": found.ie_eff, "r": found.r, "mos": found.mos}
    if found.remark:
        _remark(found.remark)
    if chosen.json:
        return say(json.dumps(terms))
    return say("\n".join(f"{name:7}{'-' if value is None else format(value, '.4f')}" for name, value in terms.items()))


def _score(chosen: argparse.Namespace) -> int:
    from quality.stream_figures import CaptureError

    scored: list[tuple[str, Scored]] = []
    failed = False
    for name in chosen.files:
        try:
            found = _scored(name, chosen)
        except CaptureError as error:
            failed = True
            _remark(f"{name}: {error}")
            continue
        except OSError as error:
            failed = True
            _remark(f"{name}: {error.strerror or error}")
            continue
        for warning in found.warnings:
            _remark(f"{name}: warning: {warning}")
        scored.append((name, found))
    _tell(scored, chosen)
    return int(failed)


def _scored(name: str, chosen: argparse.Namespace) -> Scored:
    from quality.score_capture import score_capture

    source: Path | BinaryIO = sys.stdin.buffer if name == "-" else Path(name)
    with _progress(source) as progress:
        return score_capture(source, payload=chosen.payload, plc=not chosen.no_plc, progress=progress)


@contextmanager
def _progress(source: Path | BinaryIO) -> Iterator[Progress | None]:
    """A bar for a long file, where somebody sits before the terminal."""
    long = isinstance(source, Path) and source.is_file() and source.stat().st_size >= SHOWN_FROM
    if not long or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn, TransferSpeedColumn

    assert isinstance(source, Path)
    columns = (BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(source.name, total=source.stat().st_size)
        yield lambda octets: bar.update(task, completed=octets)


def _tell(scored: list[tuple[str, Scored]], chosen: argparse.Namespace) -> None:
    from quality import score_html, score_json, score_table

    zone = datetime.now().astimezone().tzinfo
    several = len(chosen.files) > 1
    if chosen.html:
        report = score_html.report([(name, found.calls) for name, found in scored], zone, dscp=chosen.dscp)
        chosen.html.write_text(report, encoding="utf-8")
        return
    if chosen.csv:
        score_json.write_csv([call for _, found in scored for call in found.calls], sys.stdout)
        return
    for name, found in scored:
        if chosen.json:
            lines = score_json.lines(found.calls, zone, dscp=chosen.dscp, file=name if several else None)
        else:
            lines = score_table.table(found.calls, zone, dscp=chosen.dscp)
            if several:
                sys.stdout.write(f"{score_table.plain(name)}\n")
        sys.stdout.writelines(f"{line}\n" for line in lines)
        if not chosen.json:
            sys.stdout.writelines(f"no MOS: {reason}\n" for reason in score_table.ungrounded(found.calls))


def _remark(words: str) -> None:
    sys.stderr.write(f"hotline: {words}\n")
