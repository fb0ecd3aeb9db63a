"""The settings of call quality while calls go on: what is listened to, and which mark packets shall have."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, IPvAnyNetwork, SecretStr, StringConstraints

from telephony.settings_types import Address, Frozen

Interface = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,14}$")]


class QualityRules(Frozen):
    """Without `interface` nothing is captured; without `hep_listen` no HEP is taken. Both are told in docs."""

    interface: Interface | None = None  # of this machine, on which the media of its Asterisk passes
    workers: int = Field(default=1, ge=1, le=16)  # processes that share it
    ring_mb: int = Field(default=64, ge=4, le=1024)  # of memory for each, which the kernel keeps locked
    dscp: int | None = Field(default=None, ge=0, le=63)  # the mark that RTP shall have; 46 is EF [RFC 4594]
    hep_listen: Address | None = None
    hep_peers: tuple[IPvAnyNetwork, ...] = ()  # who may send it; empty: whoever reaches the port
    hep_secret: SecretStr | None = None  # HEP's authentication key, where agents send one
