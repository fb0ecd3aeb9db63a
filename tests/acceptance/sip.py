"""SIPp as carrier and as agents' phones: real SIP [RFC 3261] over UDP, one process per role.

The scenarios are written here as short lists of steps and rendered to SIPp's XML. A scenario that sees a message it
does not expect fails; `ok()` is True only when all of its calls went exactly as written.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from telephony.asterisk.config import AgentPhone, NodeConfig
from telephony.child import Child
from tests.tools import sipp

SDP = """\
Content-Type: application/sdp
Content-Length: [len]

v=0
o=- 1 1 IN IP[local_ip_type] [local_ip]
s=-
c=IN IP[media_ip_type] [media_ip]
t=0 0
m=audio [media_port] RTP/AVP 8 101
a=rtpmap:8 PCMA/8000
a=rtpmap:101 telephone-event/8000
a=ptime:20
"""
DTMF_OF_SIPP = "96"  # the payload type that `play_dtmf` sends, whatever was offered

EMPTY = "Content-Length: 0\n"


def _send(text: str, options: str = "") -> str:
    return f"<send {options}><![CDATA[\n{text}\n]]></send>\n"


def _request(
    method: str, user: str, cseq: int, body: str = EMPTY, *, extra: str = "", uri: str = "", branch: str = "[branch]"
) -> str:
    first = method in {"INVITE", "REGISTER"} or branch != "[branch]"
    return (
        f"{method} {uri or 'sip:[service]@[remote_ip]:[remote_port]'} SIP/2.0\n"
        f"Via: SIP/2.0/[transport] [local_ip]:[local_port];branch={branch}\nMax-Forwards: 70\n"
        f"From: <sip:{user}@127.0.0.1>;tag=[pid]-[call_number]\n"
        f"To: <sip:[service]@127.0.0.1>{'' if first else '[peer_tag_param]'}\n"
        f"Call-ID: [call_id]\nCSeq: {cseq} {method}\nContact: <sip:x@[local_ip]:[local_port]>\n{extra}{body}"
    )


def _again(method: str, user: str, cseq: int, body: str = EMPTY, **more: str) -> str:
    """A request that is sent again until it is answered."""
    return _send(_request(method, user, cseq, body, **more), 'retrans="500"')


def _answer(status: str, body: str = EMPTY, *, new: bool = False) -> str:
    """A response with the headers of the request; `new` adds our tag to a dialogue that begins."""
    copied = "".join(f"[last_{name}:]\n" for name in ("Via", "From", "Call-ID", "CSeq"))
    tag = ";tag=[pid]-[call_number]" if new else ""
    return _send(f"SIP/2.0 {status}\n{copied}[last_To:]{tag}\nContact: <sip:x@[local_ip]:[local_port]>\n{body}")


_RINGING = "".join(f'<recv response="{code}" optional="true"/>\n' for code in (100, 180, 183))
_BYE_COMES = '<recv request="BYE"/>\n' + _answer("200 OK")


def _answered(user: str, cseq: int = 1) -> str:
    # `next_url` is where the answer told us to send the rest of the dialogue.
    return f'{_RINGING}<recv response="200" rrs="true"/>\n' + _send(_request("ACK", user, cseq, uri="[next_url]"))


def _talk(user: str, talk_ms: int, cseq: int) -> str:
    bye = _again("BYE", user, cseq, uri="[next_url]")
    return f'<pause milliseconds="{talk_ms}"/>\n{bye}<recv response="200"/>\n'


def stays(user: str) -> str:
    """Call, be answered, stay until the other side hangs up."""
    return _again("INVITE", user, 1, SDP) + _answered(user) + _BYE_COMES


def talks(user: str, talk_ms: int) -> str:
    """Call, be answered, hang up after `talk_ms`."""
    return _again("INVITE", user, 1, SDP) + _answered(user) + _talk(user, talk_ms, 2)


def presses(user: str, key: str, after_ms: tuple[int, int], patience_ms: int) -> str:
    """Call, be answered, press a key [RFC 4733] somewhen within `after_ms`, stay until the other side hangs up.

    Whom nobody hangs up on within `patience_ms` has failed. SIPp sends the key through a raw socket.
    """
    earliest, latest = after_ms
    return (
        _again("INVITE", user, 1, SDP.replace("101", DTMF_OF_SIPP))
        + _answered(user)
        + f'<pause distribution="uniform" min="{earliest}" max="{latest}"/>\n'
        + f'<nop><action><exec play_dtmf="{key}"/></action></nop>\n'
        + _BYE_COMES.replace("/>", f' timeout="{patience_ms}"/>', 1)
    )


def is_refused(user: str, status: int, extra: str = "") -> str:
    trying = '<recv response="100" optional="true"/>\n'
    ack = _send(_request("ACK", user, 1, branch="[branch-3]"))
    return f'{_again("INVITE", user, 1, SDP, extra=extra)}{trying}<recv response="{status}"/>\n{ack}'


def asks_to_register(user: str) -> str:
    """REGISTER, and no more where a password is asked for."""
    return f'{_again("REGISTER", user, 1, uri="sip:127.0.0.1")}<recv response="401"/>\n'


def registers(user: str) -> str:
    """REGISTER with digest [RFC 3261 §22]."""
    here = {"uri": "sip:127.0.0.1"}
    first = _again("REGISTER", user, 1, extra="Expires: 300\n", **here)
    second = _again("REGISTER", user, 2, extra="Expires: 300\n[authentication]\n", **here)
    return f'{first}<recv response="401" auth="true"/>\n{second}<recv response="200"/>\n'


def phones_out(user: str, talk_ms: int, extra: str = "") -> str:
    """An agent's phone calls a number, is challenged, talks, hangs up."""
    return _asked_out(user, SDP, extra) + _answered(user, 2) + _talk(user, talk_ms, 3)


def _asked_out(user: str, sdp: str, extra: str = "") -> str:
    challenged = '<recv response="401" auth="true"/>\n' + _send(_request("ACK", user, 1, branch="[branch-2]"))
    second = _again("INVITE", user, 2, sdp, extra=f"[authentication]\n{extra}")
    return _again("INVITE", user, 1, sdp) + challenged + second


def phones_out_and_listens(user: str, media_port: int) -> str:
    """The same; it must hear speech before the answer, at a port that somebody else has, until it is hung up on."""
    early = '<recv response="100" optional="true"/>\n<recv response="183"/>\n'
    return _asked_out(user, SDP.replace("[media_port]", str(media_port))) + early + _answered(user, 2) + _BYE_COMES


def answers(ring_ms: int = 50) -> str:
    """Be called, ring, answer, stay until the other side hangs up."""
    log = '<ereg regexp=".*" search_in="hdr" header="From:" assign_to="1"/><log message="INVITE [$1]"/>'
    return (
        f'<recv request="INVITE"><action>{log}</action></recv>\n'
        + _answer("180 Ringing", new=True)
        + f'<pause milliseconds="{ring_ms}"/>\n'
        + _answer("200 OK", SDP, new=True)
        + '<recv request="ACK"/>\n'
        + _BYE_COMES
    )


def refuses(retry_after_s: int = 0) -> str:
    """Be called and say that it cannot be done now."""
    later = f"Retry-After: {retry_after_s}\n{EMPTY}" if retry_after_s else EMPTY
    return (
        '<recv request="INVITE"/>\n' + _answer("503 Service Unavailable", later, new=True) + '<recv request="ACK"/>\n'
    )


def is_silent() -> str:
    """Be called and say nothing at all."""
    return '<recv request="INVITE"/>\n<pause milliseconds="60000"/>\n'


def is_watched(speech: Path, refreshed: bool) -> str:  # noqa: FBT001 - the two sides of one thing
    """Be called, speak, and agree to a session timer [RFC 4028] of 90 s, which the caller keeps, or we keep and do not.

    Who is to keep it must do so at half of the time; who hears nothing must hang up before its end, and say why.
    """
    own = SDP.replace("[media_port]", "[rtpstream_audio_port]")
    timer = f"Require: timer\nSession-Expires: 90;refresher={'uac' if refreshed else 'uas'}\n"
    why = '<ereg regexp="cause=408" search_in="hdr" header="Reason:" check_it="true" assign_to="1"/>'
    kept = (
        f'<recv request="INVITE" timeout="60000"/>\n{_answer("200 OK", timer + own)}<recv request="ACK"/>\n'
        '<recv request="BYE"/>\n'
        if refreshed
        else '<pause milliseconds="45000"/>\n'
        f'<recv request="BYE" timeout="50000"><action>{why}</action></recv>\n<Reference variables="1"/>\n'
    )
    return (
        f'<recv request="INVITE"/>\n{_answer("200 OK", timer + own, new=True)}<recv request="ACK"/>\n'
        f'<nop><action><exec rtp_stream="{speech},-1,8,PCMA/8000"/></action></nop>\n{kept}{_answer("200 OK")}'
    )


def speaks_early_then_changes(speech: Path) -> str:
    """Be called, speak before the answer [RFC 3960], then hold [RFC 3264 §8.4], resume with another codec, hang up.

    `speech` is A-law. Each answer to our offers must be what it has to be.
    """
    own = SDP.replace("[media_port]", "[rtpstream_audio_port]")
    held, other = (
        own.replace("a=ptime", "a=sendonly\na=ptime"),
        own.replace("AVP 8", "AVP 0").replace("8 PCMA", "0 PCMU"),
    )
    who = "".join(
        f'<ereg regexp=".*" search_in="hdr" header="{header}:" assign_to="{place}"/>'
        for place, header in enumerate(("From", "To"), 1)
    )
    return (
        f'<recv request="INVITE" rrs="true"><action>{who}</action></recv>\n'
        + _answer("183 Session Progress", own, new=True)
        + f'<nop><action><exec rtp_stream="{speech},-1,8,PCMA/8000"/></action></nop>\n<pause milliseconds="700"/>\n'
        + _answer("200 OK", own, new=True)
        + '<recv request="ACK"/>\n'
        + _offered(2, held, "a=recvonly")
        + _offered(3, other, "m=audio [0-9]+ RTP/AVP 0 ")
        + _again_as_called("BYE", 4)
        + '<recv response="200"/>\n<Reference variables="3,4"/>\n'
    )


def _again_as_called(method: str, cseq: int, body: str = EMPTY) -> str:
    """A request of ours in a dialogue that the other side has begun; `$1` and `$2` are its From and To."""
    return _send(_as_called(method, cseq, body), 'retrans="500"')


def _as_called(method: str, cseq: int, body: str = EMPTY) -> str:
    return (
        f"{method} [next_url] SIP/2.0\nVia: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]\n"
        f"Max-Forwards: 70\nFrom:[$2];tag=[pid]-[call_number]\nTo:[$1]\nCall-ID: [call_id]\nCSeq: {cseq} {method}\n"
        f"Contact: <sip:x@[local_ip]:[local_port]>\n{body}"
    )


def _offered(cseq: int, body: str, answer: str) -> str:
    """An offer within the dialogue; the expression must stand in the answer."""
    check = f'<action><ereg regexp="{answer}" search_in="body" check_it="true" assign_to="{cseq + 1}"/></action>'
    return (
        _again_as_called("INVITE", cseq, body)
        + f'<recv response="100" optional="true"/>\n<recv response="200">{check}</recv>\n'
        + _send(_as_called("ACK", cseq))
        + '<pause milliseconds="200"/>\n'
    )


class SippProcess:
    """One SIPp running a scenario."""

    def __init__(self, child: Child, folder: Path, name: str) -> None:
        self.child = child
        self._folder = folder
        self._name = name

    async def ok(self, within_s: float = 30.0) -> bool:
        """Wait for its end; True when every call went as written."""
        return await asyncio.wait_for(self.child.wait(), within_s) == 0

    def heard(self) -> str:
        """What the scenario logged: the From of each INVITE."""
        return self._text(".heard")

    def errors(self) -> str:
        return self._text(".err") + self._text(".log")

    def _text(self, suffix: str) -> str:
        path = self._folder / f"{self._name}{suffix}"
        return path.read_text("utf-8", "replace")[-1500:] if path.exists() else ""


class Sip:
    """The SIP world around one node."""

    def __init__(self, node: NodeConfig, folder: Path) -> None:
        self.node = node
        self._folder = folder
        self._running: list[SippProcess] = []

    async def run(
        self,
        name: str,
        scenario: str,
        port: int,
        *,
        service: str = "x",
        calls: int | None = 1,
        more: Sequence[str] = (),
        host: str = "127.0.0.1",
        to: str = "127.0.0.1",
    ) -> SippProcess:
        path = self._folder / f"{name}.xml"
        path.write_text(f'<?xml version="1.0" encoding="UTF-8"?>\n<scenario name="{name}">\n{scenario}</scenario>\n')
        own = self._folder / name
        argv = [
            sipp(), f"{to}:{self.node.sip_port}", "-sf", path, "-i", host, "-p", str(port), "-s", service,
            "-nostdin", "-aa", "-trace_err", "-error_file", f"{own}.err", "-trace_logs", "-log_file", f"{own}.heard",
            *(("-m", str(calls)) if calls else ()), *more,
        ]  # fmt: skip
        child = await Child.start(f"sipp {name}", argv, log=self._folder / f"{name}.log")
        process = SippProcess(child, self._folder, name)
        self._running.append(process)
        return process

    def carrier_port(self, carrier: int = 0) -> int:
        """Where the node expects this carrier."""
        return int(self.node.trunks[carrier].match.partition(":")[2].partition("/")[0])

    async def customer(self, name: str, scenario: str, number: str, *, carrier: int = 0) -> SippProcess:
        """A call over a trunk; each carrier has one at a time."""
        return await self.run(name, scenario, self.carrier_port(carrier), service=number)

    async def register(self, agent: AgentPhone, port: int) -> None:
        name = f"register-{agent.endpoint}"
        process = await self.run(name, registers(agent.endpoint), port, service=agent.endpoint, more=login(agent))
        assert await process.ok(), process.errors()

    async def phone(self, agent: AgentPhone, port: int) -> SippProcess:
        """An agent's registered phone that answers every call until it is stopped."""
        await self.register(agent, port)
        # Without an end, because SIPp counts Asterisk's OPTIONS as a call, too.
        return await self.run(f"phone-{agent.endpoint}", answers(), port, calls=None)

    async def stop(self) -> None:
        for process in self._running:
            if process.child.returncode is None:
                await process.child.stop(grace_s=2.0)


def login(agent: AgentPhone) -> tuple[str, ...]:
    return ("-au", agent.endpoint, "-ap", agent.secret)


@asynccontextmanager
async def sip_world(node: NodeConfig, folder: Path) -> AsyncIterator[Sip]:
    sip = Sip(node, folder)
    try:
        yield sip
    finally:
        await sip.stop()
