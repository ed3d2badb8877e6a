"""A scene drawn for two eyes: into the halves of one picture, in a single pass or in two.

Single pass: one cull and one submission for both eyes. Every draw call has twice its instances, and the vertex shader
picks the eye and its half of the picture (stage/stereo_source.py). The scene itself stays as it is: the stereo camera
swaps each shader for its twin by a tag on the node, so that other cameras, the sun's among them, draw the same nodes as
ever.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import panda3d.core as p3d
from numpy.typing import NDArray
from OpenGL import GL  # type: ignore[import-untyped,unused-ignore]

from twinswing.errors import MissingPartError
from twinswing.headset.frames import Eye, FloatArray, covering_eye, projection, view_projection
from twinswing.stage import shaders
from twinswing.stage.material import PICTURE_MASK, Quality
from twinswing.stage.offscreen import Scene
from twinswing.stage.shadow import ShadowMap

EYES_TAG = "eyes"


@dataclass(frozen=True)
class StereoSettings:
    """How both eyes are drawn.

    near_m, far_m: in metres of the viewer; a hand held before the eyes must not be cut. single_pass: None takes it
    where the driver can. depth: keep the depth buffer as a texture, for the runtime's reprojection.
    """

    quality: Quality
    near_m: float = 0.05
    far_m: float = 500.0
    single_pass: bool | None = None
    depth: bool = False


def panda_matrix(matrix: FloatArray) -> p3d.LMatrix4f:
    """Return a matrix that multiplies columns as Panda3D's, which multiplies rows."""
    return p3d.LMatrix4f(*matrix.T.ravel().tolist())


def can_single_pass(gsg: p3d.GraphicsStateGuardian) -> bool:
    """Tell whether the driver takes what a single pass wants: instances and clip distances; known after a frame."""
    return (gsg.get_driver_shader_version_major(), gsg.get_driver_shader_version_minor()) >= (3, 30)


class StereoTags:
    """Tells a stereo camera which twin to draw each node with."""

    def __init__(self, camera: p3d.Camera) -> None:
        self._camera = camera
        self._known: set[str] = set()
        self._instanced: list[tuple[p3d.NodePath, str]] = []
        camera.set_tag_state_key(EYES_TAG)

    def adopt(self, root: p3d.NodePath) -> None:
        """Learn every shader below a node; call it again after nodes were added or given other shaders."""
        self._instanced = [(path, name) for path, name in self._instanced if not path.is_empty()]
        for path in [root, *root.find_all_matches("**")]:
            attrib = path.get_attrib(p3d.ShaderAttrib)
            if attrib is None or attrib.get_shader() is None:
                continue
            variant = shaders.variant_of(attrib.get_shader())
            if variant is None:
                continue
            name = " ".join((variant[0], *variant[1]))
            self._tag(path, name, variant, attrib.get_instance_count())
            if "INSTANCED" in variant[1] and all(path != other for other, _ in self._instanced):
                self._instanced.append((path, name))

    def refresh(self) -> None:
        """Follow the counts of instanced nodes, which scenes change as they go."""
        for path, name in self._instanced:
            if path.is_empty():
                continue
            count = path.get_instance_count()
            if path.get_tag(EYES_TAG) != f"{name} x{count}":
                program, *defines = name.split(" ")
                self._tag(path, name, (program, tuple(defines)), count)

    def _tag(self, path: p3d.NodePath, name: str, variant: tuple[str, tuple[str, ...]], count: int) -> None:
        tag = f"{name} x{count}"
        path.set_tag(EYES_TAG, tag)
        if tag in self._known:
            return
        self._known.add(tag)
        twin = p3d.ShaderAttrib.make(shaders.load_stereo(variant[0], *variant[1]), 1)
        self._camera.set_tag_state(tag, p3d.RenderState.make(twin.set_instance_count(2 * max(count, 1))))


class StereoPicture:
    """Both eyes side by side in one buffer, left in the left half.

    host: an output whose driver context and engine to use. `draw` is called once a frame; what `latch` returns is
    asked for after culling, just before the driver gets the draw calls.
    """

    def __init__(self, host: p3d.GraphicsOutput, eye_px: tuple[int, int], settings: StereoSettings) -> None:
        self.host, self.eye_px, self.settings = host, eye_px, settings
        self._engine = host.engine
        self.texture = p3d.Texture("both eyes")
        self.depth_texture = p3d.Texture("both eyes' depth") if settings.depth else None
        self.buffer = self._make_buffer(settings.quality.msaa)
        can = can_single_pass(host.gsg)
        self.single_pass = can if settings.single_pass is None else settings.single_pass
        if self.single_pass and not can:
            raise MissingPartError("a driver with GLSL 3.30 was expected for both eyes in one pass; update it")
        self.latch: Callable[[], Sequence[Eye] | None] | None = None
        self._clip = p3d.PTA_LMatrix4f.empty_array(2)
        self._inverse = p3d.PTA_LMatrix4f.empty_array(2)
        self._cameras: list[p3d.NodePath] = []
        self._lenses: list[p3d.MatrixLens] = []
        self._regions: list[p3d.DisplayRegion] = []
        self.tags: StereoTags | None = None
        if self.single_pass:
            self._add_single_pass()
        else:
            self._add_two_passes()
        self._root: p3d.NodePath | None = None
        self.shadows: ShadowMap | None = None
        if settings.quality.shadow_px:
            self.shadows = ShadowMap(self._engine, host.get_pipe(), host, settings.quality.shadow_px)
        self.set_active(False)

    def _make_buffer(self, samples: int) -> p3d.GraphicsOutput:
        properties = p3d.FrameBufferProperties()
        properties.set_rgba_bits(8, 8, 8, 8)
        properties.set_depth_bits(32 if self.depth_texture is not None else 24)
        properties.set_float_depth(self.depth_texture is not None)  # the one format that every runtime takes
        properties.set_multisamples(samples)
        size = p3d.WindowProperties.size(2 * self.eye_px[0], self.eye_px[1])
        flags = p3d.GraphicsPipe.BF_refuse_window
        buffer = self._engine.make_output(
            self.host.get_pipe(), "both eyes", -5, properties, size, flags, self.host.gsg, self.host
        )
        if buffer is None:
            raise MissingPartError("the graphics driver gave no picture buffer for the headset; update it")
        buffer.set_clear_color(p3d.LVecBase4f(0.0, 0.0, 0.0, 0.0))
        buffer.add_render_texture(self.texture, p3d.GraphicsOutput.RTM_bind_or_copy)
        if self.depth_texture is not None:
            self.depth_texture.set_format(p3d.Texture.F_depth_component32)
            self.depth_texture.set_component_type(p3d.Texture.T_float)
            buffer.add_render_texture(
                self.depth_texture, p3d.GraphicsOutput.RTM_bind_or_copy, p3d.GraphicsOutput.RTP_depth
            )
        return buffer

    def _camera(self, name: str) -> p3d.NodePath:
        node = p3d.Camera(name)
        node.set_camera_mask(PICTURE_MASK)
        lens = p3d.MatrixLens()
        node.set_lens(lens)
        path = p3d.NodePath(node)
        self._cameras.append(path)
        self._lenses.append(lens)
        return path

    def _add_single_pass(self) -> None:
        camera = self._camera("both eyes")
        self.tags = self._both_eyes(camera, 0)
        self._regions[-1].set_draw_callback(p3d.PythonCallbackObject(self._draw_scene))

    def _both_eyes(self, camera: p3d.NodePath, sort: int) -> StereoTags:
        """Let a camera draw both eyes in a region of its own."""
        state = p3d.NodePath("both eyes' state")
        state.set_shader_inputs(eye_view_projection=self._clip, eye_view_inverse=self._inverse)
        state.set_instance_count(2)
        camera.node().set_initial_state(state.get_state())
        region = self.buffer.make_display_region()
        region.set_draw_callback(p3d.PythonCallbackObject(_clipped))
        self._add_region(region, camera, sort)
        return StereoTags(camera.node())

    def _add_region(self, region: p3d.DisplayRegion, camera: p3d.NodePath, sort: int) -> None:
        region.set_scissor_enabled(False)  # Panda3D resolves the samples within the last region's scissor
        region.set_sort(sort)
        region.set_camera(camera)
        self._regions.append(region)

    def _add_two_passes(self) -> None:
        for i, name in enumerate(("left eye", "right eye")):
            region = self.buffer.make_display_region(0.5 * i, 0.5 + 0.5 * i, 0.0, 1.0)
            self._add_region(region, self._camera(name), 0)

    def add_layer(self, left: p3d.NodePath, right: p3d.NodePath, sort: int) -> None:
        """Draw a node for each eye before (a negative `sort`) or after the scene, wherever the eyes are.

        Their shaders may use the projection alone. In a single pass each is drawn for both eyes: its shader leaves out
        the other one.
        """
        for root in (left, right):
            root.set_antialias(p3d.AntialiasAttrib.M_multisample)  # else Panda3D turns the samples off
        if not self.single_pass:
            for i, (root, lens) in enumerate(zip((left, right), self._lenses, strict=True)):
                node = p3d.Camera("layer", lens)
                region = self.buffer.make_display_region(0.5 * i, 0.5 + 0.5 * i, 0.0, 1.0)
                self._add_region(region, root.attach_new_node(node), sort)
            return
        root = p3d.NodePath("layer")
        left.reparent_to(root)
        right.reparent_to(root)
        camera = root.attach_new_node(p3d.Camera("layer", self._lenses[0]))
        self._both_eyes(camera, sort).adopt(root)

    def set_active(self, on: bool) -> None:
        """Take part in the engine's frames, or not."""
        self.buffer.set_active(on)
        if self.shadows is not None:
            self.shadows.buffer.set_active(on)

    def show(self, scene: Scene) -> None:
        """Draw this scene from now on; call it again after nodes were added to it."""
        self._root = scene.root
        for camera in self._cameras:
            camera.reparent_to(scene.root)
            camera.node().set_scene(scene.root)
        if self.tags is not None:
            self.tags.adopt(scene.root)

    def _draw_scene(self, data: p3d.DisplayRegionDrawCallbackData) -> None:
        latched = self.latch() if self.latch is not None else None
        if latched is not None:
            self._write(latched)
        _clipped(data)

    def _write(self, eyes: Sequence[Eye]) -> None:
        for i, eye in enumerate(eyes):
            clip = view_projection(eye, self.settings.near_m, self.settings.far_m)
            self._clip.set_element(i, panda_matrix(clip))
            self._inverse.set_element(i, panda_matrix(eye.world_from_eye))

    def aim(self, eyes: Sequence[Eye]) -> None:
        """Look from these eyes in the next frame."""
        near, far = self.settings.near_m, self.settings.far_m
        if not self.single_pass:
            for camera, lens, eye in zip(self._cameras, self._lenses, eyes, strict=True):
                aim_camera(camera, lens, eye, near, far)
            return
        assert self.tags is not None
        self.tags.refresh()
        cover, back = covering_eye(eyes)
        aim_camera(self._cameras[0], self._lenses[0], cover, near, far + back)
        self._write(eyes)

    def draw(self, scene: Scene, eyes: Sequence[Eye]) -> None:
        """Draw one frame of the engine with this picture in it."""
        scene.fit_picture(*self.eye_px)
        scene.bind_shadows(self.shadows)
        self.aim(eyes)
        self.set_active(True)
        try:
            self._engine.render_frame()
        finally:
            self.set_active(False)
        collect_states()

    def read(self) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        """Return what the left and the right eye saw, each (height, width, 3), rgb; slow, for tests and pictures."""
        gsg = self.host.gsg
        if not self._engine.extract_texture_data(self.texture, gsg):
            raise MissingPartError("the graphics driver did not give the headset's picture back")
        raw = np.frombuffer(memoryview(self.texture.get_ram_image()), dtype=np.uint8)
        picture = raw.reshape(self.eye_px[1], 2 * self.eye_px[0], -1)[::-1, :, 2::-1]
        left, right = np.split(picture, 2, axis=1)
        return np.ascontiguousarray(left), np.ascontiguousarray(right)

    def close(self) -> None:
        """Give the buffers back to the driver."""
        for camera in self._cameras:
            camera.remove_node()
        for region in self._regions:
            region.clear_draw_callback()
        if self.shadows is not None:
            self.shadows.close()
            self.shadows = None
        self._engine.remove_window(self.buffer)


def collect_states() -> None:
    """Give back some of the states that frames have left behind, once a frame, as ShowBase does where it is."""
    p3d.TransformState.garbage_collect()
    p3d.RenderState.garbage_collect()


def _clipped(data: p3d.DisplayRegionDrawCallbackData) -> None:
    """Draw a region with each eye cut off at the middle of the picture."""
    GL.glEnable(GL.GL_CLIP_DISTANCE0)
    data.upcall()
    GL.glDisable(GL.GL_CLIP_DISTANCE0)


def aim_camera(camera: p3d.NodePath, lens: p3d.MatrixLens, eye: Eye, near_m: float, far_m: float) -> None:
    """Make a camera of Panda3D see what an eye sees."""
    # Panda3D's camera looks along +Y with Z up; its lens gets the matrix from there to clip space.
    pose = eye.world_from_eye.copy()
    pose[:3, 1], pose[:3, 2] = -eye.world_from_eye[:3, 2], eye.world_from_eye[:3, 1]
    camera.set_mat(panda_matrix(pose))
    lens.set_user_mat(panda_matrix(projection(eye.fov, near_m, far_m) @ _GL_FROM_PANDA))
    lens.set_near_far(near_m, far_m)


_GL_FROM_PANDA = np.array([[1.0, 0, 0, 0], [0, 0, 1.0, 0], [0, -1.0, 0, 0], [0, 0, 0, 1.0]])
