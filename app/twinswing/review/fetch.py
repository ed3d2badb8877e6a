"""A recording's heavy data, fetched once, in pieces, with progress, and checked by its SHA-256.

On the path `/recording` of a shared session: after the hello the server says name, size and hash; then the client asks
for ranges, one at a time, and each is answered with one binary frame. What was fetched stays in `OUT.part` when the
line is cut, and the next try goes on from there.
"""

import asyncio
import hashlib
import json
import re
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidURI

from twinswing.errors import InputError
from twinswing.review import share_protocol as wire
from twinswing.review.share_protocol import Hello

PATH = "/recording"
# Large enough that asking costs little, small enough that drawings on other lines are not held up.
PIECE_BYTES = 256 * 1024
# A day of a plant is some gigabytes; a server that claims more shall not fill a disk.
_SIZE_LIMIT = 64 * 1024**3
_TRIES = 8
_SHA256 = re.compile(r"[0-9a-f]{64}")


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


async def fetch_into(
    url: str,
    token: str,
    name: str,
    folder: str | Path,
    *,
    tls: ssl.SSLContext | None = None,
    on_progress: Callable[[int, int], None] = lambda _done, _all: None,
    retry_s: float = 0.5,
) -> Path:
    """Fetch the recording of a shared session into a folder and return where it is.

    It is named after the server's own and its hash: what was fetched before is not fetched again, though annotations
    have been added to it at this end. Raises InputError as `fetch_recording` does.
    """

    def place(about: dict[str, Any]) -> Path:
        return Path(folder) / local_name(str(about.get("name", "")), str(about["sha256"]))

    return await _fetch_tried(url, token, name, place, tls=tls, on_progress=on_progress, retry_s=retry_s, reuse=True)


def local_name(name: str, sha256: str) -> str:
    """Return a file name for a recording that somebody else named: nothing in it leads out of a folder."""
    stem = name.replace("\\", "/").rsplit("/", 1)[-1].removesuffix(".mcap")
    kept = "".join(c for c in stem if c.isprintable() and c not in '<>:"|?*').strip(" .")
    # File systems count bytes, 255 at most, and `.part` comes behind.
    return f"{kept.encode()[:200].decode(errors='ignore') or 'recording'}-{sha256[:8]}.mcap"


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
    return await _fetch_tried(
        url, token, name, lambda _: out, tls=tls, on_progress=on_progress, retry_s=retry_s, reuse=False
    )


async def _fetch_tried(
    url: str,
    token: str,
    name: str,
    place: Callable[[dict[str, Any]], Path],
    *,
    tls: ssl.SSLContext | None,
    on_progress: Callable[[int, int], None],
    retry_s: float,
    reuse: bool,
) -> Path:
    here = [0]
    tries, known = 0, -1

    def progress(done: int, size: int) -> None:
        here[0] = done
        on_progress(done, size)

    while tries < _TRIES:
        try:
            async with connect(
                url + PATH, ssl=tls, compression=None, max_size=PIECE_BYTES, close_timeout=1.0
            ) as socket:
                await socket.send(wire.hello_text(Hello(token, name, b"\x00")))
                return await _fetch(socket, place, progress, reuse=reuse)
        except ConnectionClosed as end:
            if end.rcvd is not None and end.rcvd.code == 1008:
                raise InputError(f"{url} refused: {end.rcvd.reason}") from None
        except InvalidURI:
            raise InputError(f"{url} is no address of a shared session (ws://HOST:PORT).") from None
        except ssl.SSLCertVerificationError as error:
            raise InputError(f"{url}: its certificate is not trusted ({error.verify_message}).") from None
        except (OSError, InvalidHandshake, TimeoutError):
            pass  # nobody is there now: tried again
        # Only tries that brought nothing count: a bad line may cut as often as it likes.
        tries, known = (tries + 1 if here[0] == known else 0), here[0]
        await asyncio.sleep(retry_s)
    raise InputError(f"{url} was not reached in {_TRIES} tries; {here[0]} bytes are kept for the next.")


async def _fetch(
    socket: ClientConnection,
    place: Callable[[dict[str, Any]], Path],
    on_progress: Callable[[int, int], None],
    *,
    reuse: bool,
) -> Path:
    first = await socket.recv()
    about = wire.parse(first if isinstance(first, str) else "")
    size, digest = _about(about)
    out = place(about)
    if reuse and out.exists():
        on_progress(size, size)
        return out
    part = _part(out)
    try:
        await _fill(socket, part, size, on_progress)
        if await asyncio.to_thread(_sha256, part) != digest:
            part.unlink()
            raise InputError("The recording that came is not the one that was promised: its SHA-256 differs.")
        return part.replace(out)
    except OSError as error:
        raise InputError(f"{part} cannot be written: {error.strerror}.") from error


async def _fill(socket: ClientConnection, part: Path, size: int, on_progress: Callable[[int, int], None]) -> None:
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


def _about(message: dict[str, Any]) -> tuple[int, str]:
    size, digest = message.get("size"), message.get("sha256")
    known = message["type"] == "recording" and isinstance(digest, str) and _SHA256.fullmatch(digest) is not None
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
