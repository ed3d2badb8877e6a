"""What every desktop window of Twinswing is: Panda3D's window, a scene's region, panels, keys and mouse."""

import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import panda3d.core as p3d
from direct.showbase.ShowBase import ShowBase
from imgui_bundle import imgui

from twinswing.desk.actions import Action
from twinswing.desk.addons import Addon, PictureRect, TimelineLane
from twinswing.desk.settings import Settings
from twinswing.desk.ui import Interface
from twinswing.desk.viewport import SceneRegion
from twinswing.errors import MissingPartError
from twinswing.platform.filedrop import watch_file_drops
from twinswing.stage.shadow import ShadowMap

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
_NOTICE_S = 4.0
_LONGEST_FRAME_S = 0.1  # a machine that slept must not throw the playhead forward
_CLICK_PX = 4.0  # a hand trembles by this much while it clicks


def load_settings_prc(settings: Settings, *, offscreen: bool) -> None:
    """Tell Panda3D how the window is to be, before it is opened."""
    p3d.load_prc_file_data("twinswing desk", _PRC)
    p3d.load_prc_file_data("twinswing desk", f"win-size {settings.width_px} {settings.height_px}")
    if offscreen:
        p3d.load_prc_file_data("twinswing desk", "load-display p3headlessgl\nsync-video 0")


class BaseDesk(ShowBase):  # type: ignore[misc]
    """A window. It is given the thread by calling `step()` until `closed`.

    What it shows is up to the class that fills in `advance`, `_draw_panels`, `_draw_scene` and `do`, and sets `ui` and
    `viewport` before it calls `_bind`. Raises MissingPartError when neither a window nor a picture buffer can be
    opened.
    """

    ui: Interface
    viewport: SceneRegion

    def __init__(self, settings: Settings, *, offscreen: bool = False) -> None:
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
        self.shadows = ShadowMap(self.graphicsEngine, self.pipe, self.win, 2048)
        self.drops = None if offscreen else watch_file_drops(self.win.get_window_handle().get_int_handle())
        self.fixed_scene_px: tuple[int, int] | None = None  # for measuring a frame without filling its pixels
        self.closed = False
        self.recording_to: Path | None = None  # where what is seen live is being written to
        self.next_path: Path | None = None  # what another kind of window is to show when this one has closed
        self.addons: list[Addon] = []
        self._taker: tuple[Addon, int] | None = None  # whose the mouse is until this button is released
        self._notice, self._notice_until = "", 0.0
        self._drag: tuple[int, float, float] | None = None
        self._press: tuple[int, float, float] | None = None
        self._dt = 0.0
        self._shut = False
        self._last = time.perf_counter()

    # -- input ---------------------------------------------------------------------------------------------------

    def _bind(self, keys: Mapping[str, str], repeating: frozenset[str]) -> None:
        """Let keys do actions, the mouse move the camera, and every frame draw."""
        for key, action in keys.items():
            # Function keys are no text: they act while one types as well.
            words = [action, key[:1] == "f" and key[1:].isdigit(), key]
            self.accept(key, self._on_key, words)
            if key in repeating:
                self.accept(f"{key}-repeat", self._on_key, words)
        for number in (1, 2, 3):
            for held in ("", "shift-", "control-"):
                self.accept(f"{held}mouse{number}", self._on_press, [number])
            self.accept(f"mouse{number}-up", self._on_release, [number])
        self.accept("wheel_up", self._on_wheel, [1.0])
        self.accept("wheel_down", self._on_wheel, [-1.0])
        self.accept("window-event", self._on_window)
        self.task_mgr.add(self._before_panels, "desk-input", sort=-5)
        self.accept("imgui-new-frame", self._all_panels)
        # After the panels have found their places, and before Dear ImGui's frame is closed: the tools draw over the
        # scene through the camera of this frame.
        self.task_mgr.add(self._after_panels, "desk-scene", sort=35)

    def add(self, addon: Addon) -> None:
        """Carry a tool: its keys work from now on, and it is told of what the window shows."""
        self.addons.append(addon)
        for action in addon.actions:
            for key in action.keys:
                words = [action.name, key[:1] == "f" and key[1:].isdigit(), key]
                self.accept(key, self._on_key, words)
                if action.repeat:
                    self.accept(f"{key}-repeat", self._on_key, words)
        for key in addon.keys:
            if not self.is_accepting(key):
                self.accept(key, self._on_key, ["", False, key])
        addon.attached(self)
        if self.scene_root is not None:
            addon.opened()

    @property
    def addon_actions(self) -> tuple[Action, ...]:
        """What the tools can do, for the help."""
        return tuple(action for addon in self.addons for action in addon.actions)

    def _addon_does(self, name: str) -> bool:
        """Let the tools do an action; return whether it was one of theirs."""
        return any(addon.do(name) for addon in self.addons)

    def _draw_on_picture(self, rect: PictureRect) -> None:
        for addon in self.addons:
            addon.draw_on_picture(rect)

    @property
    def _toolbar_px(self) -> float:
        return sum(addon.toolbar_px for addon in self.addons)

    def _draw_on_toolbar(self, left_px: float) -> None:
        """Let the tools draw into the toolbar from a place on its line on."""
        for addon in self.addons:
            if addon.toolbar_px:
                imgui.same_line(left_px)
                addon.draw_on_toolbar()
                left_px += addon.toolbar_px

    def _draw_on_timeline(self, lane: TimelineLane) -> None:
        for addon in self.addons:
            addon.draw_on_timeline(lane)

    def _tell_opened(self) -> None:
        for addon in self.addons:
            addon.opened()

    def _tell_leaving(self) -> None:
        # Who came later builds on who came first, and has something for it to keep.
        for addon in reversed(self.addons):
            addon.leaving()

    def _on_key(self, action: str, always: bool, key: str) -> None:
        if not always and (self.ui.wants_keys or any(addon.takes_key(key) for addon in self.addons)):
            return
        if action:
            self.do(action)

    def _pointer(self) -> tuple[float, float]:
        if not isinstance(self.win, p3d.GraphicsWindow):
            return (-1.0, -1.0)
        pointer = self.win.get_pointer(0)
        return (pointer.get_x(), pointer.get_y())

    def _on_press(self, button: int) -> None:
        x, y = self._pointer()
        if self._taker is not None or not self.viewport.contains(x, y) or self.ui.wants_mouse:
            return
        for addon in self.addons:
            if addon.pressed(button, x, y):
                self._taker = (addon, button)
                return
        self._drag = self._press = (button, x, y)

    def _on_release(self, button: int) -> None:
        if self._taker is not None:
            if self._taker[1] == button:
                taker, self._taker = self._taker[0], None
                taker.released(button, *self._pointer())
            return
        press, self._press = self._press, None
        if self._drag and self._drag[0] == button:
            self._drag = None
        if press and press[0] == button:
            x, y = self._pointer()
            if abs(x - press[1]) <= _CLICK_PX and abs(y - press[2]) <= _CLICK_PX:
                self.clicked(button, x, y)

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

    def _before_panels(self, task: Any) -> int:
        if self._shut:
            return int(task.cont)
        now = time.perf_counter()
        dt, self._last = min(now - self._last, _LONGEST_FRAME_S), now
        if self._drag:
            button, x0, y0 = self._drag
            x, y = self._pointer()
            if (x, y) != (x0, y0):
                self.viewport.dragged(button, x - x0, y - y0)
                self._drag = (button, x, y)
        if self._taker is not None:
            self._taker[0].moved(*self._pointer())
        if self.drops:
            for path in self.drops.poll():
                if not any(addon.dropped(path) for addon in self.addons):
                    self.open_path(path)
        self._dt = dt
        self.advance(dt)
        for addon in self.addons:
            addon.advance(dt)
        return int(task.cont)

    def _all_panels(self) -> None:
        self._draw_panels()
        for addon in self.addons:
            addon.draw_panels()

    def _after_panels(self, task: Any) -> int:
        if not self._shut:
            self._draw_scene()
            for addon in self.addons:
                addon.draw_scene()
        return int(task.cont)

    def advance(self, dt_s: float) -> None:
        """Let the viewer's time pass, before the panels are drawn."""

    def clicked(self, button: int, x_px: float, y_px: float) -> None:
        """Take a click (not a drag) into the scene, window pixels."""

    def _draw_panels(self) -> None:
        raise NotImplementedError

    def _draw_scene(self) -> None:
        raise NotImplementedError

    # -- what every window can tell ------------------------------------------------------------------------------

    @property
    def path(self) -> Path | None:
        """The recording that is shown; None where what is shown lies in no file (yet)."""
        raise NotImplementedError

    @property
    def t_ns(self) -> int:
        """Where the playhead is, nanoseconds of session time."""
        raise NotImplementedError

    @property
    def playing(self) -> bool:
        """Whether time runs."""
        raise NotImplementedError

    def seek_ns(self, t_ns: int) -> None:
        """Move the playhead to a session time, nanoseconds."""
        raise NotImplementedError

    @property
    def scene_root(self) -> p3d.NodePath | None:
        """What the scene hangs on, world metres; None where there is none. Another recording has another one."""
        raise NotImplementedError

    # -- what every window can do --------------------------------------------------------------------------------

    def do(self, name: str) -> None:
        """Do an action by its name."""
        raise NotImplementedError

    def open_path(self, path: Path) -> None:
        """Open a file that the user dropped or chose; an error is shown."""
        raise NotImplementedError

    def toggle_files(self) -> None:
        """Open or close the list of files."""
        self.ui.files_open = not self.ui.files_open
        self.ui.help_open = False
        self.ui.files.refresh()

    def toggle_help(self) -> None:
        """Open or close the table of keys."""
        self.ui.help_open = not self.ui.help_open
        self.ui.files_open = False

    def escape(self) -> bool:
        """Close the uppermost thing that is open; return whether there was one."""
        if self.ui.help_open or self.ui.files_open:
            self.ui.help_open = self.ui.files_open = False
        elif any(addon.escape() for addon in self.addons):
            return True
        elif isinstance(self.win, p3d.GraphicsWindow) and self.win.is_fullscreen():
            self.toggle_fullscreen()
        else:
            return False
        return True

    def toggle_fullscreen(self) -> None:
        """Fill the screen, or go back to a window of the former size."""
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

    def set_title(self, title: str) -> None:
        """Name the window."""
        if isinstance(self.win, p3d.GraphicsWindow):
            properties = p3d.WindowProperties()
            properties.set_title(f"{title} - Twinswing")
            self.win.request_properties(properties)

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

    @property
    def notice(self) -> str:
        """The message that is to be read now, or nothing."""
        return self._notice if time.perf_counter() < self._notice_until else ""

    def current_settings(self) -> Settings:
        """Return what is to be remembered."""
        width, height = self.settings.width_px, self.settings.height_px
        if isinstance(self.win, p3d.GraphicsWindow) and not self.win.is_fullscreen() and self.win.get_x_size() > 1:
            width, height = self.win.get_x_size(), self.win.get_y_size()
        return replace(self.settings, width_px=width, height_px=height)

    def shut(self) -> None:
        """End the threads and processes that belong to the window and close it."""
        self._tell_leaving()
        for addon in reversed(self.addons):
            addon.closed()
        if self.drops is not None:
            self.drops.close()
        # The tasks stay, and with them this object: a driver's context that is given back at some later moment of
        # garbage collection is missed by whoever draws on. Another window may be opened after this one.
        self._shut = True
        self.ui.close()
        self._free_buffers()
        self.destroy()

    def _remove_scene(self) -> None:
        """Take the scene out of the window's graph, before its buffers are given back."""

    def _free_buffers(self) -> None:
        """Give the driver's objects back while this window's context is the current one.

        Panda3D deletes them by number in whichever context drew last, and numbers repeat from context to context: a
        stage that lives on beside a closed window lost its shadow map to it.
        """
        self._remove_scene()
        self.graphicsEngine.render_frame()
        self.shadows.close()
        self.viewport.close()
