"""Equipment impairment of codecs: Ie and the loss robustness Bpl of ITU-T G.113, with where each figure comes from.

A figure that is not published is None here and never guessed: what needs it is reported as ungrounded.
"""

from __future__ import annotations

from dataclasses import dataclass

from quality.emodel import Scale, effective_impairment

_G113_I = "G.113 (2024) Appendix I"
_G113_IV = "G.113 (2024) Appendix IV"
_G113_V = "G.113 (2024) Appendix V with Erratum 1, as quoted by others"
_RECALLED = "G.113, recalled; not checked against the text"


@dataclass(frozen=True, slots=True)
class Impairment:
    """A codec on one scale. `bpl` is None where only the loss-free Ie is published."""

    scale: Scale
    ie: float
    bpl: float | None
    source: str


@dataclass(frozen=True, slots=True)
class Codec:
    """`clock_rate_hz` is that of RTP timestamps [RFC 3551 §6], not of the audio (G.722: 8000).

    `impairment` holds with packet loss concealment at the receiver where there is a choice, `without_plc` without it.
    """

    name: str
    clock_rate_hz: int
    impairment: Impairment | None
    without_plc: Impairment | None = None


def _nb(ie: float, bpl: float | None, source: str = _G113_I) -> Impairment:
    return Impairment(Scale.NARROWBAND, ie, bpl, source)


def _wb(ie: float, source: str = _G113_IV) -> Impairment:
    return Impairment(Scale.WIDEBAND, ie, None, source)


def _fb(ie: float, bpl: float) -> Impairment:
    return Impairment(Scale.FULLBAND, ie, bpl, _G113_V)


_G711, _G711_BARE = _nb(0, 25.1), _nb(0, 4.3)

CODECS: dict[str, Codec] = {
    codec.name: codec
    for codec in (
        Codec("pcma", 8000, _G711, _G711_BARE),
        Codec("pcmu", 8000, _G711, _G711_BARE),
        Codec("g722", 8000, _wb(13, _RECALLED)),
        Codec("g722-56", 8000, _wb(20, _RECALLED)),
        Codec("g722-48", 8000, _wb(31, _RECALLED)),
        Codec("g729a-vad", 8000, _nb(11, 19.0)),
        Codec("g729a", 8000, _nb(10, None)),
        Codec("g723.1-vad", 8000, _nb(15, 16.1)),
        Codec("g723.1-5.3", 8000, _nb(19, None)),
        Codec("gsm-efr", 8000, _nb(5, 10.0)),
        Codec("gsm-fr", 8000, _nb(20, None, _RECALLED)),
        Codec("ilbc", 8000, _nb(11, 32.0, _RECALLED)),
        Codec("g726-40", 8000, _nb(2, None)),
        Codec("g726-32", 8000, _nb(7, None)),
        Codec("g726-24", 8000, _nb(25, None)),
        Codec("g726-16", 8000, _nb(50, None)),
        Codec("g728", 8000, _nb(7, None)),
        *(
            Codec(f"amr-wb-{rate}", 16000, _wb(ie))
            for rate, ie in zip(
                ("6.6", "8.85", "12.65", "14.25", "15.85", "18.25", "19.85", "23.05", "23.85"),
                (41, 26, 13, 10, 7, 5, 3, 1, 8),
                strict=True,
            )
        ),
        # EVS in its super-wideband mode only; its other modes have no figure on any scale.
        Codec("evs-swb-48", 16000, _fb(10.2, 9.6)),
        Codec("evs-swb-32", 16000, _fb(8.7, 9.3)),
        Codec("evs-swb-24.4", 16000, _fb(7.2, 11.4)),
        Codec("evs-swb-16.4", 16000, _fb(10.8, 10.3)),
        Codec("evs-swb-13.2", 16000, _fb(17.1, 11.7)),
        Codec("evs-swb-9.6", 16000, _fb(22.7, 13.0)),
        # Nothing is published, or not without the rate or mode, which the name does not tell.
        *(Codec(name, 8000, None) for name in ("amr", "g723", "speex", "g726", "dvi4", "lpc", "qcelp", "g722.1")),
        *(Codec(name, 16000, None) for name in ("amr-wb", "evs", "silk", "isac")),
        Codec("opus", 48000, None),
    )
}

# What others call them: Asterisk's format names, encoding names of RFC 3551.
_ALIASES = {
    "alaw": "pcma", "ulaw": "pcmu", "g711a": "pcma", "g711u": "pcmu", "g729": "g729a", "g729b": "g729a-vad",
    "gsm": "gsm-fr", "g7221": "g722.1", "g722.2": "amr-wb", "speex16": "speex", "g726aal2": "g726",
}  # fmt: skip


def codec_named(name: str) -> Codec | None:
    """The codec of that name (any case, Asterisk's names too), or None when it is not known here."""
    name = name.lower()
    return CODECS.get(_ALIASES.get(name, name))


def figures_of(codec: Codec, scale: Scale, *, plc: bool = True) -> Impairment | None:
    """What is published of a codec on that scale, if anything."""
    figures = codec.impairment if plc or codec.without_plc is None else codec.without_plc
    return figures if figures is not None and figures.scale is scale else None


@dataclass(frozen=True, slots=True)
class Grounded:
    """Ie-eff and the scale it belongs to."""

    scale: Scale
    ie_eff: float
    source: str


@dataclass(frozen=True, slots=True)
class Ungrounded:
    """No published figure to score with; `reason` says which is missing."""

    reason: str


def impairment_of(name: str, loss_ratio: float, *, burst_ratio: float = 1.0, plc: bool = True) -> Grounded | Ungrounded:
    """Ie-eff of a codec under loss (0 to 1). Without loss a published Ie is enough."""
    codec = codec_named(name)
    if codec is None:
        return Ungrounded(f"codec {name.lower()} is not known")
    figures = codec.impairment if plc or codec.without_plc is None else codec.without_plc
    if figures is None:
        return Ungrounded(f"no Ie of {codec.name} is published")
    if figures.bpl is None:
        if loss_ratio > 0:
            return Ungrounded(f"no Bpl of {codec.name} is published, and packets were lost")
        return Grounded(figures.scale, figures.ie, figures.source)
    ie_eff = effective_impairment(
        figures.ie, figures.bpl, loss_ratio, burst_ratio=burst_ratio, scale=figures.scale
    )  # fmt: skip
    return Grounded(figures.scale, ie_eff, figures.source)
