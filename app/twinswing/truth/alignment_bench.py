"""How well the club's clock is found: rendered swings through the real pose path, against the exact answer.

Each swing is drawn, filmed by the stage, looked at by the pose model and aligned; the whole-frame correlation that
toolboxes use is run on the same landmarks. Landmarks are kept on disk, so that a bench can be stopped, resumed and
repeated after a change to the alignment at no cost.
"""

import hashlib
import json
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from twinswing.align.baseline import whole_frame_offset
from twinswing.align.offset import AlignParams, align_club
from twinswing.align.result import AlignmentRefusedError, AlignmentResult
from twinswing.body.ball import BallDeparture, find_ball
from twinswing.body.camera import PinholeCamera
from twinswing.body.landmarks import PoseTrack
from twinswing.body.pose import extract_pose
from twinswing.body.shaft import ShaftTrack, find_shaft
from twinswing.body.tracking import mend
from twinswing.platform import cache_dir
from twinswing.swing.events import find_events
from twinswing.truth.camera import VIEWS, FilmSpec
from twinswing.truth.generate import Scenario, draw_scenario, write_scenario

FloatArray = NDArray[np.float64]

_CLUBS = ("driver", "iron", "wedge", "hybrid", "wood")
# Change when the figure, the film or the pose path change; changes of the swing itself are noticed.
_CACHE_VERSION = 3


@dataclass(frozen=True)
class ClipSpec:
    """One rendered clip: its rate, its number in the seed's series, and the span kept around the swing.

    A span from shortly before takeaway to shortly after impact is all that alignment uses, and rendering is what a
    bench costs; the smaller picture at 240 fps is that of phones, whose slow motion is cropped.
    """

    rate_hz: float
    index: int
    seed: int = 0
    size_px: tuple[int, int] = (360, 480)
    before_s: float = 0.35
    after_s: float = 0.5


@dataclass(frozen=True)
class Clip:
    """A clip's truth, the landmarks that the pose path found in it, and where its film is kept."""

    spec: ClipSpec
    scene: Scenario
    pose: PoseTrack
    film: Path

    def ball(self) -> BallDeparture | None:
        """Look for the ball's departure as an analysis does: near the impact that the landmarks show."""
        guess = find_events(self.pose).events.get("impact")
        return None if guess is None or not self.film.is_file() else find_ball(self.film, self.pose, guess.t_s)

    def shaft(self) -> ShaftTrack | None:
        """Look for the shaft as an analysis does."""
        guess = find_events(self.pose).events.get("impact")
        return None if guess is None or not self.film.is_file() else find_shaft(self.film, self.pose, guess.t_s)

    @property
    def impact_film_s(self) -> float:
        """Impact on the film's clock, as its pictures' times were read.

        A container that keeps a film's start in whole milliseconds reads back up to a millisecond earlier than it was
        exposed.
        """
        late = float(self.pose.t_s[0] - self.scene.times_s[0])
        return self.scene.swing.events_s["impact"] + (late if abs(late) < 0.5 / self.spec.rate_hz else 0.0)

    @property
    def shutter_camera(self) -> PinholeCamera:
        """What is known of a phone before anything is estimated: its picture and its readout, no place or direction."""
        width, height = self.spec.size_px
        plain = PinholeCamera.look_at(
            position_m=(0.0, -4.0, 1.2), target_m=(0.0, 0.0, 1.0), width_px=width, height_px=height,
            vertical_fov_rad=0.8, source="default",
        )  # fmt: skip
        return replace(plain, readout_s=self.scene.camera.readout_s)

    @property
    def impact_club_s(self) -> float:
        """Impact on the club's clock."""
        return float(self.scene.clock.to_source(self.scene.swing.events_s["impact"]))


@dataclass(frozen=True)
class Row:
    """One rate's figures, milliseconds: errors of the map at impact, and the share within one stated sigma."""

    rate_hz: float
    swings: int
    refused: int
    median_ms: float
    p95_ms: float
    worst_ms: float
    bias_ms: float
    within_sigma: float
    median_sigma_ms: float
    baseline_median_ms: float
    baseline_p95_ms: float


def draw_clip(spec: ClipSpec) -> Scenario:
    """Draw a clip's scenario: view, club, side, shutter and readout vary with its number."""
    rng = np.random.default_rng((spec.seed, spec.index, 77))
    rolling = spec.index % 4 == 1
    readout = float(rng.uniform(0.006, 0.02)) if rolling else 0.0
    film = FilmSpec(
        VIEWS[spec.index % len(VIEWS)], *spec.size_px, rate_hz=spec.rate_hz,
        readout_s=min(readout, 0.8 / spec.rate_hz), variable_rate=spec.index % 4 == 3,
        most_parts=4 if rolling else 6, quick=True,
    )  # fmt: skip
    handed = "left" if spec.index % 5 == 4 else "right"
    scene = draw_scenario(spec.seed, spec.index, film=film, club=_CLUBS[spec.index // 3 % len(_CLUBS)], handed=handed)
    events = scene.swing.events_s
    keep = (scene.times_s > events["address"] - spec.before_s) & (scene.times_s < events["impact"] + spec.after_s)
    return replace(scene, times_s=scene.times_s[keep])


def load_clip(spec: ClipSpec, folder: Path | None = None, scene: Scenario | None = None) -> Clip:
    """Return a clip, its landmarks from the folder if they were found before, else filmed and looked at now.

    scene : what is filmed in place of the clip's own, such as the same swing from another side; in a folder of its own.
    """
    folder = folder or cache_dir() / "bench-alignment"
    folder.mkdir(parents=True, exist_ok=True)
    scene = draw_clip(spec) if scene is None else scene
    key = _key(spec, scene)
    path = folder / f"{spec.rate_hz:.0f}fps-{spec.index:03d}-{key}.npz"
    film = path.with_suffix(".mp4")
    if path.is_file():
        return Clip(spec, scene, _read(path), film)
    if not film.is_file():
        with tempfile.TemporaryDirectory(dir=folder) as temporary:
            write_scenario(Path(temporary), scene, np.random.default_rng((spec.seed, spec.index, 3)))
            (Path(temporary) / "video.mp4").replace(film)
    pose = mend(extract_pose(film)[1])
    part = path.with_suffix(".part.npz")
    np.savez_compressed(part, **{name: getattr(pose, name) for name in _FIELDS})
    part.replace(path)
    return Clip(spec, scene, pose, film)


def _key(spec: ClipSpec, scene: Scenario) -> str:
    """Name a clip by what it shows, so that landmarks of a swing that is drawn otherwise now are not taken for its."""
    digest = hashlib.sha256(json.dumps([_CACHE_VERSION, asdict(spec)], sort_keys=True).encode())
    for shown in (scene.times_s, scene.swing.joints_at(scene.times_s), scene.swing.head_at(scene.times_s)):
        digest.update(np.round(shown, 4).tobytes())
    return digest.hexdigest()[:20]


_FIELDS = ("t_s", "image_px", "world_m", "visibility", "state", "width_px", "height_px", "swapped")


def _read(path: Path) -> PoseTrack:
    with np.load(path) as data:
        parts = {name: data[name] for name in _FIELDS}
    return PoseTrack(**{**parts, "width_px": int(parts["width_px"]), "height_px": int(parts["height_px"])})


def error_s(clip: Clip, result: AlignmentResult) -> float:
    """Return how far the map misplaces impact on the video, seconds."""
    return float(result.clock_map().to_session(clip.impact_club_s)) - clip.impact_film_s


def bench_alignment(
    rates: Iterable[float] = (30.0, 60.0, 240.0),
    *,
    swings: int = 40,
    seed: int = 0,
    folder: Path | None = None,
    params: AlignParams | None = None,
    progress: Callable[[str, float], None] | None = None,
) -> list[Row]:
    """Align `swings` rendered swings at each rate and compare with the truth and with whole-frame correlation."""
    rows = []
    for rate in rates:
        errors, sigmas, usual, refused = [], [], [], 0
        for index in range(swings):
            clip = load_clip(ClipSpec(rate, index, seed), folder)
            usual.append(whole_frame_offset(clip.pose, clip.scene.imu) + clip.impact_club_s - clip.impact_film_s)
            try:
                result = align_club(clip.pose, clip.scene.imu, clip.shutter_camera, params=params, ball=clip.ball(),
                                    shaft=clip.shaft())  # fmt: skip
            except AlignmentRefusedError:
                refused += 1
            else:
                errors.append(error_s(clip, result))
                sigmas.append(result.sigma_s)
            if progress is not None:
                progress(f"{rate:.0f} fps", (index + 1) / swings)
        rows.append(_row(rate, swings, refused, np.array(errors), np.array(sigmas), np.array(usual)))
    return rows


def _row(rate: float, swings: int, refused: int, errors: FloatArray, sigmas: FloatArray, usual: FloatArray) -> Row:
    if len(errors) == 0:
        errors, sigmas = np.full(1, np.nan), np.full(1, np.nan)
    size, other = np.abs(errors) * 1e3, np.abs(usual) * 1e3
    return Row(
        rate, swings, refused, float(np.median(size)), float(np.percentile(size, 95)), float(size.max()),
        float(np.mean(errors) * 1e3), float(np.mean(size <= sigmas * 1e3)), float(np.median(sigmas) * 1e3),
        float(np.median(other)), float(np.percentile(other, 95)),
    )  # fmt: skip


@dataclass(frozen=True)
class Mismatches:
    """Pairs of one swing's video and another's stream: how many were tried and taken, and by how much those err."""

    pairs: int
    accepted: int
    accepted_beyond_20_ms: int


def bench_mismatches(
    rate_hz: float = 60.0, *, swings: int = 12, seed: int = 0, folder: Path | None = None,
    params: AlignParams | None = None,
) -> Mismatches:  # fmt: skip
    """Offer every swing's video the streams of all others; each must be refused.

    Two golfers of the same tempo and arm can swing alike within the landmarks' error; no method can tell those apart.
    """
    clips = [load_clip(ClipSpec(rate_hz, i, seed), folder) for i in range(swings)]
    seen = [(clip.ball(), clip.shaft()) for clip in clips]
    accepted = beyond = pairs = 0
    for i, video in enumerate(clips):
        for j, stream in enumerate(clips):
            if i == j:
                continue
            pairs += 1
            try:
                result = align_club(video.pose, stream.scene.imu, video.shutter_camera, params=params,
                                    ball=seen[i][0], shaft=seen[i][1])  # fmt: skip
            except AlignmentRefusedError:
                continue
            accepted += 1
            at = float(result.clock_map().to_session(stream.impact_club_s))
            beyond += abs(at - video.impact_film_s) > 0.02
    return Mismatches(pairs, accepted, beyond)
