"""Annotations to text fields and back; what comes back may have been written by anyone.

A field is a short JSON text under a name, so that two people who change different fields of one annotation both keep
their change. Reading refuses whatever is too large, not finite or not of its type; names of fields that this program
does not know are left alone.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any, NoReturn

from twinswing.errors import InputError
from twinswing.review.model import (
    KINDS,
    PINNED_KINDS,
    Anchor,
    Annotation,
    InWorld,
    Media,
    OnJoint,
    OnMachine,
    OnVideo,
    Point,
    Span,
)


@dataclass(frozen=True)
class Limits:
    """How large the parts of an annotation may be; far above what a person makes.

    field_chars  : a field's JSON text: 4000 points of three numbers of 18 digits.
    text_chars   : a note: two printed pages.
    name_chars   : an author, joint, camera, tag or path.
    reach_m      : metres from the origin; a plant is hundreds of metres long.
    video_margin : how far outside the picture a point may lie, in widths or heights of it.
    time_ns      : session times, either way: 70 years.
    shown_s      : how long a moment may be shown: an hour.
    peaks        : of a waveform.
    voice_s      : a voice note's length, seconds: ten minutes.
    voice_bytes  : a voice note's file: ten minutes at 64 kbit/s.
    """

    field_chars: int = 256 * 1024
    text_chars: int = 8000
    name_chars: int = 120
    reach_m: float = 1e5
    video_margin: float = 1.0
    time_ns: int = 1 << 61
    shown_s: float = 3600.0
    peaks: int = 2000
    voice_s: float = 600.0
    voice_bytes: int = 5_000_000


LIMITS = Limits()
_IDENT = re.compile(r"[A-Za-z0-9_-]{1,64}")
_KIND = re.compile(r"[a-z][a-z0-9_-]{0,31}")
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
# The fields that every annotation has; the others have defaults. What depends on the kind is one field, so that
# changes made apart never mix the points of one kind with the name of another.
_NEEDED = ("shape", "author", "time")
_READ = frozenset((*_NEEDED, "text", "colour"))


def is_ident(text: str) -> bool:
    """Tell whether a text can be an annotation's id: 1 to 64 of A-Z a-z 0-9 _ -."""
    return _IDENT.fullmatch(text) is not None


def to_fields(annotation: Annotation) -> dict[str, str]:
    """Return an annotation's fields as JSON texts; raises InputError if it is not one that `from_fields` would take."""
    a = annotation
    shape: dict[str, Any] = {"kind": a.kind, "anchor": _anchor_value(a.anchor)}
    if a.points:
        # A micrometre, or a millionth of the picture, is finer than anyone draws.
        shape["points"] = [[round(x, 6) for x in point] for point in a.points]
    if a.pins:
        shape["pins"] = a.pins
    if a.rating:
        shape["rating"] = a.rating
    if a.pair_ns is not None:
        shape["pair"] = [a.pair_ns, a.pair_recording]
    if a.media is not None:
        shape["media"] = vars(a.media)
    values: dict[str, Any] = {
        "shape": shape,
        "author": a.author,
        "time": [a.time.start_ns, a.time.end_ns, a.time.shown_s],
        "text": a.text,
        "colour": a.colour,
    }
    fields = {name: json.dumps(value, ensure_ascii=False, separators=(",", ":")) for name, value in values.items()}
    from_fields(a.ident, fields)
    if a.kind in ("text", "tag", "drill") and not a.text.strip():
        raise InputError(f"An annotation of kind {a.kind} needs a text, and {a.ident} has none.")
    return fields


def from_fields(ident: str, fields: Mapping[str, str]) -> Annotation:
    """Read an annotation; raises InputError that names the field which cannot be used."""
    if not is_ident(ident):
        raise InputError(f"An annotation's id must be 1 to 64 letters, digits, _ or -, not {ident[:40]!r}.")
    where = f"annotation {ident}"
    values = {name: _value(text, f"{name} of {where}") for name, text in fields.items() if name in _READ}
    missing = [name for name in _NEEDED if name not in values]
    if missing:
        raise InputError(f"The {where} has no {', '.join(missing)}.")
    shape = values["shape"]
    if not isinstance(shape, dict):
        _refuse(f"shape of {where}", "an object", shape)
    anchor = _anchor(shape.get("anchor", ["world"]), f"anchor of {where}")
    pair_ns, pair_recording = _pair(shape.get("pair", [None, ""]), f"pair of {where}")
    annotation = Annotation(
        ident=ident,
        kind=_matching(shape.get("kind"), f"kind of {where}", _KIND, "a lower-case word"),
        author=_name(values["author"], f"author of {where}"),
        time=_span(values["time"], f"time of {where}"),
        anchor=anchor,
        points=_points(shape.get("points", []), f"points of {where}", on_video=isinstance(anchor, OnVideo)),
        pins=_pins(shape.get("pins", []), f"pins of {where}"),
        text=_text(values.get("text", ""), f"text of {where}", LIMITS.text_chars),
        colour=_matching(values.get("colour", "#ffb000"), f"colour of {where}", _COLOUR, "#rrggbb"),
        rating=_integer(shape.get("rating", 0), f"rating of {where}", 0, 5),
        pair_ns=pair_ns,
        pair_recording=pair_recording,
        media=None if shape.get("media") is None else _media(shape["media"], f"media of {where}"),
    )
    _check_kind(annotation, where)
    return annotation


def _check_kind(a: Annotation, where: str) -> None:
    """Check what only makes sense together; a kind that is not known is not judged."""
    count = KINDS.get(a.kind)
    if count is None:
        return
    if a.pins:
        if a.kind not in PINNED_KINDS or len(a.pins) != count.least or a.points:
            raise InputError(
                f"The {where} is pinned to {len(a.pins)} joints: only {', '.join(PINNED_KINDS)} can be, "
                f"to as many as they have points, in place of these."
            )
    elif not count.least <= len(a.points) <= count.most:
        raise InputError(f"The {where}, of kind {a.kind}, has {len(a.points)} points, not {_range(count)}.")
    needs = {"voice": a.media is not None, "rating": a.rating > 0, "pair": a.pair_ns is not None}
    if not needs.get(a.kind, True):
        raise InputError(f"The {where}, of kind {a.kind}, has no {'media' if a.kind == 'voice' else a.kind}.")


def _range(count: Any) -> str:
    return str(count.least) if count.least == count.most else f"{count.least} to {count.most}"


def _anchor_value(anchor: Anchor) -> list[str]:
    match anchor:
        case OnVideo(camera):
            return ["video", camera]
        case InWorld():
            return ["world"]
        case OnJoint(joint):
            return ["joint", joint]
        case OnMachine(path):
            return ["machine", path]


def _anchor(value: Any, what: str) -> Anchor:
    match value:
        case ["video", camera]:
            return OnVideo(_name(camera, what))
        case ["joint", joint]:
            return OnJoint(_name(joint, what))
        case ["machine", path]:
            return OnMachine(_name(path, what))
    if value != ["world"]:
        _refuse(what, 'one of ["video", NAME], ["world"], ["joint", NAME], ["machine", PATH]', value)
    return InWorld()


def _span(value: Any, what: str) -> Span:
    if not isinstance(value, list) or len(value) != 3:
        _refuse(what, "[start, end, shown]", value)
    start, end = (_integer(v, what, -LIMITS.time_ns, LIMITS.time_ns) for v in value[:2])
    if end < start:
        _refuse(what, "an end that is not before the start", value)
    return Span(start, end, _number(value[2], what, 0.0, LIMITS.shown_s))


def _pair(value: Any, what: str) -> tuple[int | None, str]:
    if not isinstance(value, list) or len(value) != 2:
        _refuse(what, "[time, recording]", value)
    t_ns = None if value[0] is None else _integer(value[0], what, -LIMITS.time_ns, LIMITS.time_ns)
    recording = _text(value[1], what, 255)
    # It is the name of a file beside this one: a path could point anywhere on the machine of who opens it.
    if any(c in recording for c in "/\\:") or recording.startswith("."):
        _refuse(what, "a file's name without a folder", recording)
    return t_ns, recording


def _points(value: Any, what: str, *, on_video: bool) -> tuple[Point, ...]:
    if not isinstance(value, list) or len(value) > KINDS["freehand"].most:
        _refuse(what, f"a list of at most {KINDS['freehand'].most} points", value)
    size = 2 if on_video else 3
    low, high = (-LIMITS.video_margin, 1.0 + LIMITS.video_margin) if on_video else (-LIMITS.reach_m, LIMITS.reach_m)
    for point in value:
        if not isinstance(point, list) or len(point) != size:
            _refuse(what, f"points of {size} numbers", point)
    return tuple(tuple(_number(x, what, low, high) for x in point) for point in value)


def _pins(value: Any, what: str) -> tuple[str, ...]:
    if not isinstance(value, list) or len(value) > 3:
        _refuse(what, "at most three joints", value)
    return tuple(_name(pin, what) for pin in value)


def _media(value: Any, what: str) -> Media:
    if not isinstance(value, dict):
        _refuse(what, "an object", value)
    peaks = value.get("peaks", [])
    if not isinstance(peaks, list) or len(peaks) > LIMITS.peaks:
        _refuse(what, f"at most {LIMITS.peaks} peaks", peaks)
    return Media(
        sha256=_matching(value.get("sha256"), what, _SHA256, "64 hexadecimal digits"),
        size_bytes=_integer(value.get("size_bytes"), what, 1, LIMITS.voice_bytes),
        duration_s=_number(value.get("duration_s"), what, 0.0, LIMITS.voice_s),
        peaks=tuple(_number(p, what, 0.0, 1.0) for p in peaks),
        spoken=_text(value.get("spoken", ""), what, LIMITS.text_chars),
    )


def _value(text: str, what: str) -> Any:
    if len(text) > LIMITS.field_chars:
        raise InputError(f"The {what} has {len(text)} characters; at most {LIMITS.field_chars} are read.")
    try:
        return json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise InputError(f"The {what} is no JSON: {str(error)[:80]}.") from None


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")


def _number(value: Any, what: str, low: float, high: float) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:
        _refuse(what, f"a number of {low:g} to {high:g}", value)
    number = float(value)
    if not isfinite(number):
        _refuse(what, "a finite number", value)
    return number


def _integer(value: Any, what: str, low: int, high: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        _refuse(what, f"a whole number of {low} to {high}", value)
    return value


def _text(value: Any, what: str, most: int) -> str:
    if not isinstance(value, str) or len(value) > most:
        _refuse(what, f"a text of at most {most} characters", value)
    # Control characters and lone surrogates break terminals and files; line breaks and tabs are part of a note.
    if any((ord(c) < 32 and c not in "\n\t") or 0x7F <= ord(c) < 0xA0 or 0xD800 <= ord(c) < 0xE000 for c in value):
        _refuse(what, "a text without control characters", value)
    return value


def _name(value: Any, what: str) -> str:
    name = _text(value, what, LIMITS.name_chars)
    if not name.strip() or "\n" in name or "\t" in name:
        _refuse(what, f"a name of 1 to {LIMITS.name_chars} characters on one line", value)
    return name


def _matching(value: Any, what: str, pattern: re.Pattern[str], expected: str) -> str:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        _refuse(what, expected, value)
    return value


def _refuse(what: str, expected: str, found: Any) -> NoReturn:
    shown = repr(found)
    raise InputError(f"The {what} must be {expected}, not {shown if len(shown) <= 60 else shown[:57] + '...'}.")
