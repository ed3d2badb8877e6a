"""The desktop window: one session, its scene, panels around it, keys and mouse into actions."""

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import panda3d.core as p3d

from twinswing.desk.actions import KEY_TO_ACTION, REPEATING
from twinswing.desk.jobs import AnalysisJob
from twinswing.desk.panels.context import PanelContext
from twinswing.desk.panels.overlays import openable
from twinswing.desk.playback import Playback
from twinswing.desk.scene_parts import HIDDEN_AT_FIRST, show_parts
from twinswing.desk.sessionvideo import SessionVideo
from twinswing.desk.settings import Settings
from twinswing.desk.swing_base import SwingBase
from twinswing.desk.ui import UserInterface
from twinswing.desk.viewport import Viewport, fitted_rect
from twinswing.errors import TwinswingError
from twinswing.plant.recorded import holds_plant
from twinswing.stage.scene import SceneOptions, SwingScene
from twinswing.swing.measure_table import Range
from twinswing.swing.measures import measured_session
from twinswing.swing.model import SwingSession
from twinswing.swing.readable import readable_speeds
from twinswing.swing.series import hand_speed, head_speed
from twinswing.swing.session_io import load_session, open_video


class Desk(SwingBase):
    """The window. `run()` gives it the thread until it is closed; tests call `step()` instead.

    Raises MissingPartError when neither a window nor a picture buffer can be opened.
    """

    def __init__(self, settings: Settings, *, offscreen: bool = False, folder: Path | None = None) -> None:
        super().__init__(settings, offscreen=offscreen)
        self.session = SwingSession()
        self.scene: SwingScene | None = None
        self.playback = Playback()
        self.job: AnalysisJob | None = None
        self.show = {**HIDDEN_AT_FIRST, **settings.show}
        self.viewport: Viewport = Viewport(self.win, self.graphicsEngine)
        self.ui: UserInterface = UserInterface(self, settings.layout, folder)
        self.video = SessionVideo()
        self._context = PanelContext(self.session)
        self._bind(KEY_TO_ACTION, REPEATING)

    # -- one frame -----------------------------------------------------------------------------------------------

    def settle(self, frames: int, timeout_s: float = 10.0) -> None:
        """Draw frames until the panels have found their places and the playhead's video frame is there."""
        end = time.perf_counter() + timeout_s
        while frames > 0 or (self.video.waits(self.playback.t_s) and time.perf_counter() < end):
            self.step()
            frames -= 1

    def advance(self, dt_s: float) -> None:
        """Let time pass for the playhead and take in what a running analysis has said."""
        self.playback.advance(dt_s)
        self._poll_job()

    def _draw_panels(self) -> None:
        context = self._context
        context.session = self.session
        context.t_s, context.span_s = self.playback.t_s, self.playback.span_s
        head = self.playback.head
        context.playing, context.speed = head.playing, head.speed
        context.loop, context.loop_name = head.loop_s, self.playback.loop_name
        context.view, context.show = self.viewport.motion.view, self.show
        context.video, context.video_scale = self.video.panel(self.ui.texture), self.video.scale
        context.job, context.recent = self.job, self.settings.recent
        context.notice = self.notice
        context.do, context.seek, context.open_path = self.do, self.playback.seek, self.open_path
        context.draw_on_picture, context.draw_on_timeline = self._draw_on_picture, self._draw_on_timeline
        context.toolbar_px, context.draw_on_toolbar = self._toolbar_px, self._draw_on_toolbar
        context.more_actions = self.addon_actions
        # Over the video, the scene takes the video's own shape.
        video = self.session.video if self.viewport.motion.view == "video" else None
        aspect = video.width_px / video.height_px if video else None
        rect = fitted_rect(self.ui.frame(context), aspect)
        self.viewport.place((*rect[:2], *self.fixed_scene_px) if self.fixed_scene_px else rect)

    def _draw_scene(self) -> None:
        t_s = self.playback.t_s
        if self.scene is not None:
            if problem := self.video.update(t_s, self.scene):
                self.notify_user(problem)
            self.scene.set_time(t_s)
            self.viewport.aim(self.session, t_s, self._dt)

    # -- actions -------------------------------------------------------------------------------------------------

    def do(self, name: str) -> None:
        """Do one of the actions of actions.py, or "cancel_job", "dismiss_job"."""
        head, _, rest = name.partition(":")
        simple: dict[str, Callable[[], None]] = {
            "files": self.toggle_files,
            "help": self.toggle_help,
            "reset_layout": self.ui.reset_layout,
            "fullscreen": self.toggle_fullscreen,
            "screenshot": self._save_picture,
            "escape": self._escape,
            "cancel_job": lambda: self.job.cancel() if self.job else None,
            "dismiss_job": self._dismiss_job,
        }
        if head == "view":
            self._go_to_view(rest)
        elif head == "toggle":
            self._toggle(rest)
        elif name in simple:
            simple[name]()
        elif not self._addon_does(name):
            self.playback.do(name, self.session)

    def hold_against(self, own_ranges: dict[str, Range]) -> None:
        """Show the golfer's own ranges beside the measures, by their names."""
        self._context.own_ranges = own_ranges

    def _go_to_view(self, view: str) -> None:
        if (view == "golfer" and self.session.body is None) or (view == "video" and self.session.camera is None):
            self.notify_user("This recording has nothing to show that view from.")
            return
        self.viewport.motion = self.viewport.motion.to_view(view, self.session, self.viewport.size)
        self._apply_parts()

    def _toggle(self, part: str) -> None:
        self.show[part] = not self.show.get(part, True)
        self._apply_parts()

    def _apply_parts(self) -> None:
        """Show what is asked for."""
        if self.scene is None:
            return
        show_parts(self.scene, self.show, over_video=self.viewport.motion.view == "video")

    def _escape(self) -> None:
        self.escape()

    def _save_picture(self) -> None:
        folder = self.session.path.parent if self.session.path else Path.cwd()
        stem = self.session.path.stem if self.session.path else "twinswing"
        path = folder / f"{stem}-{self.playback.t_s:.3f}s.png"
        self.notify_user(f"Saved {path.name}" if self.save_picture(path) else f"{path} cannot be written")

    # -- sessions ------------------------------------------------------------------------------------------------

    def open_path(self, path: Path) -> None:
        """Open a recording, or analyse a video in the background and then open it; an error is shown."""
        self.ui.files_open = False
        if not openable(path):
            self.notify_user(f"{path.name}: expected a recording (.mcap) or a video")
            return
        if path.suffix.lower() != ".mcap":
            self._analyse(path)
            return
        try:
            if holds_plant(path):
                # A plant has a window of its own, which opens when this one has closed.
                self.next_path, self.closed = path, True
                return
            self.open_or_raise(path)
        except (TwinswingError, OSError) as error:
            self.notify_user(str(error))

    def open_or_raise(self, path: Path) -> None:
        """Open a recording; raises InputError when it cannot be used."""
        self.show_session(load_session(path))
        self.settings = self.settings.with_recent(path.resolve())

    def _analyse(self, video: Path) -> None:
        if self.job is not None and self.job.state == "running":
            self.notify_user("One video is being analysed; cancel it first.")
            return
        self.job = AnalysisJob(video, _free_name(video.with_suffix(".mcap"))).start()

    def _poll_job(self) -> None:
        if self.job is None or not self.job.poll():
            return
        if self.job.state == "done":
            done, self.job = self.job, None
            done.close()
            self.open_path(done.out)
        elif self.job.state == "cancelled":
            self._dismiss_job()
            self.notify_user("The analysis was cancelled.")

    def _dismiss_job(self) -> None:
        if self.job is not None:
            self.job.close()
            self.job = None

    def show_session(self, session: SwingSession) -> None:
        """Show a session from its start in the present view."""
        self._tell_leaving()
        self.video.close()
        if self.scene is not None:
            self.scene.root.remove_node()
        self.session = session
        self.scene = SwingScene(session, SceneOptions())
        self.scene.bind_shadows(self.shadows)
        self.viewport.draw(self.scene.root)
        self._context.body_speeds = readable_speeds(session)
        self._context.measured, self._context.own_ranges = measured_session(session), {}
        self._context.head_speed, self._context.hand_speed = head_speed(session.club), hand_speed(session.body)
        self.playback = Playback.of(session)
        if session.path is not None and session.video is not None:
            path = session.path
            self.video.open(lambda: open_video(path), session.video.height_px)
        view = self.viewport.motion.view
        if view == "free" or (view == "video" and session.camera is None):
            view = "face-on"
        self.viewport.motion = self.viewport.motion.to_view(view, session, self.viewport.size)
        self._apply_parts()
        if session.path is not None:
            self.set_title(session.path.name)
        self._tell_opened()

    @property
    def path(self) -> Path | None:
        """The recording that is shown."""
        return self.session.path

    @property
    def scene_root(self) -> p3d.NodePath | None:
        """What the swing's scene hangs on."""
        return None if self.scene is None else self.scene.root

    def current_settings(self) -> Settings:
        """Return what is to be remembered."""
        return replace(super().current_settings(), show=dict(self.show), layout=self.ui.layout_text())

    def shut(self) -> None:
        """End the threads and processes that belong to the window and close it."""
        self._dismiss_job()
        self.video.close()
        super().shut()

    def _remove_scene(self) -> None:
        if self.scene is not None:
            self.scene.root.remove_node()
            self.scene = None


def _free_name(path: Path) -> Path:
    """Return the path, or the first of "name-2", "name-3" ... that is not taken."""
    for number in range(2, 10_000):
        if not path.exists():
            return path
        path = path.with_name(f"{path.stem.removesuffix(f'-{number - 1}')}-{number}{path.suffix}")
    return path
