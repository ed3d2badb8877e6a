"""A library to look at and to measure: golfers, months of swings, and as many small recordings as are wanted.

`python -m twinswing.truth.library_demo FOLDER [SWINGS] [SMALL]`. The swings are exact and drawn; the small recordings
have a session and its measures and nothing to be drawn, so that ten thousand of them are made in a minute.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from twinswing.errors import InputError
from twinswing.recording.writer import RecordingWriter
from twinswing.review.document import ReviewDocument, new_ident
from twinswing.review.library_about import ABOUT_RECORD, FORMAT
from twinswing.review.library_model import Consent, Golfer
from twinswing.review.library_people import save_golfer
from twinswing.review.model import Annotation, Span
from twinswing.review.storage import save_document
from twinswing.stage.appearance import Appearance
from twinswing.swing.model import Event, GolferInfo, Measure, SwingSession
from twinswing.swing.session_io import write_session
from twinswing.truth.build import make_swing
from twinswing.truth.golfer import club_of, random_golfer
from twinswing.truth.session import session_of

_DAY_NS = 86_400 * 10**9
_TAGS = ("range", "lesson", "course", "slow motion", "best of the day", "new grip", "before", "after")
_VIEWS = ("face-on", "down-the-line")
_CLUBS = {"driver": "driver", "iron": "7 iron", "wedge": "pitching wedge"}
Told = Callable[[int, int], None]


@dataclass(frozen=True)
class Member:
    """A golfer of the made-up library: how fast at first (m/s, driver), and how much faster each month."""

    golfer: Golfer
    speed_mps: float
    gain_mps: float
    look: Appearance


MEMBERS: tuple[Member, ...] = (
    Member(
        Golfer("a1anna0berg", "Anna Berg", 1.72, "right", Consent("2026-03-02", ("record", "share")),
               ("driver", "7 iron", "pitching wedge")),
        41.0, 0.5, Appearance(1.72, 0.3, shirt="#c8553d", cap="", trousers="#f0ece2", hair="#6b4423"),
    ),
    Member(
        Golfer("b2tomas0ruiz", "Tomás Ruiz", 1.83, "right", Consent("2026-02-11", ("record",)), ("driver", "7 iron")),
        49.5, 0.1, Appearance(1.83, 0.45, shirt="#2f6690", cap="#16425b", trousers="#3a3a3a", skin="#a8744f"),
    ),
    Member(
        Golfer("c3mei0lin", "Mei Lin", 1.64, "left", Consent("2026-04-20", ("record", "publish")), ("7 iron",)),
        37.0, 0.9, Appearance(1.64, 0.25, shirt="#f2c14e", cap="#ffffff", trousers="#26324a", handed="left"),
    ),
)  # fmt: skip


def write_library(folder: Path, swings: int, small: int = 0, *, end_unix_ns: int, told: Told | None = None) -> None:
    """Write golfers, drawn swings over the last eight months, and small recordings.

    end_unix_ns: the day of the newest. told: (recordings written, of how many).
    """
    folder.mkdir(parents=True, exist_ok=True)
    for member in MEMBERS:
        save_golfer(folder, member.golfer)
    rng = np.random.default_rng(7)
    for number in range(swings):
        _drawn(folder, number, swings, rng, end_unix_ns)
        if told is not None:
            told(number + 1, swings + small)
    for number in range(small):
        write_small(folder / f"{number // 500:03d}" / f"swing-{number:05d}.mcap", number, end_unix_ns)
        if told is not None:
            told(swings + number + 1, swings + small)


def write_small(path: Path, number: int, end_unix_ns: int) -> Path:
    """Write one small recording: a session with a golfer, events and measures."""
    path.parent.mkdir(exist_ok=True)
    rng = np.random.default_rng(number)
    member, when = MEMBERS[number % len(MEMBERS)], end_unix_ns - (number * _DAY_NS) // 12
    session = SwingSession(
        golfer=GolferInfo(120, member.golfer.handed, _VIEWS[number % 2], member.golfer.height_m),
        events={"top": Event(40, 1.0, 0.9), "impact": Event(52, 1.3, 0.9)},
        measures=_measures(rng, 30.0 + 20.0 * rng.random()),
    )
    about = {"format": FORMAT, "person": member.golfer.ident, "tags": [_TAGS[number % len(_TAGS)]]}
    kind = list(_CLUBS)[number % 3]
    with RecordingWriter(path, zero_unix_ns=when, overwrite=True) as writer:
        write_session(writer, session, scene=False)
        writer.add_metadata(ABOUT_RECORD, {**about, "club": _CLUBS[kind], "club_kind": kind, "rating": number % 6})
    return path


def _measures(rng: np.random.Generator, speed_mps: float) -> dict[str, Measure]:
    tempo = 3.0 + 0.25 * rng.standard_normal()
    return {
        "head_speed_mps": Measure(speed_mps + 0.5 * rng.standard_normal(), "m/s", 0.5, "club"),
        "tempo_ratio": Measure(tempo, "1", 0.15, "club+video"),
        "backswing_s": Measure(0.25 * tempo, "s", 0.02, "club+video"),
        "downswing_s": Measure(0.25, "s", 0.01, "club+video"),
        "hand_speed_peak_mps": Measure(0.22 * speed_mps, "m/s", 0.8, "video"),
        "spine_tilt_address_rad": Measure(0.45 + 0.04 * rng.standard_normal(), "rad", 0.09, "video"),
    }


def _drawn(folder: Path, number: int, count: int, rng: np.random.Generator, end_unix_ns: int) -> None:
    """Write one exact swing; one whose golfer cannot exist is drawn anew."""
    member = MEMBERS[number % len(MEMBERS)]
    kind = list(_CLUBS)[int(rng.integers(3))] if len(member.golfer.clubs) > 1 else "iron"
    ago = 240.0 * (1.0 - (number + 1) / count)
    when = end_unix_ns - int(ago * _DAY_NS) - int(rng.integers(4 * 3600)) * 10**9
    share = {"driver": 1.0, "iron": 0.8, "wedge": 0.7}[kind]
    speed = (member.speed_mps + member.gain_mps * (240.0 - ago) / 30.0) * share
    for _ in range(8):
        try:
            golfer = random_golfer(rng, kind, head_speed_mps=speed, handed=member.golfer.handed)
            swing = make_swing(golfer, club_of(kind))
            break
        except InputError:
            continue
    else:
        return
    view = _VIEWS[number % 2]
    session = replace(
        session_of(swing, view=view, appearance=member.look.to_dict()), measures=_measures(rng, speed), imu=None
    )
    path = folder / f"{datetime.fromtimestamp(when / 1e9, UTC):%Y-%m-%d}-{_CLUBS[kind].replace(' ', '-')}-{number}.mcap"
    tags = sorted({str(tag) for tag in rng.choice(_TAGS, int(rng.integers(3)), replace=False)})
    rating = int(rng.integers(6)) if number % 2 else 0
    about = {"format": FORMAT, "person": member.golfer.ident, "tags": tags, "rating": rating}
    with RecordingWriter(path, zero_unix_ns=when, overwrite=True) as writer:
        write_session(writer, session, scene=False)
        writer.add_metadata(ABOUT_RECORD, {**about, "club": _CLUBS[kind], "club_kind": kind})
    if number % 4 == 0:
        document = ReviewDocument()
        note = "Weight stays back at impact" if number % 8 else "Hips first, then the hands"
        document.add(Annotation(new_ident(), "text", "Coach", Span.moment(1_000_000_000), text=note))
        save_document(path, document)


def main(arguments: list[str]) -> int:
    """Write a library into the folder that is named."""
    if not 1 <= len(arguments) <= 3:
        sys.stderr.write("usage: python -m twinswing.truth.library_demo FOLDER [SWINGS] [SMALL]\n")
        return 2
    swings = int(arguments[1]) if len(arguments) > 1 else 30
    small = int(arguments[2]) if len(arguments) > 2 else 0
    write_library(Path(arguments[0]), swings, small, end_unix_ns=int(datetime.now(UTC).timestamp() * 1e9))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
