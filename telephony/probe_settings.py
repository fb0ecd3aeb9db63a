"""The settings of test calls: which trunks and numbers are called by themselves, and how often."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from telephony.settings_types import E164, Frozen, Name


class Probes(Frozen):
    """Nothing is called by itself while both `trunks` and `numbers` are empty."""

    number: E164 | None = None  # of an echo, which is called by each of `trunks`
    trunks: tuple[Name, ...] = ()
    numbers: tuple[E164, ...] = ()  # of echoes, called by whichever trunk the rules name
    every_s: float = Field(default=300.0, ge=60, le=86_400)
    talk_s: float = Field(default=12.0, ge=2, le=60)  # RTCP comes every 5 s

    @model_validator(mode="after")
    def _something_to_call(self) -> Self:
        if self.trunks and self.number is None:
            raise ValueError("`trunks` need `number`, which is called by each of them")
        return self
