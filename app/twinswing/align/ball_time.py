"""The ball's departure in the video against the shock in the club: a bound on the clock of one frame's length."""

from dataclasses import dataclass, replace

import numpy as np
from scipy.special import ndtr

from twinswing.align.result import AlignmentRefusedError, AlignmentResult
from twinswing.body.ball import BallDeparture
from twinswing.body.camera import PinholeCamera
from twinswing.club.model import ImuSamples


@dataclass(frozen=True)
class BallTimeParams:
    """How far the two are believed.

    touch_s     : one sigma of the bound's ends: ball and face stay together for half a millisecond, a shutter is open
                  for one or two, and the sensor's filter hides the first sample.
    trust       : that what was seen to leave is the ball, at full confidence of having seen it.
    elsewhere_s : span that it could lie in where it isn't.
    odd_sigma, odd_s, refuse_s : disagreement, beyond that many sigmas of the hands and that time, which lowers the
                  confidence, and beyond which the stream is of another swing.
    """

    touch_s: float = 0.0007
    trust: float = 0.98
    elsewhere_s: float = 0.3
    odd_sigma: float = 3.0
    odd_s: float = 0.005
    refuse_s: float = 0.012


def with_ball(
    result: AlignmentResult,
    ball: BallDeparture,
    imu: ImuSamples,
    height_px: int,
    camera: PinholeCamera | None = None,
    params: BallTimeParams | None = None,
) -> AlignmentResult:
    """Weigh an alignment by the hands with the ball's departure; unchanged where the club felt no shock.

    The hands' time is normal; the shock lies between the last picture with the ball and the first without, or, with
    the odds that something else was seen, anywhere near. The answer is the mean and deviation of their product. Raises
    AlignmentRefusedError where the two are further apart than any error of the hands.
    """
    params = params or BallTimeParams()
    if not np.isfinite(result.impact_s):
        return result
    row_s = ball.place_px[1] / height_px * (camera.readout_s if camera is not None else 0.0)
    first, last = ball.last_seen_s + row_s, ball.first_gone_s + row_s
    miss = max(first - result.impact_s, result.impact_s - last, 0.0)
    if miss > params.refuse_s + params.odd_sigma * result.sigma_s:
        raise AlignmentRefusedError(
            "the club's stream is not of the swing in this video: expected its blow when the ball leaves, found it "
            f"{miss * 1e3:.0f} ms away"
        )
    edge = float(np.hypot(params.touch_s, 0.3 * float(np.median(np.diff(imu.t_s)))))
    reach = 6.0 * result.sigma_s
    t = result.impact_s + np.linspace(-reach, reach, 2001)
    inside = ndtr((t - first) / edge) - ndtr((t - last) / edge)
    trust = params.trust * ball.confidence
    weight = np.exp(-0.5 * ((t - result.impact_s) / result.sigma_s) ** 2)
    weight *= trust * inside / (last - first) + (1.0 - trust) / params.elsewhere_s
    weight /= weight.sum()
    mean = float(weight @ t)
    sigma = float(np.sqrt(weight @ (t - mean) ** 2))
    notes, confidence = result.notes, result.confidence
    if miss > max(params.odd_sigma * result.sigma_s, params.odd_s):
        notes = (*notes, f"The club's blow lies {miss * 1e3:.0f} ms from when the ball is seen to leave.")
        confidence *= 0.6
        sigma = max(sigma, 0.5 * miss)
    else:
        confidence = 1.0 - (1.0 - confidence) * (0.5 if miss == 0.0 else 1.0)
    return replace(
        result,
        offset_s=result.offset_s + mean - result.impact_s,
        sigma_s=sigma,
        confidence=confidence,
        method=result.method + ", ball's departure against the shock",
        impact_s=mean,
        diagnostics={**result.diagnostics, "ball_first_s": first, "ball_last_s": last, "ball_miss_s": miss},
        notes=notes,
    )
