"""The settings of recordings at rest: where they lie, their keys, and how full a disk may get."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Self

from pydantic import Field, model_validator

from telephony.settings_types import ApiToken, Frozen, Name


class VaultRules(Frozen):
    """`keys` by id, of which `key` seals; without them keys are made in the data folder (docs/recordings.md)."""

    folder: Path | None = None  # `vault` in the data folder unless given
    keys: Mapping[Name, ApiToken] = Field(default_factory=dict)
    key: Name | None = None
    stop_below_mb: int = Field(default=1024, ge=0)  # free on the disk: nothing more is recorded
    go_on_above_mb: int = Field(default=2048, ge=0)  # and from here on it is again

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if (self.key is None) != (not self.keys) or (self.key and self.key not in self.keys):
            raise ValueError("`key` is the id of one of `keys`")
        if self.go_on_above_mb < self.stop_below_mb:
            raise ValueError("`go_on_above_mb` is not below `stop_below_mb`")
        return self
