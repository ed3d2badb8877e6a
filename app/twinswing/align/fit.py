"""The fine fit: the sensor's dead-reckoned path, seen through an unknown camera, against the hands in the picture.

The hands hold the grip, so every hand landmark is nearly a fixed point of the club: its place is the sensor's place
plus a fixed lever turned by the sensor's orientation, plus, for a wrist, the palm's length back along the forearm,
which hinges. (On a motion-captured iron swing this leaves 1.6 cm of a wrist marker's path unexplained, against 4.5 cm
without the hinge.) Sensor place and orientation come from the integrated rate and acceleration, up to a heading,
a start and a little drift. The camera is a level-ish pinhole with an unknown distance. All of that is solved together
with the time shift, by Huber-weighted Levenberg-Marquardt with a stated prior on every nuisance, so that nothing can
be bent beyond what is physically possible to make an unrelated stream fit.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twinswing.align.signals import HandTrack, SensorPath

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class FitParams:
    """Priors (one standard deviation each) and robustness of the fine fit.

    noise_m         : a landmark's error in the picture at the golfer's distance; re-estimated from the residuals.
    huber           : residuals beyond this many sigmas count linearly.
    pitch_rad, roll_rad : a phone held by hand or on a tripod is level to this.
    log_scale       : the picture's scale comes from an average adult.
    inverse_depth   : mean and deviation of 1 / distance, for a golfer filmed from 2.5 to 7 m.
    tilt_accel_mps2 : gravity's error after levelling (3 degrees), a constant in the level frame.
    jerk_mps3       : the same growing with time: gyro bias of 1.5 degrees a second.
    start_mps       : speed at the centre: hands reach 10 m/s.
    shock_mps       : jump of speed that the bridged shock hides.
    lost            : error of what was bridged beyond the accelerometer's range, as a share.
    lever_m         : sensor to the middle of the hands; the sensor sits in the grip or on the shaft below it.
    spread_m        : a hand landmark from the middle of both hands on the grip.
    wrist_hinge_m, knuckle_hinge_m : mean and deviation of the distance from the grip along the forearm.
    still_mps       : speed left at rest before the swing, where rest was seen (a settling club sways).
    frames_hz       : beyond this rate frames share one landmark error, and weigh less each.
    after_weight    : weight of frames after impact, where the shock has shaken the sensor.
    """

    noise_m: float = 0.03
    huber: float = 1.5
    pitch_rad: float = 0.2
    roll_rad: float = 0.06
    log_scale: float = 0.12
    inverse_depth: tuple[float, float] = (0.25, 0.08)
    tilt_accel_mps2: float = 0.5
    jerk_mps3: float = 0.4
    start_mps: float = 6.0
    shock_mps: float = 1.0
    lost: float = 0.4
    lever_m: float = 0.15
    spread_m: float = 0.07
    wrist_hinge_m: tuple[float, float] = (-0.08, 0.03)
    knuckle_hinge_m: tuple[float, float] = (-0.01, 0.025)
    still_mps: float = 0.08
    frames_hz: float = 30.0
    after_weight: float = 0.5
    iterations: int = 25


# The parameter vector: shift, heading, pitch, roll, log scale, 1/depth, place (camera), speed, tilt, jerk, shock, lost,
# a lever for each landmark (3 each, from LEVERS on), then each landmark's distance along its forearm.
SHIFT, HEADING, PITCH, ROLL, SCALE, DEPTH = range(6)
PLACE, SPEED, TILT, JERK, SHOCK, LOST, LEVERS = range(6, 27, 3)


@dataclass(frozen=True)
class Fit:
    """One solution.

    shift_s    : correction to the candidate's offset, seconds.
    cost       : sum of Huber losses and squared priors.
    rms_m      : robust (MAD) residual of a coordinate, metres at the golfer.
    explained  : share of the hands' motion that is explained, 1 - residual / total variance (robust).
    prior_cost : squared priors alone: how far the physics had to be bent.
    sigma_s    : one standard deviation of the shift from the curvature and the residuals' own correlation, seconds.
    used       : landmarks that were used.
    theta      : parameter vector.
    frames     : frames that were used.
    """

    shift_s: float
    cost: float
    rms_m: float
    explained: float
    prior_cost: float
    sigma_s: float
    used: int
    theta: FloatArray
    frames: int


@dataclass(frozen=True)
class Problem:
    """Landmarks within reach of one candidate: relative times and positions, flat over all landmarks, shape (j,)."""

    t_s: FloatArray  # club time at zero shift
    uv_m: FloatArray  # (j, 2)
    landmark: NDArray[np.intp]
    frame: NDArray[np.intp]
    weight: FloatArray
    forearm: FloatArray  # (j, 2)
    path: SensorPath
    pitch0: float
    depth0: tuple[float, float]
    names: tuple[str, ...]


def make_problem(
    hands: HandTrack,
    path: SensorPath,
    offset_s: float,
    drift_ppm: float,
    params: FitParams,
    view: tuple[float, float, float] | None = None,
) -> Problem:
    """Gather the landmarks that the path covers; `view` is the camera's pitch, 1 / depth and its deviation."""
    scale = 1.0 + drift_ppm * 1e-6
    centre_v = path.centre_s + offset_s
    t_club = path.centre_s + (hands.t_s - centre_v) / scale
    margin = 0.2
    keep = hands.valid & (t_club > path.t_s[0] + margin * 0.25) & (t_club < path.t_s[-1] - margin * 0.25)
    frame, landmark = np.nonzero(keep)
    t = t_club[keep]
    after = np.isfinite(path.impact_s) and t > path.impact_s if np.isfinite(path.impact_s) else t > path.centre_s + 0.05
    # Errors follow the pose: frames closer than these say the same thing again.
    weight = np.where(after, params.after_weight, 1.0) * min(1.0, params.frames_hz / hands.rate_hz)
    pitch, inv, dev = view if view is not None else (0.0, *params.inverse_depth)
    return Problem(
        t, hands.uv_m[keep], landmark, frame, weight, hands.forearm[keep], path, pitch, (inv, dev), hands.names
    )


def _camera(heading: float, pitch: float, roll: float) -> FloatArray:
    """Level frame to camera axes (x right, y down, z away), shape (3, 3)."""
    c, s = np.cos(heading), np.sin(heading)
    base = np.array([[c, s, 0.0], [0.0, 0.0, -1.0], [-s, c, 0.0]])
    cp, sp = np.cos(pitch), np.sin(pitch)
    tip = np.array([[1.0, 0.0, 0.0], [0.0, cp, -sp], [0.0, sp, cp]])
    cr, sr = np.cos(roll), np.sin(roll)
    turn = np.array([[cr, -sr, 0.0], [sr, cr, 0.0], [0.0, 0.0, 1.0]])
    return np.asarray(turn @ tip @ base)


def camera_rotation(theta: FloatArray) -> FloatArray:
    """Return level frame to camera axes (x right, y down, z away) of a parameter vector, shape (3, 3)."""
    return _camera(theta[HEADING], theta[PITCH], theta[ROLL])


def landmark_count(theta: FloatArray) -> int:
    """Number of landmarks that a parameter vector is for."""
    return (len(theta) - LEVERS) // 4


def evaluate(theta: FloatArray, pb: Problem, jacobian: bool) -> tuple[FloatArray, FloatArray | None]:
    """Return predicted picture positions, shape (j, 2), and their derivatives, shape (j, 2, p)."""
    path = pb.path
    rate = 1.0 / (path.t_s[1] - path.t_s[0])
    t = pb.t_s - theta[SHIFT]
    at = np.clip((t - path.t_s[0]) * rate, 0.0, len(path.t_s) - 1.001)
    i = at.astype(np.intp)
    w = at - i
    position = path.position_m[i] + w[:, None] * (path.position_m[i + 1] - path.position_m[i])
    lost = path.lost_m[i] + w[:, None, None] * (path.lost_m[i + 1] - path.lost_m[i])
    rotation = path.rotation[i] + w[:, None, None] * (path.rotation[i + 1] - path.rotation[i])
    d = t - path.centre_s
    shock_at = path.impact_s if np.isfinite(path.impact_s) else path.centre_s + 0.03
    hinge = np.maximum(t - shock_at, 0.0)
    count = landmark_count(theta)
    lever = theta[LEVERS : LEVERS + 3 * count].reshape(-1, 3)[pb.landmark]
    along = theta[LEVERS + 3 * count :][pb.landmark, None]
    arm = np.einsum("nij,nj->ni", rotation, lever)
    p = (position + arm + d[:, None] * theta[SPEED : SPEED + 3] + 0.5 * (d**2)[:, None] * theta[TILT : TILT + 3]
         + (d**3 / 6.0)[:, None] * theta[JERK : JERK + 3] + hinge[:, None] * theta[SHOCK : SHOCK + 3]
         + np.einsum("naj,a->nj", lost, theta[LOST : LOST + 3]))  # fmt: skip
    cam = _camera(theta[HEADING], theta[PITCH], theta[ROLL])
    q = p @ cam.T + theta[PLACE : PLACE + 3]
    k = np.exp(theta[SCALE])
    z = np.maximum(1.0 + theta[DEPTH] * q[:, 2], 0.2)
    rigid = k * q[:, :2] / z[:, None]
    uv = rigid + along * pb.forearm
    if not jacobian:
        return uv, None
    n = len(t)
    jac = np.zeros((n, 2, len(theta)))
    # d uv / d q
    g = np.zeros((n, 2, 3))
    g[:, 0, 0] = g[:, 1, 1] = k / z
    g[:, :, 2] = -rigid * (theta[DEPTH] / z)[:, None]
    gm = g @ cam
    eps = 1e-6
    for slot in (HEADING, PITCH, ROLL):
        moved = theta[[HEADING, PITCH, ROLL]]
        moved[slot - HEADING] += eps
        jac[:, :, slot] = np.einsum("nij,nj->ni", g, p @ ((_camera(*moved) - cam) / eps).T)
    jac[:, :, SCALE] = rigid
    jac[:, :, DEPTH] = -rigid * (q[:, 2] / z)[:, None]
    jac[:, :, PLACE : PLACE + 3] = g
    jac[:, :, SPEED : SPEED + 3] = gm * d[:, None, None]
    jac[:, :, TILT : TILT + 3] = gm * (0.5 * d**2)[:, None, None]
    jac[:, :, JERK : JERK + 3] = gm * (d**3 / 6.0)[:, None, None]
    jac[:, :, SHOCK : SHOCK + 3] = gm * hinge[:, None, None]
    jac[:, :, LOST : LOST + 3] = np.einsum("nij,naj->nia", gm, lost)
    gl = gm @ rotation
    for axis in range(3):
        for row in range(2):
            jac[np.arange(n), row, LEVERS + 3 * pb.landmark + axis] = gl[:, row, axis]
    jac[np.arange(n), :, LEVERS + 3 * count + pb.landmark] = pb.forearm
    velocity = path.velocity_mps[i] + w[:, None] * (path.velocity_mps[i + 1] - path.velocity_mps[i])
    gyro = path.gyro_radps[i] + w[:, None] * (path.gyro_radps[i + 1] - path.gyro_radps[i])
    velocity = (velocity + np.einsum("nij,nj->ni", rotation, np.cross(gyro, lever)) + theta[SPEED : SPEED + 3]
                + d[:, None] * theta[TILT : TILT + 3] + 0.5 * (d**2)[:, None] * theta[JERK : JERK + 3]
                + (hinge > 0)[:, None] * theta[SHOCK : SHOCK + 3])  # fmt: skip
    jac[:, :, SHIFT] = -np.einsum("nij,nj->ni", gm, velocity)
    return uv, jac


@dataclass(frozen=True)
class Prior:
    """Linear statements about the parameters: `rows @ theta - target` is standard normal; shapes (m, p) and (m,)."""

    rows: FloatArray
    target: FloatArray
    start: FloatArray

    def cost(self, theta: FloatArray) -> float:
        """Return the summed squares."""
        return float(((self.rows @ theta - self.target) ** 2).sum())


def priors(pb: Problem, params: FitParams, landmarks: int, shift_sigma_s: float) -> Prior:
    """State what is known of every parameter before the video is looked at."""
    mean = np.zeros(LEVERS + 4 * landmarks)
    mean[PITCH], mean[DEPTH] = pb.pitch0, pb.depth0[0]
    sigma = np.full(LEVERS, params.jerk_mps3)
    sigma[SHIFT], sigma[HEADING] = shift_sigma_s, 100.0
    sigma[PITCH], sigma[ROLL], sigma[SCALE] = params.pitch_rad, params.roll_rad, params.log_scale
    sigma[DEPTH] = pb.depth0[1]
    sigma[PLACE : PLACE + 3] = (1.5, 1.5, 0.5)
    sigma[SPEED : SPEED + 3] = params.start_mps
    sigma[TILT : TILT + 3] = params.tilt_accel_mps2
    sigma[SHOCK : SHOCK + 3] = params.shock_mps
    sigma[LOST : LOST + 3] = params.lost
    rows = [np.eye(LEVERS, len(mean)) / sigma[:, None]]
    target = [mean[:LEVERS] / sigma]
    mixing = np.full((landmarks, landmarks), 1.0 / landmarks)
    apart = np.zeros((3 * landmarks, len(mean)))
    apart[:, LEVERS : LEVERS + 3 * landmarks] = np.kron(np.eye(landmarks) - mixing, np.eye(3)) / params.spread_m
    together = np.zeros((3, len(mean)))
    together[:, LEVERS : LEVERS + 3 * landmarks] = np.kron(mixing[:1], np.eye(3)) / params.lever_m
    hinge = np.zeros((landmarks, len(mean)))
    wrist = np.array([name.endswith("wrist") for name in pb.names])
    expected = np.where(wrist, params.wrist_hinge_m[0], params.knuckle_hinge_m[0])
    spread = np.where(wrist, params.wrist_hinge_m[1], params.knuckle_hinge_m[1])
    hinge[:, LEVERS + 3 * landmarks :] = np.diag(1.0 / spread)
    mean[LEVERS + 3 * landmarks :] = expected
    rows += [apart, together, hinge]
    target += [np.zeros(3 * landmarks + 3), expected / spread]
    if pb.path.still:
        d = pb.path.still_s - pb.path.centre_s
        rest = np.zeros((3, len(mean)))
        for k in range(3):
            rest[k, [SPEED + k, TILT + k, JERK + k]] = 1.0, d, 0.5 * d**2
        rows.append(rest / params.still_mps)
        at = int(np.searchsorted(pb.path.t_s, pb.path.still_s))
        target.append(-pb.path.velocity_mps[at] / params.still_mps)
    return Prior(np.concatenate(rows), np.concatenate(target), mean)


def huber(r: FloatArray, limit: float) -> tuple[float, FloatArray]:
    """Return the summed loss and the weight of each residual pair (norm over x and y)."""
    norm = np.linalg.norm(r, axis=1)
    weight = np.where(norm <= limit, 1.0, limit / np.maximum(norm, 1e-12))
    return float(np.where(norm <= limit, norm**2, 2 * limit * norm - limit**2).sum()), weight


def solve(
    pb: Problem, start: FloatArray, params: FitParams, *, shift_sigma_s: float = 10.0, noise_m: float | None = None,
    iterations: int | None = None,
) -> Fit:  # fmt: skip
    """Minimise from a start; `start` is a full parameter vector."""
    landmarks = landmark_count(start)
    prior = priors(pb, params, landmarks, shift_sigma_s)
    info = prior.rows.T @ prior.rows
    noise = noise_m or params.noise_m
    theta = start.copy()
    lam = 1e-3
    root = np.sqrt(pb.weight)[:, None] / noise
    uv, jac = evaluate(theta, pb, True)
    assert jac is not None
    r = (pb.uv_m - uv) * root
    loss, weight = huber(r, params.huber)
    total = loss + prior.cost(theta)
    for _ in range(iterations or params.iterations):
        ja = (jac * root[:, :, None]).reshape(-1, len(theta))
        wj = ja * np.repeat(weight, 2)[:, None]
        hess = ja.T @ wj + info
        grad = wj.T @ r.reshape(-1) - prior.rows.T @ (prior.rows @ theta - prior.target)
        improved = False
        for _try in range(6):
            step = np.linalg.solve(hess + lam * np.diag(np.diag(hess)), grad)
            step[SHIFT] = np.clip(step[SHIFT], -0.03, 0.03)
            step[HEADING] = np.clip(step[HEADING], -0.5, 0.5)
            trial = theta + step
            trial[DEPTH] = max(trial[DEPTH], 0.02)
            uv_t, _none = evaluate(trial, pb, False)
            r_t = (pb.uv_m - uv_t) * root
            loss_t, weight_t = huber(r_t, params.huber)
            total_t = loss_t + prior.cost(trial)
            if total_t < total:
                improved = True
                break
            lam *= 6.0
        if not improved:
            break
        gain = total - total_t
        theta, r, weight, loss, total = trial, r_t, weight_t, loss_t, total_t
        lam = max(lam / 6.0, 1e-7)
        _uv, jac = evaluate(theta, pb, True)
        assert jac is not None
        if gain < 1e-4 * (1.0 + total) * 0.1:
            break
    return _summarise(pb, theta, r, weight, jac, root, total, prior, noise)


def _summarise(
    pb: Problem, theta: FloatArray, r: FloatArray, weight: FloatArray, jac: FloatArray, root: FloatArray, total: float,
    prior: Prior, noise: float,
) -> Fit:  # fmt: skip
    """Turn the solution's residuals into figures: spread, explained motion, and the shift's standard deviation."""
    ja = (jac * root[:, :, None]).reshape(-1, len(theta))
    wj = ja * np.repeat(weight, 2)[:, None]
    hess = ja.T @ wj + prior.rows.T @ prior.rows
    cov = np.linalg.inv(hess)
    # Landmarks of a frame and of its neighbours err together: sum the scores of each frame, then let them correlate
    # over 80 ms (Newey and West 1987, Bartlett's weights).
    score = (wj * r.reshape(-1, 1)).reshape(len(r), 2, -1).sum(1)
    frames = np.unique(pb.frame)
    slot = np.searchsorted(frames, pb.frame)
    per_frame = np.zeros((len(frames), len(theta)))
    np.add.at(per_frame, slot, score)
    span = pb.t_s.max() - pb.t_s.min() if len(pb.t_s) else 1.0
    lag = int(np.clip(round(0.08 * len(frames) / max(span, 0.1)), 1, 40))
    meat = per_frame.T @ per_frame
    for step in range(1, min(lag, len(frames) - 1) + 1):
        cross = per_frame[step:].T @ per_frame[:-step]
        meat += (1.0 - step / (lag + 1.0)) * (cross + cross.T)
    hac = cov @ meat @ cov
    rms = 1.4826 * float(np.median(np.abs(r / root))) if len(r) else float("nan")
    model = float(cov[SHIFT, SHIFT]) * (rms / noise) ** 2
    var = max(float(hac[SHIFT, SHIFT]), model)
    spread = 0.0
    for k in np.unique(pb.landmark):
        own = pb.uv_m[pb.landmark == k]
        spread += float(((own - np.median(own, axis=0)) ** 2).sum())
    residual = float((np.clip(np.linalg.norm(r / root, axis=1), 0, 0.3) ** 2).sum())
    return Fit(float(theta[SHIFT]), total, rms, 1.0 - residual / max(spread, 1e-9),
               prior.cost(theta), float(np.sqrt(max(var, 0.0))), len(r), theta,
               len(frames))  # fmt: skip
