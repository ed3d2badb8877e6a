"""A session: its states, its space, its frames and the images that they go into."""

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xr  # type: ignore[import-untyped,unused-ignore]
from numpy.typing import NDArray
from OpenGL import GL  # type: ignore[import-untyped,unused-ignore]

from twinswing.errors import MissingPartError
from twinswing.headset import xr_graphics
from twinswing.headset.frames import FloatArray, Fov, View, pose_matrix
from twinswing.headset.lifecycle import Do, Lifecycle, State
from twinswing.headset.stereo import StereoPicture
from twinswing.headset.xr_instance import Instance

_VIEWS = xr.ViewConfigurationType.PRIMARY_STEREO
# Best first. Our pictures are display-encoded bytes: an sRGB format says so. RGBA8 keeps the bytes but is read as
# linear, so that the picture would be too light; it is taken only where nothing else is there.
_COLOUR_FORMATS = (GL.GL_SRGB8_ALPHA8, GL.GL_SRGB8, GL.GL_RGBA8)
WITH_ALPHA = frozenset({int(GL.GL_SRGB8_ALPHA8), int(GL.GL_RGBA8)})
# How long to wait for an image before giving the frame up, ns: a compositor that hangs must not hang the window.
_IMAGE_WAIT_NS = 500_000_000
_NS_PER_S = 1_000_000_000


def chosen_colour_format(offered: Sequence[int]) -> int:
    """Return the best of the runtime's formats; raises MissingPartError where none can be used."""
    for wanted in _COLOUR_FORMATS:
        if wanted in offered:
            return int(wanted)
    raise MissingPartError(
        f"an OpenXR runtime with 8-bit sRGB images was expected, this one offers {[hex(f) for f in offered]}; update it"
    )


@dataclass(frozen=True)
class Frame:
    """A frame to be drawn: the time at which it will be seen, ns of the runtime's clock, and whether anyone will."""

    time_ns: int
    period_s: float
    visible: bool


class Swapchain:
    """Images that the runtime shows, filled from one of our textures."""

    def __init__(self, session: Any, pixel_format: int, size: tuple[int, int], usage: Any) -> None:
        self.size = size
        self.handle = xr.create_swapchain(
            session,
            xr.SwapchainCreateInfo(
                usage_flags=usage, format=pixel_format, sample_count=1, width=size[0], height=size[1], face_count=1,
                array_size=1, mip_count=1,
            ),
        )  # fmt: skip
        self._images = [image.image for image in xr.enumerate_swapchain_images(self.handle, xr.SwapchainImageOpenGLKHR)]

    def fill(self, copier: xr_graphics.Copier, source: int, *, depth: bool = False) -> None:
        """Copy a texture of this size into the next image."""
        index = xr.acquire_swapchain_image(self.handle, xr.SwapchainImageAcquireInfo())
        xr.wait_swapchain_image(self.handle, xr.SwapchainImageWaitInfo(timeout=_IMAGE_WAIT_NS))
        copier.copy(source, self._images[index], self.size, depth=depth)
        xr.release_swapchain_image(self.handle, xr.SwapchainImageReleaseInfo())

    def write(self, rgb: NDArray[np.uint8]) -> None:
        """Write a picture of this size, top row first, into the next image."""
        index = xr.acquire_swapchain_image(self.handle, xr.SwapchainImageAcquireInfo())
        xr.wait_swapchain_image(self.handle, xr.SwapchainImageWaitInfo(timeout=_IMAGE_WAIT_NS))
        xr_graphics.write_texture(self._images[index], rgb)
        xr.release_swapchain_image(self.handle, xr.SwapchainImageReleaseInfo())

    def part(self, left: int, width: int) -> Any:
        """Return the columns of the image that one eye sees."""
        rect = xr.Rect2Di(xr.Offset2Di(left, 0), xr.Extent2Di(width, self.size[1]))
        return xr.SwapchainSubImage(self.handle, rect, 0)


class Session:
    """A session on the context that is current now, which must be `picture`'s."""

    def __init__(self, instance: Instance, picture: StereoPicture) -> None:
        self.instance, self.picture = instance, picture
        self.life = Lifecycle()
        binding = xr_graphics.current_binding(set(instance.offer.extensions))
        info = xr.SessionCreateInfo(
            system_id=instance.system, next=ctypes.cast(ctypes.pointer(binding), ctypes.c_void_p)
        )
        self.handle = xr.create_session(instance.handle, info)
        self.space, self.space_name = self._make_space()
        self._copier = xr_graphics.Copier()
        size = (2 * picture.eye_px[0], picture.eye_px[1])
        formats = [int(f) for f in xr.enumerate_swapchain_formats(self.handle)]
        colour = xr.SwapchainUsageFlags.COLOR_ATTACHMENT_BIT | xr.SwapchainUsageFlags.TRANSFER_DST_BIT
        self.colour_format = chosen_colour_format(formats)
        self.colour = Swapchain(self.handle, self.colour_format, size, colour)
        self.depth = self._make_depth(formats, size)
        self.views: Sequence[View] = ()
        self.blend_mode = xr.EnvironmentBlendMode.OPAQUE
        self.first_layers: list[Any] = []  # shown behind the scene, such as the cameras' picture
        self.floor_changed = False
        self.profile_changed = True

    def _make_space(self) -> tuple[Any, str]:
        """Make the play space: with the floor at 0 where the runtime knows it."""
        offered = {xr.ReferenceSpaceType(s) for s in xr.enumerate_reference_spaces(self.handle)}
        kinds = [(xr.ReferenceSpaceType.STAGE, "stage")]
        if "XR_EXT_local_floor" in self.instance.offer.extensions:
            kinds.append((xr.ReferenceSpaceType.LOCAL_FLOOR, "local floor"))
        kinds.append((xr.ReferenceSpaceType.LOCAL, "local"))
        for kind, name in kinds:
            if kind in offered:
                return self._space(kind), name
        raise MissingPartError("an OpenXR runtime with a local space was expected, and this one has none; update it")

    def _space(self, kind: Any) -> Any:
        still = xr.Posef(xr.Quaternionf(0, 0, 0, 1), xr.Vector3f(0, 0, 0))
        return xr.create_reference_space(self.handle, xr.ReferenceSpaceCreateInfo(kind, still))

    @property
    def knows_floor(self) -> bool:
        """Tell whether the play space's height 0 is the floor."""
        return self.space_name != "local"

    def _make_depth(self, formats: Sequence[int], size: tuple[int, int]) -> Swapchain | None:
        """Make images for the depth where the runtime takes them in the very format that we draw."""
        texture = self.picture.depth_texture
        if texture is None or "XR_KHR_composition_layer_depth" not in self.instance.offer.extensions:
            return None
        ours = xr_graphics.internal_format(xr_graphics.texture_id(texture, self.picture.host.gsg))
        if ours not in formats:
            return None
        usage = xr.SwapchainUsageFlags.DEPTH_STENCIL_ATTACHMENT_BIT | xr.SwapchainUsageFlags.TRANSFER_DST_BIT
        return Swapchain(self.handle, ours, size, usage)

    # -- states --------------------------------------------------------------------------------------------------

    def poll(self) -> Do:
        """Take the runtime's events; begin and end as they ask; return what is left to the caller to do."""
        while True:
            try:
                event = xr.poll_event(self.instance.handle)
            except xr.exception.EventUnavailable:
                return Do.NOTHING
            kind = xr.StructureType(event.type)
            if kind == xr.StructureType.EVENT_DATA_INSTANCE_LOSS_PENDING:
                return Do.GIVE_BACK
            if kind == xr.StructureType.EVENT_DATA_REFERENCE_SPACE_CHANGE_PENDING:
                self.floor_changed = True
            if kind == xr.StructureType.EVENT_DATA_INTERACTION_PROFILE_CHANGED:
                self.profile_changed = True
            if kind != xr.StructureType.EVENT_DATA_SESSION_STATE_CHANGED:
                continue
            changed = ctypes.cast(ctypes.byref(event), ctypes.POINTER(xr.EventDataSessionStateChanged)).contents
            self.life, do = self.life.to(State(int(changed.state)))
            if do is Do.BEGIN:
                xr.begin_session(self.handle, xr.SessionBeginInfo(_VIEWS))
            elif do is Do.END:
                xr.end_session(self.handle)
            elif do is not Do.NOTHING:
                return do

    # -- frames --------------------------------------------------------------------------------------------------

    def wait(self) -> Frame:
        """Wait until the runtime wants the next frame, and begin it."""
        state = xr.wait_frame(self.handle, xr.FrameWaitInfo())
        xr.begin_frame(self.handle, xr.FrameBeginInfo())
        return Frame(
            int(state.predicted_display_time),
            int(state.predicted_display_period) / _NS_PER_S,
            bool(state.should_render),
        )

    def locate(self, frame: Frame) -> Sequence[View]:
        """Return where the eyes will be when the frame is seen; the last known place where tracking is lost."""
        state, located = xr.locate_views(self.handle, xr.ViewLocateInfo(_VIEWS, frame.time_ns, self.space))
        valid = xr.ViewStateFlags.ORIENTATION_VALID_BIT | xr.ViewStateFlags.POSITION_VALID_BIT
        if (int(state.view_state_flags) & int(valid)) == int(valid) or not self.views:
            self.views = tuple(_view(raw) for raw in located)
        return self.views

    def end(self, frame: Frame, *, drawn: bool, under: Sequence[Any] = ()) -> None:
        """Hand the frame to the runtime: the picture as it was drawn for `views`, or nothing.

        under: layers that are seen where the picture is left open.
        """
        layers = list(self.first_layers)
        kept: list[Any] = []  # what the structures point to must live until the call returns
        if drawn:
            layers += under
            layer, kept = self._projection_layer(see_through=bool(under))
            layers.append(layer)
        pointers = [ctypes.cast(ctypes.byref(layer), _LAYER_POINTER) for layer in layers]
        xr.end_frame(self.handle, xr.FrameEndInfo(frame.time_ns, self.blend_mode, layers=pointers))
        del kept

    def _projection_layer(self, *, see_through: bool) -> tuple[Any, list[Any]]:
        gsg, width = self.picture.host.gsg, self.picture.eye_px[0]
        self.colour.fill(self._copier, xr_graphics.texture_id(self.picture.texture, gsg))
        if self.depth is not None:
            self.depth.fill(self._copier, xr_graphics.texture_id(self.picture.depth_texture, gsg), depth=True)
        settings = self.picture.settings
        projected, kept = [], []
        for i, view in enumerate(self.views):
            depth = None
            if self.depth is not None:
                depth = xr.CompositionLayerDepthInfoKHR(
                    self.depth.part(i * width, width), 0.0, 1.0, settings.near_m, settings.far_m
                )
                kept.append(depth)
            projected.append(
                xr.CompositionLayerProjectionView(
                    view.raw.pose, view.raw.fov, self.colour.part(i * width, width),
                    next=None if depth is None else ctypes.cast(ctypes.pointer(depth), ctypes.c_void_p),
                )
            )  # fmt: skip
        flags = xr.CompositionLayerFlags.NONE
        if see_through or self.blend_mode != xr.EnvironmentBlendMode.OPAQUE or self.first_layers:
            flags = xr.CompositionLayerFlags.BLEND_TEXTURE_SOURCE_ALPHA_BIT
        layer = xr.CompositionLayerProjection(layer_flags=flags, space=self.space, views=projected)
        kept.append(projected)
        return layer, kept

    def hidden_mesh(self, eye: int) -> tuple[FloatArray, "np.ndarray[Any, np.dtype[np.uint32]]"]:
        """Return what no one sees of an eye's picture: points on the plane z = -1 before the eye, and triangles."""
        empty = np.empty((0, 2)), np.empty((0, 3), dtype=np.uint32)
        if "XR_KHR_visibility_mask" not in self.instance.offer.extensions:
            return empty
        mask = xr.VisibilityMaskKHR()
        arguments = (self.handle, _VIEWS.value, eye, xr.VisibilityMaskTypeKHR.HIDDEN_TRIANGLE_MESH.value)
        try:
            self.instance.call("xrGetVisibilityMaskKHR", *arguments, ctypes.byref(mask))
            points, indices = mask.vertex_count_output, mask.index_count_output
            if points == 0 or indices == 0:
                return empty
            vertices, order = (xr.Vector2f * points)(), (ctypes.c_uint32 * indices)()
            mask.vertex_capacity_input, mask.index_capacity_input = points, indices
            mask.vertices, mask.indices = vertices, order
            self.instance.call("xrGetVisibilityMaskKHR", *arguments, ctypes.byref(mask))
        except xr.exception.ErrorResult:
            return empty  # a runtime may offer the extension and have no mask for this headset
        flat = np.frombuffer(vertices, dtype=np.float32).reshape(-1, 2).astype(np.float64)
        return flat, np.frombuffer(order, dtype=np.uint32).reshape(-1, 3).copy()

    # -- end -----------------------------------------------------------------------------------------------------

    def request_exit(self) -> None:
        """Ask the runtime to take the session to its end; the states then follow by `poll`."""
        if self.life.running:
            xr.request_exit_session(self.handle)

    def close(self) -> None:
        """Give everything back; of a lost session nothing is left to be given."""
        self._copier.close()
        try:
            xr.destroy_session(self.handle)  # its spaces and swapchains go with it
        except xr.exception.ErrorResult:
            return


_LAYER_POINTER = ctypes.POINTER(xr.CompositionLayerBaseHeader)


def _view(raw: Any) -> View:
    p, q, f = raw.pose.position, raw.pose.orientation, raw.fov
    fov = Fov(f.angle_left, f.angle_right, f.angle_up, f.angle_down)
    copy = xr.View(
        pose=xr.Posef(xr.Quaternionf(q.x, q.y, q.z, q.w), xr.Vector3f(p.x, p.y, p.z)), fov=xr.Fovf(*_field(f))
    )
    return View(pose_matrix([p.x, p.y, p.z], [q.x, q.y, q.z, q.w]), fov, copy)


def _field(fov: Any) -> tuple[float, float, float, float]:
    return fov.angle_left, fov.angle_right, fov.angle_up, fov.angle_down
