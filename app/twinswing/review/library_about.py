"""What people say of a recording, kept in the recording: one metadata record, of which the latest version holds.

What was captured stays as it is byte for byte; see `recording.writing`.
"""

from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from twinswing.errors import InputError
from twinswing.recording.reader import RecordingReader
from twinswing.recording.writer import RecordingWriter
from twinswing.review.library_model import LAST_UNIX_NS, About, tidy, tidy_tags

ABOUT_RECORD = "review/library"
FORMAT = 1
_SOURCES = ("video", "file", "person")


def about_of(reader: RecordingReader) -> About:
    """Read what was said of a recording; raises InputError if that is damaged or a newer program's."""
    return parse_about(reader.metadata(ABOUT_RECORD), reader.path)


def parse_about(document: Any, path: Path) -> About:
    """Read the record; what is missing has its default. Raises InputError if it is damaged or a newer program's."""
    if document is None:
        return About()
    if not isinstance(document, Mapping):
        raise InputError(f"{path} is damaged: what was said of it cannot be read.")
    if document.get("format") != FORMAT:
        found = document.get("format")
        raise InputError(f"{path} has library entries of format {found!r}, not {FORMAT}: update the program.")
    recorded = document.get("recorded_unix_ns")
    rating = document.get("rating", 0)
    source = str(document.get("recorded_source", ""))
    tags = document.get("tags", ())
    return About(
        person=tidy(document.get("person", "")),
        title=tidy(document.get("title", "")),
        tags=tidy_tags([str(tag) for tag in tags]) if isinstance(tags, list) else (),
        club=tidy(document.get("club", "")),
        club_kind=tidy(document.get("club_kind", "")),
        rating=rating if isinstance(rating, int) and 0 <= rating <= 5 else 0,
        recorded_unix_ns=recorded if isinstance(recorded, int) and 0 <= recorded <= LAST_UNIX_NS else None,
        recorded_source=source if source in _SOURCES else "",
    )


def write_about(path: Path, **changes: Any) -> About:
    """Change what is said of a recording, leaving alone what is not named; return what is said of it then.

    Nothing is written where nothing changes. Raises InputError if the file is no recording or cannot be written.
    """
    with RecordingReader(path) as reader:
        held = about_of(reader)
    wanted = replace(held, **changes)
    wanted = replace(wanted, title=tidy(wanted.title), tags=tidy_tags(wanted.tags), club=tidy(wanted.club))
    if wanted == held:
        return held
    with RecordingWriter.extend(path) as writer:
        writer.add_metadata(ABOUT_RECORD, {"format": FORMAT, **asdict(wanted)})
    return wanted
