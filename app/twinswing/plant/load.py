"""A plant's file read: TOML in ISA-95's hierarchy in, a `Plant` out, or one sentence that says what is wrong and where.

The format, table by table, is in `load_schema`. A unit's items may come from templates (`template = "cnc"`), whose
addresses hold `{area}`, `{line}`, `{unit}`, `{path}`, `{item}` and what a unit gives under `values`.
"""

import fnmatch
import tomllib
from pathlib import Path

from pydantic import ValidationError

from twinswing import resources
from twinswing.errors import InputError
from twinswing.plant.load_items import Layers, Loader, build_items, build_level, check_name, pick, spread, spread_or
from twinswing.plant.load_schema import (
    SOURCE_KINDS,
    AreaTable,
    BehaviourTable,
    BufferTable,
    PlantFile,
    StepTable,
    UnitTable,
    did_you_mean,
    finite,
)
from twinswing.plant.model import (
    Aisle,
    Buffer,
    Group,
    Meter,
    Plant,
    Route,
    SourceSpec,
    Spread,
    Step,
    Unit,
    UnitBehaviour,
    UnitKind,
    WorkOrder,
)
from twinswing.plant.toml_lines import Key, key_lines

# A plant of 1,000 units with all of its items written out is about 2 MB; beyond this it is not a plant's file.
MAX_BYTES = 16 * 2**20
# Fifty times the plant that is designed for: history and drawing are per item, and a slip must not take the machine.
MAX_ITEMS = 500_000

_RAD = 0.017453292519943295


def load_plant(path: Path) -> Plant:
    """Read a plant's file; InputError with file, line, what was expected and found where it cannot be used."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise InputError(f"{path}: expected a plant's file of at most {MAX_BYTES >> 20} MiB, found a larger one")
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: expected TOML in UTF-8, found other bytes at byte {error.start}") from error
    except OSError as error:
        raise InputError(f"{path}: expected a readable plant's file ({error.strerror or error})") from error
    return parse_plant(text, str(path), path.resolve().parent)


def find_plant(name: str) -> Path:
    """Return where a plant is: the path of a file, or the name of one that ships with Twinswing."""
    given = Path(name)
    if given.is_file():
        return given
    bundled = resources.asset("plants")
    if (found := bundled / f"{name.removesuffix('.toml')}.toml").is_file() and given.parent == Path():
        return found
    known = sorted(file.stem for file in bundled.glob("*.toml"))
    raise InputError(f"expected a plant's file or a bundled plant, found no {name!r}{did_you_mean(name, known)}")


def parse_plant(text: str, name: str, folder: Path | None = None) -> Plant:
    """Turn a plant's text into a plant. `name` is what errors call it.

    folder: where relative paths (models, files of sources) start. Without one, as for the text that a recording keeps,
    paths stay as written and need not exist.
    """
    if len(text) > MAX_BYTES:
        raise InputError(f"{name}: expected a plant of at most {MAX_BYTES >> 20} MiB, found a larger one")
    try:
        raw = tomllib.loads(text)
        lines = key_lines(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{name}: expected TOML, found a mistake: {error}") from error
    except (RecursionError, ValueError) as error:
        raise InputError(f"{name}: expected a plant's TOML, found something that cannot be read as one") from error
    loader = Loader(name, lines, folder)
    try:
        file = PlantFile.model_validate(raw)
    except ValidationError as error:
        raise loader.refuse(error) from error
    return _Builder(loader, file).plant(text)


class _Builder:
    """Turns tables into equipment, and checks what one table says of another."""

    def __init__(self, loader: Loader, file: PlantFile) -> None:
        self.loader = loader
        self.fail = loader.fail
        self.file = file
        self.kinds = {name: str(table.get("kind")) for name, table in file.sources.items()}
        self.paths: dict[str, Key] = {}
        self.units: list[Unit] = []
        self.buffers: list[Buffer] = []
        self.groups: list[Group] = []
        loader.sources = self.kinds
        loader.default_source = file.plant.source or (next(iter(self.kinds)) if len(self.kinds) == 1 else "")

    def plant(self, text: str) -> Plant:
        head = self.file.plant
        sources = tuple(self._source(name, table) for name, table in self.file.sources.items())
        if head.source is not None and head.source not in self.kinds:
            raise self.fail(
                ("plant", "source"), f"a source, found {head.source!r}{did_you_mean(head.source, [*self.kinds])}"
            )
        for name in self.file.templates:
            self._layers(("templates", name), self.file.templates[name], ())
        for name, area in self.file.areas.items():
            self._area(name, area)
        plant = Plant(
            name=head.name,
            label=head.label or _label(head.name),
            site=head.site,
            enterprise=head.enterprise,
            hall_m=(head.hall[0], head.hall[1], head.hall[2]),
            groups=tuple(self.groups),
            units=tuple(self.units),
            buffers=tuple(self.buffers),
            routes=self._routes(),
            meters=self._meters(),
            aisles=self._aisles(),
            sources=sources,
            crews=dict(self.file.crews),
            order_pieces=spread(self.file.orders.pieces),
            order_every_s=spread(self.file.orders.every_s),
            text=text,
            work_orders=self._work_orders(),
        )
        if len(plant.items) > MAX_ITEMS:
            raise self.fail(("plant",), f"at most {MAX_ITEMS} items, found {len(plant.items)}")
        for item in plant.items:
            if plant.items[plant.item_number[item.path]] is not item:
                raise InputError(
                    f"{self.loader.name}, line {item.line}: expected one item of each path, found {item.path!r} twice"
                )
        return plant

    def _work_orders(self) -> tuple[WorkOrder, ...]:
        products = [*self.file.routes]
        seen: set[str] = set()
        out = []
        for number, table in enumerate(self.file.work_orders):
            key: Key = ("work_orders", number)
            if table.product not in products:
                hint = did_you_mean(table.product, products)
                raise self.fail((*key, "product"), f"a product of a route, found {table.product!r}{hint}")
            if table.name in seen:
                raise self.fail((*key, "name"), f"a name of its own, found {table.name!r} again")
            seen.add(table.name)
            out.append(WorkOrder(table.name, table.product, table.pieces, table.about))
        return tuple(out)

    def _source(self, name: str, table: dict[str, object]) -> SourceSpec:
        key: Key = ("sources", name)
        check_name(self.loader, key)
        kind = table.get("kind")
        if not isinstance(kind, str) or kind not in SOURCE_KINDS:
            hint = did_you_mean(str(kind), list(SOURCE_KINDS))
            raise self.fail((*key, "kind"), f"a kind of source, found {kind!r}{hint}")
        settings: dict[str, str | int | float | bool | list[str]] = {}
        for setting, value in table.items():
            where = (*key, setting)
            if isinstance(value, list) and all(isinstance(part, str) for part in value):
                settings[setting] = list(value)
            elif isinstance(value, str | int | float | bool) and finite(value):
                settings[setting] = self._resolved(setting, value)
            else:
                raise self.fail(where, f"a text, a number, true or false, or a list of texts, found {value!r:.80}")
        del settings["kind"]
        return SourceSpec(name, kind, settings, self.loader.line(key))

    def _resolved(self, setting: str, value: str | float | bool) -> str | float | bool:
        """Give a file's path from the folder of the plant's file, whatever folder the program was started in."""
        is_path = setting in ("path", "file") or setting.endswith(("_path", "_file"))
        if isinstance(value, str) and is_path and self.loader.folder is not None:
            return str(self.loader.folder / Path(value).expanduser())
        return value

    def _claim(self, path: str, key: Key) -> None:
        check_name(self.loader, key)
        if path in self.paths:
            first = self.loader.line(self.paths[path])
            raise self.fail(key, f"a name of its own, found {path!r}, which line {first} already gives")
        self.paths[path] = key

    def _area(self, name: str, area: AreaTable) -> None:
        key: Key = ("areas", name)
        self._claim(name, key)
        self.groups.append(Group(name, "area", area.label or _label(name)))
        for line_name, line in area.lines.items():
            line_key: Key = (*key, "lines", line_name)
            path = f"{name}/{line_name}"
            self._claim(path, line_key)
            self.groups.append(Group(path, "line", line.label or _label(line_name)))
            for unit_name, unit in line.units.items():
                self._unit(f"{path}/{unit_name}", (*line_key, "units", unit_name), unit)
            for buffer_name, buffer in line.buffers.items():
                self._buffer(f"{path}/{buffer_name}", (*line_key, "buffers", buffer_name), buffer)

    def _layers(self, key: Key, table: UnitTable, above: tuple[str, ...]) -> Layers[UnitTable]:
        """Return a unit's table after those of its templates, the weakest first."""
        out: Layers[UnitTable] = []
        for name in table.template or ():
            if name not in self.file.templates:
                hint = did_you_mean(name, [*self.file.templates])
                raise self.fail((*key, "template"), f"a template, found {name!r}{hint}")
            if name in above or key == ("templates", name):
                raise self.fail((*key, "template"), f"templates that end, found {name!r} to be built on itself")
            out += self._layers(("templates", name), self.file.templates[name], (*above, name))
        return [*out, (key, table)]

    def _unit(self, path: str, key: Key, table: UnitTable) -> None:
        self._claim(path, key)
        layers = self._layers(key, table, ())
        kind = self._needed(layers, "kind", "a kind of unit")
        at = self._needed(layers, "at", "a place `at = [x, y]` in metres")
        size = self._needed(layers, "size", "a size `size = [width, depth, height]` in metres")
        self._inside(at, (*key, "at"))
        name = path.rpartition("/")[2]
        model, model_key = pick(layers, "model")
        yaw = pick(layers, "yaw_deg")[0] or 0.0
        behaviour, has_behaviour = self._behaviour(layers)
        ideal = pick(layers, "ideal_cycle_s")[0]
        if ideal is None:
            # A unit that says how long its cycle is makes pieces, at best that quickly.
            ideal = behaviour.cycle_s.mean / behaviour.batch if has_behaviour else 0.0
        unit = Unit(
            path=path,
            name=name,
            label=pick(layers, "label")[0] or _label(name),
            kind=UnitKind(kind),
            position_m=_place(at),
            yaw_rad=yaw * _RAD,
            size_m=(size[0], size[1], size[2]),
            items=build_items(self.loader, path, layers),
            model=self.loader.model(model, model_key) if model else "",
            ideal_cycle_s=ideal,
            behaviour=behaviour,
            manufacturer=pick(layers, "manufacturer")[0] or "",
            line=self.loader.line(key),
        )
        self.units.append(unit)

    def _needed(self, layers: Layers[UnitTable], field: str, what: str):  # type: ignore[no-untyped-def]
        value, key = pick(layers, field)
        if value is None:
            raise self.fail(key, f"{what}, found none here or in its templates")
        return value

    def _behaviour(self, unit: Layers[UnitTable]) -> tuple[UnitBehaviour, bool]:
        """Return how a unit works, and whether the file gives its cycle."""
        layers: Layers[BehaviourTable] = [
            ((*key, "behaviour"), table.behaviour) for key, table in unit if table.behaviour is not None
        ]
        if not layers:
            return UnitBehaviour(), False

        def get(field: str, default):  # type: ignore[no-untyped-def]
            value = pick(layers, field)[0]
            return default if value is None else value

        basis = UnitBehaviour()
        crew, crew_key = pick(layers, "crew")
        if crew and crew not in self.file.crews:
            raise self.fail(crew_key, f"a crew of [crews], found {crew!r}{did_you_mean(crew, [*self.file.crews])}")
        operators, operators_key = pick(layers, "operators")
        if crew and (operators or 0) > self.file.crews[crew]:
            raise self.fail(
                operators_key, f"at most the {self.file.crews[crew]} people of crew {crew!r}, found {operators}"
            )
        failures = get("between_failures_s", None)
        behaviour = UnitBehaviour(
            cycle_s=spread_or(get("cycle_s", None), basis.cycle_s),
            setup_s=spread_or(get("setup_s", None), basis.setup_s),
            between_failures_s=None if failures is None else spread(failures),
            repair_s=spread_or(get("repair_s", None), basis.repair_s),
            scrap_fraction=get("scrap_fraction", 0.0),
            operators=operators or 0,
            crew=crew or "",
            batch=get("batch", 1),
            power_idle_w=get("power_idle_w", 0.0),
            power_run_w=get("power_run_w", 0.0),
            tool_life_pieces=get("tool_life_pieces", 0),
            tool_change_s=spread_or(get("tool_change_s", None), Spread(0.0)),
        )
        return behaviour, get("cycle_s", None) is not None

    def _buffer(self, path: str, key: Key, table: BufferTable) -> None:
        self._claim(path, key)
        self._inside(table.at, (*key, "at"))
        name = path.rpartition("/")[2]
        self.buffers.append(
            Buffer(
                path=path,
                name=name,
                label=table.label or _label(name),
                position_m=_place(table.at),
                yaw_rad=table.yaw_deg * _RAD,
                size_m=(table.size[0], table.size[1], table.size[2]),
                capacity=table.capacity,
                level=None if table.level is None else build_level(self.loader, path, key, table),
                line=self.loader.line(key),
            )
        )

    def _inside(self, at: list[float], key: Key) -> None:
        hall = self.file.plant.hall
        if not (0.0 <= at[0] <= hall[0] and 0.0 <= at[1] <= hall[1]):
            raise self.fail(key, f"a place in the hall of {hall[0]:g} x {hall[1]:g} m, found {at}")

    def _routes(self) -> tuple[Route, ...]:
        out = []
        for name, table in self.file.routes.items():
            key: Key = ("routes", name)
            check_name(self.loader, key)
            if not table.steps:
                raise self.fail((*key, "steps"), "at least one step, found none")
            steps = tuple(self._step((*key, "steps", index), step) for index, step in enumerate(table.steps))
            out.append(Route(name, steps, table.share, table.label or _label(name)))
        if out and not any(route.share > 0.0 for route in out):
            raise self.fail(("routes",), "a share above zero for at least one route, found none")
        return tuple(out)

    def _step(self, key: Key, table: StepTable) -> Step:
        layers: Layers[StepTable] = [(key, table)]
        if table.step is not None:
            shared = self.file.steps.get(table.step)
            if shared is None or shared.step is not None:
                hint = did_you_mean(table.step, [*self.file.steps])
                raise self.fail((*key, "step"), f"a step of [steps], found {table.step!r}{hint}")
            layers.insert(0, (("steps", table.step), shared))
        name = pick(layers, "name")[0] or table.step
        patterns, units_key = pick(layers, "units")
        buffer, buffer_key = pick(layers, "buffer")
        if not name:
            raise self.fail(key, "a name for the step, found none")
        if not patterns:
            raise self.fail(units_key, "units that do the step, found none")
        known = [known.path for known in self.buffers]
        if buffer and buffer not in known:
            raise self.fail(buffer_key, f"the path of a buffer, found {buffer!r}{did_you_mean(buffer, known)}")
        return Step(name, self._matching(patterns, units_key), buffer or "", pick(layers, "cycle_factor")[0] or 1.0)

    def _matching(self, patterns: list[str], key: Key) -> tuple[str, ...]:
        """Return the paths of the units that patterns (with * and ?) name, each once."""
        out: dict[str, None] = {}
        for pattern in patterns:
            if pattern in self.paths and any(unit.path == pattern for unit in self.units):
                out[pattern] = None
                continue
            found = [unit.path for unit in self.units if fnmatch.fnmatchcase(unit.path, pattern)]
            if not found:
                hint = did_you_mean(pattern, [unit.path for unit in self.units])
                raise self.fail(key, f"the path of a unit, found {pattern!r}{hint}")
            out.update(dict.fromkeys(found))
        return tuple(out)

    def _meters(self) -> tuple[Meter, ...]:
        known = [group.path for group in self.groups] + [unit.path for unit in self.units]
        out = []
        for name, table in self.file.meters.items():
            key: Key = ("meters", name)
            path = f"meters/{name}"
            self._claim(path, key)
            self._inside(table.at, (*key, "at"))
            measures: dict[str, None] = {}
            for measured in table.measures:
                found = [*self.file.areas] if measured == "*" else [p for p in known if p == measured]
                if not found:
                    hint = did_you_mean(measured, known)
                    raise self.fail(
                        (*key, "measures"), f"the path of a unit, a line or an area, found {measured!r}{hint}"
                    )
                measures.update(dict.fromkeys(found))
            unit = UnitTable(source=table.source, items=table.items)
            items = build_items(self.loader, path, [(key, unit)])
            out.append(Meter(path, name, tuple(measures), _place(table.at), items, self.loader.line(key)))
        return tuple(out)

    def _aisles(self) -> tuple[Aisle, ...]:
        for index, table in enumerate(self.file.aisles):
            for corner, point in enumerate(table.points):
                self._inside(point, ("aisles", index, "points", corner))
        return tuple(
            Aisle(table.name, tuple((x, y) for x, y in table.points), table.width, table.kind)
            for table in self.file.aisles
        )


def _place(at: list[float]) -> tuple[float, float, float]:
    return (at[0], at[1], at[2] if len(at) > 2 else 0.0)


def _label(name: str) -> str:
    words = name.replace("_", " ").replace("-", " ").strip()
    return words[:1].upper() + words[1:]
