"""The E-model: from how a call is transmitted to a rating R and an estimated MOS.

Narrowband by ITU-T G.107, all terms. Wideband by G.107.1 (06/2019): talker echo, absolute delay, codec and loss; its
listener echo is left out, which the recommendation calls not yet studied and which would cost even a perfect path 0.15.
Fullband by G.107.2: absolute delay, codec and loss. R and MOS of different scales must not be compared; every `Rating`
names its own.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache
from math import exp, log10, sqrt

MOS_BEST = 4.5
WIDEBAND_NFOR = -96.0  # dBm0p, the noise floor at the receiver [G.107.1 Table 1]


class Scale(StrEnum):
    """The band a rating belongs to."""

    NARROWBAND = "nb"
    WIDEBAND = "wb"
    FULLBAND = "fb"


@dataclass(frozen=True, slots=True)
class _ScaleFigures:
    ro: float  # R without any impairment; narrowband computes its own
    to_narrowband: float  # R / this may be put into the MOS curve [G.107 Annex B]
    loss_limit: float  # what Ie-eff grows towards
    delay_weight: float  # of Idd


_SCALES = {
    Scale.NARROWBAND: _ScaleFigures(0.0, 1.0, 95.0, 1.0),
    Scale.WIDEBAND: _ScaleFigures(129.0, 1.29, 95.0, 1.29),  # [G.107.1 eq. 7-2, A-1, 7-15, 7-13]
    Scale.FULLBAND: _ScaleFigures(148.0, 1.48, 132.0, 1.48),  # [G.107.2]
}


@dataclass(frozen=True, slots=True)
class Transmission:
    """Input parameters with their default values [G.107 Table 2].

    Levels in dB, dBm0p or dB(A). Delays in ms: `t` mean one way of the echo path, `ta` absolute one way without echo,
    `tr` round trip of the four-wire loop.
    """

    slr: float = 8.0
    rlr: float = 2.0
    stmr: float = 15.0
    ds: float = 3.0
    dr: float = 3.0
    telr: float = 65.0
    wepl: float = 110.0
    t: float = 0.0
    ta: float = 0.0
    tr: float = 0.0
    qdu: float = 1.0
    nc: float = -70.0
    nfor: float = -64.0
    ps: float = 35.0
    pr: float = 35.0
    delay_sensitivity: float = 1.0  # sT
    least_delay_ms: float = 100.0  # mT
    advantage: float = 0.0  # A

    @property
    def olr(self) -> float:
        return self.slr + self.rlr

    @property
    def lstr(self) -> float:
        return self.stmr + self.dr

    @classmethod
    def with_delay(cls, one_way_ms: float) -> Transmission:
        """Default values with T = Ta = one way and Tr = both ways [G.107 §3.4, Figure 3]."""
        return cls(t=one_way_ms, ta=one_way_ms, tr=2 * one_way_ms)


@dataclass(frozen=True, slots=True)
class Rating:
    """The terms of R, R on its own scale and the MOS it stands for."""

    scale: Scale
    ro: float
    is_: float
    id_: float
    ie_eff: float
    r: float
    mos: float


def rate(
    ie_eff: float = 0.0, *, one_way_delay_ms: float = 0.0, scale: Scale = Scale.NARROWBAND, advantage: float = 0.0
) -> Rating:
    """Rate a call with default terminals. `ie_eff` is of the same scale (see `effective_impairment`)."""
    ro, is_, id_ = _path(one_way_delay_ms, scale)
    r = ro - is_ - id_ - ie_eff + advantage
    return Rating(scale, ro, is_, id_, ie_eff, r, mos(r, scale))


@lru_cache(maxsize=8192)  # thousands of streams share few delays
def _path(one_way_delay_ms: float, scale: Scale) -> tuple[float, float, float]:
    """Ro, Is and Id with default terminals."""
    if scale is not Scale.NARROWBAND:
        return _SCALES[scale].ro, 0.0, delay_on_wider_scale(one_way_delay_ms, scale)
    transmission = Transmission.with_delay(one_way_delay_ms)
    return basic_ratio(transmission), simultaneous_impairment(transmission), delay_impairment(transmission)


def mos(r: float, scale: Scale = Scale.NARROWBAND) -> float:
    """MOS of a rating [G.107 eq. B-4]; the polynomial dips under 1 near R = 3 and is held there."""
    r /= _SCALES[scale].to_narrowband
    if r <= 0:
        return 1.0
    if r >= 100:
        return MOS_BEST
    return max(1.0, 1 + 0.035 * r + 7e-6 * r * (r - 60) * (100 - r))


def on_narrowband(r: float, scale: Scale) -> float:
    """R stretched to the narrowband scale, for thresholds only: the scales still must not be compared."""
    return r / _SCALES[scale].to_narrowband


def effective_impairment(
    ie: float, bpl: float, loss_ratio: float, *, burst_ratio: float = 1.0, scale: Scale = Scale.NARROWBAND
) -> float:
    """Ie-eff [G.107 eq. 7-29] for a loss ratio (0 to 1) after the jitter buffer; burst ratio 1 is random loss."""
    if loss_ratio <= 0:
        return ie
    ppl = min(loss_ratio, 1.0) * 100
    return ie + (_SCALES[scale].loss_limit - ie) * ppl / (ppl / burst_ratio + bpl)


def basic_ratio(p: Transmission) -> float:
    """Ro, the basic signal-to-noise ratio [G.107 eq. 7-2]."""
    return 15 - 1.5 * (p.slr + noise_sum(p))


def noise_sum(p: Transmission) -> float:
    """No, all noise sources as power at the 0 dBr point [G.107 eq. 7-3 to 7-7]."""
    sender = p.ps - p.slr - p.ds - 100 + 0.004 * (p.ps - p.olr - p.ds - 14) ** 2
    room = p.pr + 10 * log10(1 + 10 ** ((10 - p.lstr) / 10))
    receiver = p.rlr - 121 + room + 0.008 * (room - 35) ** 2
    floor = p.nfor + p.rlr
    return 10 * log10(sum(10 ** (level / 10) for level in (p.nc, sender, receiver, floor)))


def simultaneous_impairment(p: Transmission) -> float:
    """Is, what happens together with the voice [G.107 eq. 7-8]."""
    return _loudness_impairment(p) + _sidetone_impairment(p) + _quantising_impairment(p)


def _loudness_impairment(p: Transmission) -> float:
    """Iolr, a connection too loud [G.107 eq. 7-9]."""
    xolr = p.olr + 0.2 * (64 + noise_sum(p) - p.rlr)
    return float(20 * ((1 + (xolr / 8) ** 8) ** (1 / 8) - xolr / 8))


def _sidetone_impairment(p: Transmission) -> float:
    """Ist, sidetone not at its optimum [G.107 eq. 7-11, 7-12]."""
    stmro = -10 * log10(10 ** (-p.stmr / 10) + exp(-p.t / 4) * 10 ** (-p.telr / 10))
    return float(
        12 * (1 + ((stmro - 13) / 6) ** 8) ** (1 / 8)
        - 28 * (1 + ((stmro + 1) / 19.4) ** 35) ** (1 / 35)
        - 13 * (1 + ((stmro - 3) / 33) ** 13) ** (1 / 13)
        + 29
    )


def _quantising_impairment(p: Transmission) -> float:
    """Iq, quantising distortion [G.107 eq. 7-13 to 7-17]."""
    q = 37 - 15 * log10(p.qdu)
    g = 1.07 + 0.258 * q + 0.0602 * q**2
    y = (basic_ratio(p) - 100) / 15 + 46 / 8.4 - g / 9
    z = 46 / 30 - g / 40
    return 15 * log10(1 + 10**y + 10**z)


def delay_impairment(p: Transmission) -> float:
    """Id: talker echo, listener echo, absolute delay [G.107 eq. 7-18]."""
    return _talker_echo_impairment(p) + _listener_echo_impairment(p) + absolute_delay_impairment(p)


def delay_on_wider_scale(one_way_ms: float, scale: Scale) -> float:
    """Id of the wideband [G.107.1 eq. 7-4] or fullband scale [G.107.2 §7.4]; listener echo is left out of both."""
    p = Transmission.with_delay(one_way_ms)
    idd = _SCALES[scale].delay_weight * absolute_delay_impairment(p)
    return idd + _wideband_talker_echo(p) if scale is Scale.WIDEBAND else idd


def _wideband_talker_echo(p: Transmission) -> float:
    """Idte,WB [G.107.1 eq. 7-5 to 7-10]. Its noise sum is that of G.107 with the floor of G.107.1 Table 1."""
    k = min(0.08 * p.t + 10, 18)
    terv = p.telr + k - _echo_delay_loss(p.t)
    return _echo_annoyance(-1.5 * (noise_sum(replace(p, nfor=WIDEBAND_NFOR)) - p.rlr), 80 + 3 * (terv - 14), p.t)


def _echo_delay_loss(t: float) -> float:
    """By how many dB a delay of `t` ms makes echo worse [G.107 eq. 7-22]."""
    return float(40 * log10((1 + t / 10) / (1 + t / 150)) - 6 * exp(-0.3 * t**2))


def _echo_annoyance(roe: float, re: float, t: float) -> float:
    """What is common to both talker echo terms [G.107 eq. 7-19]."""
    gap = roe - re
    return (gap / 2 + sqrt(gap**2 / 4 + 100) - 1) * (1 - exp(-t))


def _talker_echo_impairment(p: Transmission) -> float:
    """Idte [G.107 eq. 7-19 to 7-24], with its corrections for low and high sidetone."""
    if p.t < 1:
        return 0.0
    terv = p.telr - _echo_delay_loss(p.t)
    sidetone = _sidetone_impairment(p)
    if p.stmr < 9:
        terv += sidetone / 2
    idte = _echo_annoyance(-1.5 * (noise_sum(p) - p.rlr), 80 + 2.5 * (terv - 14), p.t)
    return sqrt(idte**2 + sidetone**2) if p.stmr > 20 else idte


def _listener_echo_impairment(p: Transmission) -> float:
    """Idle [G.107 eq. 7-25, 7-26]."""
    gap = basic_ratio(p) - 10.5 * (p.wepl + 7) * (p.tr + 1) ** -0.25
    return float(gap / 2 + sqrt(gap**2 / 4 + 169))


def absolute_delay_impairment(p: Transmission) -> float:
    """Idd [G.107 eq. 7-27, 7-28]: nothing up to mT."""
    if p.ta <= p.least_delay_ms:
        return 0.0
    x = log10(p.ta / p.least_delay_ms) / log10(2)
    power = 6 * p.delay_sensitivity
    return float(25 * ((1 + x**power) ** (1 / power) - 3 * (1 + (x / 3) ** power) ** (1 / power) + 2))
