"""What the analysis of filmed swings, and of the club's sensor alone, finds against the truth."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from twinswing.body.landmarks import FrameState
from twinswing.club.motion import find_motion
from twinswing.errors import InputError
from twinswing.swing.analysis import analyze
from twinswing.truth.camera import VIEWS, FilmSpec
from twinswing.truth.generate import Scenario, draw_scenario, write_scenario

# A series of its own: neither events nor lift nor alignment were set by looking at it.
_SEED = 2024


@dataclass(frozen=True)
class FilmedSwings:
    """What came of analysing filmed swings without their clubs.

    found        : share of frames with the golfer.
    events       : share of the eight within GolfDB's tolerance; one that was not found is wrong.
    joint_m      : median distance of a joint to the truth, the ball's place apart.
    within_sigma : share of these distances within the stated sigma.
    refused      : clips that were not read.
    """

    clips: int
    refused: int
    found: float
    events: float
    joint_m: float
    within_sigma: float


def bench_filmed(clips: int, size_px: tuple[int, int] = (300, 400), rate_hz: float = 30.0) -> FilmedSwings:
    """Film swings of varied golfers, clubs, sides and views, analyse them, and compare."""
    frames, right, errors, scaled, refused = [], [], [], [], 0
    for index in range(clips):
        film = FilmSpec(VIEWS[index % len(VIEWS)], *size_px, rate_hz=rate_hz)
        club = ("driver", "iron", "wedge")[index // len(VIEWS) % 3]
        scene = draw_scenario(_SEED, index, film=film, club=club, handed="left" if index % 5 == 4 else "right")
        with tempfile.TemporaryDirectory() as folder:
            write_scenario(Path(folder), scene, np.random.default_rng((_SEED, index)))
            try:
                session = analyze(Path(folder) / "video.mp4", Path(folder) / "a.mcap", club_kind=club)
            except InputError:
                refused += 1
                right += [False] * len(scene.swing.events_s)
                continue
        assert session.pose is not None
        assert session.body is not None
        frames += (session.pose.state == FrameState.DETECTED).tolist()
        found = {name: event.t_s for name, event in session.events.items()}
        right += _within_tolerance(found, scene, rate_hz)
        error = session.body.joints_m - scene.swing.joints_at(session.body.t_s)
        # The world's origin is the ball, whose place one camera guesses: a level shift of all is not the body's error.
        error[..., :2] -= np.median(error[..., :2], axis=(0, 1))
        length = np.linalg.norm(error, axis=-1)
        errors.append(length.ravel())
        scaled.append((length / session.body.sigma_m).ravel())
    nothing = np.array([np.nan])
    lengths = np.concatenate(errors) if errors else nothing
    shares = np.concatenate(scaled) if scaled else nothing
    return FilmedSwings(
        clips, refused, float(np.mean(frames)) if frames else 0.0, float(np.mean(right)),
        float(np.median(lengths)), float(np.mean(shares <= 1.0)),
    )  # fmt: skip


def _within_tolerance(found_s: dict[str, float], scene: Scenario, rate_hz: float) -> list[bool]:
    """Score by GolfDB's rule, max(round((impact - address) / 30), 1) frames; truth lies between frames: half a one."""
    truth = scene.swing.events_s
    frames = (truth["impact"] - truth["address"]) * rate_hz
    reach = (max(round(frames / 30.0), 1) + 0.5) / rate_hz
    return [name in found_s and abs(found_s[name] - t) <= reach for name, t in truth.items()]


def bench_head_speed(swings: int) -> tuple[float, float]:
    """Return the median and 95th percentile of the relative error of head speed from the club's sensor alone."""
    errors = []
    for index in range(swings):
        film = FilmSpec(VIEWS[0], 300, 400, rate_hz=30.0)
        scene = draw_scenario(_SEED, index, film=film, club=("driver", "iron", "wedge")[index % 3])
        swing = scene.swing
        speed = find_motion(scene.imu, swing.spec, handed=swing.handed).head_speed_mps
        errors.append(abs(speed / swing.delivery.head_speed_mps - 1.0))
    return float(np.median(errors)), float(np.percentile(errors, 95))
