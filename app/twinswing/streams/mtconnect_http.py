"""An MTConnect agent over HTTP: requests, one at a time, with answers that are read and errors that are told apart.

`aiohttp` does HTTP: chunked and compressed bodies, TLS, timeouts.
"""

import asyncio
import base64
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import aiohttp

from twinswing.errors import InputError
from twinswing.streams.mtconnect import AgentError
from twinswing.streams.multipart import MultipartParser, boundary_of

Read = TypeVar("Read")

_PIECE_BYTES = 1 << 16
# Parsing takes about 4 ms a megabyte's quarter; what is longer is done beside the loop, so that others are not held up.
_ASIDE_BYTES = 256 << 10
_MAX_BYTES = 64 << 20
# What no new attempt will mend.
_WRONG = frozenset({400, 401, 403, 404, 405, 406, 410, 414})


@dataclass(frozen=True)
class AgentAddress:
    """Where an agent is and how it is reached.

    url: "http://host:5000", with the path of a device or a gateway if there is one. user, password: HTTP basic
    authentication. ca_file: the authority that signed the agent's certificate, where the system does not know it.
    """

    url: str
    user: str = ""
    password: str = field(default="", repr=False)
    ca_file: Path | None = None
    connect_s: float = 10.0
    answer_s: float = 30.0  # for a whole probe or current: a shop's document has megabytes


class AgentClient:
    """Asks an agent. Use as an async context."""

    def __init__(self, address: AgentAddress) -> None:
        self._address = address
        base = address.url.rstrip("/")
        if not base.startswith(("http://", "https://")) or not base.split("//", 1)[1]:
            raise InputError(f"expected an agent's address such as http://host:5000, found {address.url!r}")
        self._base = base
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> "AgentClient":
        address = self._address
        tls: ssl.SSLContext | bool = True
        if address.ca_file is not None:
            try:
                tls = await asyncio.to_thread(ssl.create_default_context, cafile=str(address.ca_file))
            except OSError as error:
                raise InputError(f"expected a certificate authority in {address.ca_file}, found {error}") from None
        headers = {"Accept": "text/xml, application/xml, multipart/x-mixed-replace", "User-Agent": "twinswing"}
        if address.user:
            # aiohttp takes this header off again when an answer leads to another host.
            given = base64.b64encode(f"{address.user}:{address.password}".encode()).decode()
            headers["Authorization"] = f"Basic {given}"
        self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=tls, limit=4), headers=headers)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._session is not None:
            await self._session.close()

    async def ask(self, path: str, read: Callable[[bytes], Read], query: Mapping[str, str] | None = None) -> Read:
        """Return what an answer says.

        Raises AgentError where the agent says no, OSError where it cannot be reached or broke off, InputError where it
        is no agent.
        """
        timeout = aiohttp.ClientTimeout(total=self._address.answer_s, sock_connect=self._address.connect_s)
        async with self._get(path, query or {}, timeout) as answer:
            data = await _whole(answer)
            return await self._read(answer, data, read)

    async def parts(
        self, path: str, read: Callable[[bytes], Read], query: Mapping[str, str], dead_s: float
    ) -> AsyncGenerator[Read, None]:
        """Yield what the parts of a streamed answer say; OSError after `dead_s` without a byte.

        A part that cannot be read is the link's fault here, for the agent was understood before.
        """
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=self._address.connect_s, sock_read=dead_s)
        async with self._get(path, query, timeout) as answer:
            boundary = boundary_of(answer.headers.get("Content-Type", ""))
            if answer.status >= 400 or not boundary:
                yield await self._read(answer, await _whole(answer), read)
                return
            parser = MultipartParser(boundary, _MAX_BYTES)
            async for piece in answer.content.iter_chunked(_PIECE_BYTES):
                try:
                    for part in parser.feed(piece):
                        yield await _aside(read, part)
                except InputError as error:
                    raise ConnectionError(f"the agent's stream cannot be read: {error}") from error
                if parser.ended:
                    return

    @asynccontextmanager
    async def _get(
        self, path: str, query: Mapping[str, str], timeout: aiohttp.ClientTimeout
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        assert self._session is not None
        try:
            async with self._session.get(f"{self._base}/{path}", params=query, timeout=timeout) as answer:
                yield answer
        except aiohttp.InvalidURL as error:
            raise InputError(f"expected an agent's address such as http://host:5000, found {error}") from None
        except aiohttp.ClientSSLError as error:
            raise ConnectionError(f"no trusted connection to the agent: {error}") from error
        except TimeoutError:
            raise TimeoutError(f"no answer from the agent at {self._base}") from None
        except aiohttp.ClientError as error:
            if isinstance(error, OSError):
                raise
            raise ConnectionError(f"the agent broke off: {error or type(error).__name__}") from error

    async def _read(self, answer: aiohttp.ClientResponse, data: bytes, read: Callable[[bytes], Read]) -> Read:
        """Read an answer of any status: agents send their error documents with 200, 400 or 404."""
        try:
            return await _aside(read, data)
        except InputError as error:
            status = f"HTTP {answer.status} {answer.reason or ''}".strip()
            if answer.status in _WRONG:
                raise InputError(f"expected an MTConnect agent at {answer.url}, found {status}") from None
            if answer.status >= 400:
                raise ConnectionError(f"the agent answered {status}") from None
            raise InputError(f"expected an MTConnect agent at {answer.url}: {error}") from None


async def _aside(read: Callable[[bytes], Read], data: bytes) -> Read:
    if len(data) > _ASIDE_BYTES:
        return await asyncio.to_thread(read, data)
    return read(data)


async def _whole(answer: aiohttp.ClientResponse) -> bytes:
    data = bytearray()
    async for piece in answer.content.iter_chunked(_PIECE_BYTES):
        data += piece
        if len(data) > _MAX_BYTES:
            raise InputError(f"expected a document of at most {_MAX_BYTES >> 20} MiB from {answer.url}, found more")
    return bytes(data)


def no_device(error: AgentError) -> bool:
    """Whether an agent says that it has no such device: a wrong setting, not a passing trouble."""
    return bool(error.codes & {"NO_DEVICE", "INVALID_URI", "INVALID_PATH", "INVALID_XPATH"})
