"""The usual way, for comparison: whole-frame correlation of vertical speeds.

Multi-camera toolboxes of Pose2Sim's kind synchronise by correlating the low-passed vertical speed of a keypoint between
two sources at whole frames. Written here from that description, with the club's dead-reckoned vertical speed, resampled
to the video's rate, as the second source.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, sosfiltfilt

from twinswing.align.coarse import CoarseParams, turn_rate
from twinswing.align.result import AlignmentRefusedError
from twinswing.align.signals import SignalParams, hand_track, sensor_path
from twinswing.body.landmarks import PoseTrack
from twinswing.club.model import ImuSamples

FloatArray = NDArray[np.float64]

_CUT_OFF_HZ = 6.0  # of the fourth-order Butterworth filter that such toolboxes apply to both speeds


def whole_frame_offset(pose: PoseTrack, imu: ImuSamples) -> float:
    """Return `offset_s` of `t_video = t_club + offset_s` by whole-frame correlation, seconds.

    Frames are taken as evenly spaced at the median rate, which is the method's own assumption.
    """
    signals = SignalParams()
    hands = hand_track(pose, None, signals)
    seen = hands.valid[:, :2].all(1)
    if seen.sum() < 16:
        raise AlignmentRefusedError(f"expected both wrists in at least 16 frames, found {int(seen.sum())}")
    dt = 1.0 / hands.rate_hz
    height = -hands.uv_m[:, :2, 1].mean(1)
    height = np.interp(np.arange(len(height)), np.flatnonzero(seen), height[seen])
    tc, turn = turn_rate(imu, CoarseParams.grid_hz, 0.4 * dt)
    path = sensor_path(imu, float(tc[int(np.argmax(turn))]), signals)
    at = np.arange(path.t_s[0], path.t_s[-1], dt)
    club = np.interp(at, path.t_s, path.velocity_mps[:, 2])
    lag = whole_frame_lag(_smooth(np.gradient(height, dt), hands.rate_hz), _smooth(club, hands.rate_hz))
    return float(hands.frame_t_s[0] + lag * dt - at[0])


def whole_frame_lag(long: FloatArray, short: FloatArray) -> int:
    """Return the whole number of samples by which `short` has to be delayed to correlate best with `long`."""
    cross = np.correlate(long - long.mean(), short - short.mean(), mode="full")
    return int(np.argmax(cross)) - (len(short) - 1)


def _smooth(speed: FloatArray, rate_hz: float) -> FloatArray:
    sos = butter(4, min(_CUT_OFF_HZ / (rate_hz / 2.0), 0.9), output="sos")
    return np.asarray(sosfiltfilt(sos, speed, padlen=min(15, len(speed) - 1)))
