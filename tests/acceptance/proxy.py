"""A TCP proxy between the server and Asterisk's manager interface, which can do what bad networks do."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

CHUNK_BYTES = 65_536
RECEIVE_BYTES = 16_384
EVENT_END = b"\r\n\r\n"


class AmiProxy:
    """`connections` counts those the server has opened. A silence holds until `speak` and for new connections, too."""

    def __init__(self, upstream_port: int) -> None:
        self.connections = 0
        self._upstream_port = upstream_port
        self._clients: set[asyncio.StreamWriter] = set()
        self._upstreams: set[asyncio.StreamWriter] = set()
        self._open = asyncio.Event()
        self._open.set()
        self._extra = b""
        self._sent = asyncio.Event()
        self._news = asyncio.Condition()

    def cut(self) -> None:
        """Every connection ends with a reset."""
        for writer in self._clients:
            writer.transport.abort()

    def silence(self) -> None:
        """Half-open: the connections stay, and no byte passes either way."""
        self._open.clear()

    def ask_without_reading(self, action: bytes, times: int) -> None:
        """A reader far too slow: nothing of what Asterisk answers is taken, until `speak`."""
        self.silence()
        for upstream in self._upstreams:
            upstream.write(action * times)

    def speak(self) -> None:
        self._open.set()

    async def inject(self, events: bytes) -> None:
        """Say this to the server between two events of Asterisk's own; returns once it has taken it all."""
        self._extra = events
        self._sent.clear()
        await self._sent.wait()

    async def connected_again(self, before: int) -> None:
        async with self._news:
            await self._news.wait_for(lambda: self.connections > before)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with self._news:
            self.connections += 1
            self._news.notify_all()
        try:
            ours, theirs = await asyncio.open_connection(sock=await self._to_asterisk(), limit=RECEIVE_BYTES)
        except OSError:
            writer.transport.abort()
            return
        self._clients.add(writer)
        self._upstreams.add(theirs)
        ways = [
            asyncio.create_task(self._carry(reader, theirs, inject=False)),
            asyncio.create_task(self._carry(ours, writer, inject=True)),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            self._clients.discard(writer)
            self._upstreams.discard(theirs)
            writer.transport.abort()
            theirs.transport.abort()

    async def _to_asterisk(self) -> socket.socket:
        """With little room on our side, so that a reader's slowness comes through to Asterisk."""
        upstream = socket.socket()
        upstream.settimeout(0)
        upstream.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BYTES)
        try:
            await asyncio.get_running_loop().sock_connect(upstream, ("127.0.0.1", self._upstream_port))
        except BaseException:
            upstream.close()
            raise
        return upstream

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, inject: bool) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(CHUNK_BYTES):
                await self._open.wait()
                writer.write(data)
                if inject and self._extra and data.endswith(EVENT_END):
                    writer.write(self._extra)
                    self._extra = b""
                    await writer.drain()
                    self._sent.set()
                await writer.drain()


@asynccontextmanager
async def ami_proxy(upstream_port: int) -> AsyncIterator[tuple[AmiProxy, int]]:
    """The proxy and its port."""
    proxy = AmiProxy(upstream_port)
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    try:
        yield proxy, int(server.sockets[0].getsockname()[1])
    finally:
        proxy.speak()
        proxy.cut()
        server.close()
