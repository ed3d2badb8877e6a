"""The whole swing at once: landmarks of one camera or two, and a club's grip where it was sensed, to one body."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from twinswing.body import fit_camera as fc
from twinswing.body.camera import PinholeCamera
from twinswing.body.fit_doubts import find_doubts
from twinswing.body.fit_model import FitPriors
from twinswing.body.fit_sigma import joint_sigma
from twinswing.body.fit_solve import FitProblem, FitRule, Grip, Seen
from twinswing.body.fit_terms import Posture
from twinswing.body.landmarks import FrameState, PoseTrack
from twinswing.body.lift_camera import estimate_camera
from twinswing.body.lift_contact import Ground, find_contacts
from twinswing.body.lift_finish import at_frames, fix_lengths, to_joints
from twinswing.body.lift_model import BALL_PLACES, POINT, LiftPriors
from twinswing.body.lift_observe import KnotRule, Observed, observe
from twinswing.body.skeleton import BodyMotion
from twinswing.errors import InputError

FloatArray = NDArray[np.float64]
VIEWS = ("face-on", "down-the-line", "oblique")
_ANKLES = [POINT["left_ankle"], POINT["right_ankle"]]
_FISTS = [POINT["left_hand"], POINT["right_hand"]]


@dataclass(frozen=True)
class GripTrack:
    """Where a club's own sensor puts the fists, in the world (X by the club's aim, origin at the ball).

    t_s     : session time, seconds, strictly increasing, shape (n,).
    hands_m : middle of the left and the right fist, metres, shape (n, 2, 3).
    sigma_m : one sigma of that, metres, shape (n,).
    aim_sigma_rad : of X against the target line.
    """

    t_s: FloatArray
    hands_m: FloatArray
    sigma_m: FloatArray
    aim_sigma_rad: float = 0.035


@dataclass(frozen=True)
class Film:
    """One camera's landmarks, on the session's clock, and what is known of the camera.

    view             : "face-on", "down-the-line" or "oblique"; the first two say about where the target lies.
    diagonal_fov_rad : full diagonal field of view of a camera that was calibrated, which the fit keeps; None assumes a
                       phone's and estimates it.
    readout_s        : time from the first row's exposure to the last one's (rolling shutter).
    """

    pose: PoseTrack
    view: str = "face-on"
    diagonal_fov_rad: float | None = None
    readout_s: float = 0.0


@dataclass(frozen=True)
class FittedSwing:
    """The body, the cameras in the films' order, and what did not fit.

    doubts       : sentences about what the fit had to leave out.
    hand_miss_m  : median distance between the club's fists and the ones seen, metres at the golfer; NaN without a club.
    shift_m      : what the fit moved the club by, shape (3,).
    instant_s    : what the club's clock is late by, as the hands show it.
    """

    body: BodyMotion
    cameras: tuple[PinholeCamera, ...]
    doubts: tuple[str, ...]
    hand_miss_m: float
    shift_m: FloatArray
    instant_s: float


def fit_swing(
    films: Sequence[Film],
    *,
    handed: str = "right",
    height_m: float | None = None,
    address_t_s: float | None = None,
    club_kind: str = "iron",
    grip: GripTrack | None = None,
    priors: LiftPriors | None = None,
    fit_priors: FitPriors | None = None,
    rule: FitRule | None = None,
    knots: KnotRule | None = None,
) -> FittedSwing:
    """Fit one body to all that is known of a swing.

    films       : one or two cameras; joints are given at the first one's frames.
    handed      : "right" or "left".
    height_m    : stature; None assumes the priors' and estimates the rest.
    address_t_s : when the golfer stands at address; None looks for it.
    club_kind   : a kind out of BALL_PLACES, which says where the ball (the world's origin) lies from the feet where no
                  club says so; any other is taken for an iron.
    grip        : where the club's sensor puts the fists.
    Raises InputError when no frame has a pose.

    Minimised over the whole clip at once: distance from the landmarks' pixels, from constant bone lengths, from
    standing feet, from two hands on one grip (on the sensed one where there is one) and from a straight path, with the
    pose model's own depth as a weak hint and what is known of a golfer's posture. See docs/fit.md.
    """
    _check(films, handed)
    priors, fit_priors = priors or LiftPriors(), fit_priors or FitPriors()
    height = height_m or priors.height_m
    side = 1.0 if handed == "right" else -1.0
    first = films[0]
    seen = observe(first.pose, address_t_s, knots, readout_s=first.readout_s)
    observed = [seen, *(observe(f.pose, address_t_s, readout_s=f.readout_s, onto=seen) for f in films[1:])]
    placed = [_place(o, f, handed, height, priors) for o, f in zip(observed, films, strict=True)]
    start = placed[0][1]
    held = None if grip is None else _at_knots(grip, seen.t_s)
    if held is not None and not np.isfinite(held.sigma_m).any():
        held = None
    shift = np.zeros(3)
    if held is not None:
        at = seen.still & np.isfinite(held.sigma_m)
        at = at if at.any() else np.isfinite(held.sigma_m)
        shift = np.median(held.hands_m[at].mean(1) - start[at][:, _FISTS].mean(1), axis=0) * [1.0, 1.0, 0.0]
    start = start + shift
    views = [
        _seen(o, camera, shift, f, priors, fit_priors, grip)
        for o, (camera, _), f in zip(observed, placed, films, strict=True)
    ]
    start = _untwisted(start)
    ground = find_contacts(seen)
    problem = FitProblem(
        views,
        ground,
        _posture(seen, ground, priors, fit_priors, height, side, held is not None),
        priors,
        fit_priors,
        height,
        fit_priors.unstated_share_sigma if height_m is None else fit_priors.height_share_sigma,
        held,
        start[seen.still][:, _ANKLES].mean((0, 1)) if held is None else None,
    )
    found = problem.solve(start, rule)
    t = first.pose.t_s
    points = fix_lengths(at_frames(seen.t_s, found.points, t), found.lengths_m)
    cameras = found.cameras
    if held is None:
        points, cameras = _to_ball(points, cameras, seen, t, club_kind, side)
    doubts, miss = find_doubts(problem, found)
    sigma = joint_sigma(problem, found, first.pose)
    source = "video" if held is None else "club+video"
    body = BodyMotion(t, to_joints(points, height), sigma, handed, source)
    return FittedSwing(body, tuple(cameras), doubts, miss, found.shift_m, found.instant_s)


def _untwisted(start: FloatArray) -> FloatArray:
    """Exchange shoulders that lie the other way round than the hips: nobody turns that far."""
    left, right = POINT["left_shoulder"], POINT["right_shoulder"]
    hips = start[:, POINT["left_hip"]] - start[:, POINT["right_hip"]]
    back = np.sum((start[:, left] - start[:, right]) * hips, axis=-1) < 0.0
    out = start.copy()
    out[back, left], out[back, right] = start[back, right], start[back, left]
    return out


def _check(films: Sequence[Film], handed: str) -> None:
    for film in films:
        if film.view not in VIEWS:
            raise InputError(f'Expected a view out of {", ".join(VIEWS)}, found "{film.view}".')
        if not np.any(film.pose.state != FrameState.MISSING):
            raise InputError(f"Expected a golfer to lift into 3D, found no pose in any of {film.pose.frames} frames.")
    if handed not in ("right", "left"):
        raise InputError(f'Expected a golfer to be "right" or "left" handed, found "{handed}".')


def _place(
    seen: Observed, film: Film, handed: str, height_m: float, priors: LiftPriors
) -> tuple[PinholeCamera, FloatArray]:
    return estimate_camera(
        seen,
        width_px=film.pose.width_px,
        height_px=film.pose.height_px,
        view=film.view,
        handed=handed,
        height_m=height_m,
        diagonal_fov_rad=film.diagonal_fov_rad or priors.diagonal_fov_rad,
        priors=priors,
    )


def _seen(
    observed: Observed,
    camera: PinholeCamera,
    shift: FloatArray,
    film: Film,
    priors: LiftPriors,
    fit: FitPriors,
    grip: GripTrack | None,
) -> Seen:
    yaw = fit.oblique_yaw_rad if film.view == "oblique" else fit.yaw_rad
    focal = fit.focal_sigma if film.diagonal_fov_rad is None else fit.known_focal_sigma
    if grip is not None:
        yaw = float(np.hypot(yaw, grip.aim_sigma_rad))
    sigma = np.empty(fc.SIZE)
    sigma[[fc.YAW, fc.PITCH, fc.ROLL, fc.FOCAL]] = yaw, fit.pitch_rad, fit.roll_rad, focal
    sigma[fc.PLACE] = fit.away_m, fit.away_m, priors.camera_height_sigma_m
    return Seen(observed, replace(camera, position_m=camera.position_m + shift), sigma)


def _posture(
    seen: Observed,
    ground: Ground,
    priors: LiftPriors,
    fit: FitPriors,
    height_m: float,
    side: float,
    held: bool,
) -> Posture:
    still = seen.still / np.sqrt(max(float(seen.still.sum()), 1.0))
    planted = ground.down[:, _ANKLES].min(axis=1)
    return Posture(priors, fit, height_m, side, still, _grip_weight(seen, priors), planted, held)


def _grip_weight(seen: Observed, priors: LiftPriors) -> FloatArray:
    """Return 1 where the wrists are seen together as on one grip, 0 where a hand has let go, shape (K,)."""
    left, right = POINT["left_wrist"], POINT["right_wrist"]
    gap = np.linalg.norm(seen.image_px[:, left] - seen.image_px[:, right], axis=-1)
    # A wrist that is guessed, not seen, is no evidence of a hand that let go; nor is a short excursion.
    clear = np.minimum(seen.weight[:, left], seen.weight[:, right])
    apart, t = clear * gap / seen.height_px, seen.t_s
    lasting = np.array([np.median(apart[np.abs(t - now) <= priors.let_go_s]) for now in t])
    return np.asarray(1.0 / (1.0 + (lasting / 0.13) ** 6))


def _at_knots(grip: GripTrack, knots_s: FloatArray) -> Grip:
    """Return the grip at the knots; the sensor says nothing beyond its log."""
    step = 0.002

    def at(t: FloatArray) -> FloatArray:
        flat = grip.hands_m.reshape(len(grip.t_s), 6)
        return np.stack([np.interp(t, grip.t_s, column) for column in flat.T], axis=-1).reshape(len(t), 2, 3)

    inside = (knots_s >= grip.t_s[0]) & (knots_s <= grip.t_s[-1])
    return Grip(
        at(knots_s),
        (at(knots_s + step) - at(knots_s - step)) / (2.0 * step),
        np.where(inside, np.interp(knots_s, grip.t_s, grip.sigma_m), np.inf),
    )


def _to_ball(
    points: FloatArray,
    cameras: list[PinholeCamera],
    seen: Observed,
    t_s: FloatArray,
    club_kind: str,
    side: float,
) -> tuple[FloatArray, list[PinholeCamera]]:
    """Shift the world on the ground so that the ball, which lies ahead of the feet at address, is its origin."""
    still = np.interp(t_s, seen.t_s, seen.still.astype(float)) > 0.5
    feet = points[still if still.any() else slice(None)][:, _ANKLES].mean((0, 1))
    forward, ahead = BALL_PLACES.get(club_kind, BALL_PLACES["iron"])
    shift = np.array([-forward - feet[0], side * ahead - feet[1], 0.0])
    return points + shift, [replace(c, position_m=c.position_m + shift) for c in cameras]
