"""SHDR from an adapter over TCP, and from a file."""

import asyncio
import math
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from twinswing.errors import InputError
from twinswing.streams.mtconnect import MtcDevice
from twinswing.streams.mtconnect_assets import ToolAsset, ToolsInUse, parse_tools
from twinswing.streams.observations import LinkState, LinkStatus, Observation, Sink
from twinswing.streams.pacing import Pacing
from twinswing.streams.shdr import Asset, Command, Damage, ShdrParser, Word
from twinswing.streams.stamps import iso_ns

_SLICE_BYTES = 1 << 16  # some thousand observations: a few ms of parsing, then others have their turn
_CONNECT_S = 10.0


@dataclass(frozen=True)
class Heartbeat:
    """How an adapter is asked whether it is alive.

    ping_s until its first PONG says otherwise; it is dead after `missed` beats without any word, as the adapter
    protocol has it for agents (two).
    """

    ping_s: float = 10.0
    missed: float = 2.0


class _Delivery:
    """Turns what was parsed into what a sink takes, and keeps count of damage."""

    def __init__(self, name: str, device: MtcDevice | None, clock_ns: Callable[[], int]) -> None:
        self.name = name
        self.parser = ShdrParser(device.by_key if device is not None else {})
        self.tools = ToolsInUse()
        self.tools.describe(device.items if device is not None else ())
        self.observations = 0
        self.first_damage: Damage | None = None
        self._told = 1
        self._clock_ns = clock_ns

    def take(self, words: Sequence[Word], sink: Sink) -> list[Command]:
        """Deliver; returns the commands that came along."""
        batch: list[Observation] = []
        commands = []
        for word in words:
            if isinstance(word, Observation):
                batch.append(word)
            elif isinstance(word, Asset):
                batch = self.tools.with_lives(batch) + self._asset(word)
                self._hand_on(batch, sink)
                batch = []
            elif isinstance(word, Command):
                commands.append(word)
            else:
                self._damaged(word, sink)
        self._hand_on(self.tools.with_lives(batch), sink)
        return commands

    def told_damage(self) -> str:
        """Return a sentence about the lines that could not be read; empty where there were none."""
        first = self.first_damage
        if first is None:
            return ""
        what = "line" if self.parser.damaged == 1 else "lines"
        return f"{self.parser.damaged} {what} not read whole (line {first.line}: {first.reason}, found {first.text!r})"

    def _hand_on(self, batch: list[Observation], sink: Sink) -> None:
        if batch:
            self.observations += len(batch)
            sink.observed(self.name, batch)

    def _asset(self, asset: Asset) -> list[Observation]:
        if asset.document:
            try:
                tools = parse_tools(asset.document.encode(), f"asset {asset.id}")
            except InputError as error:
                self.parser.damaged += 1
                self.first_damage = self.first_damage or Damage(self.parser.lines, str(error), asset.id)
                return []
            return [said for tool in tools for said in self.tools.changed(tool, asset.t_ns)]
        if asset.id:
            return self.tools.changed(ToolAsset(asset.id, asset.t_ns, removed=True))
        return self.tools.changed_all(asset.type, asset.t_ns)

    def _damaged(self, damage: Damage, sink: Sink) -> None:
        self.first_damage = self.first_damage or damage
        # Said at the 1st, 2nd, 4th ... damaged line: a noisy line must not bury what else is said.
        if self.parser.damaged >= self._told:
            self._told = 2 * self.parser.damaged
            message = f"{self.name}: {self.told_damage()}"
            sink.linked(self.name, LinkStatus(LinkState.LIVE, message, self._clock_ns()))


class ShdrSource:
    """An adapter on a TCP port. It gives its present state at each connection, and keeps no past."""

    def __init__(
        self,
        name: str,
        host: str,
        port: int,
        *,
        device: MtcDevice | None = None,
        silence_s: float = 30.0,
        heartbeat: Heartbeat | None = None,
        clock_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self.name = name
        self.silence_s = silence_s
        self._peer = (host, port)
        self._heartbeat = heartbeat or Heartbeat()
        self._clock_ns = clock_ns
        self._delivery = _Delivery(name, device, clock_ns)

    async def run(self, sink: Sink) -> None:
        """Deliver until the adapter is lost."""
        host, port = self._peer
        async with asyncio.timeout(_CONNECT_S):
            reader, writer = await asyncio.open_connection(host, port)
        said = f"{self.name}: connected to the adapter at {host}:{port}"
        sink.linked(self.name, LinkStatus(LinkState.LIVE, said, self._clock_ns()))
        self._delivery.parser.lost()
        beat = _Beat(self._heartbeat)
        ping = asyncio.ensure_future(_ping(writer, beat))
        try:
            while True:
                async with asyncio.timeout(beat.dead_s):
                    data = await reader.read(_SLICE_BYTES)
                if not data:
                    raise ConnectionError(f"the adapter at {host}:{port} closed the connection")
                commands = self._delivery.take(self._delivery.parser.feed(data, self._clock_ns()), sink)
                sink.observed(self.name, [])  # a PONG is a word, too
                for command in commands:
                    beat.heard(command)
        except TimeoutError:
            raise TimeoutError(f"the adapter at {host}:{port} missed its heartbeat") from None
        finally:
            ping.cancel()
            writer.close()


class _Beat:
    """The heartbeat of one connection: none is due until the adapter has answered once."""

    def __init__(self, heartbeat: Heartbeat) -> None:
        self._heartbeat = heartbeat
        self.ping_s = heartbeat.ping_s
        self.dead_s: float | None = None

    def heard(self, command: Command) -> None:
        name, _, value = f"{command.name} {command.value}".strip().partition(" ")
        if name != "pong":
            return
        milliseconds = float(value) if value.strip().isascii() and value.strip().isdigit() else 0.0
        if 0 < milliseconds <= 3.6e6:
            self.ping_s = milliseconds / 1000.0
        self.dead_s = self._heartbeat.missed * self.ping_s


async def _ping(writer: asyncio.StreamWriter, beat: _Beat) -> None:
    while True:
        try:
            writer.write(b"* PING\r\n")
            await writer.drain()
        except OSError:
            return  # the reader notices as well, and says so
        await asyncio.sleep(beat.ping_s)


class ShdrFileSource:
    """A recorded SHDR file.

    speed: 1 is as it was, 60 a minute a second; 0 as fast as possible. Times that run backwards are not waited for.
    longest_wait_s: a night's pause in the file is cut to this.
    """

    silence_s = math.inf

    def __init__(
        self,
        name: str,
        path: Path,
        *,
        device: MtcDevice | None = None,
        speed: float = 0.0,
        longest_wait_s: float = 60.0,
        clock_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self.name = name
        self._path = path
        self._pacing = Pacing(speed, longest_wait_s)
        self._clock_ns = clock_ns
        self._delivery = _Delivery(name, device, clock_ns)
        self._at_ns: int | None = None

    def earliest_ns(self) -> int | None:
        """Return the earliest time that a value of the file has; None where none can be read.

        Assets keep the time of their last change, which may lie long before the recording, and do not count.
        """
        try:
            data = self._path.read_bytes()
        except OSError:
            return None  # `run` says so
        stamps = re.findall(rb"^(\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:?\d\d)?)\|[^@|]", data, re.MULTILINE)
        return iso_ns(min(stamps).decode()) if stamps else None

    async def run(self, sink: Sink) -> None:
        """Deliver the whole file."""
        delivery = self._delivery
        try:
            file = await asyncio.to_thread(self._path.open, "rb")
        except OSError as error:
            raise InputError(f"expected an SHDR file at {self._path}, found none ({error.strerror})") from None
        sink.linked(self.name, LinkStatus(LinkState.LIVE, f"{self.name}: reads {self._path.name}", self._clock_ns()))
        with file:
            while data := await asyncio.to_thread(file.read, _SLICE_BYTES):
                await self._pass_on(delivery.parser.feed(data, self._clock_ns()), sink)
        await self._pass_on(delivery.parser.end(self._clock_ns()), sink)
        if not delivery.observations:
            raise InputError(
                f"expected SHDR lines (time|key|value) in {self._path}, found {delivery.told_damage() or 'no line'}"
            )
        counts = f"{delivery.observations} observations in {delivery.parser.lines} lines"
        said = "; ".join(
            filter(None, (f"{self.name}: {self._path.name} is at its end", counts, delivery.told_damage()))
        )
        sink.linked(self.name, LinkStatus(LinkState.ENDED, said, self._clock_ns()))

    async def _pass_on(self, words: list[Word], sink: Sink) -> None:
        if self._pacing.speed <= 0:
            self._delivery.take(words, sink)
            await asyncio.sleep(0)
            return
        start = 0
        for number, word in enumerate(words):
            t_ns = word.t_ns if isinstance(word, Observation) else None
            if t_ns is None or t_ns == self._at_ns:
                continue
            self._at_ns = t_ns
            if (wait_s := self._pacing.wait_s(t_ns)) > 0:
                self._delivery.take(words[start:number], sink)
                start = number
                await asyncio.sleep(wait_s)
        self._delivery.take(words[start:], sink)
