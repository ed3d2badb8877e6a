"""Cutting tools and what is used of their life: MTConnect's assets, to Observations.

A tool's life is at "<assetId>#<TYPE>" (MINUTES, PART_COUNT, WEAR) in the document's own unit, its status at
"<assetId>#STATUS"; that of the tool in use is at "<id of the TOOL_ASSET_ID data item>#<TYPE>", and follows the tool.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from twinswing.errors import InputError
from twinswing.streams.mtconnect import MtcItem, raise_if_error
from twinswing.streams.mtconnect_values import number_of
from twinswing.streams.observations import Observation, Quality
from twinswing.streams.safe_xml import Node, parse_xml
from twinswing.streams.stamps import iso_ns

LIFE_TYPES = ("MINUTES", "PART_COUNT", "WEAR")


@dataclass(frozen=True, slots=True)
class ToolLife:
    """One count of a tool's life. value counts UP from `initial` to `limit`, or DOWN; a limit of zero is none.

    type: MINUTES, PART_COUNT or WEAR.
    """

    type: str
    value: float
    direction: str = "UP"
    initial: float | None = None
    limit: float | None = None
    warning: float | None = None


@dataclass(frozen=True, slots=True)
class ToolAsset:
    """A cutting tool: the whole of what is used here of its document. t_ns is zero where the document has no time."""

    id: str
    t_ns: int
    tool_id: str = ""
    serial: str = ""
    lives: tuple[ToolLife, ...] = ()
    status: str = ""  # CutterStatus, several joined by commas
    pot: str = ""
    program_tool_number: str = ""
    removed: bool = False


def parse_tools(data: bytes, what: str = "the asset document") -> list[ToolAsset]:
    """Return the cutting tools in an assets document or in a single asset; other kinds of asset are passed over."""
    root = parse_xml(data, what)
    raise_if_error(root)
    return [_tool(node) for node in root.walk() if node.tag == "CuttingTool" and node.get("assetId")]


def tool_observations(tool: ToolAsset, t_ns: int = 0) -> list[Observation]:
    """Return a tool's lives and status, as of its document's time or `t_ns` where that is given."""
    t_ns = t_ns or tool.t_ns
    if tool.removed:
        kinds = [life.type for life in tool.lives] or list(LIFE_TYPES)
        return [Observation(f"{tool.id}#{kind}", t_ns, None, Quality.UNAVAILABLE) for kind in [*kinds, "STATUS"]]
    out = [Observation(f"{tool.id}#{life.type}", t_ns, life.value) for life in tool.lives]
    if tool.status:
        out.append(Observation(f"{tool.id}#STATUS", t_ns, tool.status))
    return out


@dataclass
class ToolsInUse:
    """Joins what a machine says of the tool it uses with what its assets say of that tool's life."""

    tools: dict[str, ToolAsset] = field(default_factory=dict)
    _items: frozenset[str] = frozenset()
    _used: dict[str, tuple[str, int]] = field(default_factory=dict)  # item to (asset id, since when)
    _said: dict[str, tuple[ToolLife, ...]] = field(default_factory=dict)

    def describe(self, items: Iterable[MtcItem]) -> None:
        """Take the data items of a probe."""
        self._items = frozenset(item.id for item in items if item.type == "TOOL_ASSET_ID")

    def with_lives(self, observations: Sequence[Observation]) -> list[Observation]:
        """Return the observations, each change of tool followed by the life of the tool that is now in use."""
        if not any(observation.item in self._items for observation in observations):
            return list(observations)
        out = []
        for observation in observations:
            out.append(observation)
            if observation.item in self._items:
                used = observation.value if isinstance(observation.value, str) else ""
                self._used[observation.item] = (used, observation.t_ns)
                out += self._life(observation.item, observation.t_ns)
        return out

    def changed(self, tool: ToolAsset, t_ns: int = 0) -> list[Observation]:
        """Return what a tool's document says, and the life of the tool in use where it is this one.

        A removal is mostly one half of a change: the tool in use keeps the life that it had until the next document.
        """
        if tool.removed:
            gone = self.tools.pop(tool.id, None)
            return tool_observations(tool if gone is None else _removed(gone, tool.t_ns), t_ns)
        self.tools[tool.id] = tool
        out = tool_observations(tool, t_ns)
        for item, (used, since_ns) in self._used.items():
            if used == tool.id and self._said.get(item) != tool.lives:
                out += self._life(item, max(t_ns or tool.t_ns, since_ns))
        return out

    def changed_all(self, asset_type: str, t_ns: int) -> list[Observation]:
        """Return what it means that all assets of a type were removed."""
        if asset_type not in ("", "CuttingTool"):
            return []
        return [said for tool in list(self.tools.values()) for said in self.changed(_removed(tool, t_ns))]

    def _life(self, item: str, t_ns: int) -> list[Observation]:
        tool = self.tools.get(self._used[item][0])
        lives = tool.lives if tool is not None else ()
        before = self._said.get(item, ())
        self._said[item] = lives
        known = {life.type for life in lives}
        out = [Observation(f"{item}#{life.type}", t_ns, life.value) for life in lives]
        # No tool, or one whose life nobody counts: the last one's life must not stand for it.
        gone = [life.type for life in before if life.type not in known]
        return out + [Observation(f"{item}#{kind}", t_ns, None, Quality.UNAVAILABLE) for kind in gone]


def _removed(tool: ToolAsset, t_ns: int) -> ToolAsset:
    return ToolAsset(tool.id, t_ns, lives=tool.lives, removed=True)


def _tool(node: Node) -> ToolAsset:
    lives: list[ToolLife] = []
    status: list[str] = []
    pot = number = ""
    for part in node.walk():
        # An item (one insert of the tool) has a life of its own; the tool's own is meant here.
        if part.tag == "ToolLife" and (value := number_of(part.text)) is not None:
            known = any(life.type == part.get("type").upper() for life in lives)
            if not known:
                lives.append(_life(part, value))
        elif part.tag == "Status" and part.text:
            status.append(part.text)
        elif part.tag == "Location":
            pot = pot or part.text
        elif part.tag == "ProgramToolNumber":
            number = part.text
    try:
        t_ns = iso_ns(node.get("timestamp")) if node.get("timestamp") else 0
    except InputError:
        t_ns = 0
    return ToolAsset(
        id=node.get("assetId"),
        t_ns=t_ns,
        tool_id=node.get("toolId"),
        serial=node.get("serialNumber"),
        lives=tuple(lives),
        status=", ".join(dict.fromkeys(status)),
        pot=pot,
        program_tool_number=number,
        removed=node.get("removed") == "true",
    )


def _life(node: Node, value: float) -> ToolLife:
    return ToolLife(
        type=node.get("type").upper(),
        value=value,
        direction=node.get("countDirection", "UP").upper(),
        initial=number_of(node.get("initial")),
        limit=number_of(node.get("limit")),
        warning=number_of(node.get("warning")),
    )
