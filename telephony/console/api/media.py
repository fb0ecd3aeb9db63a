"""Sound for a page: any range of it [RFC 9110 §14], read piece by piece, and stored by nobody on the way; and files to
be saved, made while they are sent.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

import structlog
from aiohttp import web

from telephony.console.api.problems import ProblemError

log = structlog.get_logger()

PIECE_BYTES = 262_144


@dataclass(frozen=True, slots=True)
class Media:
    """`read(start, length)` gives the bytes there; what it raises ends the answer before its end."""

    kind: str  # audio/wav
    size: int
    read: Callable[[int, int], Awaitable[bytes]]


@dataclass(frozen=True, slots=True)
class Download:
    """`name` is the file's, of letters, digits, `.`, `_` and `-`; what `parts` raises ends the answer too early."""

    kind: str
    name: str
    parts: AsyncIterator[bytes]


async def save(request: web.Request, file: Download) -> web.StreamResponse:
    """The first part is there before the answer begins: what goes wrong until then is told as a problem."""
    first = await anext(file.parts, b"")
    headers = {"Content-Type": file.kind, "Content-Disposition": f'attachment; filename="{file.name}"'}
    response = web.StreamResponse(headers=headers)
    await response.prepare(request)
    try:
        await response.write(first)
        async for part in file.parts:
            await response.write(part)
        await response.write_eof()
    except (OSError, ProblemError) as error:  # the browser must not take a half for the whole
        if not isinstance(error, ConnectionError):
            log.error("download.broken", reason=str(error))  # noqa: TRY400 - told by whoever failed
        if request.transport:
            request.transport.abort()
    return response


async def send(request: web.Request, media: Media) -> web.StreamResponse:
    """The range that is asked for, or all. A range that cannot be read is as none [RFC 9110 §14.2]."""
    begin, end = 0, media.size
    response = web.StreamResponse(headers={"Accept-Ranges": "bytes", "Content-Type": media.kind})
    if (wanted := _range(request, media.size)) is not None:
        begin, end = wanted
        if begin >= end:
            return web.Response(status=416, headers={"Content-Range": f"bytes */{media.size}"})
        response.set_status(206)
        response.headers["Content-Range"] = f"bytes {begin}-{end - 1}/{media.size}"
    response.content_length = end - begin
    await response.prepare(request)
    try:
        for start in range(begin, end, PIECE_BYTES):
            await response.write(await media.read(start, min(PIECE_BYTES, end - start)))
        await response.write_eof()
    except (OSError, ValueError) as error:  # who listens has gone, or what is there cannot be read
        if not isinstance(error, ConnectionError):
            log.error("media.broken", reason=str(error))  # noqa: TRY400 - the file, not us
        if request.transport:
            request.transport.abort()
    return response


def _range(request: web.Request, size: int) -> tuple[int, int] | None:
    """First byte and the one after the last; None: all."""
    try:
        asked = request.http_range
    except ValueError:
        return None
    if asked.start is None and asked.stop is None:
        return None
    begin, end, _ = asked.indices(size)
    if asked.start is not None and asked.start >= size:
        return size, size
    return begin, end
