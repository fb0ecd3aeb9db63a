"""The E-model asked by hand: a codec or its figures, loss and delay in, each term of R out."""

from __future__ import annotations

from dataclasses import dataclass

from quality.codecs import CODECS, codec_named, figures_of
from quality.emodel import Rating, Scale, effective_impairment, mos, rate


class EmodelInputError(ValueError):
    """An input that the model does not have; the message says what it takes."""


@dataclass(frozen=True, slots=True)
class Question:
    """`loss_percent` after the jitter buffer; `delay_ms` one way, mouth to ear. Without a codec, `ie` and `bpl`."""

    codec: str | None = None
    ie: float | None = None
    bpl: float | None = None
    loss_percent: float = 0.0
    burst_ratio: float = 1.0
    delay_ms: float = 0.0
    scale: Scale = Scale.NARROWBAND
    plc: bool = True


@dataclass(frozen=True, slots=True)
class Answer:
    """The terms of R on the asked scale. `ie_eff`, `r` and `mos` are None where nothing published grounds them."""

    ro: float
    is_: float
    id_: float
    ie_eff: float | None
    r: float | None
    mos: float | None
    remark: str = ""


def answer(question: Question) -> Answer:
    """Errors: EmodelInputError for what lies outside of the model, or a codec nobody has heard of."""
    _check(question)
    ie, bpl, remark = _figures(question)
    path = rate(one_way_delay_ms=question.delay_ms, scale=question.scale)
    if ie is None or (bpl is None and question.loss_percent > 0):
        return Answer(path.ro, path.is_, path.id_, None, None, None, remark or "no Bpl is given, and packets were lost")
    ie_eff = ie
    if bpl is not None:
        ie_eff = effective_impairment(
            ie, bpl, question.loss_percent / 100, burst_ratio=question.burst_ratio, scale=question.scale
        )
    return _rated(path, ie_eff, remark)


def _rated(path: Rating, ie_eff: float, remark: str) -> Answer:
    r = path.ro - path.is_ - path.id_ - ie_eff
    return Answer(path.ro, path.is_, path.id_, ie_eff, r, mos(r, path.scale), remark)


def _check(question: Question) -> None:
    if not 0 <= question.loss_percent <= 100:
        raise EmodelInputError("--loss is a percentage from 0 to 100")
    if not 0 < question.burst_ratio < float("inf"):
        raise EmodelInputError("--burst-ratio is greater than 0; 1 is random loss")
    if not 0 <= question.delay_ms < float("inf"):
        raise EmodelInputError("--delay-ms is not negative")
    if (question.codec is None) == (question.ie is None):
        raise EmodelInputError("name a codec with --codec, or its figures with --ie and --bpl")
    if question.bpl is not None and not 0 < question.bpl < float("inf"):
        raise EmodelInputError("--bpl is greater than 0")
    if question.ie is not None and not abs(question.ie) < float("inf"):
        raise EmodelInputError("--ie is a number")


def _figures(question: Question) -> tuple[float | None, float | None, str]:
    if question.codec is None:
        return question.ie, question.bpl, ""
    codec = codec_named(question.codec)
    if codec is None:
        raise EmodelInputError(f"codec {question.codec} is not known; known are {', '.join(CODECS)}")
    published = figures_of(codec, question.scale, plc=question.plc)
    if published is None:
        elsewhere = f"; one is on {codec.impairment.scale}" if codec.impairment is not None else ""
        return None, None, f"no Ie of {codec.name} is published on the scale {question.scale}{elsewhere}"
    lost = published.bpl is None and question.loss_percent > 0
    return published.ie, published.bpl, f"no Bpl of {codec.name} is published, and packets were lost" if lost else ""
