"""MTConnect's documents, read without a socket: what a device has (probe) and what it says (streams, errors).

Any schema version is read, 1.0 to 2.x: names are taken without their namespace, and what is unknown is passed over.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from twinswing.errors import InputError
from twinswing.streams.mtconnect_units import native_to_units
from twinswing.streams.observations import ItemKind
from twinswing.streams.safe_xml import Node, parse_xml

# EVENT types whose value is a number though they need not state units (MTConnect Part 2, "integer" and "float" values).
_NUMERIC_EVENTS = frozenset(
    {
        "ACTIVATION_COUNT",
        "ASSET_COUNT",
        "AXIS_FEEDRATE_OVERRIDE",
        "BLOCK_COUNT",
        "CYCLE_COUNT",
        "DEACTIVATION_COUNT",
        "HARDNESS",
        "LINE",
        "LINE_NUMBER",
        "LOAD_COUNT",
        "MATERIAL_LAYER",
        "NETWORK_PORT",
        "PART_COUNT",
        "PATH_FEEDRATE_OVERRIDE",
        "ROTARY_VELOCITY_OVERRIDE",
        "TRANSFER_COUNT",
        "UNLOAD_COUNT",
    }
)
# Units whose value is a list of numbers (a point in space, an orientation), which stays the text that it is.
_VECTOR_UNITS = ("_3D",)


@dataclass(frozen=True, slots=True)
class MtcItem:
    """A data item as a device document describes it.

    component: "Linear X" and the like, from the device down, as a person reads it; component_id: its own id.
    source: the name by which an adapter knows it, where that is not its name or id.
    """

    id: str
    name: str
    category: ItemKind
    type: str
    sub_type: str = ""
    units: str = ""
    native_units: str = ""
    native_scale: float = 1.0
    representation: str = "VALUE"
    component: tuple[tuple[str, str], ...] = ()  # (type, name) from the device down
    component_id: str = ""
    source: str = ""
    sample_rate_hz: float = 0.0
    constant: str = ""  # the only value that it can have: an agent gives it without an adapter's word

    @property
    def numeric(self) -> bool:
        """Whether its values are single numbers."""
        if self.units.endswith(_VECTOR_UNITS):
            return False
        if self.category is ItemKind.SAMPLE:
            return True
        return self.category is ItemKind.EVENT and (bool(self.units) or self.type in _NUMERIC_EVENTS)

    @property
    def native(self) -> tuple[float, float]:
        """Factor and offset from what an adapter gives to `units`, as an agent applies them."""
        if not self.native_units and self.native_scale == 1.0:
            return 1.0, 0.0
        return native_to_units(self.native_units or self.units, self.units, self.native_scale)


@dataclass(frozen=True)
class MtcDevice:
    """A machine as an agent or a device file describes it."""

    id: str
    name: str
    uuid: str
    items: tuple[MtcItem, ...]
    manufacturer: str = ""
    model: str = ""
    serial: str = ""
    description: str = ""
    component_types: tuple[str, ...] = ()

    @cached_property
    def by_id(self) -> dict[str, MtcItem]:
        """Items by their id."""
        return {item.id: item for item in self.items}

    @cached_property
    def by_key(self) -> dict[str, MtcItem]:
        """Items by whatever an adapter may call them: id, name, then source."""
        out: dict[str, MtcItem] = {}
        for key in ("id", "name", "source"):
            for item in self.items:
                name: str = getattr(item, key)
                if name:
                    out.setdefault(name, item)
        return out


@dataclass(frozen=True, slots=True)
class Header:
    """The header of any MTConnect document; what a kind of document lacks is zero."""

    instance_id: int = 0
    next_sequence: int = 0
    first_sequence: int = 0
    last_sequence: int = 0
    buffer_size: int = 0
    version: str = ""
    sender: str = ""
    creation_time: str = ""


@dataclass(frozen=True)
class Probe:
    """A device document: of an agent, or a device file."""

    header: Header
    devices: tuple[MtcDevice, ...]

    @cached_property
    def by_id(self) -> dict[str, MtcItem]:
        """Items of all devices by their id, which is unique in an agent."""
        return {item.id: item for device in self.devices for item in device.items}

    def device(self, name: str = "", what: str = "the device document") -> MtcDevice:
        """Return the device of a name, id or UUID; without one the only device that is not the agent itself."""
        if name:
            for device in self.devices:
                if name in (device.name, device.id, device.uuid):
                    return device
            known = ", ".join(device.name for device in self.devices)
            raise InputError(f"{what}: expected a device called {name!r}, found {known or 'none'}")
        if len(self.devices) == 1:
            return self.devices[0]
        real = [device for device in self.devices if "Agent" not in device.component_types[:1]]
        if len(real) != 1:
            known = ", ".join(device.name for device in real)
            raise InputError(f"{what}: expected the name of one of its devices in `device`, found none of: {known}")
        return real[0]


class AgentError(Exception):
    """What an agent answers instead of a document: (code, text) pairs such as OUT_OF_RANGE."""

    def __init__(self, errors: tuple[tuple[str, str], ...], header: Header) -> None:
        told = "; ".join(f"{code}: {text}" if text else code for code, text in errors)
        super().__init__(told or "an error without a code")
        self.errors = errors
        self.header = header

    @property
    def codes(self) -> frozenset[str]:
        """Its codes."""
        return frozenset(code for code, _ in self.errors)


def read_header(root: Node) -> Header:
    """Return a document's header; zeroes where it has none."""
    node = root.child("Header")
    if node is None:
        return Header()
    return Header(
        instance_id=whole(node, "instanceId"),
        next_sequence=whole(node, "nextSequence"),
        first_sequence=whole(node, "firstSequence"),
        last_sequence=whole(node, "lastSequence"),
        buffer_size=whole(node, "bufferSize"),
        version=node.get("version"),
        sender=node.get("sender"),
        creation_time=node.get("creationTime"),
    )


def raise_if_error(root: Node) -> None:
    """Raise AgentError where the document is one."""
    if root.tag != "MTConnectError":
        return
    errors = []
    for node in root.walk():
        if code := node.get("errorCode"):
            message = node.child("ErrorMessage")
            errors.append((code, node.text or (message.text if message is not None else "")))
    raise AgentError(tuple(errors), read_header(root))


def parse_probe(data: bytes, what: str = "the probe document") -> Probe:
    """Return the devices of a probe document or a device file; raises InputError, or AgentError as the agent's word."""
    root = parse_xml(data, what)
    raise_if_error(root)
    devices = [node for node in root.walk() if node.tag in ("Device", "Agent") and node.get("id")]
    if root.tag not in ("MTConnectDevices", "Device") or not devices:
        raise InputError(f"{what}: expected an MTConnectDevices document with a Device, found <{root.tag}>")
    return Probe(read_header(root), tuple(_device(node, what) for node in devices))


def _device(node: Node, what: str) -> MtcDevice:
    about = node.child("Description") or Node("Description", {})
    items: dict[str, MtcItem] = {}
    for item in _items(node, (), what):
        if item.id in items:
            raise InputError(f"{what}: expected each data item id once, found {item.id!r} twice")
        items[item.id] = item
    types = tuple(child.tag for child in _components(node))
    return MtcDevice(
        id=node.get("id"),
        name=node.get("name") or node.get("id"),
        uuid=node.get("uuid"),
        items=tuple(items.values()),
        manufacturer=about.get("manufacturer"),
        model=about.get("model"),
        serial=about.get("serialNumber"),
        description=" ".join(about.text.split()),
        component_types=(node.tag, *types),
    )


def _components(node: Node) -> Iterator[Node]:
    holder = node.child("Components")
    for child in holder.children if holder is not None else []:
        yield child
        yield from _components(child)


def _items(node: Node, path: tuple[tuple[str, str], ...], what: str) -> Iterator[MtcItem]:
    holder = node.child("DataItems")
    for child in holder.children if holder is not None else []:
        if child.tag == "DataItem":
            yield _item(child, node, path, what)
    components = node.child("Components")
    for child in components.children if components is not None else []:
        yield from _items(child, (*path, (child.tag, child.get("name") or child.get("id"))), what)


def _item(node: Node, component: Node, path: tuple[tuple[str, str], ...], what: str) -> MtcItem:
    ident, category = node.get("id"), node.get("category").upper()
    if not ident or category not in ItemKind.__members__:
        raise InputError(
            f"{what}: expected a DataItem with an id and the category SAMPLE, EVENT or CONDITION, "
            f"found id {ident!r} and category {node.get('category')!r}"
        )
    source = node.child("Source")
    constraints = node.child("Constraints")
    values = [c.text for c in constraints.children if c.tag == "Value"] if constraints is not None else []
    return MtcItem(
        id=ident,
        name=node.get("name"),
        category=ItemKind[category],
        type=node.get("type").upper(),
        sub_type=node.get("subType").upper(),
        units=node.get("units").upper(),
        native_units=node.get("nativeUnits").upper(),
        native_scale=_number(node.get("nativeScale"), 1.0) or 1.0,
        representation=node.get("representation", "VALUE").upper(),
        component=path,
        component_id=component.get("id"),
        source=(source.text or source.get("dataItemId")) if source is not None else "",
        sample_rate_hz=_number(node.get("sampleRate"), 0.0),
        constant=values[0] if len(values) == 1 else "",
    )


def whole(node: Node, name: str) -> int:
    """Return a whole number out of an attribute, zero where there is none; sequence numbers have up to 64 bits."""
    text = node.get(name)
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 20 else 0


def _number(text: str, default: float) -> float:
    try:
        return float(text) if text else default
    except ValueError:
        return default
