"""A test call that the server has made: a row of the table `probe`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ProbeRecord:
    """None means not known; `trunk` None: none was reached. MOS is on `scale` (docs/probes.md)."""

    node: str
    trunk: str | None
    placed_at: float
    phone: str
    outcome: str
    verdict: str
    code: int
    post_dial_delay_s: float | None
    answered_s: float | None
    codec: str | None
    sent_loss_ratio: float | None
    sent_jitter_ms: float | None
    sent_mos: float | None
    received_loss_ratio: float | None
    received_jitter_ms: float | None
    received_mos: float | None
    rtt_ms: float | None
    scale: str | None
    heard_ratio: float | None
    digits_right: bool | None
    problems: tuple[str, ...]
