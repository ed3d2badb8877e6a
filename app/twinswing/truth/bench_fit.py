"""What the fit of body and club finds against exact swings, beside the pose model's own body on the same frames.

Everything runs as an analysis does, from landmarks on. The pose model's body is placed with the truth's help: turned by
the true camera, scaled to the golfer, and put at each frame where its points lie right in the mean; nothing that does
not know the truth can place it better. A body is compared up to a level shift, for one camera guesses where the ball
lies, and absolutely too where the club says so. What a golfer or a maker would state is stated with their errors:
stature to a centimetre, the club's length, loft and lie as clubs of a kind differ.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from twinswing.align.club_frame import head_speed
from twinswing.body.ball import find_ball
from twinswing.body.landmarks import FrameState
from twinswing.body.lift_model import BONES, POINT_NAMES, bone_map, landmark_map
from twinswing.body.pose import extract_pose
from twinswing.body.skeleton import JOINT
from twinswing.club.model import ClubSpec, ImuSamples
from twinswing.swing.model import SwingSession
from twinswing.swing.study import study
from twinswing.truth.alignment_bench import Clip
from twinswing.truth.fit_clips import TwoViews, load_both, load_swing

FloatArray = NDArray[np.float64]
_POINTS = [JOINT[name] for name in POINT_NAMES]
# Distances that a body cannot change: limbs, feet, hips, face.
_RIGID = [i for i in range(len(BONES)) if BONES[i].give_m <= 0.008]
# Angles at a joint between its two neighbours, both sides.
_HINGES = (
    ("shoulder", "elbow", "wrist"), ("hip", "knee", "ankle"), ("shoulder", "hip", "knee"), ("hip", "shoulder", "elbow"),
)  # fmt: skip
DELIVERY = ("path_rad", "face_rad", "attack_rad", "dynamic_loft_rad", "shaft_lean_rad")
_AIMED = ("path_rad", "face_rad", "shaft_lean_rad")
# One sigma of what is stated: a club's length, loft and lie; stature is rounded to a centimetre.
_LENGTH_M, _ANGLE_RAD = 0.010, np.deg2rad(0.5)


@dataclass
class Tally:
    """Errors of all swings under one heading; angles in degrees, lengths in metres, speeds as shares."""

    joint_m: list[FloatArray] = field(default_factory=list)
    within: list[FloatArray] = field(default_factory=list)
    angle_deg: list[FloatArray] = field(default_factory=list)
    bone_share: list[float] = field(default_factory=list)
    path_m: list[float] = field(default_factory=list)
    path_within: list[float] = field(default_factory=list)
    speed_share: list[float] = field(default_factory=list)
    speed_within: list[float] = field(default_factory=list)
    delivery_deg: list[list[float]] = field(default_factory=list)
    delivery_within: list[list[float]] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    refused: int = 0

    def median(self, name: str) -> float:
        """Return the median of all errors of a kind, NaN without any."""
        values = [np.ravel(v) for v in getattr(self, name)]
        return float(np.median(np.concatenate(values))) if values else float("nan")

    def mean(self, name: str) -> float:
        """Return the mean of all of a kind, NaN without any."""
        values = [np.ravel(v) for v in getattr(self, name)]
        return float(np.mean(np.concatenate(values))) if values else float("nan")


@dataclass
class FitFigures:
    """The bench's result: the pose model's own body, the camera alone, and camera and club together."""

    raw: Tally
    alone: Tally
    club: Tally
    pose_s: float


def stated(clip: Clip, rng: np.random.Generator) -> tuple[float, ImuSamples]:
    """Return the stature and the stream with its club as they would be stated."""
    golfer, imu = clip.scene.swing.golfer, clip.scene.imu
    assert golfer is not None
    spec = imu.spec or ClubSpec()
    told = replace(
        spec,
        length_m=spec.length_m + float(rng.normal(0.0, _LENGTH_M)),
        loft_rad=spec.loft_rad + float(rng.normal(0.0, _ANGLE_RAD)),
        lie_rad=spec.lie_rad + float(rng.normal(0.0, _ANGLE_RAD)),
    )
    return round(golfer.height_m, 2), replace(imu, spec=told)


def bench_fit(swings: int = 30, *, load: Callable[[int], Clip] = load_swing) -> FitFigures:
    """Measure the fit on filmed swings; landmarks are kept on disk, so that a repetition takes a second a swing."""
    found = FitFigures(Tally(), Tally(), Tally(), float("nan"))
    for index in range(swings):
        clip = load(index)
        height, imu = stated(clip, np.random.default_rng((4107, index)))
        _raw(clip, found.raw)
        for tally, stream in ((found.alone, None), (found.club, imu)):
            start = time.process_time()
            session = study(
                None, clip.pose, imu=stream, height_m=height, club=imu.spec,
                look_for_ball=lambda pose, t, film=clip.film: find_ball(film, pose, t),  # type: ignore[misc]
            )  # fmt: skip
            tally.seconds.append(time.process_time() - start)
            if stream is not None and session.alignment is None:
                tally.refused += 1
                continue
            score(clip, session, tally, placed=stream is not None)
        if index == 0:
            start = time.process_time()
            extract_pose(clip.film)
            found.pose_s = time.process_time() - start
    return found


@dataclass
class PairFigures:
    """Two cameras and no club: the body's errors, and those of the second one's clock, seconds."""

    body: Tally
    late_s: list[float] = field(default_factory=list)
    late_within: list[float] = field(default_factory=list)


def bench_pairs(swings: int = 9, *, load: Callable[[int], TwoViews] = load_both) -> PairFigures:
    """Measure the fit to two cameras whose clocks differ by up to two seconds."""
    found = PairFigures(Tally())
    for index in range(swings):
        both = load(index)
        height, imu = stated(both.first, np.random.default_rng((4107, index)))
        session = study(None, both.first.pose, height_m=height, club=imu.spec, second=both.second.pose)
        score(both.first, session, found.body, placed=False)
        assert session.second is not None
        off = abs(session.second.late_s - both.late_s)
        found.late_s.append(off)
        found.late_within.append(float(off <= session.second.sigma_s))
    return found


def _raw(clip: Clip, tally: Tally) -> None:
    """Score the pose model's own body, placed with the truth's help."""
    pose, camera = clip.pose, clip.scene.camera
    seen = pose.state != FrameState.MISSING
    truth = clip.scene.swing.joints_at(pose.t_s[seen])[:, _POINTS]
    body = np.einsum("pl,nlc->npc", landmark_map(), pose.world_m[seen].astype(np.float64)) @ camera.rotation
    body, middle = body - body.mean(1, keepdims=True), truth.mean(1, keepdims=True)
    body = body * float(np.sum(body * (truth - middle)) / np.sum(body * body))
    tally.joint_m.append(np.linalg.norm(body + middle - truth, axis=-1))
    tally.angle_deg.append(np.abs(_hinges(body) - _hinges(truth)))
    length = np.linalg.norm(bone_map() @ body, axis=-1)[:, _RIGID]
    tally.bone_share.append(float(np.max(length.std(0) / length.mean(0))))


def score(clip: Clip, session: SwingSession, tally: Tally, *, placed: bool) -> None:
    """Add one session's errors to a tally; `placed` where the world's place is known too."""
    body, swing = session.body, clip.scene.swing
    assert body is not None
    truth, points = swing.joints_at(body.t_s)[:, _POINTS], body.joints_m[:, _POINTS]
    error = points - truth
    absolute = np.linalg.norm(error, axis=-1)
    error[..., :2] -= np.median(error[..., :2], axis=(0, 1))
    level = np.linalg.norm(error, axis=-1)
    tally.joint_m.append(level)
    tally.within.append((absolute if placed else level) <= body.sigma_m[:, _POINTS])
    tally.angle_deg.append(np.abs(_hinges(points) - _hinges(truth)))
    length = np.linalg.norm(bone_map() @ points, axis=-1)[:, _RIGID]
    tally.bone_share.append(float(np.max(length.std(0) / length.mean(0))))
    _score_club(clip, session, tally)


def _score_club(clip: Clip, session: SwingSession, tally: Tally) -> None:
    swing, club = clip.scene.swing, session.club
    if club is None:
        return
    inside = (club.t_s >= swing.events_s["address"]) & (club.t_s <= min(swing.events_s["finish"], clip.pose.t_s[-1]))
    off = np.linalg.norm(club.head_m[inside] - swing.head_at(club.t_s[inside]), axis=1)
    tally.path_m.append(float(np.sqrt(np.mean(off**2))))
    tally.path_within.append(float(np.mean(off <= club.sigma_m[inside])))
    true = swing.delivery
    if session.delivery is not None:
        speed = session.delivery.head_speed_mps
        value, sigma = speed.value, speed.sigma
        read = [getattr(session.delivery, name) for name in DELIVERY]
        miss = [reading.value - getattr(true, name) for reading, name in zip(read, DELIVERY, strict=True)]
        # The bench's golfers aim without error, so that part of the uncertainty is not put to the test.
        aim = session.delivery.aim_sigma_rad
        own = [
            np.sqrt(max(reading.sigma**2 - (aim**2 if name in _AIMED else 0.0), 0.0))
            for reading, name in zip(read, DELIVERY, strict=True)
        ]
        tally.delivery_deg.append(np.abs(np.degrees(miss)).tolist())
        tally.delivery_within.append((np.abs(miss) <= np.array(own)).astype(float).tolist())
    elif "head_speed_mps" in session.measures:
        measure = session.measures["head_speed_mps"]
        value, sigma = measure.value, measure.sigma
    else:
        value, sigma = head_speed(club, swing.events_s["impact"])
    tally.speed_share.append(abs(value / true.head_speed_mps - 1.0))
    tally.speed_within.append(float(abs(value - true.head_speed_mps) <= sigma))


def _hinges(points: FloatArray) -> FloatArray:
    """Return joint angles, degrees, shape (n, 8): elbows, knees, hips, shoulders."""
    at = {name: points[:, i] for i, name in enumerate(POINT_NAMES)}
    out = []
    for a, b, c in _HINGES:
        for side in ("left", "right"):
            u, v = at[f"{side}_{a}"] - at[f"{side}_{b}"], at[f"{side}_{c}"] - at[f"{side}_{b}"]
            cosine = np.sum(u * v, -1) / np.linalg.norm(u, axis=-1) / np.linalg.norm(v, axis=-1)
            out.append(np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0))))
    return np.stack(out, axis=-1)
