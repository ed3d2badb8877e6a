"""A golfer's earlier swings out of the library's index, for coaching to hold the present one against."""

from math import nan
from pathlib import Path

from twinswing.review.library_index import LibraryIndex
from twinswing.review.library_read import describe
from twinswing.swing.coaching import Earlier
from twinswing.swing.model import Measure

MOST = 200  # a year of weekly practice; an older swing says little of today's


def earlier_swings(
    index: LibraryIndex, person: str, before_unix_ns: int, *, club_kind: str = "", skip_fingerprint: str = ""
) -> list[Earlier]:
    """Return a golfer's swings before a moment, the latest MOST of them, in order of time.

    club_kind        : only those with such a club and those whose club nobody named; "" for all.
    skip_fingerprint : a capture that is not earlier than itself, whatever its copies' dates say.
    Nobody's swings are nobody's earlier ones: without a person the list is empty.
    """
    if not person:
        return []
    rows = index.db.execute(
        "SELECT r.id, r.recorded_ns, r.club_kind, r.fingerprint, m.name, m.value, m.unit, m.sigma, m.source "
        "FROM recordings AS r JOIN measures AS m ON m.recording = r.id WHERE r.id IN ("
        "SELECT id FROM recordings WHERE person = ? AND recorded_ns < ? AND (? = '' OR club_kind IN (?, '')) "
        "ORDER BY recorded_ns DESC LIMIT ?) ORDER BY r.recorded_ns, r.id, m.place",
        (person, before_unix_ns, club_kind, club_kind, MOST),
    ).fetchall()
    found: dict[int, tuple[int, str, dict[str, Measure]]] = {}
    mark_of: dict[int, str] = {}
    for ident, when_ns, kind, mark, name, value, unit, sigma, source in rows:
        if mark and mark == skip_fingerprint:
            continue
        mark_of[ident] = mark
        measures = found.setdefault(ident, (when_ns, kind, {}))[2]
        measures[name] = Measure(value, unit, nan if sigma is None else sigma, source)
    seen: set[str] = set()
    earlier = []
    for ident, (when_ns, kind, measures) in found.items():
        mark = mark_of[ident]
        if mark and mark in seen:  # a copy of one capture is no second swing
            continue
        seen.add(mark)
        earlier.append(Earlier(when_ns * 1e-9, measures, kind or None))
    return earlier


def earlier_of(path: Path, index: Path) -> list[Earlier]:
    """Return the earlier swings of the golfer of a recording, from a library's index file.

    Empty where the recording is nobody's, or no library knows the golfer: then there is nothing to hold it against.
    """
    if not index.is_file() or not path.is_file():
        return []
    entry = describe(path, path.stat().st_mtime_ns)
    if not entry.about.person:
        return []
    with LibraryIndex(index) as opened:
        return earlier_swings(
            opened, entry.about.person, entry.recorded_unix_ns,
            club_kind=entry.club_kind, skip_fingerprint=entry.fingerprint,
        )  # fmt: skip
