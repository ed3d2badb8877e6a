"""What is asked of a library: which recordings, in which order, and what there is to choose from."""

import os
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from twinswing.review.library_index import LibraryIndex
from twinswing.review.library_model import CONSENTS, Consent, Golfer, MeasureRow, Row, fold, words_of

# What a list can be sorted by, and the SQL for it; ties are broken by the newest.
SORTS: dict[str, str] = {
    "date": "r.recorded_ns",
    "name": "folded(CASE WHEN r.title <> '' THEN r.title ELSE r.file END)",
    "golfer": "folded(coalesce(p.name, ''))",
    "club": "folded(r.club)",
    "rating": "r.rating",
    "duration": "r.duration_s",
}
# The measures that a row carries, for a card.
KEY_MEASURES = ("head_speed_mps", "tempo_ratio")
NOBODY = "-"  # as a person: recordings of which nobody said whose they are
_AT_ONCE = 500  # rows fetched by one statement
_WORDS = 20  # of what was typed that are looked for


@dataclass(frozen=True)
class Query:
    """Which recordings are wanted; what is left at its default asks for nothing.

    text     : words that all have to begin a word of the name, tags, remarks, club, plant or the golfer's name.
    person   : a golfer's ident, or `NOBODY`.
    club     : as the recording or a person names it. kind: "swing", "plant", "capture" or "unreadable".
    days     : first and last local day, "2026-05-01", either may be "".
    annotated: only those with remarks (True) or without (False).
    measures : measure to (least, greatest), SI, either may be None.
    sort     : of `SORTS`, or a measure's name.
    """

    text: str = ""
    person: str = ""
    club: str = ""
    plant: str = ""
    kind: str = ""
    day: str = ""
    days: tuple[str, str] = ("", "")
    tags: tuple[str, ...] = ()
    annotated: bool | None = None
    rating: int = 0
    measures: dict[str, tuple[float | None, float | None]] = field(default_factory=dict)
    sort: str = "date"
    descending: bool = True


@dataclass(frozen=True)
class Choice:
    """One thing to choose recordings by, and how many there are of it."""

    key: str
    label: str
    count: int


@dataclass(frozen=True)
class Session:
    """The recordings of one golfer (or of nobody named) on one local day."""

    day: str
    person: str
    person_name: str
    count: int


@dataclass(frozen=True)
class Detail:
    """What the index knows of a recording beyond its row."""

    measures: tuple[MeasureRow, ...]
    notes: tuple[str, ...]
    warnings: tuple[str, ...]
    copies: tuple[Path, ...]
    height_m: float | None


def select(index: LibraryIndex, query: Query) -> list[int]:
    """Return the rows that a query asks for, in its order."""
    where, values = _conditions(index, query)
    if query.sort in SORTS:
        order, joins, extra = SORTS[query.sort], "", []
    else:
        joins, extra = "LEFT JOIN measures AS m ON m.recording = r.id AND m.name = ? ", [query.sort]
        order = "m.value"
    direction = "DESC" if query.descending else "ASC"
    sql = (
        "SELECT r.id FROM recordings AS r LEFT JOIN people AS p ON p.ident = r.person "  # noqa: S608
        f"{joins}{where} ORDER BY ({order}) IS NULL, {order} {direction}, r.recorded_ns DESC, r.id DESC"
    )
    return [row[0] for row in index.db.execute(sql, (*extra, *values))]


def rows_of(index: LibraryIndex, idents: list[int]) -> dict[int, Row]:
    """Return the rows of recordings, those that are still there."""
    found: dict[int, Row] = {}
    for start in range(0, len(idents), _AT_ONCE):
        part = idents[start : start + _AT_ONCE]
        marks = ", ".join("?" * len(part))
        keys = ", ".join("?" * len(KEY_MEASURES))
        measured: dict[int, list[MeasureRow]] = {}
        for ident, *values in index.db.execute(
            "SELECT recording, name, value, unit, sigma, source FROM measures "  # noqa: S608
            f"WHERE recording IN ({marks}) AND name IN ({keys}) ORDER BY name",
            (*part, *KEY_MEASURES),
        ):
            measured.setdefault(ident, []).append(_measure(values))
        for row in index.db.execute(f"{_ROW} WHERE r.id IN ({marks})", part):
            found[row[0]] = _row(row, tuple(measured.get(row[0], ())))
    return found


def detail_of(index: LibraryIndex, ident: int) -> Detail | None:
    """Return what else is known of a recording; None if it is not there any more."""
    found = index.db.execute(
        "SELECT notes, warnings, fingerprint, height_m FROM recordings WHERE id = ?", (ident,)
    ).fetchone()
    if found is None:
        return None
    measures = index.db.execute(
        "SELECT name, value, unit, sigma, source FROM measures WHERE recording = ? ORDER BY place", (ident,)
    )
    copies = index.db.execute(
        "SELECT path FROM recordings WHERE fingerprint = ? AND fingerprint <> '' AND id <> ?", (found[2], ident)
    )
    return Detail(
        tuple(_measure(fields) for fields in measures),
        tuple(found[0].splitlines()),
        tuple(found[1].splitlines()),
        tuple(Path(os.fsdecode(path)) for (path,) in copies),
        found[3],
    )


def count(index: LibraryIndex) -> int:
    """Return how many recordings there are."""
    return int(index.db.execute("SELECT count(*) FROM recordings").fetchone()[0])


def count_unreadable(index: LibraryIndex) -> int:
    """Return how many files cannot be read."""
    return int(index.db.execute("SELECT count(*) FROM recordings WHERE kind = 'unreadable'").fetchone()[0])


def ident_of(index: LibraryIndex, path: Path) -> int | None:
    """Return the row of a file; None if it is not in the index."""
    found = index.db.execute("SELECT id FROM recordings WHERE path = ?", (os.fsencode(path),)).fetchone()
    return int(found[0]) if found else None


def golfers(index: LibraryIndex) -> list[Golfer]:
    """Return all profiles, by name."""
    rows = index.db.execute("SELECT * FROM people ORDER BY folded(name), ident")
    return [_golfer(row) for row in rows]


def people(index: LibraryIndex) -> list[Choice]:
    """Return the golfers with the number of their recordings; last those recordings that are nobody's."""
    rows = index.db.execute(
        "SELECT p.ident, p.name, count(r.id) FROM people AS p LEFT JOIN recordings AS r ON r.person = p.ident "
        "GROUP BY p.ident ORDER BY folded(p.name), p.ident"
    )
    found = [Choice(*row) for row in rows]
    nobody = index.db.execute(
        "SELECT count(*) FROM recordings AS r WHERE r.kind IN ('swing', 'capture') "
        "AND NOT EXISTS (SELECT 1 FROM people AS p WHERE p.ident = r.person)"
    ).fetchone()[0]
    return [*found, Choice(NOBODY, "No golfer named", nobody)] if nobody else found


def sessions(index: LibraryIndex, most: int = 400) -> list[Session]:
    """Return the days of each golfer, the newest first."""
    rows = index.db.execute(
        "SELECT r.day, coalesce(p.ident, ''), coalesce(p.name, ''), count(*) FROM recordings AS r "
        "LEFT JOIN people AS p ON p.ident = r.person WHERE r.kind IN ('swing', 'capture') AND r.day <> '' "
        "GROUP BY r.day, p.ident ORDER BY r.day DESC, folded(coalesce(p.name, '')) LIMIT ?",
        (most,),
    )
    return [Session(*row) for row in rows]


def clubs(index: LibraryIndex) -> list[Choice]:
    """Return the clubs that recordings name, with their serial numbers where a sensor has one."""
    rows = index.db.execute(
        "SELECT club, max(club_serial), count(*) FROM recordings WHERE club <> '' GROUP BY club ORDER BY folded(club)"
    )
    return [Choice(club, f"{club}  {serial}" if serial else club, n) for club, serial, n in rows]


def plants(index: LibraryIndex) -> list[Choice]:
    """Return the plants that there are recordings of."""
    rows = index.db.execute(
        "SELECT plant, max(plant_label), count(*) FROM recordings WHERE plant <> '' "
        "GROUP BY plant ORDER BY folded(max(plant_label))"
    )
    return [Choice(*row) for row in rows]


def tags(index: LibraryIndex, most: int = 200) -> list[Choice]:
    """Return the tags, those of most recordings first."""
    rows = index.db.execute(
        "SELECT tag, tag, count(*) FROM tags GROUP BY tag ORDER BY count(*) DESC, folded(tag) LIMIT ?", (most,)
    )
    return [Choice(*row) for row in rows]


def measure_names(index: LibraryIndex) -> list[tuple[str, str, int]]:
    """Return (name, unit, in how many recordings) of every measure, the commonest first."""
    return list(
        index.db.execute("SELECT name, max(unit), count(*) FROM measures GROUP BY name ORDER BY count(*) DESC, name")
    )


# In the order of `_ROW`'s columns.
_FIELDS = tuple(field.name for field in fields(Row))[:-1]
_ROW = (
    "SELECT r.id, r.path, r.here, r.kind, r.reason, r.fingerprint, r.title, r.recorded_ns, r.recorded_source, r.day, "
    "r.duration_s, r.person, coalesce(p.name, ''), r.handed, r.view, r.club, r.club_kind, r.club_serial, r.plant, "
    "r.plant_label, r.has_video, r.swings, r.annotations, r.rating, r.tags, CASE WHEN r.fingerprint = '' THEN 1 ELSE "
    "(SELECT count(*) FROM recordings AS c WHERE c.fingerprint = r.fingerprint) END "
    "FROM recordings AS r LEFT JOIN people AS p ON p.ident = r.person"
)


def _row(row: tuple[Any, ...], measures: tuple[MeasureRow, ...]) -> Row:
    values: dict[str, Any] = dict(zip(_FIELDS, row, strict=True))
    values |= {
        "path": Path(os.fsdecode(values["path"])),
        "here": bool(values["here"]),
        "has_video": bool(values["has_video"]),
        "tags": tuple(values["tags"].splitlines()),
    }
    return Row(**values, measures=measures)


def _measure(fields: "tuple[Any, ...] | list[Any]") -> MeasureRow:
    name, value, unit, sigma, source = fields
    return MeasureRow(name, value, unit, float("nan") if sigma is None else sigma, source)


def _golfer(row: tuple[Any, ...]) -> Golfer:
    ident, name, height, handed, day, covers, bag, note, changed = row
    consent = Consent(day, tuple(c for c in covers.splitlines() if c in CONSENTS)) if day else None
    return Golfer(ident, name, height, handed, consent, tuple(bag.splitlines()), note, changed)


def _conditions(index: LibraryIndex, query: Query) -> tuple[str, list[object]]:
    parts: list[str] = []
    values: list[object] = []

    def add(condition: str, *given: object) -> None:
        parts.append(condition)
        values.extend(given)

    if query.person == NOBODY:
        add("p.ident IS NULL AND r.kind IN ('swing', 'capture')")
    elif query.person:
        add("r.person = ?", query.person)
    for column, wanted in (("club", query.club), ("plant", query.plant), ("kind", query.kind), ("day", query.day)):
        if wanted:
            add(f"r.{column} = ?", wanted)
    first, last = query.days
    if first:
        add("r.day >= ?", first)
    if last:
        add("r.day <= ? AND r.day <> ''", last)
    for tag in query.tags:
        add("EXISTS (SELECT 1 FROM tags AS t WHERE t.recording = r.id AND folded(t.tag) = ?)", fold(tag))
    if query.annotated is not None:
        add("r.annotations > 0" if query.annotated else "r.annotations = 0")
    if query.rating:
        add("r.rating >= ?", query.rating)
    for name, (low, high) in query.measures.items():
        bounds = [(f"m.value {sign} ?", b) for sign, b in ((">=", low), ("<=", high)) if b is not None]
        told = "".join(f" AND {text}" for text, _ in bounds)
        add(
            f"EXISTS (SELECT 1 FROM measures AS m WHERE m.recording = r.id AND m.name = ?{told})",  # noqa: S608  (our own words; what was typed is bound)
            name,
            *(b for _, b in bounds),
        )
    for word in words_of(query.text)[:_WORDS]:
        condition, given = _word(index, word)
        add(condition, *given)
    return (f"WHERE {' AND '.join(parts)}" if parts else ""), values


def _word(index: LibraryIndex, word: str) -> tuple[str, list[object]]:
    """Return the condition that some word of a recording, or of its golfer's name, begins with this one."""
    named = "r.person IN (SELECT ident FROM people WHERE instr(' ' || worded(name), ' ' || ?) > 0)"
    low = fold(word)
    if index.full_text:
        return f"(r.id IN (SELECT rowid FROM words WHERE words MATCH ?) OR {named})", [f'"{word}"*', low]  # noqa: S608  (as above)
    return f"(instr((SELECT folded(body) FROM words WHERE rowid = r.id), ?) > 0 OR {named})", [low, low]  # noqa: S608
