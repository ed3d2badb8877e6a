"""Finds swings while they happen: from the hands in the picture, and from the club's own shock.

Pure: samples and landmarks come in with their session times, swings come out. A swing is announced once its ball
strike lies behind, and given away with its span once the golfer has come to rest.
"""

from collections import deque
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from twinswing.body.landmarks import LANDMARK, PoseTrack
from twinswing.body.pose import track_of
from twinswing.errors import InputError
from twinswing.swing.anchors import AnchorParams, Anchors, find_anchors
from twinswing.swing.live_club import ClubImpact, ClubImpactFinder, ClubImpactParams
from twinswing.swing.signals import SwingSignals, swing_signals

FloatArray = NDArray[np.float64]
Landmarks = NDArray[np.float32]

_HIPS = [LANDMARK["left_hip"], LANDMARK["right_hip"]]
_SHOULDERS = [LANDMARK["left_shoulder"], LANDMARK["right_shoulder"]]
_WRISTS = [LANDMARK["left_wrist"], LANDMARK["right_wrist"]]


@dataclass(frozen=True)
class LiveParams:
    """When hands swing, and where a swing begins and ends; heights in trunk lengths above the hips.

    look_back_s    : landmarks that a swing is looked for in: address, a slow backswing (1.5 s) and the finish.
    again_s        : between two looks of which the first found nothing; a look costs some milliseconds.
    rise           : the hands have risen by this since their lowest, so a look is worth it.
    fresh_s        : a strike further back than this was looked for before.
    min_fall_rate  : trunk lengths a second from three to one quarter of the fall: swings have 5 to 12, slowed down
                     2.5 times 3.3; arms that are lowered quickly 2.5.
    together       : the wrists hold one grip, so from top to strike their middle half of distances is below this many
                     trunk lengths (a fist is 0.2; a hidden wrist is guessed some way off).
    pair_s         : strikes told by hands and club that lie closer belong to one swing: pose errs by a frame or two,
                     a club's clock before its first pings by tenths.
    apart_s        : nobody swings twice within this.
    before_s       : kept before the strike: a second of standing still, and a backswing and downswing of 2 s.
    still_s, still : the golfer holds the finish when the hands have stayed within `still` for `still_s`.
    after_s        : from strike to the earliest and the latest end: the finish is 0.3 to 0.7 s after impact.
    usual_sweep_s  : the longest usual downswing. A slower one (a film of slow motion, a slow practice swing) has its
                     times before and after the strike in the same measure longer.
    """

    look_back_s: float = 6.0
    again_s: float = 0.15
    rise: float = 0.55
    fresh_s: float = 2.0
    min_fall_rate: float = 3.0
    together: float = 0.5
    pair_s: float = 0.7
    apart_s: float = 2.0
    before_s: float = 3.5
    still_s: float = 0.35
    still: float = 0.25
    after_s: tuple[float, float] = (0.6, 1.8)
    usual_sweep_s: float = 0.4
    anchors: AnchorParams = field(default_factory=AnchorParams)
    club: ClubImpactParams = field(default_factory=ClubImpactParams)


@dataclass(frozen=True)
class LiveSwing:
    """A swing as it was found live; times are session seconds.

    impact_s : the strike, to a frame (hands) or to the club clock's uncertainty (club).
    start_s, end_s : the part of the capture that shows it; `end_s` is NaN until the golfer has come to rest.
    found_by : "hands", "club" or "hands+club".
    club     : the serial of the club that felt it, empty where none did.
    """

    number: int
    impact_s: float
    start_s: float
    end_s: float = float("nan")
    found_by: str = "hands"
    club: str = ""

    @property
    def ended(self) -> bool:
        """Whether its end is known."""
        return bool(np.isfinite(self.end_s))


class _Hands:
    """The last seconds of landmarks, and the hands' height in them."""

    def __init__(self, keep_s: float) -> None:
        self._keep_s = keep_s
        self.t_s: deque[float] = deque()
        self.rows: deque[Landmarks | None] = deque()
        self.place: deque[tuple[float, float, float]] = deque()  # hands x, y (pixels), trunk length (pixels)

    def add(self, t_s: float, rows: Landmarks | None) -> None:
        self.t_s.append(t_s)
        self.rows.append(rows)
        place = (float("nan"),) * 3
        if rows is not None:
            hips, wrists = rows[_HIPS, :2].mean(0), rows[_WRISTS]
            trunk = float(np.linalg.norm(rows[_SHOULDERS, :2].mean(0) - hips))
            # The wrist that is seen better says more than the middle with one that is guessed.
            weight = wrists[:, 5] ** 2 + 1e-3
            hands = (wrists[:, :2] * weight[:, None]).sum(0) / weight.sum() - hips
            place = (float(hands[0]), -float(hands[1]), trunk)
        self.place.append(place)
        while self.t_s[0] < t_s - self._keep_s:
            self.t_s.popleft()
            self.rows.popleft()
            self.place.popleft()

    def arrays(self) -> tuple[FloatArray, FloatArray]:
        """Return times (n,) and the hands above the hips in trunk lengths, x and y, shape (n, 2); NaN where unseen."""
        place = np.array(self.place)
        trunk = np.nanmedian(place[:, 2]) if np.isfinite(place[:, 2]).any() else np.nan
        return np.array(self.t_s), place[:, :2] / trunk


class SwingFinder:
    """Takes landmarks and club samples as they come; `take()` gives the swings whose end is known.

    Landmarks must come in order of time; samples of one club too. The two streams may lag each other by `pair_s` and
    more: a club's strike waits for the pictures around it.
    """

    def __init__(self, params: LiveParams | None = None) -> None:
        self._params = params or LiveParams()
        self._hands = _Hands(self._params.look_back_s)
        self._clubs: dict[str, ClubImpactFinder] = {}
        self._open: LiveSwing | None = None
        self._done: list[LiveSwing] = []
        self._last_end_s = -np.inf
        self._last_impact_s = -np.inf
        self._looked_s = -np.inf
        self._pace = 1.0  # how much slower than usual the open swing is
        self._count = 0

    @property
    def swinging(self) -> LiveSwing | None:
        """The swing that was announced and whose end is awaited."""
        return self._open

    def feed_hands(self, t_s: float, rows: Landmarks | None) -> None:
        """Take one picture's landmarks, shape (33, 6) (see body.detector.Rows), or None where nobody was seen."""
        self._hands.add(t_s, rows)
        if self._open is None:
            self._look(t_s)
        if self._open is not None and self._rests(t_s):
            self._close(t_s)

    def feed_club(self, serial: str, t_s: FloatArray, accel_mps2: FloatArray, gyro_radps: FloatArray) -> None:
        """Take a club's samples: session times (n,), specific force and rate (n, 3)."""
        finder = self._clubs.setdefault(serial, ClubImpactFinder(self._params.club))
        for impact in finder.feed(t_s, accel_mps2, gyro_radps):
            self._struck(serial, impact)
        # Without pictures the club's own time says when the swing is over.
        if self._open is not None and not self._hands.t_s and t_s[-1] >= self._open.impact_s + self._params.after_s[1]:
            self._close(self._open.impact_s + self._params.after_s[1])

    def finish(self) -> None:
        """Say that no more comes: a swing whose end is awaited ends with what there is."""
        if self._hands.t_s and self._open is None:
            self._looked_s = -np.inf
            self._look(self._hands.t_s[-1])
        if self._open is not None:
            last = self._hands.t_s[-1] if self._hands.t_s else self._open.impact_s + self._params.after_s[1]
            self._close(max(last, self._open.impact_s))

    def take(self) -> list[LiveSwing]:
        """Return the swings that ended since the last call."""
        done, self._done = self._done, []
        return done

    # ------------------------------------------------------------------------------------------------------ inside
    def _struck(self, serial: str, impact: ClubImpact) -> None:
        p = self._params
        swing = self._open
        if swing is not None and abs(swing.impact_s - impact.t_s) < p.pair_s:
            by = swing.found_by if "club" in swing.found_by else f"{swing.found_by}+club"
            self._open = replace(swing, found_by=by, club=swing.club or serial)
        elif swing is None and impact.t_s > self._last_impact_s + p.apart_s:
            self._announce(impact.t_s, "club", serial)
        else:
            self._done = [
                replace(d, found_by=f"{d.found_by}+club", club=serial)
                if not d.club and abs(d.impact_s - impact.t_s) < p.pair_s
                else d
                for d in self._done
            ]

    def _look(self, t_s: float) -> None:
        """Look for a strike behind the newest picture, where the hands have just risen from one."""
        if t_s < self._looked_s + self._params.again_s or not self._risen():
            return
        self._looked_s = t_s
        strike = self._strike()
        if strike is not None:
            impact_s, sweep_s = strike
            self._announce(impact_s, "hands", "", max(sweep_s / self._params.usual_sweep_s, 1.0))

    def _risen(self) -> bool:
        """Tell cheaply whether the hands may have come down and up again within the last second and a half."""
        p = self._params
        t, hands = self._hands.arrays()
        height = hands[:, 1]
        recent = np.flatnonzero((t > t[-1] - 1.5) & np.isfinite(height))
        if len(recent) < 4:
            return False
        low = int(recent[np.argmin(height[recent])])
        before = height[(t > t[low] - 1.5) & (t <= t[low])]
        return bool(
            height[low] <= p.anchors.low + 0.2
            and np.nanmax(before) >= height[low] + p.anchors.min_fall
            and np.nanmax(height[low:]) >= height[low] + p.rise
        )

    def _strike(self) -> tuple[float, float] | None:
        """Return the time of the strike and the downswing's duration of a full swing in the last seconds, or None."""
        p = self._params
        found = self._fresh_anchors()
        if found is None:
            return None
        pose, signals, anchors, impact_s = found
        frames = np.arange(len(signals.t_s))
        top, bottom = int(anchors.top), int(np.ceil(anchors.impact))
        fall = signals.height[top : bottom + 1]
        t = signals.t_s[top : bottom + 1]
        drop = fall[0] - fall[-1]
        upper, lower = (np.flatnonzero(fall >= fall[-1] + share * drop) for share in (0.75, 0.25))
        if not len(upper) or drop < p.anchors.min_fall:
            return None
        if 0.5 * drop < p.min_fall_rate * (t[lower[-1]] - t[upper[-1]]):
            return None
        wrists = pose.image_px[top : bottom + 1, _WRISTS]
        apart = np.linalg.norm(wrists[:, 0] - wrists[:, 1], axis=1) / signals.trunk_px
        sweep_s = impact_s - float(np.interp(anchors.top, frames, signals.t_s))
        return (impact_s, sweep_s) if np.nanmedian(apart) < p.together else None

    def _fresh_anchors(self) -> tuple[PoseTrack, SwingSignals, Anchors, float] | None:
        """Find top and strike of the newest full swing; an older, fuller one is left out then."""
        p = self._params
        after_s = self._last_end_s
        for _ in range(3):
            begin = next((i for i, t in enumerate(self._hands.t_s) if t > after_s), len(self._hands.t_s))
            times, rows = list(self._hands.t_s)[begin:], list(self._hands.rows)[begin:]
            if sum(row is not None for row in rows) < 8:
                return None
            pose = track_of(times, rows, (0, 0))
            try:
                signals = swing_signals(pose)
            except InputError:
                return None
            anchors = find_anchors(signals, p.anchors)
            if anchors is None or not (np.isfinite(anchors.impact) and np.isfinite(anchors.top)):
                return None
            impact_s = float(np.interp(anchors.impact, np.arange(len(signals.t_s)), signals.t_s))
            if impact_s >= signals.t_s[-1] - p.fresh_s and impact_s >= self._last_impact_s + p.apart_s:
                return pose, signals, anchors, impact_s
            after_s = impact_s + 0.3
        return None

    def _announce(self, impact_s: float, by: str, club: str, pace: float = 1.0) -> None:
        self._count += 1
        self._pace = pace
        start = max(impact_s - self._params.before_s * pace, self._last_end_s)
        self._open = LiveSwing(self._count, impact_s, start, found_by=by, club=club)
        self._last_impact_s = impact_s

    def _rests(self, t_s: float) -> bool:
        """Tell whether the golfer holds the finish, or should by now."""
        p = self._params
        assert self._open is not None
        since = (t_s - self._open.impact_s) / self._pace
        if since < p.after_s[0]:
            return False
        if since >= p.after_s[1]:
            return True
        t, hands = self._hands.arrays()
        held = hands[(t >= t_s - p.still_s * self._pace) & np.isfinite(hands[:, 0])]
        return len(held) >= 3 and bool((np.percentile(held, 90, 0) - np.percentile(held, 10, 0)).max() < p.still)

    def _close(self, end_s: float) -> None:
        assert self._open is not None
        self._done.append(replace(self._open, end_s=end_s))
        self._open, self._last_end_s = None, end_s
