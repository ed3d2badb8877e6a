"""A club order: whose, when, and each club as `assets/clubs` describes one, with what a fitting adds. TOML.

What a golfer's fitting writes, a plant's twin takes as a work order.
"""

import datetime
import json
import math
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from twinswing.club.fitting import FITTED_KINDS, Choice, FittedClub, GolferFacts
from twinswing.club.model import ClubSpec
from twinswing.errors import InputError

FORMAT = 1
_MOST_BYTES = 256 * 1024
_MOST_PIECES = 1000
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True)
class OrderedClub:
    """One club of an order: what it is (`spec`), its flex and grip, whether it gets a sensor, how many."""

    spec: ClubSpec
    flex: str = ""
    grip: str = ""
    sensor: bool = True
    pieces: int = 1


@dataclass(frozen=True)
class ClubOrder:
    """An order as it is written and read.

    name: the order's number, as the plant shows it. golfer: name; handed: "right" or "left". date: of the order.
    """

    name: str
    golfer: str
    date: datetime.date
    clubs: tuple[OrderedClub, ...]
    handed: str = "right"


def order_text(
    name: str,
    golfer: str,
    date: datetime.date,
    fitted: tuple[FittedClub, ...],
    facts: GolferFacts,
    *,
    sensor: bool = True,
) -> str:
    """Return the order's file; raises InputError for a name that is none, or without a club."""
    if not _NAME.fullmatch(name):
        raise InputError(f"an order's name is letters, digits, dots and dashes, at most 64; found {name!r}")
    if not fitted:
        raise InputError("an order needs a club")
    lines = [
        "# A club order. Lengths in metres, angles in degrees; what the fitting says of each choice stands with it.",
        f"format = {FORMAT}",
        f"order = {quoted(name)}",
        f"date = {date.isoformat()}",
        "",
        "[golfer]",
        f"name = {quoted(golfer)}",
        f"handed = {quoted(facts.handed)}",
    ]
    for key in ("height_m", "wrist_to_floor_m", "hand_m"):
        known = getattr(facts, key)
        if known is not None:
            lines.append(f"{key} = {known.value:.3f}")
    for club in fitted:
        lines += ["", *_club_lines(club, sensor=sensor)]
    return "\n".join(lines) + "\n"


def _club_lines(club: FittedClub, *, sensor: bool) -> list[str]:
    flex, grip = club.choice("flex").give, club.choice("grip").give
    lines = [
        f"[{club.kind}]",
        f"name = {quoted(club.spec.name)}",
        f"length_m = {club.spec.length_m:.4f}",
        f"lie_deg = {math.degrees(club.spec.lie_rad):.2f}",
        f"loft_deg = {math.degrees(club.spec.loft_rad):.2f}",
    ]
    if flex:
        lines.append(f"flex = {quoted(str(flex))}")
    if grip:
        lines.append(f"grip = {quoted(str(grip))}")
    lines += [f"sensor = {'true' if sensor else 'false'}", "pieces = 1", "", f"[{club.kind}.fitting]"]
    lines += [f"{choice.name} = {quoted(said(choice))}" for choice in club.choices]
    lines += [f"note_{i} = {quoted(note)}" for i, note in enumerate(club.notes, start=1)]
    return lines


def said(choice: Choice) -> str:
    """Return a choice in one sentence: what, how sure, what else, by which rule, or what is missing."""
    if choice.missing:
        return f"as standard: {choice.missing}"
    give = f"{choice.give:+g} {choice.unit}" if isinstance(choice.give, float) else str(choice.give)
    spread = f" ± {choice.sigma:.2g} {choice.unit}" if choice.unit else ""
    others = ", ".join(f"{other:+g}" if isinstance(other, float) else str(other) for other, _ in choice.others)
    else_said = f", else {others}" if others else ""
    return f"{give}{spread}, {choice.chance:.0%} likely{else_said}: {choice.rule}"


def quoted(text: str) -> str:
    """Return a text as a TOML string."""
    # JSON's string is a TOML basic string, but for the one control character that JSON leaves as it is.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007F")


def read_order(path: Path) -> ClubOrder:
    """Read an order's file; raises InputError with what was expected and found where it is none."""
    try:
        size = path.stat().st_size
        if size > _MOST_BYTES:
            raise InputError(f"{path}: expected a club order of at most {_MOST_BYTES} bytes, found {size}")
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{path}: expected a club order in TOML, and it cannot be read ({error})") from error
    return _Reading(path, found).order()


class _Reading:
    def __init__(self, path: Path, found: dict[str, Any]) -> None:
        self.path, self.found = path, found

    def order(self) -> ClubOrder:
        form = self.found.get("format")
        if form != FORMAT:
            raise self.wrong("format", f"{FORMAT}", form)
        name = self.found.get("order")
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise self.wrong("order", "letters, digits, dots and dashes, at most 64", name)
        date = self.found.get("date")
        if isinstance(date, datetime.datetime) or not isinstance(date, datetime.date):
            raise self.wrong("date", "a date such as 2027-03-01", date)
        golfer = self.found.get("golfer")
        if not isinstance(golfer, dict):
            raise self.wrong("golfer", "a table", golfer)
        handed = golfer.get("handed", "right")
        if handed not in ("right", "left"):
            raise self.wrong("golfer.handed", "right or left", handed)
        clubs = tuple(self.club(kind) for kind in FITTED_KINDS if kind in self.found)
        more = sorted(set(self.found) - {"format", "order", "date", "golfer", *FITTED_KINDS})
        if more:
            raise self.wrong(more[0], f"a club out of {', '.join(FITTED_KINDS)}", "a table of that name")
        if not clubs:
            raise InputError(f"{self.path}: expected at least one club out of {', '.join(FITTED_KINDS)}, found none")
        return ClubOrder(name, self.text(golfer, "golfer", "name"), date, clubs, handed)

    def club(self, kind: str) -> OrderedClub:
        table = self.found[kind]
        if not isinstance(table, dict):
            raise self.wrong(kind, "a table", table)
        spec = ClubSpec(
            kind=kind,
            name=self.text(table, kind, "name"),
            length_m=self.number(table, kind, "length_m", 0.5, 1.5),
            lie_rad=math.radians(self.number(table, kind, "lie_deg", 40.0, 80.0)),
            loft_rad=math.radians(self.number(table, kind, "loft_deg", 0.0, 70.0)),
        )
        pieces, sensor = table.get("pieces", 1), table.get("sensor", True)
        if not isinstance(pieces, int) or isinstance(pieces, bool) or not 1 <= pieces <= _MOST_PIECES:
            raise self.wrong(f"{kind}.pieces", f"a whole number from 1 to {_MOST_PIECES}", pieces)
        if not isinstance(sensor, bool):
            raise self.wrong(f"{kind}.sensor", "true or false", sensor)
        flex = self.text(table, kind, "flex", optional=True)
        grip = self.text(table, kind, "grip", optional=True)
        return OrderedClub(spec, flex, grip, sensor, pieces)

    def text(self, table: dict[str, Any], where: str, key: str, *, optional: bool = False) -> str:
        value = table.get(key, "" if optional else None)
        if not isinstance(value, str) or len(value) > 200:
            raise self.wrong(f"{where}.{key}", "a text of at most 200 characters", value)
        return value

    def number(self, table: dict[str, Any], where: str, key: str, least: float, most: float) -> float:
        value = table.get(key)
        if not isinstance(value, int | float) or isinstance(value, bool) or not least <= value <= most:
            raise self.wrong(f"{where}.{key}", f"a number from {least:g} to {most:g}", value)
        return float(value)

    def wrong(self, key: str, expected: str, found: object) -> InputError:
        said_of = "nothing" if found is None else repr(found)[:80]
        return InputError(f"{self.path}: {key}: expected {expected}, found {said_of}")
