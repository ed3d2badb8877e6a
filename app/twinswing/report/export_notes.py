"""What people said of a recording for other programs: subtitles, a table, Foxglove's events."""

from pathlib import Path

from twinswing.errors import InputError
from twinswing.recording.reader import RecordingReader
from twinswing.report.export_motion import write_bytes
from twinswing.review.export import foxglove_events, table, web_vtt
from twinswing.review.model import Annotation
from twinswing.review.storage import load_document
from twinswing.stage.annotation_shapes import Around, measured

FORMATS: tuple[str, ...] = ("vtt", "notes-csv", "foxglove-events")


def export_notes(path: Path, to: str, out: Path, around: Around | None = None) -> int:
    """Write a recording's annotations in one of `FORMATS`; return how many there are.

    around : what drawings are measured by; without one, those that need a body or a picture's shape are not read out.
    Raises InputError for another format, a damaged recording, one without annotations, or a file that cannot be
    written.
    """
    if to not in FORMATS:
        raise InputError(f"expected a format out of {', '.join(FORMATS)}, found {to!r}")
    annotations = load_document(path).all()
    if not annotations:
        raise InputError(f"expected annotations to export, found none in {path}")
    known = around or Around()

    def caption(annotation: Annotation) -> str:
        return measured(annotation, annotation.time.start_ns, known)[0]

    if to == "vtt":
        text = web_vtt(annotations, caption=caption)
    elif to == "notes-csv":
        text = table(annotations, caption)
    else:
        with RecordingReader(path) as reader:
            zero_unix_ns = reader.index.zero_unix_ns
        text = foxglove_events(annotations, zero_unix_ns, caption)
    write_bytes(out, text.encode())
    return len(annotations)
