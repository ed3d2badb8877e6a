"""A recording's heavy data, fetched once, in pieces, with progress, and checked by its SHA-256.

On the path `/recording` of a shared session: after the hello the server says name, size and hash; then the client asks
for ranges, one at a time, and each is answered with one binary frame. What was fetched stays in `OUT.part` when the
line is cut, and the next try goes on from there.
"""

import asyncio
import hashlib
import json
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from twinswing.errors import InputError
from twinswing.review import share_protocol as wire
from twinswing.review.share_protocol import Hello

PATH = "/recording"
# Large enough that asking costs little, small enough that drawings on other lines are not held up.
PIECE_BYTES = 256 * 1024
# A day of a plant is some gigabytes; a server that claims more shall not fill a disk.
_SIZE_LIMIT = 64 * 1024**3
_TRIES = 8


@dataclass(frozen=True)
class _Stamp:
    size: int
    mtime_ns: int


class RecordingSource:
    """A recording that is handed out by ranges; its hash is computed once for as long as the file stays the same."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._hashed: tuple[_Stamp, str] | None = None

    async def describe(self) -> tuple[_Stamp, str]:
        """Return what the file is now and its SHA-256 in hexadecimal; raises InputError if it cannot be read."""
        stamp = self._stamp()
        if self._hashed is None or self._hashed[0] != stamp:
            self._hashed = (stamp, await asyncio.to_thread(_sha256, self.path))
        return self._hashed

    async def read(self, stamp: _Stamp, start: int, size: int) -> bytes:
        """Return bytes of the file; raises InputError if it changed since it was described."""
        data = await asyncio.to_thread(_piece, self.path, start, size)
        if self._stamp() != stamp:
            raise InputError("The recording was changed while it was fetched.")
        return data

    def _stamp(self) -> _Stamp:
        try:
            found = self.path.stat()
        except OSError as error:
            raise InputError(f"The recording cannot be read: {error.strerror}.") from None
        return _Stamp(found.st_size, found.st_mtime_ns)


async def hand_out(socket: ServerConnection, source: RecordingSource | None) -> None:
    """Answer one client's questions until it leaves.

    Raises InputError when it asks for what is not there, or there is no recording to hand out.
    """
    if source is None:
        raise InputError("This session hands out no recording.")
    stamp, digest = await source.describe()
    about = {"type": "recording", "name": source.path.name, "size": stamp.size, "sha256": digest}
    await socket.send(json.dumps(about))
    async for frame in socket:
        message = wire.parse(frame if isinstance(frame, str) else "")
        start = message.get("start")
        if message["type"] != "range" or isinstance(start, bool) or not isinstance(start, int):
            raise InputError("A range of the recording must say where it starts.")
        if not 0 <= start < stamp.size:
            raise InputError(f"The recording has {stamp.size} bytes; none start at {start}.")
        await socket.send(await source.read(stamp, start, PIECE_BYTES))


async def fetch_recording(
    url: str,
    token: str,
    name: str,
    out: str | Path,
    *,
    tls: ssl.SSLContext | None = None,
    on_progress: Callable[[int, int], None] = lambda _done, _all: None,
    retry_s: float = 0.5,
) -> Path:
    """Fetch the recording of a shared session and return where it is; a cut line is taken up again a few times.

    on_progress : called with the bytes that are here and all there are.
    Raises InputError if the server refuses, cannot be reached, or what came is not what it said. The file appears
    under its name only when it is whole and checked.
    """
    out = Path(out)
    here = -1
    tries = 0
    while tries < _TRIES:
        try:
            async with connect(
                url + PATH, ssl=tls, compression=None, max_size=PIECE_BYTES, close_timeout=1.0
            ) as socket:
                await socket.send(wire.hello_text(Hello(token, name, b"\x00")))
                return await _fetch(socket, out, on_progress)
        except ConnectionClosed as end:
            if end.rcvd is not None and end.rcvd.code == 1008:
                raise InputError(f"{url} refused: {end.rcvd.reason}") from None
        except (OSError, InvalidHandshake, TimeoutError):
            pass  # nobody is there now: tried again
        # Only tries that brought nothing count: a bad line may cut as often as it likes.
        arrived = _size(_part(out))
        tries, here = (tries + 1 if arrived == here else 0), arrived
        await asyncio.sleep(retry_s)
    raise InputError(f"{url} was not reached in {_TRIES} tries; {max(here, 0)} bytes are kept for the next.")


async def _fetch(socket: ClientConnection, out: Path, on_progress: Callable[[int, int], None]) -> Path:
    first = await socket.recv()
    size, digest = _about(wire.parse(first if isinstance(first, str) else ""))
    part = _part(out)
    done = _size(part)
    if done > size:
        part.unlink()
        done = 0
    with part.open("ab") as file:
        while done < size:
            await socket.send(json.dumps({"type": "range", "start": done}))
            piece = await socket.recv()
            if not isinstance(piece, bytes) or not 0 < len(piece) <= size - done:
                raise InputError("A piece of the recording came that was not asked for.")
            file.write(piece)
            file.flush()
            done += len(piece)
            on_progress(done, size)
    if await asyncio.to_thread(_sha256, part) != digest:
        part.unlink()
        raise InputError("The recording that came is not the one that was promised: its SHA-256 differs.")
    return part.replace(out)


def _about(message: dict[str, Any]) -> tuple[int, str]:
    size, digest = message.get("size"), message.get("sha256")
    known = message["type"] == "recording" and isinstance(digest, str)
    if not known or not isinstance(size, int) or not 0 < size <= _SIZE_LIMIT:
        raise InputError("The server offers no recording that can be fetched.")
    return size, str(digest)


def _part(out: Path) -> Path:
    return out.with_name(out.name + ".part")


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _piece(path: Path, start: int, size: int) -> bytes:
    with path.open("rb") as file:
        file.seek(start)
        return file.read(size)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
