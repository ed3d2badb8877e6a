"""One camera's landmarks to a body in the world: life-size, on the ground, with the camera that saw it."""

from twinswing.body.camera import PinholeCamera
from twinswing.body.fit import VIEWS, Film, fit_swing
from twinswing.body.fit_solve import FitRule
from twinswing.body.landmarks import PoseTrack
from twinswing.body.lift_model import LiftPriors
from twinswing.body.lift_observe import KnotRule
from twinswing.body.skeleton import BodyMotion

__all__ = ["ALONE", "ALONE_KNOTS", "VIEWS", "lift"]

# A camera alone knows depth so poorly that finer steps and denser knots change nothing, and they would cost a tenth of
# the pose model's time.
ALONE = FitRule(iterations=10, turn_every=2)
ALONE_KNOTS = KnotRule(travel=0.08)


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

    view             : "face-on", "down-the-line" or "oblique"; the first two say about where the target lies, an
                       oblique camera's heading is estimated from the golfer's stance.
    handed           : "right" or "left".
    height_m         : stature; None assumes the priors' and estimates the rest. Everything scales with it.
    diagonal_fov_rad : a calibrated camera's full diagonal field of view; None assumes a phone's and estimates it.
    address_t_s      : when the golfer stands at address; None looks for it.
    club_kind        : a kind out of BALL_PLACES, which says where the ball (the world's origin) lies from the feet; any
                       other is taken for an iron.
    Raises InputError when no frame has a pose.

    The fit of the whole swing (`fit.fit_swing`) with nothing but this camera. One camera sees depth poorly: `sigma_m`
    says how poorly.
    """
    found = fit_swing(
        [Film(track, view, diagonal_fov_rad)],
        handed=handed,
        height_m=height_m,
        address_t_s=address_t_s,
        club_kind=club_kind,
        priors=priors,
        rule=ALONE,
        knots=ALONE_KNOTS,
    )
    return found.body, found.cameras[0]
