"""What sources say, in their own names and units, made into rows of the plant's items."""

import math
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field

from twinswing.plant.model import Plant
from twinswing.recording.plant_rows import GOOD, NO_TEXT, STALE, UNAVAILABLE, UNCERTAIN, Rows, rows_of
from twinswing.streams.observations import ConditionLevel, ItemKind, Observation

# A Unix time beyond these is no time of a machine's: before 1970, or after 2116.
_LAST_UNIX_NS = 1 << 62
# No state, name or message is longer; what is gets cut, so that a hostile peer cannot fill the memory.
TEXT_LIMIT = 1_000
# Distinct texts of one history: a year of serial numbers of a busy line. More are kept as one text that says so.
TEXTS_LIMIT = 1_000_000
TOO_MANY_TEXTS = "(too many different texts)"
# Codes of one condition that may be active together, and how many of its reports are remembered to know repeats.
_CODES_LIMIT = 1_000
_SEEN_LIMIT = 256
# Characters of a machine's own number of a condition.
_CODE_LIMIT = 200

_RANK = {ConditionLevel.NORMAL.value: 0, ConditionLevel.WARNING.value: 1, ConditionLevel.FAULT.value: 2}
_LEVELS = tuple(_RANK)


class TextTable:
    """Texts and their codes; only ever grows."""

    def __init__(self, texts: list[str] | None = None) -> None:
        self.texts: list[str] = [] if texts is None else texts
        self._codes = {text: code for code, text in enumerate(self.texts)}

    def code(self, text: str) -> int:
        """Return the code of a text, which is cut at a thousand characters."""
        found = self._codes.get(text)
        if found is not None:
            return found
        text = text[:TEXT_LIMIT]
        if len(self.texts) >= TEXTS_LIMIT:
            text = TOO_MANY_TEXTS
        found = self._codes.get(text)
        if found is None:
            self.texts.append(text)
            found = self._codes[text] = len(self.texts) - 1
        return found


@dataclass(slots=True)
class _Condition:
    """Which codes of a condition are active, with their rank, and the last reports of it."""

    active: dict[str, int] = field(default_factory=dict)
    seen: OrderedDict[tuple[int, int], None] = field(default_factory=OrderedDict)
    t_ns: int = -(1 << 62)

    def note(self, t_ns: int, about: int) -> None:
        """Remember a report."""
        self.seen[(t_ns, about)] = None
        while len(self.seen) > _SEEN_LIMIT:
            self.seen.popitem(last=False)
        self.t_ns = max(self.t_ns, t_ns)

    def turn(self, rank: int, code: str) -> bool:
        """Switch a code on or off; return False if too many are on already."""
        if rank == 0 and code:
            self.active.pop(code, None)
        elif rank == 0:
            self.active.clear()
        elif code in self.active or len(self.active) < _CODES_LIMIT:
            self.active[code] = rank
        else:
            return False
        return True


class Intake:
    """Turns observations into rows; counts what belongs to no item (`unbound`) and what makes no sense (`refused`)."""

    def __init__(self, plant: Plant, table: TextTable) -> None:
        self._bound = {
            key: tuple((n, plant.items[n].factor, plant.items[n].offset, plant.items[n].kind) for n in numbers)
            for key, numbers in plant.bound.items()
        }
        self.by_source: dict[str, dict[str, tuple[int, ...]]] = {}
        for (source, address), numbers in plant.bound.items():
            self.by_source.setdefault(source, {})[address] = numbers
        self._table = table
        self._conditions: dict[int, _Condition] = {}
        self.unbound = 0
        self.refused = 0
        self.repeated = 0

    def rows(self, source: str, observations: Sequence[Observation], zero_unix_ns: int) -> Rows:
        """Make rows of a source's observations, in their order."""
        item: list[int] = []
        t_ns: list[int] = []
        number: list[float] = []
        text: list[int] = []
        quality: list[int] = []
        detail: list[int] = []
        for seen in observations:
            targets = self._bound.get((source, seen.item))
            if targets is None:
                self.unbound += 1
                continue
            if not 0 <= seen.t_ns < _LAST_UNIX_NS:
                self.refused += 1
                continue
            t = seen.t_ns - zero_unix_ns
            for target, factor, offset, kind in targets:
                if kind is ItemKind.CONDITION and seen.quality != STALE:
                    made = self._condition(target, t, seen)
                    if made is None:
                        continue
                    x, code, q, about = made
                else:
                    x, code, q = self._value(seen, factor, offset)
                    about = NO_TEXT
                item.append(target)
                t_ns.append(t)
                number.append(x)
                text.append(code)
                quality.append(q)
                detail.append(about)
        return rows_of(item, t_ns, number, text, quality, detail)

    def _value(self, seen: Observation, factor: float, offset: float) -> tuple[float, int, int]:
        value, quality = seen.value, int(seen.quality)
        if value is None or quality == UNAVAILABLE:
            return math.nan, NO_TEXT, UNAVAILABLE if quality in (GOOD, UNCERTAIN) else quality
        if isinstance(value, str):
            return math.nan, self._table.code(value), quality
        x = factor * float(value) + offset
        if not math.isfinite(x):
            self.refused += not math.isnan(x)
            return math.nan, NO_TEXT, UNAVAILABLE if quality != STALE else quality
        return x, NO_TEXT, quality

    def _condition(self, item: int, t_ns: int, seen: Observation) -> tuple[float, int, int, int] | None:
        """Keep count of a condition's active codes; the row says the worst of them, and what came or went."""
        known = self._conditions.setdefault(item, _Condition())
        if seen.value is None or seen.quality == UNAVAILABLE:
            known.active.clear()
            known.seen.clear()
            known.t_ns = max(known.t_ns, t_ns)
            return math.nan, NO_TEXT, UNAVAILABLE, NO_TEXT
        level = str(seen.value).upper()
        rank = _RANK.get(level)
        if rank is None:
            self.refused += 1
            return None
        about = self._table.code(detail_text(level, seen.code, seen.message))
        # What a peer tells again after a break must not bring back what was cleared since; but the newest of it, told
        # again, says that it still holds.
        repeated = t_ns <= known.t_ns and (t_ns, about) in known.seen
        if repeated and t_ns < known.t_ns:
            self.repeated += 1
            return None
        if not repeated:
            known.note(t_ns, about)
            if not known.turn(rank, seen.code):
                self.refused += 1
        worst = _LEVELS[max(known.active.values(), default=0)]
        return math.nan, self._table.code(worst), int(seen.quality), about


@dataclass(frozen=True, slots=True)
class ActiveCode:
    """One code of a condition that is active: since when (session ns), how bad, the machine's number and its text."""

    t_ns: int
    level: ConditionLevel
    code: str
    message: str


def detail_text(level: str, code: str, message: str) -> str:
    """Return the text that a row's `detail` stands for."""
    return f"{level}\t{code[:_CODE_LIMIT].replace(chr(9), ' ')}\t{message}"


def active_codes(rows: Rows, texts: Sequence[str]) -> tuple[ActiveCode, ...]:
    """Return which codes of a condition are active after its rows, given by time; the first one's level if unknown."""
    active: dict[str, ActiveCode] = {}
    for t, quality, about in zip(rows.t_ns.tolist(), rows.quality.tolist(), rows.detail.tolist(), strict=True):
        if quality == UNAVAILABLE:
            active.clear()
        if about == NO_TEXT or quality == STALE:
            continue
        level, code, message = [*texts[about].split("\t", 2), "", ""][:3]
        if level not in _RANK:
            continue  # the table of texts was full
        if level != ConditionLevel.NORMAL.value:
            since = active[code].t_ns if code in active else t
            active[code] = ActiveCode(since, ConditionLevel(level), code, message)
        elif code:
            active.pop(code, None)
        else:
            active.clear()
    return tuple(active.values())
