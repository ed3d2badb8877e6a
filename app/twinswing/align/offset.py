"""Find where a club's stream lies on a video, how sure that is, or why it cannot be told."""

from dataclasses import dataclass, field, replace

import numpy as np
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from twinswing.align.ball_time import with_ball
from twinswing.align.bias import BiasParams, Refined, refine
from twinswing.align.coarse import Candidate, CoarseParams, candidates
from twinswing.align.fit import (
    DEPTH,
    HEADING,
    SHIFT,
    Fit,
    FitParams,
    Problem,
    make_problem,
    solve,
)
from twinswing.align.result import AlignmentRefusedError, AlignmentResult
from twinswing.align.search import multistart, null_cost
from twinswing.align.shaft import ShaftFitParams, ShaftModel, first_axis, shaft_rows
from twinswing.align.signals import HAND_LANDMARKS, HandTrack, SensorPath, SignalParams, hand_track, sensor_path
from twinswing.align.verdict import ShaftEvidence, match_odds, shaft_evidence, shaft_odds
from twinswing.body.ball import BallDeparture
from twinswing.body.camera import PinholeCamera
from twinswing.body.landmarks import PoseTrack
from twinswing.body.shaft import ShaftTrack
from twinswing.club.model import ImuSamples
from twinswing.timeline.clock import ClockMap

# Shifts that the fine fit starts from. The hands are fastest before the club is, by 40 to 90 ms: the release.
_SHIFTS_S = 0.06 + np.arange(-0.1, 0.101, 0.05)


@dataclass(frozen=True)
class AlignParams:
    """Limits of acceptance, and the parts of sigma that a fit cannot see.

    max_rms_m       : MediaPipe's hands err by 1 to 4 cm; a fit that misses by more is not of this swing.
    min_explained   : share of the hands' motion that the sensor's path has to explain.
    min_odds        : natural log of the odds that the two belong together, as `match_odds` puts them; of matched pairs
                      none is below -1.3 where drawn golfers are filmed, and none below -3.3 of another simulator's.
    need_rest       : a stream that starts within the swing has no level, and fits too much.
    min_frames      : fewer frames than this cannot contradict the nuisances.
    min_extent_m    : the hands have to travel at least this far in the picture.
    max_clipped     : share of the downswing beyond the sensor's range that can be bridged.
    around_s        : hands have to be seen this close to the club's fastest moment, before and after.
    crystal_ppm     : a crystal's tolerance where no clock hint is given.
    sigma_factor    : errors against truth, divided by the fit's own sigma, spread by this much.
    floor_s         : what no rate of frames takes away: lens, hands and grip are not quite the model's, and a clipped
                      accelerometer's path is bridged. The same swing errs alike at 30 and 60 frames a second.
    min_pictures    : with a clear line from the hands, from which on lines decide and hands do not.
    min_shaft_odds  : as min_odds, where the shaft was seen (see verdict.shaft_odds): it let 1 of 68 matched pairs go
                      and 6 of 182 others through on the swings that it was set by.
    shaft_sigma_factor, shaft_floor_s : as sigma_factor and floor_s, where the shaft was seen.
    beside_shaft    : how the hands are believed where the shaft is seen: they hold the path in its place and leave the
                      time to the shaft. On rendered swings the error of the time falls with every step away from the
                      hands' own noise of 3 cm until 30 cm, and stays.
    """

    max_rms_m: float = 0.06
    min_explained: float = 0.93
    min_odds: float = -4.0
    need_rest: bool = True
    min_frames: int = 12
    min_extent_m: float = 0.35
    max_clipped: float = 0.5
    around_s: float = 0.15
    crystal_ppm: float = 20.0
    sigma_factor: float = 1.1
    floor_s: float = 0.0014
    min_pictures: float = 12.0
    min_shaft_odds: float = -0.75
    shaft_sigma_factor: float = 0.5
    shaft_floor_s: float = 0.0002
    signals: SignalParams = field(default_factory=SignalParams)
    coarse: CoarseParams = field(default_factory=CoarseParams)
    fit: FitParams = field(default_factory=FitParams)
    bias: BiasParams = field(default_factory=BiasParams)
    shaft: ShaftFitParams = field(default_factory=ShaftFitParams)
    beside_shaft: BiasParams = field(default_factory=lambda: BiasParams(noise_m=0.3))


@dataclass(frozen=True)
class _Trial:
    candidate: Candidate
    path: SensorPath
    problem: Problem
    fit: Fit
    null: float  # cost of hands that do not move at all

    @property
    def explained(self) -> float:
        """Cost that the fit takes away: a place that the video covers in part explains less, however well."""
        return self.null - self.fit.cost

    @property
    def left(self) -> float:
        """Share of the cost that the fit leaves."""
        return max(self.fit.cost, 1e-9) / max(self.null, 1e-9)


def align_club(
    pose: PoseTrack,
    imu: ImuSamples,
    camera: PinholeCamera | None = None,
    hint: ClockMap | None = None,
    params: AlignParams | None = None,
    ball: BallDeparture | None = None,
    shaft: ShaftTrack | None = None,
) -> AlignmentResult:
    """Lay a club's stream on a video's time.

    pose   : unsmoothed landmarks of the golfer.
    imu    : the club's samples on its own clock, whose origin may be anything.
    camera : gives the shutter's readout time, and pitch and distance where they are known.
    hint   : the club's clock from its socket; bounds the search to 4 sigma (at least +-0.5 s) and gives the drift.
    ball   : when the ball was seen to leave, which bounds the shock that the club felt.
    shaft  : where the shaft was seen in the pictures; it tells the time better than the hands, and a foreign club.

    Raises AlignmentRefusedError with one sentence where the two are not shown to be the same swing.
    """
    with threadpool_limits(1, user_api="blas"):  # small matrices: threads only wait for one another on a busy machine
        return _align(pose, imu, camera, hint, params or AlignParams(), ball, shaft)


def _align(
    pose: PoseTrack,
    imu: ImuSamples,
    camera: PinholeCamera | None,
    hint: ClockMap | None,
    params: AlignParams,
    ball: BallDeparture | None,
    shaft: ShaftTrack | None,
) -> AlignmentResult:
    if not (np.isfinite(imu.accel_mps2).all() and np.isfinite(imu.gyro_radps).all() and np.isfinite(imu.t_s).all()):
        raise AlignmentRefusedError("expected finite numbers in the club's stream to align it, found NaN or infinity")
    hands = hand_track(pose, camera, params.signals)
    drift = hint.drift_ppm if hint is not None else 0.0
    window = None
    if hint is not None:
        reach = max(0.5, 4.0 * hint.sigma_s)
        at = float(hint.to_session(imu.t_s[len(imu.t_s) // 2]) - imu.t_s[len(imu.t_s) // 2])
        window = (at - reach, at + reach)
    trials = _trials(hands, imu, drift, camera, params, window)
    best = max(trials, key=lambda t: t.explained / t.left)
    seen = None if shaft is None else _with_shaft(best, hands, pose, camera, shaft, drift, params)
    if seen is not None and seen[1].pictures >= params.min_pictures:
        _refuse(best, params, by_hands=False)
        found, evidence = seen
        odds = shaft_odds(evidence)
    else:
        _refuse(best, params)
        found, evidence = refine(best.problem, best.fit, hands.rate_hz, params.fit, params.bias), None
        odds = match_odds(best.fit, found)
    if odds < (params.min_odds if evidence is None else params.min_shaft_odds):
        raise AlignmentRefusedError(
            "the club's stream is not of the swing in this video: expected "
            f"{'hands' if evidence is None else 'hands, shaft'} and club that move alike, found a "
            f"chance of {100.0 / (1.0 + np.exp(-odds)):.0f} % that they do"
        )
    result = _result(best, found, odds, trials, drift, hint, params, evidence)
    return result if ball is None else with_ball(result, ball, imu, pose.height_px, camera)


def _with_shaft(
    best: _Trial, hands: HandTrack, pose: PoseTrack, camera: PinholeCamera | None, track: ShaftTrack,
    drift: float, params: AlignParams,
) -> tuple[Refined, ShaftEvidence] | None:  # fmt: skip
    """Solve the best trial again with the shaft's lines and weigh these; None where there are too few."""
    rows = shaft_rows(track, hands, best.problem, best.candidate.offset_s, drift, pose.height_px, pose.width_px,
                      camera, params.shaft)  # fmt: skip
    if rows is None:
        return None
    model = ShaftModel(rows, first_axis(rows, best.problem, best.fit.theta, params.shaft), params.shaft)
    seen = refine(best.problem, best.fit, hands.rate_hz, params.fit, params.beside_shaft, model)
    return seen, shaft_evidence(seen, model, best.problem, params.fit)


def _trials(
    hands: HandTrack, imu: ImuSamples, drift: float, camera: PinholeCamera | None, params: AlignParams,
    window: tuple[float, float] | None,
) -> list[_Trial]:  # fmt: skip
    view = None
    if camera is not None and camera.source != "default":
        pitch = float(np.arcsin(np.clip(camera.rotation[2, 2], -1.0, 1.0)))
        view = (pitch, hands.px_per_m / camera.focal_px, 0.2 * hands.px_per_m / camera.focal_px)
    paths: dict[float, SensorPath] = {}
    trials: list[_Trial] = []
    reason = ""
    for place in candidates(hands, imu, params.coarse, window)[:10]:
        c = place
        try:
            if c.centre_s not in paths:
                paths[c.centre_s] = sensor_path(imu, c.centre_s, params.signals)
            pb = make_problem(hands, paths[c.centre_s], c.offset_s, drift, params.fit, view)
        except AlignmentRefusedError as refused:
            reason = str(refused)
            continue
        if len(np.unique(pb.frame)) < params.min_frames:
            reason = (
                f"expected at least {params.min_frames} frames with hands around the club's swing to align it, "
                f"found {len(np.unique(pb.frame))}"
            )
            continue
        rough = multistart(pb, params.fit, len(HAND_LANDMARKS), shifts_s=_SHIFTS_S, shift_sigma_s=10.0)
        # The frames were gathered for the coarse place; gather them anew for the found one.
        c = replace(c, offset_s=c.offset_s + rough[0].shift_s)
        pb = make_problem(hands, paths[c.centre_s], c.offset_s, drift, params.fit, view)
        start = rough[0].theta.copy()
        start[SHIFT] = 0.0
        fit = solve(pb, start, params.fit)
        trials.append(_Trial(c, paths[c.centre_s], pb, fit, null_cost(pb, params.fit)))
    if not trials:
        raise AlignmentRefusedError(reason or "expected the club's swing in the video, found none")
    return trials


def _refuse(best: _Trial, params: AlignParams, *, by_hands: bool = True) -> None:
    """Raise where the best fit is not good enough to be the same swing; `by_hands` where these alone can tell."""
    fit = best.fit
    # The fastest moment has to be in the picture: what lies about it alone can neither be told nor contradicted.
    near = best.problem.t_s[np.abs(best.problem.t_s - best.path.centre_s - fit.shift_s) < params.around_s]
    seen = len(near) > 0 and near.min() < best.path.centre_s + fit.shift_s < near.max()
    travelled = float(np.ptp(best.problem.uv_m, axis=0).max())
    checks = (
        (params.need_rest and not best.path.still, "the club at rest before its swing, to level it", "none"),
        (not seen, "hands in view while the club is fastest", "none"),
        (best.path.clipped > params.max_clipped, f"at most {params.max_clipped:.0%} of the downswing beyond its range",
         f"{best.path.clipped:.0%}"),
        (travelled < params.min_extent_m, f"the hands to travel {params.min_extent_m} m or more", f"{travelled:.2f} m"),
        (by_hands and fit.rms_m > params.max_rms_m,
         f"the hands within {params.max_rms_m * 100:.0f} cm of the club's own path", f"{fit.rms_m * 100:.0f} cm"),
        (by_hands and fit.explained < params.min_explained,
         f"{params.min_explained:.0%} of the hands' motion explained", f"{fit.explained:.0%}"),
    )  # fmt: skip
    for failed, expected, found in checks:
        if failed:
            raise AlignmentRefusedError(
                f"the club's stream is not of the swing in this video: expected {expected}, found {found}"
            )


def _result(
    best: _Trial, found: Refined, odds: float, trials: list[_Trial], drift: float, hint: ClockMap | None,
    params: AlignParams, evidence: ShaftEvidence | None,
) -> AlignmentResult:  # fmt: skip
    """Turn the accepted trial into a map and its figures."""
    fit, path, c = best.fit, best.path, best.candidate
    # The map is pinned where the swing is fastest, so that a wrong drift tilts it about that moment.
    video_at = path.centre_s + c.offset_s + found.shift_s
    offset = video_at - path.centre_s * (1.0 + drift * 1e-6)
    span = 1.0
    drift_sigma = params.crystal_ppm * 1e-6 * span if hint is None else 0.0
    factor, floor = (
        (params.sigma_factor, params.floor_s) if evidence is None else (params.shaft_sigma_factor, params.shaft_floor_s)
    )
    sigma = float(np.sqrt((factor * found.sigma_s) ** 2 + floor**2 + drift_sigma**2))
    notes: list[str] = []
    rivals = [t for t in trials if abs((t.candidate.offset_s + t.fit.shift_s) - (c.offset_s + fit.shift_s)) > 0.1]
    rival = best.left / max(min((t.left for t in rivals if t.explained > 0.5 * best.explained), default=1.0), 1e-9)
    # Half way between the least that a matched pair was seen to have and the most of what is refused.
    confidence = float(1.0 / (1.0 + np.exp(0.6 * (0.5 * params.min_odds - odds))))
    if evidence is not None:
        confidence = float(1.0 / (1.0 + np.exp(-odds)))
    if rival > 0.7:
        confidence *= 0.5
        notes.append("Another place in the stream fits almost as well.")
    method = "club path against hand landmarks" + ("" if evidence is None else " and shaft")
    return AlignmentResult(
        offset_s=float(offset), drift_ppm=float(drift), sigma_s=sigma, confidence=confidence,
        method=method + ("" if hint is None else f", clock hint: {hint.source}"),
        impact_s=float(path.impact_s * (1 + drift * 1e-6) + offset),
        diagnostics={"rms_m": fit.rms_m, "explained": fit.explained, "prior_cost": fit.prior_cost,
                     "coarse_score": c.score, "rival": rival, "frames": float(fit.frames), "shift_s": fit.theta[SHIFT],
                     "heading_rad": float(fit.theta[HEADING]), "inverse_depth": float(fit.theta[DEPTH]),
                     "clipped": path.clipped, "fit_sigma_s": found.sigma_s, "bias_m": found.bias_m,
                     "noise_m": found.noise_m, "odds": odds,
                     **({} if evidence is None else {"shaft_pictures": evidence.pictures,
                                                     "shaft_left": evidence.left, "shaft_bent": evidence.bent})},
        notes=tuple(notes),
    )  # fmt: skip
