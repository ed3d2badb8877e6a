"""Pictures without a window: Panda3D's engine without ShowBase, so that several may live at once.

`OffscreenStage` draws a scene through a `PinholeCamera`, exactly: a world point lands where `PinholeCamera.project`
says. The driver is EGL (`p3headlessgl`), which needs no display server; where the platform has none, the ordinary one.
"""

import atexit
import functools
import threading
from collections.abc import Sequence
from types import TracebackType
from typing import Protocol, Self

import cv2
import numpy as np
import panda3d.core as p3d
from numpy.typing import NDArray

from twinswing.body.camera import PinholeCamera
from twinswing.errors import InputError, MissingPartError
from twinswing.stage.cameras import apply_to_lens, camera_matrix
from twinswing.stage.material import PICTURE_MASK, Quality
from twinswing.stage.shadow import ShadowMap

RgbImage = NDArray[np.uint8]

# The core profile that the shaders are written for; no sound; errors only, because EGL warns of displays it tries.
_SETTINGS = """
gl-version 3 2
audio-library-name null
notify-level-display error
notify-level-egldisplay error
textures-power-2 none
"""
_MISSING = (
    "an OpenGL driver was expected and none could be loaded; install one (on Debian or Ubuntu: "
    "apt install libegl1 libgl1 libglib2.0-0 libgl1-mesa-dri)"
)


class Scene(Protocol):
    """What a stage can draw."""

    root: p3d.NodePath

    def set_time(self, t_s: float) -> None:
        """Move everything to a session time, seconds."""

    def fit_picture(self, width_px: int, height_px: int) -> None:
        """Learn the size of the picture that is drawn next."""

    def bind_shadows(self, shadows: ShadowMap | None) -> None:
        """Take a shadow map, or none."""


@functools.cache
def pipe_of(module: str) -> p3d.GraphicsPipe | None:
    """Return the pipe of one of Panda3D's display modules ("p3headlessgl", "pandagl"), None where it has none.

    Kept while the process lives: the end of one headless pipe ends the driver's display for all of them.
    """
    pipe = p3d.GraphicsPipeSelection.get_global_ptr().make_module_pipe(module)
    return pipe if pipe is not None and pipe.is_valid() else None


@functools.cache
def _pipe() -> p3d.GraphicsPipe:
    p3d.load_prc_file_data("twinswing offscreen", _SETTINGS)
    pipe = pipe_of("p3headlessgl") or pipe_of("pandagl")
    if pipe is None:
        raise MissingPartError(_MISSING)
    return pipe


class _Context(threading.local):
    """One driver context for all the stages of a thread, never given back while the thread lives.

    Panda3D deletes driver objects by number in whichever context is current, and numbers repeat from context to
    context: stages with contexts of their own lose shadow maps and buffers to one another as they close.
    """

    def __init__(self) -> None:
        self.engine = p3d.GraphicsEngine()
        self.host = _make_buffer(self.engine, _pipe(), 1, 1)
        # While the driver is still loaded: it complains of what the interpreter's end gives back too late.
        atexit.register(self.engine.remove_all_windows)


def _make_buffer(
    engine: p3d.GraphicsEngine, pipe: p3d.GraphicsPipe, width_px: int, height_px: int, samples: int = 0,
    host: p3d.GraphicsOutput | None = None,
) -> p3d.GraphicsOutput:  # fmt: skip
    properties = p3d.FrameBufferProperties()
    properties.set_rgba_bits(8, 8, 8, 8)
    properties.set_depth_bits(24)
    properties.set_multisamples(samples)
    size = p3d.WindowProperties.size(width_px, height_px)
    arguments = (pipe, "picture", 0, properties, size, p3d.GraphicsPipe.BF_refuse_window)
    buffer = engine.make_output(*arguments, *(() if host is None else (host.gsg, host)))
    if buffer is None:
        raise MissingPartError(_MISSING)
    return buffer


@functools.cache
def _context() -> _Context:
    return _Context()


class OffscreenStage:
    """A picture buffer with its own camera and shadow map; use as a context manager.

    beside: an output of a running window (`base.win`) whose driver and engine to use; by default an engine of its own.
    Not thread-safe: make one per thread that draws, and draw from the thread that made it.
    """

    def __init__(
        self,
        width_px: int,
        height_px: int,
        msaa: int = 4,
        quality: Quality | None = None,
        beside: p3d.GraphicsOutput | None = None,
    ) -> None:
        if not (0 < width_px <= 8192 and 0 < height_px <= 8192):
            raise InputError(f"expected a picture of 1 to 8192 pixels a side, found {width_px}x{height_px}")
        self.width_px, self.height_px = width_px, height_px
        self.quality = quality or Quality(msaa=msaa)
        # A driver's own surface may offer samples and not take them (Mesa's does): draw into a buffer beside it.
        host = _context().host if beside is None else beside
        self._engine = _context().engine if beside is None else beside.engine
        self._pipe = host.get_pipe()
        self._buffer = _make_buffer(self._engine, self._pipe, width_px, height_px, self.quality.msaa, host)
        self._texture = p3d.Texture("picture")
        self._buffer.add_render_texture(self._texture, p3d.GraphicsOutput.RTM_copy_ram)
        self._buffer.set_clear_color(p3d.LVecBase4f(0.05, 0.055, 0.06, 1.0))
        node = p3d.Camera("picture")
        node.set_camera_mask(PICTURE_MASK)
        self._lens = p3d.PerspectiveLens()
        node.set_lens(self._lens)
        self._camera = p3d.NodePath(node)
        self._buffer.make_display_region().set_camera(self._camera)
        self._shadows: ShadowMap | None = None
        if self.quality.shadow_px:
            self._shadows = ShadowMap(self._engine, self._pipe, self._buffer, self.quality.shadow_px)
        self._scene: Scene | None = None
        self._set_active(False)

    @property
    def driver(self) -> str:
        """The driver that draws, as it names itself; known after the first picture."""
        return str(self._buffer.gsg.get_driver_renderer())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the buffers back to the driver; the stage cannot draw any more."""
        if self._shadows is not None:
            self._shadows.close()
            self._shadows = None
        self._camera.remove_node()
        self._engine.remove_window(self._buffer)
        self._scene = None

    def _set_active(self, on: bool) -> None:
        """Take part in the engine's frames, which it draws for whoever shares it, or not."""
        self._buffer.set_active(on)
        if self._shadows is not None:
            self._shadows.buffer.set_active(on)

    def _draw(self) -> None:
        self._set_active(True)
        try:
            self._engine.render_frame()
        finally:
            self._set_active(False)
        # ShowBase does this in a task of its own; without it every state that was ever drawn is kept.
        p3d.RenderState.garbage_collect()
        p3d.TransformState.garbage_collect()

    def render(self, scene: Scene, camera: PinholeCamera) -> RgbImage:
        """Draw the scene as it stands through a camera of this stage's size, shape (height, width, 3), rgb."""
        self._aim(scene, camera)
        self._draw()
        return self._read()

    def render_accumulated(self, scene: Scene, camera: PinholeCamera, times_s: Sequence[float]) -> RgbImage:
        """Draw the mean, in linear light, of the scene at several times: motion blur of an open shutter.

        Each sub-frame is shifted by a part of a pixel (the shifts sum to zero), so that it antialiases as well.
        Leaves the scene at the last time. Shape (height, width, 3), rgb.
        """
        if not len(times_s):
            raise InputError("expected at least one time to draw, found none")
        total: NDArray[np.float32] | None = None
        part: NDArray[np.uint16] | None = None
        for i, (t_s, shift) in enumerate(zip(times_s, _shifts(len(times_s)), strict=True)):
            scene.set_time(float(t_s))
            self._aim(scene, camera, shift)
            self._draw()
            frame = cv2.LUT(self._raw(), _DECODE)
            part = frame if part is None else cv2.add(part, frame, dst=part)
            if i % _PART == _PART - 1 or i == len(times_s) - 1:
                total = np.zeros(part.shape, dtype=np.float32) if total is None else total
                cv2.accumulate(part, total)
                part = None
        assert total is not None  # there is at least one time
        mean = (total * np.float32(_FINE / (_COARSE * len(times_s)))).astype(np.uint16)
        return np.ascontiguousarray(_ENCODE[mean][::-1, :, 2::-1])

    def _aim(self, scene: Scene, camera: PinholeCamera, shift_px: tuple[float, float] = (0.0, 0.0)) -> None:
        if (camera.width_px, camera.height_px) != (self.width_px, self.height_px):
            raise InputError(
                f"expected a camera of {self.width_px}x{self.height_px} pixels, found "
                f"{camera.width_px}x{camera.height_px}"
            )
        if scene is not self._scene or (self._shadows and self._shadows.bound != scene.root):
            self._scene = scene
            self._camera.reparent_to(scene.root)
            self._camera.node().set_scene(scene.root)
        scene.fit_picture(self.width_px, self.height_px)
        scene.bind_shadows(self._shadows)
        apply_to_lens(self._lens, camera, shift_px)
        self._camera.set_mat(camera_matrix(camera))

    def _raw(self) -> NDArray[np.uint8]:
        """Return the driver's picture, bgra, bottom row first; a view that the next frame overwrites."""
        data = np.frombuffer(memoryview(self._texture.get_ram_image()), dtype=np.uint8)
        return data.reshape(self.height_px, self.width_px, -1)

    def _read(self) -> RgbImage:
        raw = self._raw()
        code = cv2.COLOR_BGRA2RGB if raw.shape[2] == 4 else cv2.COLOR_BGR2RGB
        upside_down = cv2.cvtColor(raw, code)
        return np.asarray(cv2.flip(upside_down, 0), dtype=np.uint8)


def _shifts(count: int) -> NDArray[np.float64]:
    """Spread `count` points over a pixel (Roberts' R2 sequence), centred, shape (count, 2), pixels."""
    i = np.arange(count)[:, None]
    points = (0.5 + i * np.array([0.7548776662466927, 0.5698402909980532])) % 1.0
    return np.asarray(points - points.mean(0)) if count > 1 else np.zeros((1, 2))


# Sub-frames are summed as 12-bit linear light, sixteen of which fit 16 bits, and those sums as floats.
_PART = 16
_COARSE = 4095
_FINE = 16383
_DECODE = np.rint(_COARSE * np.linspace(0.0, 1.0, 256) ** 2.2).astype(np.uint16)
_ENCODE = np.rint(255.0 * np.linspace(0.0, 1.0, _FINE + 1) ** (1 / 2.2)).astype(np.uint8)


def driver_accepts(shader: p3d.Shader) -> bool:
    """Tell whether the driver compiles and links a shader."""
    context = _context()
    context.engine.render_frame()
    gsg = context.host.gsg
    compiled = shader.prepare_now(gsg.prepared_objects, gsg)
    return compiled is not None and not shader.get_error_flag()
