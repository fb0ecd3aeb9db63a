"""How one direction of one leg of a call sounded: a row of the table `quality`."""

from __future__ import annotations

from dataclasses import dataclass

from telephony.core.ids import InteractionId


@dataclass(frozen=True, slots=True)
class QualityRecord:
    """None means not known, and `ungrounded_reason` says why there is no MOS. MOS and R are on `scale`.

    `direction` is seen from our Asterisk: `received` is the far end's speech, `sent` what it heard. `mos_lq` leaves
    delay aside, `mos_cq` counts it and needs a measured round trip; `r_factor` is that of `mos_cq`, else of `mos_lq`.
    """

    interaction: InteractionId
    leg: str  # caller, agent
    direction: str  # received, sent
    codec: str
    loss_ratio: float | None
    jitter_ms: float | None
    rtt_ms: float | None
    delay_ms: float | None  # one way, mouth to ear
    r_factor: float | None
    mos_cq: float | None
    mos_lq: float | None
    scale: str | None  # nb, wb, fb
    source: str  # rtp, rtcp_ami, rtcp_hep
    ungrounded_reason: str | None
    mos_worst_10s: float | None = None  # of the worst interval of about ten seconds, which began at `worst_at`
    worst_at: float | None = None
    verdict: str = "none"  # good, degraded, bad; none: no media, or nobody told
    trunk: str | None = None  # the endpoint of the caller's leg
