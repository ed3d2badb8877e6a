"""Dear ImGui inside the window: set-up, and one frame of panels."""

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import panda3d.core as p3d
from imgui_bundle import imgui, implot

from twinswing.desk import layout, theme
from twinswing.desk.actions import groups
from twinswing.desk.imgui_backend import ImGuiBackend
from twinswing.desk.panels.context import PanelContext
from twinswing.desk.panels.measures import draw_measures
from twinswing.desk.panels.overlays import FileList, draw_help, draw_job, draw_notice
from twinswing.desk.panels.plots import draw_plots
from twinswing.desk.panels.timeline import draw_timeline
from twinswing.desk.panels.toolbar import draw_toolbar
from twinswing.desk.panels.video import draw_video
from twinswing.desk.viewport import Rect

Context = TypeVar("Context")
_SETTLING_FRAMES = 6


class Interface:
    """Dear ImGui in one window: contexts, typeface, look, and what every window's panels need.

    base: the ShowBase whose window they lie in; without a window (offscreen) the panels are drawn all the same.
    """

    def __init__(self, base: Any, layout_text: str = "", folder: Path | None = None) -> None:
        self._base = base
        self.fixed_size: tuple[int, int] | None = None  # instead of the window's, for measuring
        onscreen = isinstance(base.win, p3d.GraphicsWindow)
        if base.buttonThrowers is None:
            base.buttonThrowers = [p3d.NodePath(p3d.ButtonThrower("none"))]
        # The panels get a region of their own above the scene's, in pixels of the window.
        self.backend: Any = ImGuiBackend(parent=base.pixel2d, style="dark")
        # In their own order: sorted by state, a plot would be drawn over the dialog that lies on it.
        self.backend.root.set_bin("unsorted", 0)
        if not onscreen:
            self.backend.window = None
        self.resize()
        io = imgui.get_io()
        io.set_ini_filename("")
        io.config_flags |= imgui.ConfigFlags_.docking_enable.value
        io.config_input_trickle_event_queue = False
        self.plots = implot.create_context()
        io.fonts.clear()
        self.fonts = theme.load_fonts()
        theme.apply_theme()
        if layout_text:
            imgui.load_ini_settings_from_memory(layout_text)
        self._rebuild = not layout_text
        self.files = FileList(folder or Path.home())
        self.files_open = False
        self.help_open = False
        self._textures: dict[int, Any] = {}

    def resize(self) -> None:
        """Take the window's size."""
        size = self.fixed_size or (self._base.win.get_x_size(), self._base.win.get_y_size())
        imgui.get_io().display_size = imgui.ImVec2(*size)

    def reset_layout(self) -> None:
        """Put the panels back to their places at the next frame."""
        self._rebuild = True

    def layout_text(self) -> str:
        """Return the panels' places, to be given back at the next start."""
        return str(imgui.save_ini_settings_to_memory())

    def texture(self, texture: p3d.Texture) -> Any:
        """Return the reference by which panels draw a texture of ours (bottom row first, as Panda3D keeps it)."""
        key = id(texture)
        if key not in self._textures:
            self.backend.textureCounter += 1
            self.backend.textures[self.backend.textureCounter] = texture
            self._textures[key] = imgui.ImTextureRef(self.backend.textureCounter)
        return self._textures[key]

    @property
    def wants_mouse(self) -> bool:
        """Tell whether the mouse is over a panel."""
        return bool(imgui.get_io().want_capture_mouse)

    @property
    def wants_keys(self) -> bool:
        """Tell whether a text field has the keyboard."""
        return bool(imgui.get_io().want_text_input)

    def take_rebuild(self) -> bool:
        """Tell whether the panels go back to their places in this frame."""
        rebuild, self._rebuild = self._rebuild, False
        return rebuild

    @staticmethod
    def panel(name: str, context: Context, draw: Callable[[Context], None], *, shown: bool) -> None:
        """Draw a docked panel."""
        if not shown:
            return
        if imgui.begin(name, None, imgui.WindowFlags_.no_collapse)[0]:
            draw(context)
        imgui.end()

    def close(self) -> None:
        """Give the contexts back."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            implot.destroy_context(self.plots)
            self.backend.ignore_all()
            self._base.task_mgr.remove("imgui-new-frame")
            self._base.task_mgr.remove("imgui-render-frame")
            self.backend.cleanup()


class UserInterface(Interface):
    """The panels of a swing's window."""

    _settling: int = 0  # frames until the tools' panels have come into the docks

    def frame(self, context: PanelContext) -> Rect:
        """Draw all panels; return the rectangle left for the scene."""
        context.fonts = self.fonts
        layout.toolbar_window()
        draw_toolbar(context)
        imgui.end()
        rebuild = self.take_rebuild()
        self._settling = _SETTLING_FRAMES if rebuild else max(self._settling - 1, 0)
        scene = layout.dock_space(rebuild=rebuild, build=layout.build_swing)
        self.panel("Timeline", context, draw_timeline, shown=True)
        self.panel("Plots", context, draw_plots, shown=context.shows("plots"))
        self.panel("Video", context, draw_video, shown=context.shows("pip"))
        if self._settling == 1:
            # A dock shows the panel that came last; what was measured comes first until somebody chooses.
            imgui.set_next_window_focus()
        self.panel("Measures", context, draw_measures, shown=context.shows("measures"))
        draw_job(context)
        draw_notice(context)
        if self.files_open:
            self.files.draw(context)
        if self.help_open:
            draw_help(context, groups(context.more_actions))
        return scene
