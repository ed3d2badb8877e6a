"""What a library knows: people, recordings, what was measured in them. Values only; files and SQLite lie elsewhere."""

import unicodedata
from dataclasses import dataclass, field
from pathlib import Path

from twinswing.errors import InputError

# What a golfer may allow, in the words that the profile shows.
CONSENTS: dict[str, str] = {
    "record": "be recorded and measured",
    "share": "have recordings sent to others",
    "publish": "have pictures published",
}

HANDS = ("right", "left")
# The times that fit MCAP's and SQLite's 64 bits end here, in 2262.
LAST_UNIX_NS = (1 << 63) - 1


@dataclass(frozen=True)
class ProfileLimits:
    """What a profile may hold.

    height_m : shortest and tallest a person who swings a club can be; outside, feet or centimetres were meant.
    name     : characters; what fits a line of any panel.
    clubs    : the rules allow 14 in a bag, and a fitting has more at hand.
    words    : tags of one recording, and characters of one.
    """

    height_m: tuple[float, float] = (0.8, 2.5)
    name: int = 120
    clubs: int = 60
    words: tuple[int, int] = (60, 60)


LIMITS = ProfileLimits()


@dataclass(frozen=True)
class Consent:
    """What a golfer allowed, and on which day, as "2026-05-01"; covers: of `CONSENTS`."""

    day: str
    covers: tuple[str, ...]


@dataclass(frozen=True)
class Golfer:
    """A profile. `ident` stands in recordings, the name nowhere but in the profile's own file and the index.

    height_m: as the golfer states it, metres; None: not stated. handed: "right", "left", or "" where not stated.
    clubs: the set, in the golfer's own words. changed_unix_ns: of two copies of one profile the later one holds.
    """

    ident: str
    name: str
    height_m: float | None = None
    handed: str = ""
    consent: Consent | None = None
    clubs: tuple[str, ...] = ()
    note: str = ""
    changed_unix_ns: int = 0


@dataclass(frozen=True)
class About:
    """What people said of a recording; stored in the recording itself.

    person       : ident of the golfer, "" where nobody said.
    title        : instead of the file's name, "" for that.
    tags         : in alphabetical order, each once.
    club         : which club it was, "" for what the recording says by itself.
    club_kind    : of the catalogue's kinds; "" likewise.
    rating       : 1 to 5, 0 for none.
    recorded_unix_ns : when it was recorded, None where the recording itself says it or nobody knows.
    recorded_source  : where that is from: "video", "file" or "person".
    """

    person: str = ""
    title: str = ""
    tags: tuple[str, ...] = ()
    club: str = ""
    club_kind: str = ""
    rating: int = 0
    recorded_unix_ns: int | None = None
    recorded_source: str = ""


@dataclass(frozen=True)
class MeasureRow:
    """A measure of a recording as the index keeps it (see `swing.model.Measure`)."""

    name: str
    value: float
    unit: str
    sigma: float
    source: str


@dataclass(frozen=True)
class Entry:
    """What a file in the library is, as read from the file alone.

    kind        : "swing", "plant", "capture" (more than one swing, or none yet) or "unreadable", with the `reason`.
    fingerprint : the same for copies of one capture, however they were annotated or analysed since; "" if unknown.
    recorded_unix_ns, recorded_source : when, and whether the "recording", its "video", a "person" or the "file" says.
    club, club_kind : where a sensor or a person said so, else "".
    swings      : how many are in it. annotations: how many remarks; notes: their texts, a line each.
    """

    kind: str
    reason: str = ""
    fingerprint: str = ""
    recorded_unix_ns: int = 0
    recorded_source: str = "file"
    duration_s: float = 0.0
    about: About = field(default_factory=About)
    handed: str = ""
    view: str = ""
    height_m: float | None = None
    club: str = ""
    club_kind: str = ""
    club_serial: str = ""
    plant: str = ""
    plant_label: str = ""
    has_video: bool = False
    swings: int = 0
    annotations: int = 0
    notes: str = ""
    tags: tuple[str, ...] = ()
    rating: int = 0
    measures: tuple[MeasureRow, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Row:
    """A recording as a list shows it, out of the index.

    path: where it lies. here: False where its folder cannot be reached now. day: local, "2026-05-01".
    """

    ident: int
    path: Path
    here: bool
    kind: str
    reason: str
    fingerprint: str
    title: str
    recorded_unix_ns: int
    recorded_source: str
    day: str
    duration_s: float
    person: str
    person_name: str
    handed: str
    view: str
    club: str
    club_kind: str
    club_serial: str
    plant: str
    plant_label: str
    has_video: bool
    swings: int
    annotations: int
    rating: int
    tags: tuple[str, ...]
    copies: int = 1
    measures: tuple[MeasureRow, ...] = ()

    @property
    def name(self) -> str:
        """What to call it."""
        return self.title or printable(self.path.stem)


def printable(text: str) -> str:
    """Return a text that any font and any terminal can show: what is no character of Unicode becomes a mark."""
    clean = text.encode("utf-8", "replace").decode("utf-8")
    return "".join(c if unicodedata.category(c)[0] != "C" else "\N{REPLACEMENT CHARACTER}" for c in clean)


def fold(text: str) -> str:
    """Return a text as it is compared: without capitals and accents."""
    parts = unicodedata.normalize("NFKD", str(text).casefold())
    return "".join(c for c in parts if not unicodedata.combining(c))


def words_of(text: str) -> list[str]:
    """Split a text as full-text search does: at everything but letters and digits."""
    return "".join(c if c.isalnum() else " " for c in text).split()


def tidy(text: str, most: int = LIMITS.name) -> str:
    """Return what somebody typed as one line without spaces around, cut to a length."""
    return printable(" ".join(str(text).split()))[:most].strip()


def tidy_tags(tags: "list[str] | tuple[str, ...]") -> tuple[str, ...]:
    """Return tags in order, each once however it is capitalised, cut to what the limits allow."""
    found: dict[str, str] = {}
    for tag in tags:
        word = tidy(tag.lstrip("#"), LIMITS.words[1])
        if word:
            found.setdefault(fold(word), word)
    return tuple(found[key] for key in sorted(found))[: LIMITS.words[0]]


def checked_height(height_m: float | None) -> float | None:
    """Return a height in metres; raises InputError for one that nobody has."""
    if height_m is None:
        return None
    low, high = LIMITS.height_m
    if not low <= height_m <= high:
        raise InputError(f"a golfer's height of {low:g} to {high:g} m was expected, {height_m:g} m was found")
    return float(height_m)
