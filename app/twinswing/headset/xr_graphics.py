"""What OpenXR needs of the driver: Panda3D's context as a graphics binding, and copies into the runtime's images.

All of it wants Panda3D's context to be current, which it is after `render_frame` on the thread that drew.
"""

import ctypes
import sys
from typing import Any

import numpy as np
import panda3d.core as p3d
import xr  # type: ignore[import-untyped,unused-ignore]
from numpy.typing import NDArray
from OpenGL import GL  # type: ignore[import-untyped,unused-ignore]

from twinswing.errors import MissingPartError

_GLX_FBCONFIG_ID = 0x8013
_EGL_CONFIG_ID = 0x3028
_EGL_NONE = 0x3038


def binding_extensions() -> tuple[str, ...]:
    """Return the instance extensions, best first, by which this platform's contexts can be handed to a runtime."""
    if sys.platform == "win32":
        return ("XR_KHR_opengl_enable",)
    return ("XR_KHR_opengl_enable", "XR_MNDX_egl_enable")


def current_binding(extensions: set[str]) -> Any:
    """Return the graphics binding of the context that is current on this thread.

    extensions: those that the instance was made with. Raises MissingPartError when the runtime cannot take it.
    """
    if sys.platform == "win32":
        return _wgl_binding()
    found = _glx_binding()
    if found is not None:
        if "XR_KHR_opengl_enable" not in extensions:
            raise MissingPartError(
                "an OpenXR runtime that takes OpenGL was expected, and this one does not; use another"
            )
        return found
    found = _egl_binding()
    if found is None:
        raise MissingPartError("an OpenGL context was expected to be current, and none is; install a graphics driver")
    if "XR_MNDX_egl_enable" not in extensions:
        raise MissingPartError(
            "a display was expected, because this OpenXR runtime takes no context without one; start it under X11"
        )
    return found


def _library(name: str) -> ctypes.CDLL | None:
    try:
        return ctypes.CDLL(name)
    except OSError:
        return None


def _glx_binding() -> Any | None:
    lib = _library("libGL.so.1")
    if lib is None or not hasattr(lib, "glXGetCurrentContext"):
        return None
    for name in ("glXGetCurrentContext", "glXGetCurrentDisplay", "glXGetFBConfigs", "glXGetVisualFromFBConfig"):
        getattr(lib, name).restype = ctypes.c_void_p
    lib.glXGetCurrentDrawable.restype = ctypes.c_ulong
    context = lib.glXGetCurrentContext()
    if not context:
        return None
    display = ctypes.c_void_p(lib.glXGetCurrentDisplay())
    wanted, value, count = ctypes.c_int(), ctypes.c_int(), ctypes.c_int()
    lib.glXQueryContext(display, ctypes.c_void_p(context), _GLX_FBCONFIG_ID, ctypes.byref(wanted))
    configs = lib.glXGetFBConfigs(display, 0, ctypes.byref(count))
    config, visual_id = None, 0
    if configs:
        for each in (ctypes.c_void_p * count.value).from_address(configs):
            lib.glXGetFBConfigAttrib(display, ctypes.c_void_p(each), _GLX_FBCONFIG_ID, ctypes.byref(value))
            if value.value == wanted.value:
                config = each
                visual = lib.glXGetVisualFromFBConfig(display, ctypes.c_void_p(each))
                # XVisualInfo begins with a pointer, then the visual's id.
                visual_id = ctypes.c_ulong.from_address(visual + ctypes.sizeof(ctypes.c_void_p)).value if visual else 0
                break
    binding = xr.GraphicsBindingOpenGLXlibKHR()
    fields = {name: kind for name, kind in xr.GraphicsBindingOpenGLXlibKHR._fields_}  # noqa: C416 - pairs of ctypes
    binding.x_display = ctypes.cast(display, fields["x_display"])
    binding.visualid = visual_id
    binding.glx_fbconfig = ctypes.cast(ctypes.c_void_p(config), fields["glx_fbconfig"])
    binding.glx_drawable = lib.glXGetCurrentDrawable()
    binding.glx_context = ctypes.cast(ctypes.c_void_p(context), fields["glx_context"])
    return binding


def _egl_binding() -> Any | None:
    lib = _library("libEGL.so.1")
    if lib is None:
        return None
    lib.eglGetCurrentContext.restype = lib.eglGetCurrentDisplay.restype = ctypes.c_void_p
    context = lib.eglGetCurrentContext()
    if not context:
        return None
    display = ctypes.c_void_p(lib.eglGetCurrentDisplay())
    wanted, count, config = ctypes.c_int(), ctypes.c_int(), ctypes.c_void_p()
    lib.eglQueryContext(display, ctypes.c_void_p(context), _EGL_CONFIG_ID, ctypes.byref(wanted))
    attributes = (ctypes.c_int * 3)(_EGL_CONFIG_ID, wanted.value, _EGL_NONE)
    lib.eglChooseConfig(display, attributes, ctypes.byref(config), 1, ctypes.byref(count))
    binding = xr.GraphicsBindingEGLMNDX()
    fields = {name: kind for name, kind in xr.GraphicsBindingEGLMNDX._fields_}  # noqa: C416 - pairs of ctypes
    binding.get_proc_address = ctypes.cast(lib.eglGetProcAddress, fields["get_proc_address"])
    binding.display = ctypes.cast(display, fields["display"])
    binding.config = ctypes.cast(config, fields["config"])
    binding.context = ctypes.cast(ctypes.c_void_p(context), fields["context"])
    return binding


def _wgl_binding() -> Any:
    lib = ctypes.WinDLL("opengl32")  # type: ignore[attr-defined,unused-ignore]
    lib.wglGetCurrentDC.restype = lib.wglGetCurrentContext.restype = ctypes.c_void_p
    device, context = lib.wglGetCurrentDC(), lib.wglGetCurrentContext()
    if not context:
        raise MissingPartError("an OpenGL context was expected to be current, and none is; install a graphics driver")
    binding = xr.GraphicsBindingOpenGLWin32KHR()
    fields = {name: kind for name, kind in xr.GraphicsBindingOpenGLWin32KHR._fields_}  # noqa: C416 - pairs of ctypes
    binding.h_dc = ctypes.cast(ctypes.c_void_p(device), fields["h_dc"])
    binding.h_glrc = ctypes.cast(ctypes.c_void_p(context), fields["h_glrc"])
    return binding


def gl_version() -> tuple[int, int]:
    """Return the current context's version."""
    return int(GL.glGetIntegerv(GL.GL_MAJOR_VERSION)), int(GL.glGetIntegerv(GL.GL_MINOR_VERSION))


def texture_id(texture: p3d.Texture, gsg: p3d.GraphicsStateGuardian) -> int:
    """Return the driver's name of a texture that was drawn into."""
    return int(texture.prepare_now(0, gsg.prepared_objects, gsg).get_native_id())


def internal_format(name: int) -> int:
    """Return the format that the driver keeps a 2D texture in."""
    before = GL.glGetIntegerv(GL.GL_TEXTURE_BINDING_2D)
    GL.glBindTexture(GL.GL_TEXTURE_2D, name)
    kept = int(GL.glGetTexLevelParameteriv(GL.GL_TEXTURE_2D, 0, GL.GL_TEXTURE_INTERNAL_FORMAT))
    GL.glBindTexture(GL.GL_TEXTURE_2D, before)
    return kept


def write_texture(name: int, rgb: NDArray[np.uint8]) -> None:
    """Write a picture, top row first, shape (h, w, 3), into the driver's 2D texture of that size."""
    height, width = rgb.shape[:2]
    rgba = np.empty((height, width, 4), dtype=np.uint8)
    rgba[..., :3], rgba[..., 3] = rgb[::-1], 255
    before = GL.glGetIntegerv(GL.GL_TEXTURE_BINDING_2D)
    unpack = int(GL.glGetIntegerv(GL.GL_PIXEL_UNPACK_BUFFER_BINDING))
    GL.glBindBuffer(GL.GL_PIXEL_UNPACK_BUFFER, 0)
    GL.glBindTexture(GL.GL_TEXTURE_2D, name)
    GL.glPixelStorei(GL.GL_UNPACK_ALIGNMENT, 4)
    GL.glTexSubImage2D(GL.GL_TEXTURE_2D, 0, 0, 0, width, height, GL.GL_RGBA, GL.GL_UNSIGNED_BYTE, rgba)
    GL.glBindTexture(GL.GL_TEXTURE_2D, before)
    GL.glBindBuffer(GL.GL_PIXEL_UNPACK_BUFFER, unpack)


class Copier:
    """Copies rectangles between textures as they are: our colours are display-encoded already, so none is converted."""

    def __init__(self) -> None:
        self._frames = [int(name) for name in GL.glGenFramebuffers(2)]

    def copy(self, source: int, target: int, size: tuple[int, int], left: int = 0, *, depth: bool = False) -> None:
        """Copy the rectangle of this size that begins `left` pixels into the source to the target's corner."""
        before = [
            int(GL.glGetIntegerv(name)) for name in (GL.GL_READ_FRAMEBUFFER_BINDING, GL.GL_DRAW_FRAMEBUFFER_BINDING)
        ]
        scissor, encode = GL.glIsEnabled(GL.GL_SCISSOR_TEST), GL.glIsEnabled(GL.GL_FRAMEBUFFER_SRGB)
        GL.glDisable(GL.GL_SCISSOR_TEST)
        GL.glDisable(GL.GL_FRAMEBUFFER_SRGB)
        point = GL.GL_DEPTH_ATTACHMENT if depth else GL.GL_COLOR_ATTACHMENT0
        mask = GL.GL_DEPTH_BUFFER_BIT if depth else GL.GL_COLOR_BUFFER_BIT
        for kind, frame, texture in (
            (GL.GL_READ_FRAMEBUFFER, self._frames[0], source),
            (GL.GL_DRAW_FRAMEBUFFER, self._frames[1], target),
        ):
            GL.glBindFramebuffer(kind, frame)
            GL.glFramebufferTexture2D(kind, point, GL.GL_TEXTURE_2D, texture, 0)
        width, height = size
        GL.glBlitFramebuffer(left, 0, left + width, height, 0, 0, width, height, mask, GL.GL_NEAREST)
        for kind in (GL.GL_READ_FRAMEBUFFER, GL.GL_DRAW_FRAMEBUFFER):
            GL.glFramebufferTexture2D(kind, point, GL.GL_TEXTURE_2D, 0, 0)
        GL.glBindFramebuffer(GL.GL_READ_FRAMEBUFFER, before[0])
        GL.glBindFramebuffer(GL.GL_DRAW_FRAMEBUFFER, before[1])
        if scissor:
            GL.glEnable(GL.GL_SCISSOR_TEST)
        if encode:
            GL.glEnable(GL.GL_FRAMEBUFFER_SRGB)

    def close(self) -> None:
        """Give the frame buffers back."""
        GL.glDeleteFramebuffers(2, self._frames)
