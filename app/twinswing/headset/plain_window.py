"""A window (or, without a display, a buffer that no one sees) with an engine of its own, and the keys pressed in it."""

from typing import Any

import panda3d.core as p3d

from twinswing.errors import MissingPartError
from twinswing.stage.offscreen import pipe_of

_PRC = """
gl-version 3 2
audio-library-name null
textures-power-2 none
notify-level-display error
notify-level-device fatal
notify-level-x11display error
notify-level-egldisplay error
print-pipe-types 0
"""
_MISSING = (
    "a window with OpenGL 3.3 was expected and could not be opened; install a graphics driver "
    "(on Debian or Ubuntu: apt install libgl1 libegl1 libgl1-mesa-dri)"
)


class PlainWindow:
    """`output` is what others may draw beside, `engine` what draws it."""

    def __init__(self, title: str, size_px: tuple[int, int], *, display: bool = True, sync: bool = True) -> None:
        p3d.load_prc_file_data(title, f"{_PRC}sync-video {int(sync)}")
        self.engine = p3d.GraphicsEngine()
        self.output = self._open(title, size_px, display)
        self.engine.open_windows()
        self.engine.render_frame()
        if self.output.gsg is None or not self.output.is_valid():
            raise MissingPartError(_MISSING)
        self._data = p3d.NodePath("keys")
        self._event = f"key of {title}"  # all windows' events come in one queue
        if display:
            source = self._data.attach_new_node(p3d.MouseAndKeyboard(self.output, 0, "keyboard"))
            self._thrower = p3d.ButtonThrower("keys")
            source.attach_new_node(self._thrower)
            self._thrower.set_button_down_event(self._event)

    def _open(self, title: str, size_px: tuple[int, int], display: bool) -> Any:
        properties = p3d.FrameBufferProperties()
        properties.set_rgba_bits(8, 8, 8, 8)
        properties.set_depth_bits(24)
        flag = p3d.GraphicsPipe.BF_require_window if display else p3d.GraphicsPipe.BF_refuse_window
        for module in ("pandagl",) if display else ("p3headlessgl", "pandagl"):
            pipe = pipe_of(module)
            if pipe is None:
                continue
            window = p3d.WindowProperties.size(*size_px)
            window.set_title(title)
            output = self.engine.make_output(pipe, title, 10, properties, window, flag)
            if output is not None:
                return output
        raise MissingPartError(_MISSING)

    def take_keys(self) -> list[str]:
        """Return the keys pressed since this was last asked."""
        p3d.DataGraphTraverser().traverse(self._data.node())
        queue, out = p3d.EventQueue.get_global_event_queue(), []
        while not queue.is_queue_empty():
            event = queue.dequeue_event()
            if event.get_name() == self._event:
                out.append(event.get_parameter(0).get_string_value())
        return out

    @property
    def closed(self) -> bool:
        """Tell whether the user closed the window."""
        return not self.output.is_valid() or (isinstance(self.output, p3d.GraphicsWindow) and self.output.is_closed())

    def close(self) -> None:
        """Close the window and give everything of the driver back."""
        self.engine.remove_all_windows()


def flat_card(name: str, share: float = 1.0) -> tuple[p3d.NodePath, p3d.NodePath]:
    """Return a card that fills a picture, and a camera below a root of their own that sees it so.

    share: how much of a texture it shows, from the left.
    """
    maker = p3d.CardMaker(name)
    maker.set_frame_fullscreen_quad()
    maker.set_uv_range(p3d.LVecBase2f(0.0, 0.0), p3d.LVecBase2f(share, 1.0))
    root = p3d.NodePath(name)
    card = root.attach_new_node(maker.generate())
    card.set_depth_test(False)
    card.set_depth_write(False)
    lens = p3d.OrthographicLens()
    lens.set_film_size(2, 2)
    lens.set_near_far(-10, 10)
    return card, root.attach_new_node(p3d.Camera(name, lens))
