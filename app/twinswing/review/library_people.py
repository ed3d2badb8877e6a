"""Golfers' profiles: one small file each in the library's folder, and nowhere else but the index.

A recording names its golfer by an id without meaning, so that a name is not sent along with a recording, and is gone
when its profile is deleted.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from secrets import token_hex
from typing import Any

from twinswing.errors import InputError
from twinswing.review.library_model import CONSENTS, HANDS, LAST_UNIX_NS, LIMITS, Consent, Golfer, checked_height, tidy

PEOPLE_FOLDER = "people"
FORMAT = 1
_IDENT = re.compile(r"[a-z0-9]{6,32}")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_LIMIT_BYTES = 256 * 1024  # of a profile's file; a larger one is none


def new_golfer(name: str, **about: Any) -> Golfer:
    """Make a profile with an id that no golfer has had; raises InputError as `checked` does."""
    return checked(Golfer(token_hex(8), name, **about))


def checked(golfer: Golfer) -> Golfer:
    """Return a profile in order; raises InputError for one without a name, or with what cannot be."""
    name = tidy(golfer.name)
    if not name:
        raise InputError("a golfer's name was expected, and it is empty")
    if not _IDENT.fullmatch(golfer.ident):
        raise InputError(f"a golfer's id of 6 to 32 letters and digits was expected, {golfer.ident!r} was found")
    if golfer.handed not in ("", *HANDS):
        raise InputError(f'"right" or "left" was expected for the hand of {name}, {golfer.handed!r} was found')
    consent = golfer.consent
    if consent is not None:
        unknown = [what for what in consent.covers if what not in CONSENTS]
        if unknown or not _DAY.fullmatch(consent.day):
            raise InputError(f"a day and some of {', '.join(CONSENTS)} were expected for the consent of {name}")
        consent = Consent(consent.day, tuple(what for what in CONSENTS if what in consent.covers))
    clubs = tuple(dict.fromkeys(club for text in golfer.clubs if (club := tidy(text))))[: LIMITS.clubs]
    height = checked_height(golfer.height_m)
    if not 0 <= golfer.changed_unix_ns <= LAST_UNIX_NS:
        raise InputError(f"a time of change up to the year 2262 was expected for the profile of {name}")
    note = golfer.note.encode("utf-8", "replace").decode()[:4000]
    return replace(golfer, name=name, height_m=height, consent=consent, clubs=clubs, note=note)


def save_golfer(folder: Path, golfer: Golfer) -> Path:
    """Write a profile into a library, whole or not at all; raises InputError if it is wrong or cannot be written."""
    golfer = checked(golfer)
    path = profile_path(folder, golfer.ident)
    part = _part(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(json.dumps({"format": FORMAT, **asdict(golfer)}, indent=1), encoding="utf-8")
        part.replace(path)
    except OSError as error:
        raise InputError(f"the profile could not be written to {path}: {error.strerror or error}.") from error
    return path


def profile_path(folder: Path, ident: str) -> Path:
    """Return where a golfer's profile lies in a library."""
    return folder / PEOPLE_FOLDER / f"{ident}.json"


def profiles_of(folder: Path, ident: str) -> list[Path]:
    """Return all files of a golfer's profile: its own, copies under other names, and what a cut-off writing left."""
    own = profile_path(folder, ident)
    found = [path for path in (own, _part(own)) if path.exists()]
    for path in sorted(own.parent.glob("*.json")):
        try:
            if path != own and load_golfer(path).ident == ident:
                found.append(path)
        except InputError:
            continue  # whose it is cannot be told, and no list shows it
    return found


def _part(path: Path) -> Path:
    return path.with_name(path.name + ".part")


def load_golfers(folder: Path) -> tuple[list[Golfer], list[str]]:
    """Read all profiles of a library, by name; also a sentence on each file that could not be read."""
    golfers: dict[str, Golfer] = {}
    problems: list[str] = []
    place = folder / PEOPLE_FOLDER
    try:
        files = sorted(place.glob("*.json"))
    except OSError as error:
        return [], [f"{place} could not be read: {error.strerror or error}."]
    for path in files:
        try:
            golfer = load_golfer(path)
        except InputError as error:
            problems.append(str(error))
            continue
        held = golfers.get(golfer.ident)
        if held is None or golfer.changed_unix_ns > held.changed_unix_ns:
            golfers[golfer.ident] = golfer
    return sorted(golfers.values(), key=lambda g: (g.name.casefold(), g.ident)), problems


def load_golfer(path: Path) -> Golfer:
    """Read a profile; raises InputError if it is none."""
    try:
        if path.stat().st_size > _LIMIT_BYTES:
            raise InputError(f"{path} is no golfer's profile: it is larger than {_LIMIT_BYTES >> 10} KiB.")
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{path} could not be read: {error.strerror or error}.") from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} is no golfer's profile: it is not JSON.") from error
    if not isinstance(document, Mapping) or document.get("format") != FORMAT:
        raise InputError(f"{path} is no golfer's profile of format {FORMAT}.")
    try:
        return checked(_golfer(document))
    except InputError as error:
        raise InputError(f"{path} is no golfer's profile: {error}.") from error
    except (TypeError, ValueError, KeyError, AttributeError, OverflowError) as error:
        raise InputError(f"{path} is no golfer's profile: it has fields of another kind.") from error


def _golfer(document: Mapping[str, Any]) -> Golfer:
    consent = document.get("consent")
    height = document.get("height_m")
    return Golfer(
        ident=str(document["ident"]),
        name=str(document["name"]),
        height_m=None if height is None else float(height),
        handed=str(document.get("handed", "")),
        consent=None if consent is None else Consent(str(consent["day"]), tuple(map(str, consent["covers"]))),
        clubs=tuple(map(str, document.get("clubs", ()))),
        note=str(document.get("note", "")),
        changed_unix_ns=int(document.get("changed_unix_ns", 0)),
    )
