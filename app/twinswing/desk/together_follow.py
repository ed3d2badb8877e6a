"""Going where somebody else goes: their playhead, their camera. Any move of one's own ends it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from twinswing.desk.together_camera import look_from, orbit_of
from twinswing.review.share_line import Seen
from twinswing.stage.cameras import OrbitCamera

if TYPE_CHECKING:
    from twinswing.desk.base import BaseDesk

# Steps of a camera that come 20 times a second are smoothed over this time: no jerks, and no lag that one feels.
_SMOOTH_S = 0.06
# Beyond this since the last word a playhead is not run on: its end has stopped or is cut off.
_STALE_S = 2.5


@dataclass
class Following:
    """Whom one follows, by name; "" for nobody."""

    playhead: str = ""
    camera: str = ""
    _t_ns: int | None = None
    _orbit: OrbitCamera | None = None
    _look: tuple[float, ...] = ()

    def follow_playhead(self, name: str) -> None:
        """Follow somebody's playhead, or nobody's."""
        self.playhead, self._t_ns = name, None

    def follow_camera(self, name: str) -> None:
        """Follow somebody's camera, or nobody's."""
        self.camera, self._orbit, self._look = name, None, ()

    def step(self, desk: "BaseDesk", seen: dict[str, Seen], now_s: float, dt_s: float) -> str:
        """Go along in this frame; return what ended by the viewer's own move, "" for nothing."""
        ended = ""
        if self.playhead:
            if self._moved_playhead(desk):
                self.follow_playhead("")
                ended = "playhead"
            elif self.playhead in seen:
                self._go(desk, seen[self.playhead], now_s)
        if self.camera:
            if self._orbit is not None and orbit_of(desk.viewport) is not self._orbit:
                self.follow_camera("")
                ended = ended or "camera"
            elif self.camera in seen:
                self._look_along(desk, seen[self.camera].presence.camera, dt_s)
        return ended

    def _moved_playhead(self, desk: "BaseDesk") -> bool:
        """Tell whether the viewer did something about time since the last frame."""
        return self._t_ns is not None and (desk.playing or desk.t_ns != self._t_ns)

    def _go(self, desk: "BaseDesk", seen: Seen, now_s: float) -> None:
        presence = seen.presence
        since_s = min(max(now_s - seen.at_s, 0.0), _STALE_S)
        ahead_ns = round(since_s * presence.speed * 1e9) if presence.playing else 0
        if desk.playing:
            desk.do("play_pause")
        desk.seek_ns(presence.t_ns + ahead_ns)
        self._t_ns = desk.t_ns

    def _look_along(self, desk: "BaseDesk", look: tuple[float, ...], dt_s: float) -> None:
        if len(look) != 6:
            return
        if len(self._look) == 6:
            share = 1.0 - float(np.exp(-dt_s / _SMOOTH_S))
            if np.allclose(self._look, look, atol=1e-4):
                share = 1.0
            look = tuple(float(a + (b - a) * share) for a, b in zip(self._look, look, strict=True))
            if look == self._look:
                return
        self._look = look
        self._orbit = look_from(desk.viewport, look)
