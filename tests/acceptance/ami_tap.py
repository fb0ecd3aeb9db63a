"""A bare AMI connection for tests: every byte that Asterisk sends, and waiting for a pattern in them.

Not the product's client: that one believes little of what it hears, and here all of it is to be seen.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from telephony.asterisk.config import NodeConfig

TAP_SECRET = "tap-secret-for-tests-only"
TAP_ACCOUNT = f"\n[tap]\nsecret = {TAP_SECRET}\nread = all\nwrite = all\n"  # unfiltered; appended to the template


class AmiTap:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.received = b""
        self._reader = reader
        self._writer = writer
        self._grown = asyncio.Condition()

    async def read(self) -> None:
        while data := await self._reader.read(65536):
            async with self._grown:
                self.received += data
                self._grown.notify_all()

    async def until(self, pattern: bytes, *, within_s: float = 30.0, after: int = 0) -> re.Match[bytes]:
        """The first place where `pattern` (a regular expression) stands, waiting for it."""
        compiled = re.compile(pattern, re.DOTALL)
        async with asyncio.timeout(within_s), self._grown:
            while (found := compiled.search(self.received, after)) is None:
                await self._grown.wait()
            return found

    def send(self, **headers: str) -> None:
        lines = [f"{key}: {value}" for key, value in headers.items()]
        self._writer.write("\r\n".join([*lines, "", ""]).encode())

    def events(self, name: str) -> list[bytes]:
        frames = self.received.split(b"\r\n\r\n")
        return [frame for frame in frames if frame.startswith(b"Event: " + name.encode() + b"\r\n")]


@asynccontextmanager
async def tapped(node: NodeConfig, account: str = "tap", secret: str = TAP_SECRET) -> AsyncIterator[AmiTap]:
    """Logged in, with all that is heard from now on."""
    reader, writer = await asyncio.open_connection(node.ami_host, node.ami_port)
    tap = AmiTap(reader, writer)
    reading = asyncio.create_task(tap.read())
    try:
        tap.send(Action="Login", Username=account, Secret=secret)
        await tap.until(rb"Authentication accepted")
        yield tap
    finally:
        reading.cancel()
        with suppress(asyncio.CancelledError):
            await reading
        writer.close()
