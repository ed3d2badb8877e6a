"""Frames on their way to one peer: in order, of limited size, so that a slow one makes nobody wait."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from websockets.asyncio.client import ClientConnection
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed


class Outbox:
    """Frames waiting for one peer; `put` tells when there are more than may be."""

    def __init__(self, limit_bytes: int) -> None:
        self._limit = limit_bytes
        self._frames: asyncio.Queue[str | bytes] = asyncio.Queue()
        self.waiting_bytes = 0

    def put(self, frame: str | bytes) -> bool:
        """Add a frame; return False, and add nothing, if the peer is too far behind."""
        if self.waiting_bytes and self.waiting_bytes + len(frame) > self._limit:
            return False
        self.waiting_bytes += len(frame)
        self._frames.put_nowait(frame)
        return True

    async def drain(self, socket: ServerConnection | ClientConnection) -> None:
        """Send what comes, for ever; raises ConnectionClosed."""
        while True:
            frame = await self._frames.get()
            await socket.send(frame)
            self.waiting_bytes -= len(frame)


async def with_sender(
    outbox: Outbox, socket: ServerConnection | ClientConnection, listening: Coroutine[Any, Any, None]
) -> None:
    """Listen while an outbox is sent; the end of either is the end of both."""
    sender = asyncio.create_task(outbox.drain(socket))
    try:
        await listening
    finally:
        sender.cancel()
        # Not awaited itself: its being cancelled could not be told from this task's.
        await asyncio.wait([sender])
        error = None if sender.cancelled() else sender.exception()
        if error is not None and not isinstance(error, ConnectionClosed):
            raise error
