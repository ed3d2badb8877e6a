"""Data items of a plant's file, merged out of templates, addressed and brought to SI; and the errors of the file.

An error names the file, the line and the key, and says what was expected there and what was found.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from twinswing.errors import InputError
from twinswing.plant.load_schema import BufferTable, ItemTable, LimitTable, SpreadTable, Table, UnitTable, did_you_mean
from twinswing.plant.model import DataItem, Limit, Priority, Role, Spread
from twinswing.plant.toml_lines import Key
from twinswing.plant.units_of_measure import CONVERSIONS, Conversion
from twinswing.streams.observations import ItemKind

T = TypeVar("T", bound=Table)
Layers = list[tuple[Key, T]]  # where a table stands in the file, and the table; the weakest first

# What an item of a role is when the file does not say: its kind and the unit that it is kept in (none for text).
_TEXT = (ItemKind.EVENT, "")
ROLE_DEFAULTS: dict[Role, tuple[ItemKind, str]] = {
    **dict.fromkeys((Role.EXECUTION, Role.AVAILABILITY, Role.MODE, Role.PROGRAM, Role.ORDER, Role.PIECE), _TEXT),
    **dict.fromkeys((Role.REASON, Role.TOOL), _TEXT),
    **dict.fromkeys((Role.GOOD, Role.SCRAP, Role.TOOL_LIFE, Role.LEVEL), (ItemKind.EVENT, "1")),
    Role.LOAD: (ItemKind.SAMPLE, "%"),
    Role.SPEED: (ItemKind.SAMPLE, "rad/s"),
    Role.TEMPERATURE: (ItemKind.SAMPLE, "K"),
    Role.VIBRATION: (ItemKind.SAMPLE, "m/s"),
    Role.PRESSURE: (ItemKind.SAMPLE, "Pa"),
    Role.POWER: (ItemKind.SAMPLE, "W"),
    Role.ENERGY: (ItemKind.SAMPLE, "J"),
    Role.CONDITION: (ItemKind.CONDITION, ""),
    Role.OTHER: (ItemKind.SAMPLE, ""),
}
# What these sources bring is in SI already, for it comes from this program.
_SI_SOURCES = frozenset({"sim", "recording"})
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.\-]*")
_MODEL = re.compile(r"[a-z0-9_]+")
_PLACEHOLDER = re.compile(r"\{(\w+)\}")


@dataclass
class Loader:
    """What errors need to know (the file's name and its lines), and what every item may refer to."""

    name: str
    lines: dict[Key, int]
    folder: Path | None
    sources: dict[str, str] = field(default_factory=dict)  # name to kind
    default_source: str = ""

    def known(self, key: Key) -> Key:
        """Return the key, or the nearest table around it that the file holds."""
        while key and key not in self.lines:
            key = key[:-1]
        return key

    def line(self, key: Key) -> int:
        """Return the 1-based line of a key, or of the nearest table around it."""
        return self.lines.get(self.known(key), 1)

    def fail(self, key: Key, expected: str) -> InputError:
        """Return the error of a key: `expected` says what should be there and what is."""
        where = ".".join(str(part) for part in self.known(key)) or "the file"
        return InputError(f"{self.name}, line {self.line(key)}, {where}: expected {expected}")

    def refuse(self, error: ValidationError) -> InputError:
        """Return the error of a file whose shape is wrong: its first mistake, and how many more there are."""
        details = sorted(error.errors(include_url=False), key=lambda detail: self.line(_key_of(detail)))
        first = details[0]
        message = _message(first)
        if len(details) > 1:
            message += f" (and {len(details) - 1} more mistake{'s' if len(details) > 2 else ''})"
        return self.fail(_key_of(first), message)

    def model(self, model: str, key: Key) -> str:
        """Return a bundled model's name, or the path of the user's own."""
        if not model.lower().endswith((".glb", ".gltf")):
            if not _MODEL.fullmatch(model):
                raise self.fail(key, f"the name of a bundled model or the path of a .glb file, found {model!r}")
            return model
        if self.folder is None:
            return model
        path = self.folder / Path(model).expanduser()
        if not path.is_file():
            raise self.fail(key, f"a model's file, found nothing at {path}")
        return str(path)


def _key_of(detail: ErrorDetails) -> Key:
    if detail["type"] == "unknown_key":
        return (*detail["loc"], detail["ctx"]["key"])
    return detail["loc"]


def _message(detail: ErrorDetails) -> str:
    if detail["type"] == "missing":
        return f"the key {detail['loc'][-1]!r}, found none"
    message = detail["msg"].removeprefix("expected ")
    if detail["type"] in ("choice", "unknown_key"):
        return message
    message = message.replace("Input should be ", "").replace(" after validation", "")
    return f"{message[:1].lower()}{message[1:]}, found {detail['input']!r:.80}"


def check_name(loader: Loader, key: Key) -> None:
    """Refuse a name that would not make a path."""
    if not _NAME.fullmatch(str(key[-1])):
        raise loader.fail(key, f"a name of letters, digits, '_', '-' and '.', found {str(key[-1])!r:.80}")


def pick(layers: Layers[T], name: str) -> tuple[Any, Key]:
    """Return what the strongest layer that has the key says, and where; None and the last layer where none has it."""
    for key, table in reversed(layers):
        value = getattr(table, name)
        if value is not None and name in table.model_fields_set:
            return value, (*key, name)
    return None, layers[-1][0]


def spread(table: SpreadTable) -> Spread:
    """Return a spread; one with a deviation and no kind is lognormal, for no duration is negative."""
    return Spread(table.mean, table.sd, table.kind or ("lognormal" if table.sd > 0.0 else "fixed"), table.shape)


def spread_or(table: SpreadTable | None, default: Spread) -> Spread:
    """Return a spread, or the default where the file gives none."""
    return default if table is None else spread(table)


def build_items(loader: Loader, path: str, unit: Layers[UnitTable]) -> tuple[DataItem, ...]:
    """Return a unit's data items, each merged out of the templates and the unit."""
    merged: dict[str, Layers[ItemTable]] = {}
    for key, table in unit:
        for name, item in table.items.items():
            merged.setdefault(name, []).append(((*key, "items", name), item))
    values: dict[str, str] = {}
    for _, table in unit:
        values.update({name: str(value) for name, value in table.values.items()})
    source, source_key = pick(unit, "source")
    address = pick(unit, "address")
    roles: dict[Role, str] = {}
    out: list[DataItem] = []
    for name, stacked in merged.items():
        made = _item(loader, path, name, stacked, values, (source, source_key), address)
        if made.role is not Role.OTHER and made.role in roles:
            raise loader.fail(
                stacked[-1][0], f"one item of the role {made.role.value!r}, found {roles[made.role]!r} and {name!r}"
            )
        roles[made.role] = name
        out.append(made)
    return tuple(out)


def build_level(loader: Loader, path: str, key: Key, table: BufferTable) -> DataItem:
    """Return the item that says how many pieces are in a buffer."""
    assert table.level is not None
    layers: Layers[ItemTable] = [
        (key, ItemTable(role="level", low=0.0, high=float(table.capacity))),
        ((*key, "level"), table.level),
    ]
    return _item(loader, path, "level", layers, {}, (None, key), (None, key))


def _item(
    loader: Loader,
    path: str,
    name: str,
    layers: Layers[ItemTable],
    values: dict[str, str],
    unit_source: tuple[str | None, Key],
    unit_address: tuple[str | None, Key],
) -> DataItem:
    key = layers[-1][0]
    check_name(loader, (*key[:-1], name))
    role_name = pick(layers, "role")[0]
    role = Role(role_name) if role_name else Role(name) if name in Role._value2member_map_ else Role.OTHER
    kind_name, kind_key = pick(layers, "kind")
    kind = ItemKind(kind_name) if kind_name else ROLE_DEFAULTS[role][0]
    spoken, unit_key = pick(layers, "unit")
    is_number = bool(spoken) or bool(ROLE_DEFAULTS[role][1])
    if kind is ItemKind.SAMPLE and not is_number:
        raise loader.fail(unit_key, f"a unit for the number {name!r}, found none")
    if is_number and kind is ItemKind.CONDITION:
        raise loader.fail(kind_key, f"no unit for the condition {name!r}, found {spoken!r}")
    source, source_key = pick(layers, "source")
    if source is None:
        source, source_key = unit_source[0] or loader.default_source, unit_source[1]
    if source not in loader.sources:
        hint = did_you_mean(source, [*loader.sources])
        raise loader.fail(source_key, f"a source for {path}/{name}, found {source!r}{hint}")
    pattern, address_key = pick(layers, "address")
    if pattern is None:
        pattern, address_key = unit_address
    address = _filled(loader, address_key, pattern or "{path}/{item}", path, name, values)
    own = CONVERSIONS[spoken or ROLE_DEFAULTS[role][1]] if is_number else Conversion("")
    factor, offset = _from_source(loader, layers, own, loader.sources[source], is_number)
    low, high = _range(loader, layers, own, is_number)
    return DataItem(
        path=f"{path}/{name}",
        name=name,
        kind=kind,
        role=role,
        unit=own.unit,
        source=source,
        address=address,
        label=pick(layers, "label")[0] or name.replace("_", " "),
        factor=factor,
        offset=offset,
        limits=_limits(loader, layers, own, is_number),
        low=low,
        high=high,
        line=loader.line(key),
    )


def _filled(loader: Loader, key: Key, pattern: str, path: str, name: str, values: dict[str, str]) -> str:
    """Return an address with its placeholders filled in."""
    parts = path.split("/")
    known = {"path": path, "unit": parts[-1], "item": name, "area": parts[0], "line": "/".join(parts[1:-1]), **values}

    def put(found: re.Match[str]) -> str:
        if found[1] not in known:
            raise loader.fail(key, f"a value for {found[0]}, found none{did_you_mean(found[1], [*known])}")
        return known[found[1]]

    return _PLACEHOLDER.sub(put, pattern)


def _from_source(
    loader: Loader, layers: Layers[ItemTable], own: Conversion, source_kind: str, is_number: bool
) -> tuple[float, float]:
    """Return the factor and offset that bring the source's number to SI.

    The file's own factor and offset lead from the source's number to one in `source_unit`, which is the item's own
    unit where the file does not say.
    """
    factor, factor_key = pick(layers, "factor")
    offset = pick(layers, "offset")[0]
    spoken, spoken_key = pick(layers, "source_unit")
    if not is_number:
        if spoken or factor is not None or offset is not None:
            raise loader.fail(spoken_key if spoken else factor_key, "no conversion for a text, found one")
        return 1.0, 0.0
    if factor == 0.0:
        raise loader.fail(factor_key, "a factor other than zero, found 0")
    there = CONVERSIONS[spoken] if spoken else Conversion(own.unit) if source_kind in _SI_SOURCES else own
    if there.unit != own.unit:
        raise loader.fail(spoken_key, f"a unit of the same quantity as {own.unit!r}, found {spoken!r}")
    return there.factor * (1.0 if factor is None else factor), there.factor * (offset or 0.0) + there.offset


def _range(
    loader: Loader, layers: Layers[ItemTable], own: Conversion, is_number: bool
) -> tuple[float | None, float | None]:
    low, low_key = pick(layers, "low")
    high, high_key = pick(layers, "high")
    if not is_number and (low is not None or high is not None):
        raise loader.fail(low_key if low is not None else high_key, "no range for a text, found one")
    if low is not None and high is not None and low >= high:
        raise loader.fail(high_key, f"a range whose high is above its low of {low:g}, found {high:g}")
    return _si(low, own), _si(high, own)


def _si(value: float | None, unit: Conversion) -> float | None:
    return None if value is None else value * unit.factor + unit.offset


def _limits(loader: Loader, layers: Layers[ItemTable], own: Conversion, is_number: bool) -> tuple[Limit, ...]:
    tables, key = pick(layers, "limits")
    out: list[Limit] = []
    for index, table in enumerate(tables or ()):
        where = (*key, index)
        _check_limit(loader, where, table, is_number)
        if any(limit.name == table.name for limit in out):
            raise loader.fail((*where, "name"), f"a name of its own for each limit, found {table.name!r} twice")
        out.append(
            Limit(
                name=table.name,
                high=_si(table.high, own),
                low=_si(table.low, own),
                priority=Priority(table.priority),
                deadband=table.deadband * own.factor,
                delay_s=table.delay_s,
                message=table.message,
            )
        )
    return tuple(out)


def _check_limit(loader: Loader, key: Key, table: LimitTable, is_number: bool) -> None:
    if not is_number:
        raise loader.fail(key, "limits on a number only, found one on a text")
    if table.high is None and table.low is None:
        raise loader.fail(key, f"a `high` or a `low` for the limit {table.name!r}, found neither")
    if table.high is not None and table.low is not None and table.low >= table.high:
        raise loader.fail(key, f"a limit whose low is below its high, found {table.low:g} and {table.high:g}")
