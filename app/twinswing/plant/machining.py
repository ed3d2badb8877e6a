"""What a machine tool did, read from its history: programs from start to end, tool changes, and tools' lives.

Pure functions of `history.Changes` and the history's texts; times are session nanoseconds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np

from twinswing.plant.history import Changes, History
from twinswing.plant.model import Role, Unit
from twinswing.streams.observations import Quality

# MTConnect Execution. A program runs from ACTIVE until one of these ends it; what lies between (a feed hold, an
# interruption, an optional stop) is part of it.
_RUNS = frozenset({"ACTIVE"})
_ENDS = {"PROGRAM_COMPLETED": True, "READY": False, "STOPPED": False, "PROGRAM_STOPPED": False}
_HOLDS = frozenset({"FEED_HOLD", "INTERRUPTED", "OPTIONAL_STOP", "PROGRAM_OPTIONAL_STOP", "WAIT"})


class ProgramEnd(StrEnum):
    """How a program's run ended."""

    COMPLETED = "completed"  # the controller said so
    STOPPED = "stopped"  # the controller stopped or became ready without having completed it
    CHANGED = "changed"  # another program was running
    LOST = "lost"  # nothing more was heard
    RUNNING = "running"  # not over at the end of the span


@dataclass(frozen=True, slots=True)
class ProgramRun:
    """One run of a program. active_s: of it, how long the controller was ACTIVE, not held."""

    program: str
    start_ns: int
    end_ns: int
    end: ProgramEnd
    active_s: float

    @property
    def duration_s(self) -> float:
        """From start to end, seconds."""
        return (self.end_ns - self.start_ns) * 1e-9


class ToolStep(StrEnum):
    """What a word about the tool means."""

    FOUND = "found"  # the first that is known of a tool, or its repetition
    OUT = "out"  # the holder became empty
    IN = "in"  # a tool was put in


@dataclass(frozen=True, slots=True)
class ToolChange:
    """One word of the machine about the tool in use: taken out, put in, or named again without a change.

    tool: empty when there is none; before: what was in use until then; change: whether it is another tool than the one
    that was last in use, empty holders left aside.
    """

    t_ns: int
    tool: str
    before: str
    step: ToolStep
    change: bool


@dataclass(frozen=True)
class ToolUse:
    """What one tool was used, and what was known of its life.

    in_use_s: in the holder; active_s: of it while the controller was ACTIVE. life_t_ns, life: what was said of its
    life while it was in use, in the item's unit.
    """

    tool: str
    times: int
    in_use_s: float
    active_s: float
    life_t_ns: tuple[int, ...] = field(default=())
    life: tuple[float, ...] = field(default=())

    @property
    def life_used(self) -> float:
        """How much the life's count moved from its first to its last word; NaN where nothing was said."""
        return self.life[-1] - self.life[0] if self.life else float("nan")


Spans = list[tuple[int, int, str]]  # start, end, text; empty text is not known


def text_spans(changes: Changes, texts: Sequence[str], start_ns: int, end_ns: int) -> Spans:
    """Return what an item said over a span, without gaps: an unavailable or stale item says "".

    A number is its text, so that a program called 31 is one. The spans add up to the whole span exactly.
    """
    out: Spans = []
    at, said = start_ns, ""
    for number in range(len(changes.t_ns)):
        t_ns = min(max(int(changes.t_ns[number]), start_ns), end_ns)
        text = _text(changes, number, texts)
        if t_ns > at:
            out.append((at, t_ns, said))
            at = t_ns
        said = text
    if end_ns > at:
        out.append((at, end_ns, said))
    return _joined(out)


def durations_s(spans: Spans) -> dict[str, float]:
    """Return how long each text held, seconds; together they are the whole span, to the nanosecond before rounding."""
    total: dict[str, int] = {}
    for start_ns, end_ns, text in spans:
        total[text] = total.get(text, 0) + end_ns - start_ns
    return {text: ns * 1e-9 for text, ns in total.items()}


def program_runs(execution: Spans, program: Spans) -> list[ProgramRun]:
    """Return the runs of programs: from ACTIVE to completion, stop, another program, or loss.

    execution, program: `text_spans` of the two items over the same span.
    """
    out: list[ProgramRun] = []
    start_ns, name, active_ns = -1, "", 0
    for begin_ns, end_ns, state, current in _together(execution, program):
        if start_ns >= 0 and state not in _RUNS and state not in _HOLDS:
            completed = _ENDS.get(state, False)
            end = ProgramEnd.COMPLETED if completed else ProgramEnd.STOPPED if state else ProgramEnd.LOST
            out.append(ProgramRun(name, start_ns, begin_ns, end, active_ns * 1e-9))
            start_ns = -1
        if start_ns >= 0 and current and name and current != name:
            out.append(ProgramRun(name, start_ns, begin_ns, ProgramEnd.CHANGED, active_ns * 1e-9))
            start_ns = -1
        if state in _RUNS:
            if start_ns < 0:
                start_ns, name, active_ns = begin_ns, current, 0
            name = name or current
            active_ns += end_ns - begin_ns
    if start_ns >= 0:
        out.append(ProgramRun(name, start_ns, execution[-1][1], ProgramEnd.RUNNING, active_ns * 1e-9))
    return out


def tool_changes(changes: Changes, texts: Sequence[str], start_ns: int, end_ns: int) -> list[ToolChange]:
    """Return every word about the tool in a span, each with what it meant; what held before the span is no word."""
    out: list[ToolChange] = []
    before = last = ""
    known = False
    for number in range(len(changes.t_ns)):
        t_ns = int(changes.t_ns[number])
        quality = Quality(int(changes.quality[number]))
        if quality in (Quality.UNAVAILABLE, Quality.STALE):
            known = False
            continue
        tool = _text(changes, number, texts)
        if t_ns >= start_ns and t_ns <= end_ns:
            step = ToolStep.FOUND if not known or tool == before else ToolStep.IN if tool else ToolStep.OUT
            out.append(ToolChange(t_ns, tool, before, step, bool(tool) and tool != last))
        before, known = tool, True
        last = tool or last
    return out


def tool_uses(tools: Spans, execution: Spans, life: Changes | None = None) -> list[ToolUse]:
    """Return what each tool was used, in the order of first use.

    life: of the item that follows the tool in use (the role TOOL_LIFE).
    """
    order: list[str] = []
    times: dict[str, int] = {}
    held: dict[str, int] = {}
    active: dict[str, int] = {}
    for start_ns, end_ns, tool in tools:
        if tool:
            order += [tool] if tool not in times else []
            times[tool] = times.get(tool, 0) + 1
            held[tool] = held.get(tool, 0) + end_ns - start_ns
    for start_ns, end_ns, tool, state in _together(tools, execution):
        if tool and state in _RUNS:
            active[tool] = active.get(tool, 0) + end_ns - start_ns
    lives = _lives(tools, life)
    return [
        ToolUse(
            tool,
            times[tool],
            held[tool] * 1e-9,
            active.get(tool, 0) * 1e-9,
            tuple(t_ns for t_ns, _ in lives.get(tool, ())),
            tuple(value for _, value in lives.get(tool, ())),
        )
        for tool in order
    ]


@dataclass(frozen=True, slots=True)
class Machining:
    """All of it for a unit over a span. execution_s: seconds in each MTConnect execution state, "" where not known."""

    programs: tuple[ProgramRun, ...]
    changes: tuple[ToolChange, ...]
    tools: tuple[ToolUse, ...]
    execution_s: Mapping[str, float]


def machining(history: History, unit: Unit, start_ns: int | None = None, end_ns: int | None = None) -> Machining:
    """Return what a unit did over a span of its history, by the roles EXECUTION, PROGRAM, TOOL and TOOL_LIFE."""
    first_ns, last_ns = history.span_ns
    start_ns = first_ns if start_ns is None else start_ns
    end_ns = last_ns if end_ns is None else end_ns

    def said(role: Role) -> Changes | None:
        item = unit.by_role.get(role)
        return None if item is None else history.changes(history.plant.item_number[item.path], start_ns, end_ns)

    def spans(found: Changes | None) -> Spans:
        if found is None:
            return [(start_ns, end_ns, "")] if end_ns > start_ns else []
        return text_spans(found, history.texts, start_ns, end_ns)

    tool = said(Role.TOOL)
    execution, tools = spans(said(Role.EXECUTION)), spans(tool)
    return Machining(
        tuple(program_runs(execution, spans(said(Role.PROGRAM)))),
        tuple(tool_changes(tool, history.texts, start_ns, end_ns)) if tool is not None else (),
        tuple(tool_uses(tools, execution, said(Role.TOOL_LIFE))),
        durations_s(execution),
    )


def _text(changes: Changes, number: int, texts: Sequence[str]) -> str:
    if int(changes.quality[number]) in (Quality.UNAVAILABLE, Quality.STALE):
        return ""
    code = int(changes.text[number])
    if code >= 0:
        return texts[code]
    value = float(changes.number[number])
    return "" if np.isnan(value) else f"{value:.15g}"


def _joined(spans: Spans) -> Spans:
    out: Spans = []
    for start_ns, end_ns, text in spans:
        if out and out[-1][2] == text and out[-1][1] == start_ns:
            out[-1] = (out[-1][0], end_ns, text)
        else:
            out.append((start_ns, end_ns, text))
    return out


def _together(one: Spans, other: Spans) -> list[tuple[int, int, str, str]]:
    """Return the pieces in which both hold still: (start, end, text of one, text of the other)."""
    out = []
    at = 0
    for start_ns, end_ns, text in one:
        while at < len(other) and other[at][1] <= start_ns:
            at += 1
        here, begin_ns = at, start_ns
        while here < len(other) and other[here][0] < end_ns:
            until_ns = min(end_ns, other[here][1])
            out.append((begin_ns, until_ns, text, other[here][2]))
            begin_ns, here = until_ns, here + 1
        if begin_ns < end_ns:
            out.append((begin_ns, end_ns, text, ""))
    return out


def _lives(tools: Spans, life: Changes | None) -> dict[str, list[tuple[int, float]]]:
    out: dict[str, list[tuple[int, float]]] = {}
    if life is None or not tools:
        return out
    starts = np.asarray([start for start, _, _ in tools])
    for number in range(len(life.t_ns)):
        t_ns, value = int(life.t_ns[number]), float(life.number[number])
        at = int(np.searchsorted(starts, t_ns, side="right")) - 1
        if at < 0 or np.isnan(value) or life.quality[number] != Quality.GOOD or not tools[at][2]:
            continue
        said = out.setdefault(tools[at][2], [])
        if not said or said[-1][1] != value:
            said.append((t_ns, value))
    return out
