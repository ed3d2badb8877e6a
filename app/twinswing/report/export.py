"""A swing for other programs: which formats there are, and the one call that writes them."""

import importlib
from pathlib import Path

from twinswing.errors import InputError
from twinswing.swing.model import SwingSession

# format: (module below twinswing.report, its function). Each takes (session, out, rate_hz).
_WRITERS: dict[str, tuple[str, str]] = {
    "trc": ("export_trc", "write_trc"),
    "c3d": ("export_c3d", "write_c3d"),
    "bvh": ("export_bvh", "write_bvh"),
    "csv": ("export_table", "write_csv"),
    "parquet": ("export_table", "write_parquet"),
    "glb": ("export_glb", "write_glb"),
}
FORMATS: tuple[str, ...] = tuple(_WRITERS)


def export_session(session: SwingSession, to: str, out: Path, rate_hz: float | None = None) -> None:
    """Write a swing in one of FORMATS.

    rate_hz: samples a second, by default those of the body; tables (csv, parquet) keep every sample at its own time
    and take none. Raises InputError for an unknown format, a session that lacks what the format needs, or a file that
    cannot be written; MissingPartError where a format needs a library that is not installed.
    """
    if to not in _WRITERS:
        raise InputError(f"expected a format out of {', '.join(FORMATS)}, found {to!r}")
    module, function = _WRITERS[to]
    getattr(importlib.import_module(f"twinswing.report.{module}"), function)(session, out, rate_hz)
