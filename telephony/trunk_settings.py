"""The settings of trunks: how the folder of a node that is elsewhere is reached."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from telephony.settings_types import Frozen

# None of these can be an option of ssh, and in none of them is there anything that ssh would expand.
SshHost = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z]([0-9A-Za-z.:-]{0,251}[0-9A-Za-z])?$")]
SshUser = Annotated[str, StringConstraints(pattern=r"^[a-z_][a-z0-9_-]{0,31}$")]
SshFile = Annotated[str, StringConstraints(pattern=r"^/[0-9A-Za-z._/-]{1,250}$")]


class SshTo(Frozen):
    """`known_hosts` holds the node's host key, `key` is ours, without a passphrase and good for this alone."""

    host: SshHost
    user: SshUser
    key: SshFile
    known_hosts: SshFile
    port: int = Field(default=22, ge=1, le=65535)
