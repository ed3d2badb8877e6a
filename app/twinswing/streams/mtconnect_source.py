"""A source that follows an MTConnect agent: probe, current, and the streamed sample, resumed where it broke off."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote

from twinswing.errors import InputError
from twinswing.streams.mtconnect import AgentError, Probe, parse_probe
from twinswing.streams.mtconnect_assets import ToolAsset, ToolsInUse, parse_tools
from twinswing.streams.mtconnect_http import AgentAddress, AgentClient, no_device
from twinswing.streams.mtconnect_place import Place
from twinswing.streams.mtconnect_streams import Streams, parse_streams
from twinswing.streams.observations import LinkState, LinkStatus, Observation, Sink

_LEAST_POLL_S = 0.05  # between questions to an agent that does not stream
_GONE = frozenset({"OUT_OF_RANGE", "INVALID_REQUEST"})


@dataclass(frozen=True)
class AgentSettings:
    """What is asked of an agent.

    device: its name or UUID, empty for all. interval_ms: how often the agent looks for news; count: at most so many
    observations a document, which bounds a document to about 200 kB. heartbeat_ms: the agent's sign of life where
    there is no news; dead after `missed` of them. history: begin with what is in the agent's buffer, not with now.
    assets: follow the cutting tools.
    """

    device: str = ""
    interval_ms: int = 200
    count: int = 1000
    heartbeat_ms: int = 5000
    missed: float = 3.0
    history: bool = False
    assets: bool = True


@dataclass(eq=False)
class _AssetNews:
    """One word that an asset changed or was removed; compared by identity, for the next may come while it is asked."""

    removed: bool


class MtConnectSource:
    """An agent. `run` may be called again after a loss: it goes on from the next sequence number.

    What the agent dropped meanwhile is counted in a LinkStatus' `lost`; after a restart of the agent, told by its
    instanceId, it goes on from the first that the new instance has.
    """

    def __init__(
        self,
        name: str,
        address: AgentAddress,
        settings: AgentSettings | None = None,
        *,
        silence_s: float | None = None,
        clock_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self.name = name
        self.settings = settings or AgentSettings()
        beat_s = self.settings.heartbeat_ms / 1000.0
        # One beat may be late by as much as the agent's interval and the network take.
        self.silence_s = silence_s if silence_s is not None else 1.5 * beat_s + 1.0
        self.probe: Probe | None = None
        self._dead_s = max(self.settings.missed * beat_s, self.silence_s + beat_s)
        self._address = address
        self._clock_ns = clock_ns
        self._place = Place()
        self._tools = ToolsInUse()
        # Assets that are to be asked for, the oldest first, by the word that said so.
        self._wanted: OrderedDict[str, _AssetNews] = OrderedDict()
        self._news = asyncio.Event()
        self._unread = 0

    async def run(self, sink: Sink) -> None:
        """Deliver until the agent is lost."""
        try:
            async with AgentClient(self._address) as client:
                await self._arrive(client, sink)
                follower = asyncio.ensure_future(self._follow_assets(client, sink))
                try:
                    await self._stream(client, sink, follower)
                finally:
                    follower.cancel()
                    await asyncio.gather(follower, return_exceptions=True)
        except InputError as error:
            if self.probe is None:
                raise
            # It was an agent before: what answers now (a proxy's page, a server that starts up) will pass.
            raise ConnectionError(str(error)) from error
        raise ConnectionError("the agent ended the stream")

    async def _arrive(self, client: AgentClient, sink: Sink) -> None:
        """Probe where it is not known what the agent has, and find out where to go on."""
        if self.probe is None:
            await self._begin(client, sink)
            return
        current = await self._current(client)
        if self._place.restarted(current.header):
            await self._begin_again(client, sink)
        else:
            self._say(sink, LinkState.LIVE, f"goes on from observation {self._place.next_sequence}")

    async def _begin(self, client: AgentClient, sink: Sink) -> None:
        self.probe = await self._ask_probe(client)
        devices = ", ".join(device.name for device in self.probe.devices)
        await self._ask_assets(client, sink)
        current = await self._current(client)
        self._say(sink, LinkState.LIVE, f"connected to an agent with {devices}")
        self._hand_on(self._place.begin(current, self.settings.history), sink)

    async def _begin_again(self, client: AgentClient, sink: Sink) -> None:
        self.probe = await self._ask_probe(client)
        await self._ask_assets(client, sink)
        current = await self._current(client)
        fresh = self._place.begin_again(current)
        self._say(sink, LinkState.LIVE, f"the agent has restarted; goes on from its observation {_first(current)}")
        self._hand_on(fresh, sink)

    async def _stream(self, client: AgentClient, sink: Sink, follower: "asyncio.Task[None]") -> None:
        """Follow the sample stream, over restarts and gaps, until it ends."""
        while True:
            settings = self.settings
            query = {
                "from": str(self._place.next_sequence),
                "interval": str(settings.interval_ms),
                "count": str(settings.count),
                "heartbeat": str(settings.heartbeat_ms),
            }
            parts = client.parts(self._path("sample"), self._parse, query, self._dead_s)
            count = 0
            try:
                async for streams in parts:
                    count += 1
                    if self._place.restarted(streams.header):
                        break
                    self._take(streams, sink)
                    if follower.done():
                        follower.result()
                else:
                    if count > 1:
                        return
                    # One document and no more: an agent that does not stream is asked again and again.
                    await asyncio.sleep(max(settings.interval_ms / 1000.0, _LEAST_POLL_S))
                    continue
                await self._begin_again(client, sink)
            except AgentError as error:
                await self._refused(error, client, sink)
            finally:
                await parts.aclose()

    def _take(self, streams: Streams, sink: Sink) -> None:
        for asset_id, _, removed in streams.assets:
            self._wanted[asset_id] = _AssetNews(removed)
            self._wanted.move_to_end(asset_id)
            self._news.set()
        if streams.unread:
            self._unread += streams.unread
            first = streams.first_unread
            self._say(sink, LinkState.LIVE, f"{self._unread} observations cannot be read (the latest is {first})")
        self._hand_on(self._place.go_on(streams), sink)

    async def _refused(self, error: AgentError, client: AgentClient, sink: Sink) -> None:
        """Go on after the agent no longer has what was wanted; raise what cannot be mended."""
        if not error.codes & _GONE:
            raise ConnectionError(f"the agent answered {error}") from error
        current = await self._current(client)
        if self._place.restarted(current.header):
            await self._begin_again(client, sink)
            return
        if current.header.first_sequence <= self._place.next_sequence <= current.header.next_sequence:
            raise ConnectionError(f"the agent refused observation {self._place.next_sequence} that it has: {error}")
        told, lost = self._place.skip(current)
        message = f"{self.name}: the agent no longer had {lost} observations; goes on from {self._place.next_sequence}"
        sink.linked(self.name, LinkStatus(LinkState.LIVE, message, self._clock_ns(), lost=lost))
        self._hand_on(told, sink)

    async def _ask_probe(self, client: AgentClient) -> Probe:
        try:
            probe = await client.ask(self._path("probe"), parse_probe)
        except AgentError as error:
            if no_device(error):
                raise InputError(f"expected an agent with the device {self.settings.device!r}: {error}") from error
            raise ConnectionError(f"the agent answered {error}") from error
        self._tools.describe(item for device in probe.devices for item in device.items)
        return probe

    async def _current(self, client: AgentClient) -> Streams:
        try:
            return await client.ask(self._path("current"), self._parse)
        except AgentError as error:
            raise ConnectionError(f"the agent answered {error}") from error

    def _parse(self, data: bytes) -> Streams:
        return parse_streams(data, self.probe.by_id if self.probe is not None else None)

    def _path(self, request: str) -> str:
        return f"{quote(self.settings.device, safe='')}/{request}" if self.settings.device else request

    def _hand_on(self, observations: list[Observation], sink: Sink) -> None:
        """Deliver; an empty list is a heartbeat."""
        sink.observed(self.name, self._tools.with_lives(observations))

    def _say(self, sink: Sink, state: LinkState, what: str) -> None:
        sink.linked(self.name, LinkStatus(state, f"{self.name}: {what}", self._clock_ns()))

    async def _ask_assets(self, client: AgentClient, sink: Sink) -> None:
        """Take all cutting tools that the agent knows; agents without assets are none the worse."""
        if not self.settings.assets:
            return
        for tool in await self._tools_of(client, "assets", {"type": "CuttingTool", "count": "1024"}):
            self._hand_on(self._tools.changed(tool), sink)

    async def _follow_assets(self, client: AgentClient, sink: Sink) -> None:
        """Ask for each asset of which the stream says that it changed, beside the stream."""
        while self.settings.assets:
            if not self._wanted:
                await self._news.wait()
            self._news.clear()
            while self._wanted:
                asset_id, news = next(iter(self._wanted.items()))
                if news.removed:
                    tools = [ToolAsset(asset_id, self._clock_ns(), removed=True)]
                else:
                    tools = await self._tools_of(client, f"asset/{quote(asset_id, safe='')}", {})
                for tool in tools:
                    self._hand_on(self._tools.changed(tool), sink)
                # It stays on the list until it was had, so that a loss in between costs nothing.
                if self._wanted.get(asset_id) is news:
                    del self._wanted[asset_id]

    async def _tools_of(self, client: AgentClient, path: str, query: dict[str, str]) -> list[ToolAsset]:
        try:
            return await client.ask(path, parse_tools, query)
        except (AgentError, InputError):
            return []  # no such asset any more, or an agent that keeps none


def _first(current: Streams) -> int:
    return current.header.first_sequence or current.header.next_sequence
