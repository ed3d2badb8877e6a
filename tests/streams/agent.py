"""A small MTConnect agent for tests: real HTTP on loopback, fed with SHDR, written apart from the code under test.

It has what makes a client's life hard: a ring buffer that forgets, sequence numbers, an instanceId that changes at a
restart, streams in multipart with chunks cut anywhere, heartbeats, and verbs to cut, stall, slow and restart it.
"""

import asyncio
import re
import threading
import time
import xml.etree.ElementTree as ET
from collections import deque
from concurrent.futures import Future
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

from aiohttp import web

BOUNDARY = "a8f3c1d9e77b"


@dataclass(frozen=True)
class Item:
    id: str
    category: str
    type: str
    sub_type: str
    component: str
    component_id: str
    component_name: str


@dataclass(frozen=True)
class Said:
    sequence: int
    stamp: str
    item: Item
    fields: tuple[str, ...]


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


class Agent:
    """Serves one device of a device file. Verbs may be called from the test's thread."""

    def __init__(self, devices: bytes, device: str, *, buffer: int = 131072, port: int = 0) -> None:
        self.devices = devices
        self.device = device
        self.buffer_size = buffer
        self.port = port
        self.instance_id = 1000
        self.items: dict[str, Item] = {}
        self.keys: dict[str, Item] = {}
        self.stalled = False  # holds its streams' answers back, heartbeats too
        self.slow_s = 0.0  # before any answer
        self.chop = 0  # bytes a write; zero: a document a write
        self.lengths = True  # whether parts have a Content-length
        self.cut_after: int | None = None  # bytes of a stream, then the connection is dropped
        self.requests: list[str] = []
        self._describe()
        self._empty()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._runner: web.AppRunner | None = None
        self._open: set[asyncio.Transport] = set()

    # Verbs

    def start(self) -> "Agent":
        self._do(self._start())
        return self

    def stop(self) -> None:
        """Drop all connections and listen no more; what was heard stays."""
        self._do(self._stop())

    def restart(self) -> None:
        """Begin as a new instance with an empty buffer."""
        self.stop()
        self._empty()
        self.instance_id += 1
        self.start()

    def cut(self) -> None:
        """Drop all connections as a network does, without a word."""

        async def drop() -> None:
            for transport in list(self._open):
                transport.abort()

        self._do(drop())

    def close(self) -> None:
        self.stop()

        async def end() -> None:
            left = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
            for task in left:
                task.cancel()
            await asyncio.gather(*left, return_exceptions=True)

        self._do(end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def __enter__(self) -> "Agent":
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def hear(self, lines: list[str]) -> None:
        """Take SHDR lines as an adapter sends them, all at once."""

        async def take() -> None:
            for line in lines:
                self._line(line.rstrip("\r\n"))

        self._do(take())

    # The buffer

    def _describe(self) -> None:
        def walk(node: ET.Element) -> None:
            for holder in node.findall("{*}DataItems"):
                for found in holder.findall("{*}DataItem"):
                    source = found.find("{*}Source")
                    item = Item(
                        found.get("id", ""),
                        found.get("category", ""),
                        found.get("type", ""),
                        found.get("subType", ""),
                        _local(node.tag),
                        node.get("id", ""),
                        node.get("name", ""),
                    )
                    self.items[item.id] = item
                    names = (found.get("id"), found.get("name"), source.text if source is not None else None)
                    for name in filter(None, names):
                        self.keys.setdefault(name, item)
            for holder in node.findall("{*}Components"):
                for child in holder:
                    walk(child)

        root = ET.fromstring(self.devices)
        for device in root.iter():
            if _local(device.tag) == "Device" and self.device in (device.get("name"), device.get("id")):
                walk(device)
                self._device_node = device
        changed = Item(f"{self.device}_asset_chg", "EVENT", "ASSET_CHANGED", "", "Device", "", self.device)
        removed = Item(f"{self.device}_asset_rem", "EVENT", "ASSET_REMOVED", "", "Device", "", self.device)
        self.items |= {changed.id: changed, removed.id: removed}

    def _empty(self) -> None:
        self.sequence = 1
        self.said: deque[Said] = deque(maxlen=self.buffer_size)
        self.latest: dict[str, dict[str, Said]] = {}
        self.assets: dict[str, str] = {}
        self._multiline: tuple[list[str], str, list[str]] | None = None
        self.born = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        for item in self.items.values():
            self._say(self.born, item, ("UNAVAILABLE",))

    def _say(self, stamp: str, item: Item, fields: tuple[str, ...]) -> None:
        said = Said(self.sequence, stamp, item, fields)
        self.sequence += 1
        self.said.append(said)
        code = fields[1] if item.category == "CONDITION" and len(fields) > 1 else ""
        active = self.latest.setdefault(item.id, {})
        if item.category == "CONDITION" and fields[0].upper() in ("WARNING", "FAULT"):
            for other in [c for c, s in active.items() if s.fields[0].upper() not in ("WARNING", "FAULT")]:
                del active[other]
            active[code] = said
            return
        if item.category == "CONDITION" and code:
            active.pop(code, None)
            if active:
                return
        active.clear()
        active[""] = said

    def _line(self, line: str) -> None:
        if self._multiline is not None:
            head, tag, body = self._multiline
            if line == tag:
                self._multiline = None
                self.assets[head[2]] = "\n".join(body).replace(
                    "<CuttingTool ", f'<CuttingTool timestamp="{head[0]}" ', 1
                )
                self._say(head[0], self.items[f"{self.device}_asset_chg"], (head[2],))
            else:
                body.append(line)
            return
        fields = line.split("|")
        if len(fields) > 4 and fields[4].startswith("--multiline--"):
            self._multiline = (fields, fields[4], [])
        elif len(fields) > 2 and fields[1] == "@REMOVE_ASSET@":
            if self.assets.pop(fields[2], None) is not None:
                self._say(fields[0], self.items[f"{self.device}_asset_rem"], (fields[2],))
        elif len(fields) > 1 and fields[1] == "@REMOVE_ALL_ASSETS@":
            for asset in list(self.assets):
                del self.assets[asset]
                self._say(fields[0], self.items[f"{self.device}_asset_rem"], (asset,))
        elif not line.startswith("*") and len(fields) > 2:
            at = 1
            while at < len(fields):
                item = self.keys.get(fields[at])
                width = 5 if item is not None and item.category == "CONDITION" else 1
                if item is not None:
                    self._say(fields[0], item, tuple(f.strip() for f in fields[at + 1 : at + 1 + width]))
                at += 1 + width

    # Documents

    @property
    def first(self) -> int:
        return self.said[0].sequence if self.said else self.sequence

    def _header(self, next_sequence: int) -> str:
        return (
            f'<Header creationTime="{self.born}" sender="test" instanceId="{self.instance_id}" version="2.0" '
            f'bufferSize="{self.buffer_size}" nextSequence="{next_sequence}" firstSequence="{self.first}" '
            f'lastSequence="{self.sequence - 1}"/>'
        )

    def _streams(self, said: list[Said], next_sequence: int) -> bytes:
        holders: dict[tuple[str, str, str], dict[str, list[str]]] = {}
        for one in said:
            item = one.item
            place = holders.setdefault((item.component, item.component_name, item.component_id), {})
            kind = {"SAMPLE": "Samples", "EVENT": "Events", "CONDITION": "Condition"}[item.category]
            place.setdefault(kind, []).append(self._element(one))
        body = "".join(
            f"<ComponentStream component={quoteattr(c)} name={quoteattr(n)} componentId={quoteattr(i)}>"
            + "".join(f"<{kind}>{''.join(elements)}</{kind}>" for kind, elements in place.items())
            + "</ComponentStream>"
            for (c, n, i), place in holders.items()
        )
        space = "urn:mtconnect.org:MTConnectStreams:2.0"
        return (
            f'<?xml version="1.0" encoding="UTF-8"?>\n<MTConnectStreams xmlns="{space}" xmlns:m="{space}">'
            f'{self._header(next_sequence)}<Streams><DeviceStream name={quoteattr(self.device)} uuid="u">'
            f"{body}</DeviceStream></Streams></MTConnectStreams>"
        ).encode()

    def _element(self, one: Said) -> str:
        item, fields = one.item, one.fields
        shared = f'dataItemId={quoteattr(item.id)} sequence="{one.sequence}" timestamp={quoteattr(one.stamp)}'
        if item.category == "CONDITION":
            level = fields[0].capitalize()
            code, severity, qualifier, text = [*fields[1:], "", "", "", ""][:4]
            more = "".join(
                f" {name}={quoteattr(value)}"
                for name, value in (("nativeCode", code), ("nativeSeverity", severity), ("qualifier", qualifier))
                if value
            )
            return f"<{level} {shared} type={quoteattr(item.type)}{more}>{escape(text)}</{level}>"
        name = "".join(word.capitalize() for word in re.split("[_:]", item.type.removeprefix("x:")))
        return f"<{name} {shared}>{escape(fields[0])}</{name}>"

    def _error(self, code: str, text: str) -> web.Response:
        body = (
            f'<?xml version="1.0"?><MTConnectError xmlns="urn:mtconnect.org:MTConnectError:1.7">'
            f'{self._header(self.sequence)}<Errors><Error errorCode="{code}">{escape(text)}</Error></Errors>'
            "</MTConnectError>"
        )
        return web.Response(body=body.encode(), content_type="text/xml", status=404 if code == "OUT_OF_RANGE" else 400)

    # HTTP

    def _do(self, work: object) -> object:
        future: Future[object] = asyncio.run_coroutine_threadsafe(work, self._loop)  # type: ignore[arg-type]
        return future.result(timeout=20)

    async def _start(self) -> None:
        app = web.Application()
        app.router.add_get("/{path:.*}", self._answer)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1, handle_signals=False)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port, reuse_address=True)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def _stop(self) -> None:
        for transport in list(self._open):
            transport.abort()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        self.requests.append(str(request.rel_url))
        parts = [part for part in request.match_info["path"].split("/") if part]
        await asyncio.sleep(self.slow_s)
        if len(parts) == 2 and parts[0] == "asset":
            if parts[1] not in self.assets:
                return self._error("ASSET_NOT_FOUND", parts[1])
            return self._assets([self.assets[parts[1]]])
        if parts == ["assets"]:
            return self._assets(list(self.assets.values()))
        if len(parts) == 2 and parts[0] not in (self.device, self._device_node.get("uuid")):
            return self._error("NO_DEVICE", f"Could not find the device '{parts[0]}'")
        kind = parts[-1] if parts else "probe"
        if kind == "probe":
            return self._probe()
        if kind == "current":
            held = sorted((s for codes in self.latest.values() for s in codes.values()), key=lambda s: s.sequence)
            return web.Response(body=self._streams(held, self.sequence), content_type="text/xml")
        if kind == "sample":
            return await self._sample(request)
        return self._error("INVALID_URI", kind)

    def _probe(self) -> web.Response:
        extra = (
            f'<DataItem category="EVENT" id="{self.device}_asset_chg" type="ASSET_CHANGED"/>'
            f'<DataItem category="EVENT" id="{self.device}_asset_rem" type="ASSET_REMOVED"/>'
        )
        text = ET.tostring(self._device_node, encoding="unicode")
        text = re.sub(
            r"(<(?:\w+:)?DataItems[^>]*>)", lambda m: m[1] + extra.replace("<D", _prefix(m[1])), text, count=1
        )
        body = f"<MTConnectDevices>{self._header(self.sequence)}<Devices>{text}</Devices></MTConnectDevices>"
        return web.Response(body=body.encode(), content_type="text/xml")

    def _assets(self, documents: list[str]) -> web.Response:
        body = f"<MTConnectAssets>{self._header(0)}<Assets>{''.join(documents)}</Assets></MTConnectAssets>"
        return web.Response(body=body.encode(), content_type="text/xml")

    async def _sample(self, request: web.Request) -> web.StreamResponse:
        query = request.query
        at, count = int(query.get("from", self.first)), int(query.get("count", "100"))
        if not self.first <= at <= self.sequence:
            return self._error("OUT_OF_RANGE", f"'from' must be between {self.first} and {self.sequence}")
        if "interval" not in query:
            said, at = self._slice(at, count)
            return web.Response(body=self._streams(said, at), content_type="text/xml")
        response = web.StreamResponse(headers={"Content-Type": f"multipart/x-mixed-replace;boundary={BOUNDARY}"})
        transport = request.transport
        assert transport is not None
        self._open.add(transport)
        try:
            await response.prepare(request)
            await self._feed(request, response, at, count)
        except ConnectionError:
            pass  # the client is gone, or a test cut it
        finally:
            self._open.discard(transport)
        return response

    def _slice(self, at: int, count: int) -> tuple[list[Said], int]:
        start = at - self.first
        said = [self.said[n] for n in range(start, min(start + count, len(self.said)))]
        return said, at + len(said)

    async def _feed(self, request: web.Request, response: web.StreamResponse, at: int, count: int) -> None:
        interval_s = int(request.query["interval"]) / 1000.0
        heartbeat_s = int(request.query.get("heartbeat", "10000")) / 1000.0
        beat = time.monotonic()
        budget = self.cut_after
        while True:
            if self.stalled or (at == self.sequence and time.monotonic() - beat < heartbeat_s):
                await asyncio.sleep(max(interval_s, 0.002))
                continue
            if at < self.first:
                error = self._error("OUT_OF_RANGE", "the buffer has run past this client")
                await self._part(request, response, bytes(error.body), None)  # type: ignore[arg-type]
                return
            said, at = self._slice(at, count)
            beat = time.monotonic()
            budget = await self._part(request, response, self._streams(said, at), budget)
            await asyncio.sleep(interval_s if at == self.sequence else 0)

    async def _part(
        self, request: web.Request, response: web.StreamResponse, body: bytes, budget: int | None
    ) -> int | None:
        length = f"Content-length: {len(body)}\r\n" if self.lengths else ""
        data = f"--{BOUNDARY}\r\nContent-type: text/xml\r\n{length}\r\n".encode() + body + b"\r\n"
        if budget is not None:
            data, budget = data[:budget], budget - len(data)
        step = self.chop or len(data)
        for start in range(0, len(data), step):
            await response.write(data[start : start + step])
        if budget is not None and budget <= 0:
            self.cut_after = None
            await asyncio.sleep(0.02)  # what was written goes out first
            assert request.transport is not None
            request.transport.abort()
            raise ConnectionResetError
        return budget


def _prefix(opening: str) -> str:
    return "<" + opening[1:].partition("DataItems")[0] + "D"
