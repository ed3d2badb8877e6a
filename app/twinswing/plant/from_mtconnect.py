"""A plant out of what an MTConnect agent or device file says of its machines: a unit a device, items with their roles.

The result is the text of a plant's file, so that a person can go on from it, and the plant that the text describes.
"""

import asyncio
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from twinswing.errors import InputError
from twinswing.plant.load import parse_plant
from twinswing.plant.model import Plant, Role, UnitKind
from twinswing.plant.units_of_measure import CONVERSIONS
from twinswing.streams.mtconnect import AgentError, MtcDevice, MtcItem, Probe, parse_probe
from twinswing.streams.mtconnect_assets import ToolAsset, parse_tools
from twinswing.streams.mtconnect_http import AgentAddress, AgentClient
from twinswing.streams.mtconnect_units import to_si
from twinswing.streams.observations import ItemKind

Setting = str | int | float | bool

# Which data item has a role: the first of these (type, subType) that the device has; "" is no subType, "*" any.
_ROLES: tuple[tuple[Role, tuple[tuple[str, str], ...]], ...] = (
    (Role.EXECUTION, (("EXECUTION", "*"),)),
    (Role.AVAILABILITY, (("AVAILABILITY", "*"),)),
    (Role.MODE, (("CONTROLLER_MODE", "*"),)),
    (Role.PROGRAM, (("PROGRAM", "MAIN"), ("PROGRAM", ""), ("PROGRAM", "ACTIVE"))),
    (Role.TOOL, (("TOOL_NUMBER", "*"), ("TOOL_ID", "*"), ("TOOL_ASSET_ID", "*"))),
    (Role.GOOD, (("PART_COUNT", "GOOD"), ("PART_COUNT", "COMPLETE"), ("PART_COUNT", "ALL"), ("PART_COUNT", ""))),
    (Role.SCRAP, (("PART_COUNT", "BAD"), ("PART_COUNT", "FAILED"))),
    (Role.PIECE, (("PART_UNIQUE_ID", "*"), ("SERIAL_NUMBER", "*"), ("PART_ID", "*"))),
    (Role.ORDER, (("PROCESS_OCCURRENCE_ID", "ORDER_NUMBER"), ("PART_GROUP_ID", "*"))),
    (Role.POWER, (("WATTAGE", "ACTUAL"), ("WATTAGE", ""), ("ELECTRICAL_POWER", "*"))),
    (Role.ENERGY, (("ELECTRICAL_ENERGY", "*"), ("WATT_HOUR", "*"))),
    (Role.PRESSURE, (("PRESSURE", "*"),)),
    (Role.CONDITION, (("SYSTEM", "*"), ("LOGIC_PROGRAM", "*"), ("ACTUATOR", "*"))),
)
_WIDTH_M, _DEPTH_M, _HEIGHT_M, _GAP_M = (
    3.2,
    2.4,
    2.4,
    2.0,
)  # a common turning or milling centre, and the way between two
_LIFE = {"MINUTES": ("s", 60.0), "PART_COUNT": ("1", 1.0), "WEAR": ("1", 1.0)}
_TEXT_LIMIT = 200


def plant_text(
    devices: Sequence[MtcDevice], source: dict[str, Setting], name: str = "", tools: Iterable[ToolAsset] = ()
) -> str:
    """Return the text of a plant's file with a unit a device.

    source: the settings of the one source, with its `kind`. tools: those whose life each gets an item of the first
    device that follows tools.
    """
    if not devices:
        raise InputError("expected a device to make a plant of, found none")
    names = _unique([_plain(device.name) or "machine" for device in devices])
    title = name or (names[0] if len(devices) == 1 else "machines")
    hall = (len(devices) * (_WIDTH_M + _GAP_M) + _GAP_M, _DEPTH_M + 2.0 * _GAP_M, 5.0)
    lines = [
        "[plant]",
        f"name = {_text(_plain(title) or 'machines')}",
        f"label = {_text(title)}",
        f"hall = [{hall[0]:.1f}, {hall[1]:.1f}, {hall[2]:.1f}]",
        "",
        "[sources.machine]",
        *(f"{key} = {_value(value)}" for key, value in source.items()),
    ]
    left = list(tools)
    for number, (device, unit) in enumerate(zip(devices, names, strict=True)):
        lines += _unit(device, unit, number, left)
        if any(item.type == "TOOL_ASSET_ID" for item in device.items):
            left = []
    return "\n".join(lines) + "\n"


def plant_of_device_file(path: Path, device: str = "", *, source: dict[str, Setting] | None = None) -> Plant:
    """Return the plant of one device of a device file; without a source's settings it is one that an adapter feeds."""
    found = parse_probe(_bytes(path), str(path)).device(device, str(path))
    settings = source or {"kind": "shdr", "host": "127.0.0.1", "port": 7878}
    settings = {**settings, "device_file": str(path.resolve()), "device": found.name}
    return parse_plant(plant_text([found], settings), str(path), path.resolve().parent)


def plant_of_agent(url: str, device: str = "") -> Plant:
    """Ask an agent what it has, and return the plant of it.

    Raises InputError where there is no agent, with what was found instead.
    """
    try:
        probe, tools = asyncio.run(_ask(AgentAddress(url), device))
    except (OSError, AgentError, InputError) as error:
        raise InputError(f"expected an MTConnect agent at {url}, found none ({error})") from error
    devices = (
        [probe.device(device, url)] if device else [d for d in probe.devices if d.component_types[:1] != ("Agent",)]
    )
    source: dict[str, Setting] = {"kind": "mtconnect", "url": url}
    if device:
        source["device"] = device
    return parse_plant(plant_text(devices, source, tools=tools), url)


async def _ask(address: AgentAddress, device: str) -> tuple[Probe, list[ToolAsset]]:
    async with AgentClient(address) as client:
        probe = await client.ask(f"{device}/probe" if device else "probe", parse_probe)
        try:
            tools = await client.ask("assets", parse_tools, {"type": "CuttingTool", "count": "1024"})
        except (InputError, AgentError):
            tools = []  # an agent that keeps no assets
    return probe, tools


def unit_kind(device: MtcDevice) -> UnitKind:
    """Return what a device most likely is: a lathe has a chuck, or X and Z without Y; a mill three linear axes."""
    linear = {name[:1].upper() for item in device.items for kind, name in item.component if kind == "Linear"}
    types = set(device.component_types)
    if "Chuck" in types or any(item.type == "CHUCK_STATE" for item in device.items) or linear == {"X", "Z"}:
        return UnitKind.LATHE
    if len(linear) >= 3 or any(kind == "Path" for item in device.items for kind, _ in item.component):
        return UnitKind.MILL
    if "BarFeeder" in types or "Loader" in types:
        return UnitKind.ROBOT
    return UnitKind.GENERIC


def roles_of(device: MtcDevice) -> dict[str, Role]:
    """Return which data items (by id) have a role; the spindle's stand for load, speed and temperature."""
    out: dict[str, Role] = {}
    for role, wanted in _ROLES:
        is_condition = role is Role.CONDITION
        pool = [item for item in device.items if (item.category is ItemKind.CONDITION) is is_condition]
        found = next(
            (item for kind, sub in wanted for item in pool if item.type == kind and sub in ("*", item.sub_type)), None
        )
        if found is not None and found.id not in out:
            out[found.id] = role
    samples = [item for item in device.items if item.category is ItemKind.SAMPLE]
    spindle = _spindle(samples)
    for role, kind in ((Role.SPEED, "ROTARY_VELOCITY"), (Role.LOAD, "LOAD"), (Role.TEMPERATURE, "TEMPERATURE")):
        pool = [item for item in samples if item.type == kind and item.sub_type in ("", "ACTUAL")]
        own = [item for item in pool if item.component_id == spindle]
        if role is Role.SPEED:
            pool = own
        for item in (own or pool)[:1]:
            out[item.id] = role
    return out


def _spindle(samples: list[MtcItem]) -> str:
    """Return the id of the component that turns the work or the tool: the first that has both speed and load."""
    turning = [item.component_id for item in samples if item.type in ("ROTARY_VELOCITY", "SPINDLE_SPEED")]
    loaded = {item.component_id for item in samples if item.type == "LOAD"}
    return next((component for component in turning if component in loaded), turning[0] if turning else "")


def _unit(device: MtcDevice, unit: str, number: int, tools: list[ToolAsset]) -> list[str]:
    head = f"areas.shop.lines.machines.units.{_text(unit)}"
    x = _GAP_M + _WIDTH_M / 2.0 + number * (_WIDTH_M + _GAP_M)
    maker = " ".join(filter(None, (device.manufacturer, device.model)))
    lines = [
        "",
        f"[{head}]",
        f"label = {_text(device.name if not maker else f'{device.name} ({maker})')}",
        f"kind = {_text(unit_kind(device).value)}",
        f"at = [{x:.1f}, {_GAP_M + _DEPTH_M / 2.0:.1f}]",
        f"size = [{_WIDTH_M}, {_DEPTH_M}, {_HEIGHT_M}]",
    ]
    if device.manufacturer:
        lines.append(f"manufacturer = {_text(device.manufacturer)}")
    roles = roles_of(device)
    names = iter(_unique([_plain(item.name) or _plain(item.id) or "item" for item in device.items]))
    for item in device.items:
        lines += _item(item, f"{head}.items.{_text(next(names))}", roles.get(item.id, Role.OTHER))
    follows = next((item for item in device.items if item.type == "TOOL_ASSET_ID"), None)
    if follows is not None:
        for kind in _LIFE:
            role = Role.TOOL_LIFE if kind == "MINUTES" else Role.OTHER
            name = "tool_life" if kind == "MINUTES" else f"tool_life_{kind.lower()}"
            lines += _life(head, name, f"{follows.id}#{kind}", kind, role, f"Life of the tool in use, {kind.lower()}")
        for tool in tools:
            for life in tool.lives:
                name = f"tool_{_plain(tool.id)}_{life.type.lower()}"
                label = f"Tool {tool.program_tool_number or tool.id}, {life.type.lower().replace('_', ' ')}"
                lines += _life(head, name, f"{tool.id}#{life.type}", life.type, Role.OTHER, label)
    return lines


def _item(item: MtcItem, head: str, role: Role) -> list[str]:
    label = " ".join(filter(None, (_place(item), item.type.removeprefix("X:"), item.sub_type.removeprefix("X:"))))
    lines = [
        "",
        f"[{head}]",
        f"address = {_text(item.id)}",
        f"label = {_text(label.replace('_', ' ').lower())}",
        f"role = {_text(role.value)}",
    ]
    # A point in space is text here; it is an event, for a sample is a number.
    kind = ItemKind.EVENT if item.category is ItemKind.SAMPLE and not item.numeric else item.category
    lines.append(f"kind = {_text(kind.value)}")
    if item.numeric:
        lines += _unit_of(item)
        if item.type == "LOAD" and item.units == "PERCENT":
            lines += ["low = 0.0", "high = 100.0"]
    return lines


def _unit_of(item: MtcItem) -> list[str]:
    si = to_si(item.units) if item.units else None
    word = si.unit.replace(" ", ".") if si is not None else ""
    if si is None or word not in CONVERSIONS:
        return ['unit = "1"']  # a unit that has no word here: the number as it is
    lines = [f"unit = {_text(word)}"]
    if si.factor != 1.0:
        lines.append(f"factor = {si.factor!r}")
    if si.offset != 0.0:
        lines.append(f"offset = {si.offset!r}")
    return lines


def _life(head: str, name: str, address: str, kind: str, role: Role, label: str) -> list[str]:
    unit, factor = _LIFE.get(kind, ("1", 1.0))
    lines = ["", f"[{head}.items.{_text(name)}]", f"address = {_text(address)}", f"label = {_text(label)}"]
    lines += [f"role = {_text(role.value)}", 'kind = "EVENT"', f"unit = {_text(unit)}"]
    return lines if factor == 1.0 else [*lines, f"factor = {factor!r}"]


def _place(item: MtcItem) -> str:
    """Return the component that a person would name: the innermost, but for the controller's path."""
    inner = [f"{kind} {name}" if kind in ("Linear", "Rotary") else kind for kind, name in item.component]
    return inner[-1] if inner else ""


def _plain(text: str) -> str:
    """Return a text as a name in a path: letters, digits, '_', '-' and '.'."""
    return re.sub(r"[^A-Za-z0-9_.\-]+", "_", text).lstrip("_.-")[:80].rstrip("_")


def _unique(names: list[str]) -> list[str]:
    out: list[str] = []
    taken: set[str] = set()
    for name in names:
        number, free = 2, name
        while free in taken:
            number, free = number + 1, f"{name}_{number}"
        taken.add(free)
        out.append(free)
    return out


def _text(text: str) -> str:
    """Return a TOML basic string."""
    kept = "".join(c if c.isprintable() else " " for c in text[:_TEXT_LIMIT])
    return '"' + kept.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _value(value: Setting) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return _long_text(value) if isinstance(value, str) else repr(value)


def _long_text(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c.isprintable() else f"\\U{ord(c):08x}" for c in escaped) + '"'


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"expected a device file at {path}, found none ({error.strerror})") from error
