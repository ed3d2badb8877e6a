"""What a file of the library is: read from the recording's summary and its small documents, never its channels."""

import hashlib
from collections.abc import Mapping
from math import isfinite
from pathlib import Path
from typing import Any

from twinswing.errors import InputError
from twinswing.recording.plant_index import PLANT_RECORD
from twinswing.recording.reader import RecordingReader
from twinswing.recording.writing import DEFAULT_ZERO_UNIX_NS
from twinswing.review.document import ReviewDocument
from twinswing.review.library_about import about_of
from twinswing.review.library_model import LAST_UNIX_NS, About, Entry, MeasureRow, printable, tidy, tidy_tags
from twinswing.review.storage import DOCUMENT_RECORD, document_in
from twinswing.swing.session_io import SESSION_RECORD
from twinswing.timeline.clock import NS_PER_S

# As `swing.capture_swings` names it; importing that room's capture would load the pose model.
SWINGS_RECORD = "capture/swings"
# Enough of the first chunk to tell any two captures apart, little enough to be read from ten thousand files.
_FINGERPRINT_BYTES = 16 * 1024
_NOTES_LIMIT = 20_000  # characters of remarks that are searched
_MEASURES_LIMIT = 400


def describe(path: Path, modified_unix_ns: int) -> Entry:
    """Read what a file is; a file that cannot be read gives an entry that says why.

    modified_unix_ns: when the file was changed last, for a recording that does not say when it was made.
    """
    try:
        with RecordingReader(path) as reader:
            return _entry(reader, modified_unix_ns)
    except (InputError, OSError) as error:
        return Entry("unreadable", reason=printable(str(error)), recorded_unix_ns=modified_unix_ns)
    except (TypeError, ValueError, KeyError, AttributeError, OverflowError, RecursionError) as error:
        # A document of the right kind and of the wrong shape.
        reason = printable(f"{path} is damaged: its documents are of another shape ({type(error).__name__}).")
        return Entry("unreadable", reason=reason, recorded_unix_ns=modified_unix_ns)


def fingerprint(reader: RecordingReader) -> str:
    """Return what copies of one capture have in common; "" where nothing was captured.

    Adding to a recording leaves its first chunk alone, so it is the hour and that chunk's bytes.
    """
    chunks = reader.index.chunks
    if not chunks:
        return ""
    first = min(chunks, key=lambda chunk: chunk.start)
    # A file of its own, since the reader's belongs to its own methods.
    with reader.path.open("rb") as file:
        file.seek(first.start)
        head = file.read(min(first.length, _FINGERPRINT_BYTES))
    digest = hashlib.sha256(f"{reader.index.zero_unix_ns} {first.length}".encode())
    digest.update(head)
    return digest.hexdigest()[:32]


def _entry(reader: RecordingReader, modified_unix_ns: int) -> Entry:
    about = about_of(reader)
    plant = reader.metadata(PLANT_RECORD)
    first, last = reader.span_ns
    document = document_in(reader) if DOCUMENT_RECORD in reader.index.metadata_versions() else ReviewDocument()
    said = document.all()
    tags = tidy_tags([*about.tags, *(a.text for a in said if a.kind == "tag")])
    ratings = [a.rating for a in said if a.kind == "rating" and a.rating]
    recorded, source = _recorded(reader, about, modified_unix_ns)
    common: dict[str, Any] = {
        "fingerprint": fingerprint(reader),
        "recorded_unix_ns": recorded,
        "recorded_source": source,
        "duration_s": (last - first) / NS_PER_S,
        "about": about,
        "annotations": len(said),
        "notes": "\n".join(text for a in said if (text := a.text or (a.media.spoken if a.media else "")))[
            :_NOTES_LIMIT
        ],
        "tags": tags,
        "rating": about.rating or (ratings[-1] if ratings else 0),
    }
    return Entry(**common, **(_swing(reader, about) if plant is None else _plant(plant, reader.path)))


def _recorded(reader: RecordingReader, about: About, modified_unix_ns: int) -> tuple[int, str]:
    if about.recorded_unix_ns is not None:
        return about.recorded_unix_ns, about.recorded_source or "person"
    zero = reader.index.zero_unix_ns
    if zero != DEFAULT_ZERO_UNIX_NS:
        begun = zero + reader.span_ns[0]
        if not -LAST_UNIX_NS <= begun <= LAST_UNIX_NS:
            raise InputError(f"{reader.path} is damaged: it says that its session began at a time that no clock has.")
        return begun, "recording"
    return modified_unix_ns, "file"


def _plant(record: Any, path: Path) -> dict[str, Any]:
    from twinswing.plant.load import parse_plant  # noqa: PLC0415  (a library of swings does without it)

    name, label = str(record["name"]), ""
    try:
        label = parse_plant(str(record["text"]), str(path)).label
    except InputError:
        # A plant's text of a newer program: the window will say so, the library still knows its name.
        label = ""
    return {"kind": "plant", "plant": tidy(name), "plant_label": tidy(label or name)}


def _swing(reader: RecordingReader, about: About) -> dict[str, Any]:
    session = reader.metadata(SESSION_RECORD) or {}
    capture = reader.metadata(SWINGS_RECORD)
    golfer = session.get("golfer") or {}
    club, imu = session.get("club") or {}, session.get("imu") or {}
    spec = club.get("spec") or {}
    # A club drawn from the hands alone is a guess, not a club.
    sensed = bool(club) and club.get("source", "video") != "video"
    serials = [serial for serial in reader.clubs() if f"/club/{serial}/imu" in reader.topics]
    measured = [m for name, fields in (session.get("measures") or {}).items() if (m := _measure(name, fields))]
    swings = len(capture.get("swings", ())) if capture is not None else int(bool(session))
    height = golfer.get("height_m")
    return {
        "kind": "swing" if swings == 1 or capture is None else "capture",
        "handed": tidy(golfer.get("handed", "")),
        "view": tidy(golfer.get("view", "")),
        "height_m": float(height) if isinstance(height, int | float) else None,
        "club": about.club or (tidy(spec.get("name", "")) if sensed else ""),
        "club_kind": about.club_kind or (tidy(spec.get("kind", "")) if sensed else ""),
        "club_serial": tidy(imu.get("serial", "") or spec.get("serial", "") or _only(serials)),
        "has_video": any(reader.topics.get(f"/camera/{camera}/video", 0) for camera in reader.cameras()),
        "swings": swings,
        "measures": tuple(measured[:_MEASURES_LIMIT]),
        "warnings": tuple(printable(str(line)) for line in session.get("warnings", ())),
    }


def _only(serials: list[str]) -> str:
    """A serial that a log did not have is spelt "club" in topics."""
    return serials[0] if len(serials) == 1 and serials[0] != "club" else ""


def _measure(name: str, fields: Mapping[str, Any]) -> MeasureRow | None:
    """Read a measure; None for one whose value is not known."""
    value, sigma = fields.get("value"), fields.get("sigma")
    if not isinstance(value, int | float) or not isfinite(value):
        return None
    spread = float(sigma) if isinstance(sigma, int | float) else float("nan")
    return MeasureRow(tidy(name), float(value), tidy(fields.get("unit", "")), spread, tidy(fields.get("source", "")))
