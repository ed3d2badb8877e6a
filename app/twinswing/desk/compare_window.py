"""The window of two or more swings: one timeline, side by side or as ghosts, and what sets them apart."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import panda3d.core as p3d
from imgui_bundle import imgui

from twinswing.desk import layout
from twinswing.desk.compare_actions import KEY_TO_ACTION, REPEATING, groups
from twinswing.desk.compare_view import COLOURS, ComparedSwing, Ghosts, SplitView, clock_warp
from twinswing.desk.panels.compare import (
    CompareContext,
    GapCourse,
    draw_cells,
    draw_compare_plots,
    draw_compare_toolbar,
    draw_differences,
)
from twinswing.desk.panels.context import PanelContext
from twinswing.desk.panels.overlays import draw_help, draw_notice
from twinswing.desk.panels.timeline import draw_timeline
from twinswing.desk.playback import Playback
from twinswing.desk.scene_parts import show_parts
from twinswing.desk.settings import Settings
from twinswing.desk.swing_base import SwingBase
from twinswing.desk.ui import Interface
from twinswing.desk.viewport import Rect, SceneRegion
from twinswing.errors import InputError
from twinswing.stage.scene import SceneOptions, SwingScene
from twinswing.stage.shadow import ShadowMap
from twinswing.swing.compare import compare
from twinswing.swing.compare_pose import gap_series, gaps_at
from twinswing.swing.compare_words import lines_of, unmatched
from twinswing.swing.model import SwingSession
from twinswing.swing.series import head_speed
from twinswing.swing.session_io import open_video

MOST = len(COLOURS)
_PLOTTED = ("head", "hands", "chest", "pelvis")
_LEAST_SIGMA_M = 1e-3  # nobody knows where a joint is to less than a millimetre
_SHADOW_PX = 1024  # each picture is a part of the window


class CompareInterface(Interface):
    """The panels of this window."""

    def frame(self, context: CompareContext, timeline: PanelContext) -> Rect:
        """Draw all panels; return the rectangle left for the pictures."""
        context.fonts = timeline.fonts = self.fonts
        layout.toolbar_window()
        draw_compare_toolbar(context)
        imgui.end()
        rect = layout.dock_space(rebuild=self.take_rebuild(), build=layout.build_compare)
        self.panel("Timeline", timeline, draw_timeline, shown=True)
        self.panel("Courses", context, draw_compare_plots, shown=timeline.shows("plots"))
        self.panel("Differences", context, draw_differences, shown=timeline.shows("measures"))
        draw_notice(timeline)
        if self.help_open:
            draw_help(timeline, groups(timeline.more_actions))
        return rect


class CompareDesk(SwingBase):
    """The window. Raises InputError for fewer than two or more than MOST swings, or one with nothing to draw."""

    ui: CompareInterface
    viewport: SplitView

    def __init__(self, sessions: Sequence[SwingSession], settings: Settings, *, offscreen: bool = False) -> None:
        _check(sessions)
        super().__init__(settings, offscreen=offscreen)
        self.playback = Playback.of(sessions[0])
        self.show = {"plane": False, "skeleton": False, "screen": False, **settings.show} | {"screen": False}
        self.viewport = SplitView(self.win, self.graphicsEngine)
        self.ui = CompareInterface(self, settings.layout)
        self.swings = [self._swing(number, session, sessions[0]) for number, session in enumerate(sessions)]
        self.viewport.others = [swing.region for swing in self.swings[1:]]
        self.ghosts = Ghosts(self.swings)
        self.as_ghosts = self.real_time = False
        view = sessions[0].golfer.view if sessions[0].golfer is not None else "face-on"
        self.viewport.motion = self.viewport.motion.to_view(
            view if view in ("face-on", "down-the-line", "oblique") else "face-on", sessions[0], self.viewport.size
        )
        self._context = CompareContext(self.swings, self.swings[1], show=self.show)
        self._timeline = PanelContext(sessions[0], show=self.show)
        self._choose(self.swings[1])
        self.set_title(" and ".join(swing.name for swing in self.swings))
        self._bind(KEY_TO_ACTION, REPEATING)

    def _swing(self, number: int, session: SwingSession, a: SwingSession) -> ComparedSwing:
        region: SceneRegion = self.viewport if number == 0 else SceneRegion(self.win, self.graphicsEngine)
        # The window's own map serves the first swing, which is seen alone among ghosts.
        shadows = ShadowMap(self.graphicsEngine, self.pipe, self.win, _SHADOW_PX) if number else self.shadows
        scene = SwingScene(session, SceneOptions())
        scene.bind_shadows(shadows)
        region.draw(scene.root)
        swing = ComparedSwing(
            letter="ABCD"[number],
            session=session,
            rgba=COLOURS[number],
            scene=scene,
            shadows=shadows,
            region=region,
            found=compare(a, session) if number else None,
            by_clock=clock_warp(a, session) if number else None,
            head_speed=head_speed(session.club),
        )
        if session.path is not None and session.video is not None:
            path = session.path
            swing.video.open(lambda: open_video(path), session.video.height_px)
        return swing

    def _lay(self) -> None:
        """Show the swings as they are to lie, and work out what depends on it for the whole swing."""
        over_video = self.viewport.motion.view == "video"
        for swing in self.swings:
            show_parts(swing.scene, self.show, over_video=over_video and swing.session.camera is not None)
        if self.as_ghosts and not over_video:
            self.ghosts.node.show()
        else:
            self.ghosts.node.hide()
        other = self._context.other
        body_a, body_b = self.swings[0].session.body, other.session.body
        warp = other.warp(real_time=self.real_time)
        self._context.courses = ()
        if body_a is not None and body_b is not None and warp is not None:
            self._context.courses = tuple(GapCourse(name, *gap_series(body_a, body_b, warp, name)) for name in _PLOTTED)

    # -- one frame -----------------------------------------------------------------------------------------------

    def settle(self, frames: int) -> None:
        """Draw frames until the panels have found their places."""
        for _ in range(frames):
            self.step()

    def advance(self, dt_s: float) -> None:
        """Let time pass for every swing."""
        self.playback.advance(dt_s)
        for swing in self.swings:
            swing.follow(self.playback.t_s, real_time=self.real_time)

    def _draw_panels(self) -> None:
        context, timeline, head = self._context, self._timeline, self.playback.head
        context.t_s, context.span_s = timeline.t_s, timeline.span_s = self.playback.t_s, self.playback.span_s
        timeline.playing, timeline.speed = head.playing, head.speed
        timeline.loop, timeline.loop_name, timeline.notice = head.loop_s, self.playback.loop_name, self.notice
        context.view, context.ghosts, context.real_time = self.viewport.motion.view, self.as_ghosts, self.real_time
        context.do = timeline.do = self.do
        context.seek = timeline.seek = self.playback.seek
        timeline.more_actions = self.addon_actions
        a, other = self.swings[0], context.other
        context.gaps = ()
        if self.as_ghosts and a.session.body is not None and other.session.body is not None:
            context.gaps = gaps_at(a.session.body, other.session.body, a.t_s, other.t_s)
        rect = self.ui.frame(context, timeline)
        self.viewport.place_all(rect, self.swings, split=not self.as_ghosts)
        draw_cells(context)

    def _draw_scene(self) -> None:
        shown = self.swings[:1] if self.as_ghosts else self.swings
        for swing in shown:
            if problem := swing.video.update(swing.t_s, swing.scene):
                self.notify_user(problem)
            swing.scene.set_time(swing.t_s)
        if self.as_ghosts:
            self.ghosts.move()
        self.viewport.aim_all(shown, self._dt)

    # -- actions -------------------------------------------------------------------------------------------------

    def do(self, name: str) -> None:
        """Do one of the actions of compare_actions.py, or "split_on", "ghosts_on", "events_on", "clock_on"."""
        head, _, rest = name.partition(":")
        simple: dict[str, Callable[[], object]] = {
            "help": self.toggle_help,
            "reset_layout": self.ui.reset_layout,
            "fullscreen": self.toggle_fullscreen,
            "screenshot": self._save_picture,
            "escape": self.escape,
            "ghosts": lambda: self._as_ghosts(not self.as_ghosts),
            "ghosts_on": lambda: self._as_ghosts(True),
            "split_on": lambda: self._as_ghosts(False),
            "clock": lambda: self._in_real_time(not self.real_time),
            "clock_on": lambda: self._in_real_time(True),
            "events_on": lambda: self._in_real_time(False),
            "next_other": self._next_other,
            "next_gap": self._to_widest_gap,
        }
        if head == "view":
            self._go_to_view(rest)
        elif head == "toggle":
            self.show[rest] = not self.show.get(rest, True)
            self._lay()
        elif head == "other":
            self._choose(next(swing for swing in self.swings[1:] if swing.letter == rest))
        elif name in simple:
            simple[name]()
        elif not self._addon_does(name):
            self.playback.do(name, self.swings[0].session)

    def _as_ghosts(self, on: bool) -> None:
        self.as_ghosts = on
        self._lay()

    def _in_real_time(self, on: bool) -> None:
        if on and any(swing.by_clock is None for swing in self.swings[1:]):
            self.notify_user("Real time is laid on impact, and one of these swings has none.")
            return
        self.real_time = on
        self._lay()

    def _choose(self, other: ComparedSwing) -> None:
        context = self._context
        context.other = other
        assert other.found is not None
        context.lines, context.notes = lines_of(other.found), other.found.notes
        context.unmatched = tuple(unmatched(other.found, other.letter))
        self._lay()

    def _next_other(self) -> None:
        number = self.swings.index(self._context.other)
        self._choose(self.swings[number % (len(self.swings) - 1) + 1])

    def _to_widest_gap(self) -> None:
        """Go to the moment at which some part of the bodies is surely apart, by the most standard deviations."""
        best: tuple[float, float] | None = None
        for course in self._context.courses:
            sigmas = course.gap_m / np.maximum(course.sigma_m, _LEAST_SIGMA_M)
            i = int(np.argmax(sigmas))
            best = max(best or (0.0, 0.0), (float(sigmas[i]), float(course.t_s[i])))
        if best is None or best[0] < 2.0:
            self.notify_user("Nowhere are the bodies apart by more than one can be sure of.")
            return
        self.playback.head = self.playback.head.pause().seek(best[1])
        self._as_ghosts(True)

    def _go_to_view(self, view: str) -> None:
        a = self.swings[0].session
        if (view == "golfer" and any(s.session.body is None for s in self.swings)) or (
            view == "video" and all(s.session.camera is None for s in self.swings)
        ):
            self.notify_user("These recordings have nothing to show that view from.")
            return
        if view == "video":
            self.as_ghosts = False  # each golfer has a picture of his own
        self.viewport.motion = self.viewport.motion.to_view(view, a, self.viewport.size)
        self._lay()

    def _save_picture(self) -> None:
        first = self.swings[0].session.path
        folder = first.parent if first else Path.cwd()
        path = folder / f"{'-'.join(swing.name for swing in self.swings)}-{self.playback.t_s:.3f}s.png"
        self.notify_user(f"Saved {path.name}" if self.save_picture(path) else f"{path} cannot be written")

    def open_path(self, path: Path) -> None:
        """Open a recording in a window of its own."""
        if path.suffix.lower() != ".mcap":
            self.notify_user(f"{path.name}: expected a recording (.mcap)")
            return
        self.next_path, self.closed = path, True

    # -- what every window can tell ------------------------------------------------------------------------------

    @property
    def path(self) -> Path | None:
        """A's recording."""
        return self.swings[0].session.path

    @property
    def scene_root(self) -> p3d.NodePath | None:
        """What A's scene hangs on."""
        return self.swings[0].scene.root

    def current_settings(self) -> Settings:
        """Return what is to be remembered."""
        return replace(super().current_settings(), show=dict(self.show), layout=self.ui.layout_text())

    def shut(self) -> None:
        """End the threads that belong to the window and close it."""
        for swing in self.swings:
            swing.video.close()
        super().shut()

    def _remove_scene(self) -> None:
        for swing in self.swings:
            swing.scene.root.remove_node()
        for swing in self.swings[1:]:
            swing.shadows.close()


def _check(sessions: Sequence[SwingSession]) -> None:
    if not 2 <= len(sessions) <= MOST:
        raise InputError(f"expected two to {MOST} swings to compare, found {len(sessions)}")
    for number, session in enumerate(sessions):
        if session.body is None and session.club is None:
            raise InputError(f"expected a body or a club to draw in every swing, found neither in {'ABCD'[number]}")
