"""What the user has chosen to see of a plant, and which units answer to a search and the filters."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from twinswing.desk.settings import Place
from twinswing.plant.model import Plant, Role, Unit, UnitKind
from twinswing.plant.states import UnitState
from twinswing.stage.cameras import OrbitCamera

# Roles that a heat map can colour units by, with what a person calls them, in the order in which H goes through them.
HEAT_ROLES: tuple[tuple[Role, str], ...] = (
    (Role.LOAD, "Load"),
    (Role.TEMPERATURE, "Temperature"),
    (Role.POWER, "Power"),
    (Role.ENERGY, "Energy"),
    (Role.VIBRATION, "Vibration"),
    (Role.SCRAP, "Scrap"),
    (Role.PRESSURE, "Pressure"),
    (Role.SPEED, "Speed"),
    (Role.TOOL_LIFE, "Tool life"),
    (Role.LEVEL, "Buffer level"),
)
# How far back trends, OEE and energy look, and what a person calls that.
WINDOWS: tuple[tuple[float, str], ...] = (
    (600.0, "10 min"),
    (3600.0, "1 h"),
    (4 * 3600.0, "4 h"),
    (8 * 3600.0, "8 h"),
    (24 * 3600.0, "24 h"),
    (0.0, "All"),
)


@dataclass(frozen=True)
class Filters:
    """Which units are listed and stand out; empty means any."""

    text: str = ""
    state: UnitState | None = None
    area: str = ""
    kind: UnitKind | None = None
    alarm_only: bool = False

    @property
    def active(self) -> bool:
        """Whether anything is left out."""
        return self != Filters()

    def matches(self, unit: Unit, state: UnitState, *, alarmed: bool) -> bool:
        """Tell whether a unit passes: each word of the text is somewhere in its label, path, kind or maker."""
        if self.state is not None and state is not self.state:
            return False
        if self.area and not (unit.path + "/").startswith(self.area + "/"):
            return False
        if self.kind is not None and unit.kind is not self.kind:
            return False
        if self.alarm_only and not alarmed:
            return False
        hay = f"{unit.label} {unit.name} {unit.path} {unit.kind} {unit.manufacturer}".casefold()
        return all(word in hay for word in self.text.casefold().split())


def matching(plant: Plant, states: Sequence[UnitState], alarmed: Callable[[str], bool], filters: Filters) -> list[int]:
    """Return the numbers of the units that pass, in the plant's order."""
    return [
        number
        for number, (unit, state) in enumerate(zip(plant.units, states, strict=True))
        if filters.matches(unit, state, alarmed=bool(alarmed(unit.path)))
    ]


@dataclass(frozen=True)
class Bookmark:
    """A place to look from that the user kept."""

    label: str
    camera: OrbitCamera

    def kept(self) -> Place:
        """Return it as settings keep it."""
        c = self.camera
        return self.label, (*c.target_m, c.azimuth_rad, c.elevation_rad, c.distance_m, c.vertical_fov_rad)

    @classmethod
    def of(cls, place: Place) -> "Bookmark":
        """Return what settings kept."""
        label, (x, y, z, *rest) = place
        return cls(label, OrbitCamera((x, y, z), *rest))


@dataclass
class PlantChoices:
    """What is chosen. Panels change it in place; the window carries it into the scene each frame.

    unit: path of the unit chosen, or nothing. heat: the role that units are coloured by, or None. window_s: how far
    back trends, OEE and energy look; zero is all. order: the order that is followed, or nothing.
    """

    unit: str = ""
    hovered: str = ""
    alarm: str = ""
    heat: Role | None = None
    xray: bool = False
    section: bool = False
    section_m: float = 1.2
    tape: bool = False
    labels: bool = True
    panels: bool = True
    filters: Filters = field(default_factory=Filters)
    window_s: float = 3600.0
    scope: str = ""  # what OEE and energy are shown of: a path, empty for the plant
    order: str = ""
    follow: bool = False
    bookmarks: dict[int, Bookmark] = field(default_factory=dict)
    focus_search: bool = False
    entered: bool = False  # Enter was pressed while the search had the keyboard
    front: str = ""  # a panel that is to come to the front of its dock in the next frame

    def window_ns(self, t_ns: int, span_ns: tuple[int, int]) -> tuple[int, int]:
        """Return the window up to a moment, within the history, nanoseconds."""
        if self.window_s <= 0.0:
            return span_ns[0], t_ns
        return max(span_ns[0], t_ns - round(self.window_s * 1e9)), t_ns

    def next_heat(self, available: Sequence[Role]) -> None:
        """Go through the heat maps that the plant has items for, and none."""
        order: list[Role | None] = [None, *(role for role, _ in HEAT_ROLES if role in available)]
        at = order.index(self.heat) if self.heat in order else 0
        self.heat = order[(at + 1) % len(order)]


def heat_label(role: Role | None) -> str:
    """Return what a person calls a heat map."""
    return next((label for known, label in HEAT_ROLES if known is role), "None")


def quantised(window_ns: tuple[int, int], points: int) -> tuple[int, int]:
    """Widen a window to whole bins, so that a playhead which moves by less asks no new question.

    A bin is a power of two of nanoseconds, so that windows of nearly the same length have the same bins.
    """
    start, end = window_ns
    grain = 1 << max((max(end - start, 1) // max(points, 1)).bit_length(), 1)
    return start // grain * grain, -(-end // grain) * grain
