"""Several swings in one window: each scene in a part of its own, seen through one camera that they share."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import ceil

import numpy as np
import panda3d.core as p3d

from twinswing.desk.sessionvideo import SessionVideo
from twinswing.desk.viewport import Rect, SceneRegion, Viewport, fitted_rect
from twinswing.stage.cameras import named_camera
from twinswing.stage.ghost import GhostClub, GhostFigure
from twinswing.stage.pose import club_at, rotation_of
from twinswing.stage.scene import SwingScene, appearance_of
from twinswing.stage.shadow import ShadowMap
from twinswing.swing.compare import Comparison, TimeWarp
from twinswing.swing.model import SwingSession
from twinswing.swing.series import SpeedSeries

Rgba = tuple[float, float, float, float]
# One for each swing, apart in hue and lightness.
COLOURS: tuple[Rgba, ...] = (
    (0.28, 0.80, 0.67, 1.0),
    (0.96, 0.71, 0.28, 1.0),
    (0.45, 0.66, 0.98, 1.0),
    (0.93, 0.45, 0.55, 1.0),
)
_GAP_PX = 2
_GHOST_ALPHA = 0.8


@dataclass
class ComparedSwing:
    """One of the swings.

    letter : "A" is what the others are compared to. found : against A; None of A itself.
    by_clock : from impact in real time instead of event by event; None where one of the two has no impact.
    t_s    : where its own playhead is, session seconds.
    """

    letter: str
    session: SwingSession
    rgba: Rgba
    scene: SwingScene
    shadows: ShadowMap
    region: SceneRegion
    found: Comparison | None = None
    by_clock: TimeWarp | None = None
    head_speed: SpeedSeries | None = None
    video: SessionVideo = field(default_factory=SessionVideo)
    t_s: float = 0.0

    @property
    def name(self) -> str:
        """What it is called: the file's name."""
        return self.session.path.stem if self.session.path is not None else f"swing {self.letter}"

    def warp(self, *, real_time: bool) -> TimeWarp | None:
        """Return how its time lies on A's; None of A itself."""
        if real_time and self.by_clock is not None:
            return self.by_clock
        return None if self.found is None else self.found.warp

    def follow(self, t_a_s: float, *, real_time: bool) -> None:
        """Move its own playhead to a moment of A's; at its ends it stays."""
        warp = self.warp(real_time=real_time)
        start, end = self.session.span_s()
        self.t_s = t_a_s if warp is None else float(np.clip(warp.to_b(t_a_s), start, end))


def clock_warp(a: SwingSession, b: SwingSession) -> TimeWarp | None:
    """Return the warp that lays impact on impact and stretches nothing; None where one of the two has no impact."""
    if "impact" not in a.events or "impact" not in b.events:
        return None
    return TimeWarp(("impact",), np.array([a.events["impact"].t_s]), np.array([b.events["impact"].t_s]))


class Ghosts:
    """The other golfers as ghosts in the first one's scene."""

    def __init__(self, swings: Sequence[ComparedSwing]) -> None:
        self.node = p3d.NodePath("ghosts")
        self.node.reparent_to(swings[0].scene.root)
        self._drawn: list[tuple[ComparedSwing, GhostFigure | None, GhostClub | None]] = []
        for swing in swings[1:]:
            session, rgba = swing.session, (*swing.rgba[:3], _GHOST_ALPHA)
            figure = club = None
            if session.body is not None:
                figure = GhostFigure(appearance_of(session), rgba)
                figure.node.reparent_to(self.node)
            if session.club is not None and len(session.club.t_s):
                handed = session.body.handed if session.body is not None else "right"
                club = GhostClub(session.club.spec, handed, rgba)
                club.node.reparent_to(self.node)
            self._drawn.append((swing, figure, club))

    def move(self) -> None:
        """Take the swings' poses at their own playheads."""
        for swing, figure, club in self._drawn:
            grip = None
            if club is not None and swing.session.club is not None:
                butt, quaternion = club_at(swing.session.club, swing.t_s)
                club.set_pose(butt, quaternion)
                grip = rotation_of(quaternion)
            if figure is not None and swing.session.body is not None:
                figure.set_joints(swing.session.body.at(swing.t_s), grip)


class SplitView(Viewport):
    """The first swing's region, with the others' beside it while they are not ghosts; one camera for all."""

    def __init__(self, window: p3d.GraphicsOutput, engine: p3d.GraphicsEngine) -> None:
        super().__init__(window, engine)
        self.others: list[SceneRegion] = []
        self.whole: Rect = self.rect

    def place_all(self, rect: Rect, swings: Sequence[ComparedSwing], *, split: bool) -> None:
        """Share a rectangle of the window among the swings, or give all of it to the first."""
        self.whole = rect
        shown = len(swings) if split else 1
        for number, swing in enumerate(swings):
            active = number < shown
            swing.region.region.set_active(active)
            swing.region.buffer.set_active(active)
            if not active:
                continue
            cell = cell_of(rect, number, shown)
            if self.motion.view == "video" and swing.session.video is not None:
                cell = fitted_rect(cell, swing.session.video.width_px / max(swing.session.video.height_px, 1))
            swing.region.place(cell)

    def aim_all(self, swings: Sequence[ComparedSwing], dt_s: float) -> None:
        """Move the camera for this frame: the shared one, or over the video and in the golfer's eyes each its own."""
        self.motion = self.motion.advanced(dt_s)
        view = self.motion.view
        for swing in swings:
            if view == "video" and swing.session.camera is None:
                continue
            if view in ("golfer", "video"):
                swing.region.look(named_camera(view, swing.session, *swing.region.size, t_s=swing.t_s))
            else:
                swing.region.look(self.motion.current().pinhole(*swing.region.size))

    def contains(self, x_px: float, y_px: float) -> bool:
        """Tell whether a window point lies in any of the parts."""
        left, top, width, height = self.whole
        return left <= x_px < left + width and top <= y_px < top + height

    def close(self) -> None:
        """Give all buffers back."""
        for region in self.others:
            region.close()
        super().close()


def cell_of(rect: Rect, number: int, count: int) -> Rect:
    """Return one of `count` equal parts of a rectangle: a row of up to three, else two rows."""
    left, top, width, height = rect
    rows = 1 if count <= 3 else 2
    columns = ceil(count / rows)
    row, column = divmod(number, columns)
    x0, x1 = (left + (width + _GAP_PX) * c // columns for c in (column, column + 1))
    y0, y1 = (top + (height + _GAP_PX) * r // rows for r in (row, row + 1))
    return x0, y0, max(x1 - x0 - _GAP_PX, 1), max(y1 - y0 - _GAP_PX, 1)
