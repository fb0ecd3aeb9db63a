"""Trunks as the operator writes them down: carriers, ways in and out, numbers and where they lead, what may be called.

Plain frozen data. Everything is checked by its type when a file is read (`trunk_file`), and as a whole by `checks`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time
from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import ConfigDict, Field, StringConstraints

from sip_trunk.numbers import NumberForm

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,39}$")]
E164Number = Annotated[str, StringConstraints(pattern=r"^\+[1-9][0-9]{6,14}$")]
Prefix = Annotated[str, StringConstraints(pattern=r"^\+[1-9][0-9]{0,14}$")]
HostName = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z]([0-9A-Za-z.:-]{0,251}[0-9A-Za-z])?$")]
Network = Annotated[str, StringConstraints(pattern=r"^[0-9A-Fa-f.:]{2,45}(:[0-9]{1,5})?(/[0-9]{1,3})?$")]
Port = Annotated[int, Field(ge=1, le=65535)]
User = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z+._-]{1,64}$")]
SecretName = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]{0,63}$")]  # of a variable, never its value
Title = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]{1,80}$")]
Seconds = Annotated[int, Field(ge=1, le=86_400)]
Money = Annotated[float, Field(ge=0, le=1_000_000, allow_inf_nan=False)]  # zloty
Codec = Annotated[str, StringConstraints(pattern=r"^(alaw|ulaw|g722|opus|g729|gsm)$")]

FilePath = Annotated[str, StringConstraints(pattern=r"^/[0-9A-Za-z._/-]{1,200}$")]

_STRICT = ConfigDict(extra="forbid", frozen=True)


class Transport(StrEnum):
    UDP = "udp"
    TCP = "tcp"
    TLS = "tls"


class Srtp(StrEnum):
    """How media is encrypted. Where it is, a call without it is refused [RFC 4568, RFC 5764]; nothing is optional."""

    NONE = "none"
    SDES = "sdes"
    DTLS = "dtls"


class DtmfMode(StrEnum):
    RFC4733 = "rfc4733"
    INFO = "info"
    INBAND = "inband"


class CallerIdHeader(StrEnum):
    """Where the carrier reads who calls, beside From [RFC 3325]."""

    FROM = "from"
    PAI = "pai"  # P-Asserted-Identity
    RPID = "rpid"  # Remote-Party-ID


class TimerMode(StrEnum):
    """Session timers [RFC 4028]."""

    NO = "no"
    YES = "yes"  # where the other side asks or agrees
    REQUIRED = "required"
    ALWAYS = "always"


@dataclass(frozen=True, slots=True)
class Host:
    """Where a carrier is reached. A lower `priority` is tried first; `weight` shares calls among equals [RFC 2782].

    Without a port a host name is looked up by SRV, and by A/AAAA where it has none [RFC 3263].
    """

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    host: HostName
    port: Port | None = None
    priority: Annotated[int, Field(ge=0, le=65535)] = 10
    weight: Annotated[int, Field(ge=0, le=65535)] = 10


@dataclass(frozen=True, slots=True)
class Registration:
    """We register with the carrier. `secret` names what stands in the environment or the file of secrets."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    user: User
    secret: SecretName
    domain: HostName | None = None  # of the address of record; the first host's where it is not set
    expires_s: Annotated[int, Field(ge=60, le=86_400)] = 3600
    retry_s: Annotated[int, Field(ge=5, le=3600)] = 30


@dataclass(frozen=True, slots=True)
class Limits:
    """Of one trunk."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    calls: Annotated[int, Field(ge=1, le=10_000)] = 30  # at a time, both ways
    calls_per_s: Annotated[int, Field(ge=1, le=1000)] = 5  # begun by us


@dataclass(frozen=True, slots=True)
class SessionTimers:
    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    mode: TimerMode = TimerMode.YES
    expires_s: Annotated[int, Field(ge=90, le=86_400)] = 1800
    min_se_s: Annotated[int, Field(ge=90, le=86_400)] = 90


@dataclass(frozen=True, slots=True)
class Trunk:
    """One way to and from a carrier."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    carrier: Name
    hosts: Annotated[tuple[Host, ...], Field(min_length=1, max_length=20)]
    match: Annotated[tuple[Network, ...], Field(max_length=100)] = ()  # whose calls come in here; empty: none come in
    outbound: bool = True  # whether calls may go out here
    outbound_proxy: Host | None = None
    registration: Registration | None = None
    transport: Transport = Transport.UDP
    verify_server: bool = True  # of TLS: the certificate must be good and be the host's
    ca_file: FilePath | None = None  # PEM; what the system trusts where it is not set
    certificate: FilePath | None = None  # PEM, ours, for carriers that ask for one or connect to us over TLS
    key: FilePath | None = None
    listen_port: Port | None = None  # of TCP or TLS, where the carrier connects to us; none: we connect
    srtp: Srtp = Srtp.NONE
    codecs: Annotated[tuple[Codec, ...], Field(min_length=1, max_length=6)] = ("alaw", "ulaw")
    ptime_ms: Annotated[int, Field(ge=10, le=60, multiple_of=10)] = 20
    dtmf: DtmfMode = DtmfMode.RFC4733
    numbers: NumberForm = NumberForm.E164  # how the carrier writes numbers
    caller_id: CallerIdHeader = CallerIdHeader.PAI
    privacy: bool = False  # whether a withheld number is sent with `Privacy: id` [RFC 3323]
    diversion: bool = True  # whether a caller handed on is said in Diversion [RFC 5806]
    session_timers: SessionTimers = field(default_factory=SessionTimers)
    limits: Limits = field(default_factory=Limits)
    options_s: Annotated[int, Field(ge=0, le=3600)] = 30  # between OPTIONS; 0: none
    options_timeout_s: Annotated[float, Field(gt=0, le=32)] = 3.0
    ring_timeout_s: Annotated[int, Field(ge=5, le=180)] = 60
    answer_timeout_s: Annotated[float, Field(ge=1, le=32)] = 12.0  # without ringing or speech the next host is tried
    mos_threshold: Annotated[float, Field(ge=1, le=4.5)] | None = None  # below it the trunk is put last


@dataclass(frozen=True, slots=True)
class Carrier:
    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    title: Title
    contact: Title | None = None  # whom our engineers call
    test_number: E164Number | None = None


@dataclass(frozen=True, slots=True)
class Did:
    """A number of ours and where it leads. `trunks` empty: from whichever brings it."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    leads: Annotated[str, StringConstraints(pattern=r"^(line|accessibility|echo|agent:[A-Za-z][A-Za-z0-9_-]{0,39})$")]
    trunks: tuple[Name, ...] = ()


@dataclass(frozen=True, slots=True)
class Window:
    """`08:00-20:00` on the days, on the clock on a Polish wall; over midnight where it begins after its end."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    begin: time
    end: time
    days: Annotated[str, StringConstraints(pattern=r"^(mon|tue|wed|thu|fri|sat|sun)(-(mon|tue|wed|thu|fri|sat|sun))?$")]


@dataclass(frozen=True, slots=True)
class Rule:
    """Calls to numbers that begin so go out by these trunks, in this order. The longest prefix decides."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    prefix: Prefix
    trunks: Annotated[tuple[Name, ...], Field(min_length=1, max_length=10)]
    cost_per_min: Money = 0.0
    when: Window | None = None  # always


@dataclass(frozen=True, slots=True)
class Guards:
    """What limits the damage of toll fraud. Some guards are not here, because no file can remove them (`guards`)."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    international: tuple[Prefix, ...] = ()  # countries that may be called, by prefix; none where it is empty
    calls_per_minute: Annotated[int, Field(ge=1, le=10_000)] = 60  # of all outgoing calls
    cost_per_day: Money = 500.0
    call_minutes: Annotated[int, Field(ge=1, le=1440)] = 120  # the longest outgoing call


@dataclass(frozen=True, slots=True)
class TrunkSet:
    """All of a file. `own`: first and last number of each range of ours; `receive_only`: on the DNO list."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    carriers: Mapping[Name, Carrier]
    trunks: Mapping[Name, Trunk]
    own: Annotated[tuple[tuple[E164Number, E164Number], ...], Field(max_length=10_000)]
    default_caller_id: E164Number
    dids: Mapping[E164Number, Did] = field(default_factory=dict)
    outbound: tuple[Rule, ...] = ()
    receive_only: tuple[E164Number, ...] = ()
    guards: Guards = field(default_factory=Guards)
