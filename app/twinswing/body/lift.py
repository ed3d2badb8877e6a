"""One camera's landmarks to a body in the world: life-size, on the ground, with the camera that saw it."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from twinswing.body.camera import PinholeCamera
from twinswing.body.landmarks import FrameState, PoseTrack
from twinswing.body.lift_camera import estimate_camera
from twinswing.body.lift_finish import at_frames, fix_lengths, to_joints
from twinswing.body.lift_model import BALL_PLACES, POINT, LiftPriors
from twinswing.body.lift_observe import Observed, observe
from twinswing.body.lift_solve import LiftProblem
from twinswing.body.skeleton import JOINT, JOINT_NAMES, BodyMotion
from twinswing.errors import InputError

FloatArray = NDArray[np.float64]
VIEWS = ("face-on", "down-the-line", "oblique")


def lift(
    track: PoseTrack,
    *,
    view: str = "face-on",
    handed: str = "right",
    height_m: float | None = None,
    diagonal_fov_rad: float | None = None,
    address_t_s: float | None = None,
    club_kind: str = "iron",
    priors: LiftPriors | None = None,
) -> tuple[BodyMotion, PinholeCamera]:
    """Estimate the golfer's joints in the world and the camera, at every frame of a track.

    view             : "face-on", "down-the-line" or "oblique"; the first two fix the target direction, an oblique
                       camera's heading is estimated from the golfer's stance.
    handed           : "right" or "left".
    height_m         : stature; None assumes the priors'. Everything scales with it.
    diagonal_fov_rad : the camera's full diagonal field of view; None assumes a phone's.
    address_t_s      : when the golfer stands at address; None looks for it.
    club_kind        : a kind out of BALL_PLACES, which says where the ball (the world's origin) lies from the feet; any
                       other is taken for an iron.
    Raises InputError when no frame has a pose.

    The body minimises, over the whole clip at once, its distance from the landmarks' pixels, from constant bone
    lengths, from standing feet, from two hands on one grip and from a straight path, with the pose model's own depth
    as a weak hint. One camera sees depth poorly: `sigma_m` says how poorly.
    """
    if view not in VIEWS:
        raise InputError(f'Expected a view out of {", ".join(VIEWS)}, found "{view}".')
    if handed not in ("right", "left"):
        raise InputError(f'Expected a golfer to be "right" or "left" handed, found "{handed}".')
    if not np.any(track.state != FrameState.MISSING):
        raise InputError(f"Expected a golfer to lift into 3D, found no pose in any of {track.frames} frames.")
    priors = priors or LiftPriors()
    height = height_m or priors.height_m
    seen = observe(track, address_t_s)
    camera, start = estimate_camera(
        seen,
        width_px=track.width_px,
        height_px=track.height_px,
        view=view,
        handed=handed,
        height_m=height,
        diagonal_fov_rad=diagonal_fov_rad or priors.diagonal_fov_rad,
        priors=priors,
    )
    problem = LiftProblem(seen, camera, priors, height, 1.0 if handed == "right" else -1.0)
    knots = problem.solve(start)
    points = fix_lengths(at_frames(seen.t_s, knots, track.t_s), problem.lengths.now_m)
    points, camera = _to_ball(points, camera, seen, track.t_s, club_kind, handed)
    joints = to_joints(points, height)
    sigma = joint_sigma(seen, track, height)
    return BodyMotion(track.t_s, joints, sigma, handed, "video"), camera


def _to_ball(
    points: FloatArray, camera: PinholeCamera, seen: Observed, t_s: FloatArray, club_kind: str, handed: str
) -> tuple[FloatArray, PinholeCamera]:
    """Shift the world on the ground so that the ball, which lies ahead of the feet at address, is its origin."""
    still = np.interp(t_s, seen.t_s, seen.still.astype(float)) > 0.5
    feet = points[still if still.any() else slice(None)][:, [POINT["left_ankle"], POINT["right_ankle"]]].mean((0, 1))
    side = 1.0 if handed == "right" else -1.0
    forward, ahead = BALL_PLACES.get(club_kind, BALL_PLACES["iron"])
    shift = np.array([-forward - feet[0], side * ahead - feet[1], 0.0])
    return points + shift, replace(camera, position_m=camera.position_m + shift)


# Distance that 68 % of joints of a kind keep to the truth, as a fraction of stature: six rendered swings through the
# real pose model, two a view, from first to last frame, the ball's place apart. Hands and shoulders suffer from depth.
_SIGMA: dict[str, float] = {
    "pelvis": 0.038,
    "spine": 0.035,
    "neck": 0.070,
    "head": 0.040,
    "nose": 0.049,
    "shoulder": 0.082,
    "elbow": 0.092,
    "wrist": 0.105,
    "hand": 0.105,
    "hip": 0.043,
    "knee": 0.035,
    "ankle": 0.060,
    "heel": 0.060,
    "toe": 0.055,
}


def joint_sigma(seen: Observed, track: PoseTrack, height_m: float) -> FloatArray:
    """Return one standard deviation of each joint's position, metres, shape (n, 23).

    It is for a clearly seen joint and grows to double for one that is hidden or bridged.
    """
    sigma = np.empty((track.frames, len(JOINT_NAMES)))
    for name, i in JOINT.items():
        sigma[:, i] = _SIGMA[name.split("_")[-1]] * height_m
        if name in POINT:
            sigma[:, i] *= 2.0 - np.interp(track.t_s, seen.t_s, seen.weight[:, POINT[name]])
    return sigma
