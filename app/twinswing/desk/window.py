"""The desktop window: one session, its scene, panels around it, keys and mouse into actions."""

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import panda3d.core as p3d
from direct.showbase.ShowBase import ShowBase

from twinswing.desk.actions import KEY_TO_ACTION, REPEATING
from twinswing.desk.jobs import AnalysisJob
from twinswing.desk.panels.context import PanelContext
from twinswing.desk.panels.overlays import openable
from twinswing.desk.playback import Playback
from twinswing.desk.sessionvideo import SessionVideo
from twinswing.desk.settings import Settings
from twinswing.desk.ui import UserInterface
from twinswing.desk.viewport import Viewport, fitted_rect
from twinswing.errors import MissingPartError, TwinswingError
from twinswing.platform.filedrop import watch_file_drops
from twinswing.stage.scene import SceneOptions, SwingScene
from twinswing.stage.shadow import ShadowMap
from twinswing.swing.model import SwingSession
from twinswing.swing.series import hand_speed, head_speed, segment_speeds
from twinswing.swing.session_io import load_session, open_video

_PRC = """
window-title Twinswing
gl-version 3 2
audio-library-name null
textures-power-2 none
notify-level-display error
notify-level-device fatal
notify-level-x11display error
notify-level-egldisplay error
sync-video 1
print-pipe-types 0
"""
_SCENE_PARTS = ("trail", "plane", "screen", "skeleton")
_HIDDEN_AT_FIRST = {"plane": False, "skeleton": False}
_NOTICE_S = 4.0


def load_settings_prc(settings: Settings, *, offscreen: bool) -> None:
    """Tell Panda3D how the window is to be, before it is opened."""
    p3d.load_prc_file_data("twinswing desk", _PRC)
    p3d.load_prc_file_data("twinswing desk", f"win-size {settings.width_px} {settings.height_px}")
    if offscreen:
        p3d.load_prc_file_data("twinswing desk", "load-display p3headlessgl\nsync-video 0")


class Desk(ShowBase):  # type: ignore[misc]
    """The window. `run()` gives it the thread until it is closed; tests call `step()` instead.

    Raises MissingPartError when neither a window nor a picture buffer can be opened.
    """

    def __init__(self, settings: Settings, *, offscreen: bool = False, folder: Path | None = None) -> None:
        load_settings_prc(settings, offscreen=offscreen)
        try:
            super().__init__(windowType="offscreen" if offscreen else "onscreen")
        except Exception as error:
            # ShowBase raises a bare Exception with the driver's words.
            raise MissingPartError(
                f"a window with OpenGL 3.3 was expected and could not be opened ({error}); install a graphics driver "
                "(on Debian or Ubuntu: apt install libgl1 libegl1 libgl1-mesa-dri), or add --offscreen"
            ) from error
        self.disable_mouse()
        self.cam.node().set_active(False)
        self.win.set_clear_color(p3d.LVecBase4f(0.055, 0.067, 0.075, 1))
        self.settings = settings
        self.session = SwingSession()
        self.scene: SwingScene | None = None
        self.playback = Playback()
        self.job: AnalysisJob | None = None
        self.show = {**_HIDDEN_AT_FIRST, **settings.show}
        self.viewport = Viewport(self.win, self.graphicsEngine)
        self.shadows = ShadowMap(self.graphicsEngine, self.pipe, self.win, 2048)
        self.ui = UserInterface(self, settings.layout, folder)
        self.video = SessionVideo()
        self._context = PanelContext(self.session)
        self._notice, self._notice_until = "", 0.0
        self._drag: tuple[int, float, float] | None = None
        self._last = time.perf_counter()
        self.drops = None if offscreen else watch_file_drops(self.win.get_window_handle().get_int_handle())
        self.fixed_scene_px: tuple[int, int] | None = None  # for measuring a frame without filling its pixels
        self.closed = False
        self._bind()

    # -- input ---------------------------------------------------------------------------------------------------

    def _bind(self) -> None:
        for key, action in KEY_TO_ACTION.items():
            self.accept(key, self._on_key, [action])
            if key in REPEATING:
                self.accept(f"{key}-repeat", self._on_key, [action])
        for number in (1, 2, 3):
            self.accept(f"mouse{number}", self._on_press, [number])
            self.accept(f"mouse{number}-up", self._on_release, [number])
        self.accept("wheel_up", self._on_wheel, [1.0])
        self.accept("wheel_down", self._on_wheel, [-1.0])
        self.accept("window-event", self._on_window)
        self.task_mgr.add(self._before_panels, "desk-input", sort=-5)
        self.accept("imgui-new-frame", self._draw_panels)
        self.task_mgr.add(self._after_panels, "desk-scene", sort=45)

    def _on_key(self, action: str) -> None:
        if not self.ui.wants_keys:
            self.do(action)

    def _pointer(self) -> tuple[float, float]:
        if not isinstance(self.win, p3d.GraphicsWindow):
            return (-1.0, -1.0)
        pointer = self.win.get_pointer(0)
        return (pointer.get_x(), pointer.get_y())

    def _on_press(self, button: int) -> None:
        x, y = self._pointer()
        if self.viewport.contains(x, y) and not self.ui.wants_mouse:
            self._drag = (button, x, y)

    def _on_release(self, button: int) -> None:
        if self._drag and self._drag[0] == button:
            self._drag = None

    def _on_wheel(self, clicks: float) -> None:
        if self.viewport.contains(*self._pointer()) and not self.ui.wants_mouse:
            self.viewport.wheeled(clicks)

    def _on_window(self, window: p3d.GraphicsOutput) -> None:
        if window is not self.win:
            return
        if window.is_closed() if hasattr(window, "is_closed") else not window.is_valid():
            self.closed = True
            return
        self.ui.resize()

    def userExit(self) -> None:  # noqa: N802  (ShowBase's own name)
        """Note that the user closed the window; the loop that steps it ends then."""
        self.closed = True

    # -- one frame -----------------------------------------------------------------------------------------------

    def step(self) -> None:
        """Draw one frame."""
        self.task_mgr.step()

    def settle(self, frames: int, timeout_s: float = 10.0) -> None:
        """Draw frames until the panels have found their places and the playhead's video frame is there."""
        end = time.perf_counter() + timeout_s
        while frames > 0 or (self.video.waits(self.playback.t_s) and time.perf_counter() < end):
            self.step()
            frames -= 1

    def _before_panels(self, task: Any) -> int:
        now = time.perf_counter()
        dt, self._last = min(now - self._last, 0.1), now
        self.playback.advance(dt)
        if self._drag:
            button, x0, y0 = self._drag
            x, y = self._pointer()
            if (x, y) != (x0, y0):
                self.viewport.dragged(button, x - x0, y - y0)
                self._drag = (button, x, y)
        if self.drops:
            for path in self.drops.poll():
                self.open_path(path)
        self._poll_job()
        self._dt = dt
        return int(task.cont)

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
        context.notice = self._notice if time.perf_counter() < self._notice_until else ""
        context.do, context.seek, context.open_path = self.do, self.playback.seek, self.open_path
        # Over the video, the scene takes the video's own shape.
        video = self.session.video if self.viewport.motion.view == "video" else None
        aspect = video.width_px / video.height_px if video else None
        rect = fitted_rect(self.ui.frame(context), aspect)
        self.viewport.place((*rect[:2], *self.fixed_scene_px) if self.fixed_scene_px else rect)

    def _after_panels(self, task: Any) -> int:
        t_s = self.playback.t_s
        if self.scene is not None:
            if problem := self.video.update(t_s, self.scene):
                self.notify_user(problem)
            self.scene.set_time(t_s)
            self.viewport.aim(self.session, t_s, self._dt)
        return int(task.cont)

    # -- actions -------------------------------------------------------------------------------------------------

    def do(self, name: str) -> None:
        """Do one of the actions of actions.py, or "cancel_job", "dismiss_job"."""
        head, _, rest = name.partition(":")
        simple: dict[str, Callable[[], None]] = {
            "files": self._toggle_files,
            "help": self._toggle_help,
            "reset_layout": self.ui.reset_layout,
            "fullscreen": self._toggle_fullscreen,
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
        else:
            self.playback.do(name, self.session)

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
        """Show what is asked for: over the video, the real golfer takes the drawn one's place."""
        if self.scene is None:
            return
        over_video = self.viewport.motion.view == "video"
        for part in _SCENE_PARTS:
            self.scene.show(part, self.show.get(part, True))
        for part in ("ground", "sky", "figure", "club", "ball", "shadows"):
            self.scene.show(part, not over_video)
        if over_video:
            self.scene.show("screen", False)
            self.scene.show("skeleton", True)
        self.scene.show("backdrop", over_video)

    def _toggle_files(self) -> None:
        self.ui.files_open = not self.ui.files_open
        self.ui.help_open = False
        self.ui.files.refresh()

    def _toggle_help(self) -> None:
        self.ui.help_open = not self.ui.help_open
        self.ui.files_open = False

    def _escape(self) -> None:
        if self.ui.help_open or self.ui.files_open:
            self.ui.help_open = self.ui.files_open = False
        elif isinstance(self.win, p3d.GraphicsWindow) and self.win.is_fullscreen():
            self._toggle_fullscreen()

    def _toggle_fullscreen(self) -> None:
        if not isinstance(self.win, p3d.GraphicsWindow):
            return
        properties = p3d.WindowProperties()
        if self.win.is_fullscreen():
            properties.fullscreen = False
            properties.size = (self.settings.width_px, self.settings.height_px)
        else:
            self.settings = replace(self.settings, width_px=self.win.get_x_size(), height_px=self.win.get_y_size())
            properties.fullscreen = True
            properties.size = (self.pipe.get_display_width(), self.pipe.get_display_height())
        self.win.request_properties(properties)

    def _save_picture(self) -> None:
        folder = self.session.path.parent if self.session.path else Path.cwd()
        stem = self.session.path.stem if self.session.path else "twinswing"
        path = folder / f"{stem}-{self.playback.t_s:.3f}s.png"
        self.notify_user(f"Saved {path.name}" if self.save_picture(path) else f"{path} cannot be written")

    def save_picture(self, path: Path) -> bool:
        """Write what the window shows as a picture; return whether it could be written."""
        image = p3d.PNMImage()
        if not self.win.get_screenshot(image):
            return False
        # What the driver left in the alpha channel would let a viewer's own background through.
        image.remove_alpha()
        stream = p3d.StringStream()
        if not image.write(stream, "picture.png"):
            return False
        part = path.with_name(path.name + ".part")
        try:
            part.write_bytes(stream.data)
            part.replace(path)  # whoever watches the folder never meets half a picture
        except OSError:
            return False
        return True

    def notify_user(self, text: str) -> None:
        """Show a short message for some seconds."""
        self._notice, self._notice_until = text, time.perf_counter() + _NOTICE_S

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
        self.video.close()
        if self.scene is not None:
            self.scene.root.remove_node()
        self.session = session
        self.scene = SwingScene(session, SceneOptions())
        self.scene.bind_shadows(self.shadows)
        self.viewport.draw(self.scene.root)
        self._context.body_speeds = segment_speeds(session.body, session.club)
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
        if isinstance(self.win, p3d.GraphicsWindow) and session.path is not None:
            properties = p3d.WindowProperties()
            properties.set_title(f"{session.path.name} - Twinswing")
            self.win.request_properties(properties)

    def current_settings(self) -> Settings:
        """Return what is to be remembered."""
        width, height = self.settings.width_px, self.settings.height_px
        if isinstance(self.win, p3d.GraphicsWindow) and not self.win.is_fullscreen() and self.win.get_x_size() > 1:
            width, height = self.win.get_x_size(), self.win.get_y_size()
        return replace(
            self.settings, width_px=width, height_px=height, show=dict(self.show), layout=self.ui.layout_text()
        )

    def shut(self) -> None:
        """End the threads and processes that belong to the window and close it."""
        self._dismiss_job()
        self.video.close()
        if self.drops is not None:
            self.drops.close()
        self.ui.close()
        self._free_buffers()
        self.destroy()

    def _free_buffers(self) -> None:
        """Give the driver's objects back while this window's context is the current one.

        Panda3D deletes them by number in whichever context drew last, and numbers repeat from context to context: a
        stage that lives on beside a closed window lost its shadow map to it.
        """
        if self.scene is not None:
            self.scene.root.remove_node()
            self.scene = None
        self.graphicsEngine.render_frame()
        self.shadows.close()
        self.viewport.close()


def _free_name(path: Path) -> Path:
    """Return the path, or the first of "name-2", "name-3" ... that is not taken."""
    for number in range(2, 10_000):
        if not path.exists():
            return path
        path = path.with_name(f"{path.stem.removesuffix(f'-{number - 1}')}-{number}{path.suffix}")
    return path
