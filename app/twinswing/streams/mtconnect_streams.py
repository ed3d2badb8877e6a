"""An agent's streams document (current and sample) and its assets, to Observations."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from twinswing.errors import InputError
from twinswing.streams.mtconnect import Header, MtcItem, raise_if_error, read_header, whole
from twinswing.streams.mtconnect_values import (
    number_of,
    observe,
    observe_condition,
    observe_entries,
    observe_series,
)
from twinswing.streams.observations import Observation
from twinswing.streams.safe_xml import Node, parse_xml
from twinswing.streams.stamps import iso_ns

_HOLDERS = frozenset({"Samples", "Events", "Condition"})


@dataclass(frozen=True, slots=True)
class Streams:
    """A streams document: observations by sequence number, as the agent made them.

    sequences: one an observation; a time series' or a data set's observations share theirs. unread: how many elements
    were not understood (no data item id, no time), and the first of them.
    """

    header: Header
    sequences: tuple[int, ...]
    observations: tuple[Observation, ...]
    assets: tuple[tuple[str, str, bool], ...] = ()  # (asset id, asset type, whether removed)
    unread: int = 0
    first_unread: str = ""


def parse_streams(
    data: bytes, items: Mapping[str, MtcItem] | None = None, what: str = "the streams document"
) -> Streams:
    """Return what a current or sample document says; raises AgentError, or InputError where it is no such document.

    items: by id, from the probe; without them an Event whose value reads as a number is one.
    """
    root = parse_xml(data, what)
    raise_if_error(root)
    if root.tag != "MTConnectStreams":
        raise InputError(f"{what}: expected an MTConnectStreams document, found <{root.tag}>")
    found: list[tuple[int, Observation]] = []
    assets: list[tuple[str, str, bool]] = []
    unread, first = 0, ""
    for node, holder in _said(root):
        read = _observations(node, holder, items or {})
        if read is None:
            unread, first = unread + 1, first or f"<{node.tag}> of {node.get('dataItemId') or 'no data item'}"
            continue
        sequence = whole(node, "sequence")
        found += [(sequence, observation) for observation in read]
        if node.tag in ("AssetChanged", "AssetRemoved") and node.text and node.text.upper() != "UNAVAILABLE":
            assets.append((node.text, node.get("assetType"), node.tag == "AssetRemoved"))
    # A document is ordered by device and component; a stable sort by sequence gives back the order of events.
    found.sort(key=lambda pair: pair[0])
    return Streams(
        read_header(root), tuple(s for s, _ in found), tuple(o for _, o in found), tuple(assets), unread, first
    )


def _said(root: Node) -> Iterator[tuple[Node, str]]:
    for holder in root.walk():
        if holder.tag in _HOLDERS:
            for node in holder.children:
                yield node, holder.tag


def _observations(node: Node, holder: str, items: Mapping[str, MtcItem]) -> list[Observation] | None:
    address = node.get("dataItemId")
    try:
        t_ns = iso_ns(node.get("timestamp"))
    except InputError:
        return None
    if not address:
        return None
    if holder == "Condition":
        # A qualifier (HIGH, LOW) and the vendor's severity stand in where the machine gives no text.
        message = node.text or " ".join(filter(None, (node.get("qualifier"), node.get("nativeSeverity"))))
        condition = observe_condition(address, t_ns, node.tag, node.get("nativeCode"), message)
        return None if condition is None else [condition]
    return _valued(node, address, items.get(address), t_ns)


def _valued(node: Node, address: str, item: MtcItem | None, t_ns: int) -> list[Observation]:
    if node.tag.endswith("TimeSeries"):
        rate = number_of(node.get("sampleRate")) or (item.sample_rate_hz if item is not None else 0.0)
        return observe_series(address, item, t_ns, rate, node.text.split(), 1.0, 0.0)
    if node.children:
        return observe_entries(address, t_ns, _entries(node))
    observation = observe(address, item, t_ns, node.text)
    if code := node.get("nativeCode"):  # a Message
        return [Observation(address, t_ns, observation.value, observation.quality, code, node.text)]
    return [observation]


def _entries(node: Node) -> Iterator[tuple[str, str | None]]:
    for entry in node.children:
        key = entry.get("key")
        if entry.get("removed") == "true":
            yield key, None
        elif entry.children:
            for cell in entry.children:
                yield f"{key}.{cell.get('key')}", cell.text
        else:
            yield key, entry.text
