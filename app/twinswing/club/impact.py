"""When the club met the ball, from the shock that its accelerometer feels."""

from dataclasses import dataclass

import numpy as np

from twinswing.club.model import FloatArray, ImuSamples


@dataclass(frozen=True)
class ImpactSettings:
    """What counts as the ball's blow.

    near_peak_s   : impact lies this close to the fastest turning; a swing is fastest within 30 ms of the ball.
    fastest_share : the club turns at least this much as fast as at its fastest. A tap on the ground at address or a
                    club dropped in its bag shakes the sensor while it hardly turns.
    least_radps   : slower swings than this are waggles and putts that only the video can tell apart.
    least_jump    : the blow against the median change of the force around it; free swings change smoothly.
    least_mps2    : and at least this much, above any sensor's noise.
    echo_rows, ring_s : the blow began at most so far before its largest change: the difference over four samples echoes
                    one blow in the three samples after it, and at higher rates the grip rings up for a few ms.
    onset_jump, onset_share : the blow began where the change first exceeded this many times the median, and this part
                    of the largest: the filter of the sensor lets the first sample show little of it.
    most_hidden   : clipped samples just before it that may hide its begin.
    onset_sigma   : one sigma in sample periods; uniform within one would be 0.29, a missed first sample adds the rest.
    """

    near_peak_s: float = 0.08
    fastest_share: float = 0.45
    least_radps: float = 5.0
    least_jump: float = 8.0
    least_mps2: float = 25.0
    echo_rows: float = 3.5
    ring_s: float = 0.006
    onset_jump: float = 4.0
    onset_share: float = 0.06
    onset_sigma: float = 0.5
    most_hidden: int = 3


@dataclass(frozen=True)
class ImpactShock:
    """The blow: when it began on the club's clock, with one sigma; the jump's size; and how sure it is (0 to 1)."""

    t_s: float
    sigma_s: float
    jump_mps2: float
    confidence: float


def surprise(samples: ImuSamples) -> FloatArray:
    """Return how far each sample's force lies from the quadratic through the three before it, m/s2, shape (n,).

    A smooth swing follows its own quadratic within a few m/s2 at 200 Hz and above; a blow does not.
    """
    accel = samples.accel_mps2
    out = np.zeros(len(accel))
    if len(accel) > 3:
        out[3:] = np.linalg.norm(accel[3:] - 3.0 * accel[2:-1] + 3.0 * accel[1:-2] - accel[:-3], axis=1)
    return out


def find_impacts(samples: ImuSamples, settings: ImpactSettings | None = None) -> list[ImpactShock]:
    """Return one impact for each swing in the log that struck something, in order of time."""
    settings = settings or ImpactSettings()
    if len(samples.t_s) < 16:
        return []
    turn = np.linalg.norm(samples.gyro_radps, axis=1)
    odd = surprise(samples)
    out = []
    for peak in swing_peaks(samples, settings.least_radps):
        found = _at_peak(samples, turn, odd, peak, settings)
        if found is not None:
            out.append(found)
    return out


def find_impact(samples: ImuSamples, settings: ImpactSettings | None = None) -> ImpactShock | None:
    """Return the surest impact of the log, or None where nothing was struck."""
    return max(find_impacts(samples, settings), key=lambda each: each.confidence, default=None)


def swing_peaks(samples: ImuSamples, least_radps: float = 5.0, apart_s: float = 1.0) -> list[int]:
    """Return the rows of the fastest turning of each swing, in order of time.

    Peaks closer than `apart_s` are one swing: the backswing's own peak lies 0.5 s before impact and is the smaller.
    """
    turn = np.linalg.norm(samples.gyro_radps, axis=1)
    # A swing's peak is several times as fast as a waggle's, whatever the player.
    limit = max(least_radps, 0.5 * float(turn.max()))
    peaks: list[int] = []
    for row in np.argsort(turn)[::-1]:
        if turn[row] < limit:
            break
        if all(abs(samples.t_s[row] - samples.t_s[peak]) > apart_s for peak in peaks):
            peaks.append(int(row))
    return sorted(peaks)


def _at_peak(
    samples: ImuSamples, turn: FloatArray, odd: FloatArray, peak: int, settings: ImpactSettings
) -> ImpactShock | None:
    t = samples.t_s
    first, stop = np.searchsorted(t, [t[peak] - settings.near_peak_s, t[peak] + settings.near_peak_s])
    rows = np.arange(first, stop)
    rows = rows[turn[rows] >= settings.fastest_share * turn[peak]]
    if len(rows) < 3:
        return None
    usual = float(np.median(odd[first:stop]))
    # What the same swing does without a blow: its downswing up to here.
    before = odd[max(0, first - (stop - first)) : first]
    usual = max(usual, float(np.median(before)) if len(before) else 0.0, 1e-3)
    limit = max(settings.least_jump * usual, settings.least_mps2)
    largest = rows[int(np.argmax(odd[rows]))]
    if odd[largest] < limit:
        return None
    # The blow begins at the first surprise of the cluster that holds the largest; its echo in the differences of the
    # three samples after it is not a blow of its own.
    period = float(np.median(np.diff(t)))
    cluster_s = max(settings.ring_s, settings.echo_rows * period)
    near = rows[(t[rows] > t[largest] - cluster_s) & (rows <= largest)]
    onset = int(near[np.argmax(odd[near] > max(settings.onset_jump * usual, settings.onset_share * odd[largest]))])
    step = float(t[onset] - t[onset - 1]) if onset else period
    # It began after the last sample that showed nothing and not after this one, unless that one felt too little of it.
    # A sample that clipped already cannot show a blow: it may have begun behind each of those just before.
    hidden = 0
    while hidden < settings.most_hidden and onset - hidden > 0 and samples.clipped[onset - hidden - 1]:
        hidden += 1
    width = step * (1 + hidden)
    sigma = float(np.hypot(settings.onset_sigma * step, hidden * step / np.sqrt(12.0)))
    jump = float(odd[largest])
    confidence = float(np.clip(1.0 - limit / jump, 0.05, 0.99))
    return ImpactShock(float(t[onset]) - 0.5 * width, sigma, jump, confidence)
