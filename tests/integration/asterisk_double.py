"""Asterisk's side of AMI and AGI, scripted over real sockets: what the double says is what the real one was seen to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

GREETING = b"Asterisk Call Manager/9.0.0\r\n"
RIGHTS = {"Ping": "<none>", "Originate": "originate,all", "PlayDTMF": "call,all"}

Fields = dict[str, str]


def message(**fields: str) -> bytes:
    return "".join(f"{key}: {value}\r\n" for key, value in fields.items()).encode() + b"\r\n"


def channel_event(name: str, uniqueid: str, **more: str) -> bytes:
    """An event with a channel's snapshot, its keys in Asterisk's order."""
    snapshot = {
        "Event": name,
        "Privilege": "call,all",
        "Channel": f"PJSIP/trunk-{uniqueid}",
        "CallerIDNum": "<unknown>",
        "Uniqueid": uniqueid,
        "Linkedid": uniqueid,
    }
    return message(**snapshot, **more)


@dataclass(slots=True)
class AmiDouble:
    """A manager port. `answers` maps an action's name to what is said instead of the usual answer."""

    secret: str = "right"
    rights: Fields = field(default_factory=lambda: dict(RIGHTS))
    channels: list[str] = field(default_factory=list)
    bridges: Fields = field(default_factory=dict)  # Uniqueid → bridge
    names: Fields = field(default_factory=dict)  # Uniqueid → channel, where it is no trunk's
    contexts: dict[str, tuple[str, str]] = field(default_factory=dict)  # Uniqueid → context and application
    accounts: Fields = field(default_factory=dict)  # Uniqueid → account code
    devices: Fields = field(default_factory=dict)
    answers: dict[str, Callable[[Fields], bytes]] = field(default_factory=dict)
    actions: list[Fields] = field(default_factory=list)
    connections: int = 0
    seen: asyncio.Condition = field(default_factory=asyncio.Condition)
    _writers: list[asyncio.StreamWriter] = field(default_factory=list)
    _server: asyncio.Server | None = None

    async def start(self) -> int:
        self._server = await asyncio.start_server(self._talk, "127.0.0.1", 0)
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def stop(self) -> None:
        assert self._server
        self._server.close()
        self.cut()
        await self._server.wait_closed()

    def cut(self) -> None:
        """End all connections as a dying Asterisk does."""
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()

    def say(self, data: bytes) -> None:
        for writer in self._writers:
            writer.write(data)

    def named(self, action: str) -> list[Fields]:
        return [fields for fields in self.actions if fields["Action"] == action]

    async def until(self, action: str, times: int = 1) -> Fields:
        """Wait until `action` has come `times` times; the last one."""
        async with asyncio.timeout(10), self.seen:
            await self.seen.wait_for(lambda: len(self.named(action)) >= times)
        return self.named(action)[times - 1]

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._writers.append(writer)
        writer.write(GREETING)
        try:
            while True:
                raw = await reader.readuntil(b"\r\n\r\n")
                fields = dict(line.split(": ", 1) for line in raw.decode().strip().split("\r\n"))
                writer.write(self._answer(fields))
                async with self.seen:
                    self.actions.append(fields)
                    self.seen.notify_all()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.transport.abort()

    def _answer(self, fields: Fields) -> bytes:
        action, action_id = fields["Action"], fields["ActionID"]
        if action in self.answers:
            return self.answers[action](fields)
        ok = {"Response": "Success", "ActionID": action_id}
        match action:
            case "Login" if fields["Secret"] != self.secret:
                return message(Response="Error", ActionID=action_id, Message="Authentication failed")
            case "ListCommands":
                return message(**ok, **{name: f"Does it.  (Priv: {priv})" for name, priv in self.rights.items()})
            case "CoreShowChannels":
                events = [self._listed(each, action_id) for each in self.channels]
                return self._list(ok, "CoreShowChannelsComplete", events)
            case "DeviceStateList":
                events = [
                    message(Event="DeviceStateChange", ActionID=action_id, Device=device, State=state)
                    for device, state in self.devices.items()
                ]
                return self._list(ok, "DeviceStateListComplete", events)
        return message(**ok, Message="Done")

    def _listed(self, uniqueid: str, action_id: str) -> bytes:
        context, application = self.contexts.get(uniqueid, ("", ""))
        return message(
            Event="CoreShowChannel",
            ActionID=action_id,
            Channel=self.names.get(uniqueid, f"PJSIP/trunk-{uniqueid}"),
            ChannelState="6",
            Context=context,
            Uniqueid=uniqueid,
            Linkedid=uniqueid,
            Application=application,
            BridgeId=self.bridges.get(uniqueid, ""),
            AccountCode=self.accounts.get(uniqueid, ""),
        )

    @staticmethod
    def _list(ok: Fields, complete: str, events: list[bytes]) -> bytes:
        end = message(Event=complete, ActionID=ok["ActionID"], EventList="Complete", ListItems=str(len(events)))
        return message(**ok, EventList="start", Message="will follow") + b"".join(events) + end


@dataclass(slots=True)
class AgiDouble:
    """One channel that Asterisk has handed to the AGI server; answers are written by the test."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    @classmethod
    async def connect(cls, port: int, header: bytes) -> AgiDouble:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(header)
        return cls(reader, writer)

    async def command(self) -> str:
        """The next command; empty at the end of the connection."""
        async with asyncio.timeout(10):
            try:
                return (await self.reader.readline()).decode().rstrip("\n")
            except ConnectionError:
                return ""

    def reply(self, text: str = "200 result=0") -> None:
        self.writer.write(text.encode() + b"\n")

    async def serve_until(self, wanted: str, replies: Fields | None = None) -> str:
        """Answer commands until one begins with `wanted`, which stays unanswered. `replies` by beginning."""
        while True:
            line = await self.command()
            if line.startswith(wanted) or not line:
                return line
            known = [reply for begin, reply in (replies or {}).items() if line.startswith(begin)]
            self.reply(known[0] if known else "200 result=0")

    def close(self) -> None:
        self.writer.transport.abort()


def header(uniqueid: str = "n1-1.1", did: str = "+48221000000", caller: str = "+48501000001") -> bytes:
    """An AGI header as Asterisk 22 writes it (shortened)."""
    lines = [
        "agi_network: yes",
        "agi_network_script: call",
        "agi_request: agi://127.0.0.1:4573/call",
        f"agi_channel: PJSIP/trunk-{uniqueid}",
        "agi_language: pl",
        "agi_type: PJSIP",
        f"agi_uniqueid: {uniqueid}",
        "agi_version: 22.10.1",
        "agi_callerid: unknown",
        "agi_calleridname: unknown",
        "agi_context: hotline-in",
        "agi_threadid: 139",
        f"agi_arg_1: {did}",
        f"agi_arg_2: {caller}",
        "agi_arg_3: PHNpcDp4QHk+",
    ]
    return "\n".join(lines).encode() + b"\n\n"
