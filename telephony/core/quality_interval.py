"""How one direction of one leg sounded for about ten seconds: a row of the table `quality_interval`.

Values are those of the interval, never cumulative ones. MOS and R are on `scale`.
"""

from __future__ import annotations

from dataclasses import dataclass

from telephony.core.ids import InteractionId


@dataclass(frozen=True, slots=True)
class QualityInterval:
    """None means not known. Directions and scores are those of `QualityRecord`.

    `packets_lost`: distinct sequence numbers that never came, never negative; `late_ratio`: came, but too late to be
    played; RTCP cannot tell it. `verdict` is good, degraded, bad or none; `verdicts` names what was wrong
    (`quality.interval_verdicts.Finding`). `capture_drops`: packets that the capture itself lost meanwhile, None where
    nothing was captured.
    """

    interaction: InteractionId
    leg: str  # caller, agent
    direction: str  # received, sent
    starts_at: float  # seconds since the epoch
    seconds: float
    trunk: str | None  # the endpoint of the caller's leg
    codec: str
    clock_rate_hz: int | None  # of RTP timestamps
    scale: str | None  # nb, wb, fb
    source: str  # rtp, rtcp_ami, rtcp_hep
    packets_expected: int
    packets_lost: int
    loss_ratio: float | None
    late_ratio: float | None
    jitter_ms: float | None
    delay_ms: float | None  # one way, mouth to ear
    mos_lq: float | None
    mos_cq: float | None
    r_factor: float | None
    verdict: str
    verdicts: tuple[str, ...] = ()
    capture_drops: int | None = None

    @property
    def marked(self) -> bool:
        """Whether losses may be the capture's own, so that the scores prove nothing."""
        return bool(self.capture_drops)

    @property
    def mos(self) -> float | None:
        return self.mos_lq if self.mos_cq is None else self.mos_cq
