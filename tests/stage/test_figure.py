"""The figure: human proportions, a skin that holds together, and a pose model that takes it for a person."""

import functools
from pathlib import Path

import numpy as np
import panda3d.core as p3d
import pytest

from twinswing.body.camera import PinholeCamera
from twinswing.body.skeleton import JOINT, BodyMotion
from twinswing.stage.appearance import Appearance, linear
from twinswing.stage.figure import BONE_SLOTS, GolferFigure, mesh_node
from twinswing.stage.figure_body import arms, shirt
from twinswing.stage.figure_hand import fist_field, hands
from twinswing.stage.figure_head import head
from twinswing.stage.figure_legs import trousers
from twinswing.stage.figure_mesh import figure_mesh
from twinswing.stage.figure_pose import FigurePose
from twinswing.stage.figure_rest import BONE_COUNT, rest_pose
from twinswing.stage.figure_shoe import shoes
from twinswing.stage.mesh import Mesh, ellipsoid
from twinswing.stage.mesh_field import gradient
from twinswing.stage.offscreen import OffscreenStage
from twinswing.stage.scene import SceneOptions, SwingScene
from twinswing.swing.model import SwingSession
from twinswing.truth.build import make_swing
from twinswing.truth.golfer import tour_golfer

MODEL = Path.home() / ".cache" / "twinswing" / "models" / "pose_landmarker_full.task"
LOOKS = {
    "default": Appearance(),
    "short, heavy, shorts": Appearance(height_m=1.52, build=1.0, shorts=True),
    "tall, lean, bareheaded": Appearance(height_m=2.0, build=0.0, cap="", glove=""),
    "left-handed": Appearance(handed="left"),
}


@functools.cache
def whole(name: str) -> Mesh:
    return figure_mesh(rest_pose(LOOKS[name]), LOOKS[name])


@functools.cache
def swing():
    return make_swing(tour_golfer("iron", height_m=1.78))


def skinned(mesh: Mesh, matrices: np.ndarray) -> np.ndarray:
    """Do in NumPy what the shader does."""
    m = matrices.astype(float)[mesh.bone_index]
    at = np.einsum("nkij,nj->nki", m[..., :3, :3], mesh.positions) + m[..., :3, 3]
    return np.einsum("nk,nki->ni", mesh.bone_weight, at)


def turned_outward(mesh: Mesh) -> float:
    a, b, c = (mesh.positions[mesh.triangles[:, k]] for k in range(3))
    face = np.cross(b - a, c - a)
    return float((np.einsum("ij,ij->i", face, mesh.normals[mesh.triangles].mean(1)) > 0).mean())


@pytest.mark.parametrize("name", LOOKS)
def test_every_golfer_is_sound(name):
    mesh = whole(name)
    n = len(mesh.positions)
    for part in (mesh.positions, mesh.normals, mesh.colours, mesh.roughness, mesh.bone_weight):
        assert len(part) == n
        assert np.isfinite(part).all()
    assert np.allclose(mesh.bone_weight.sum(1), 1.0)
    assert mesh.bone_weight.min() >= 0.0
    assert mesh.bone_index.max() < BONE_COUNT <= BONE_SLOTS
    assert np.allclose(np.linalg.norm(mesh.normals, axis=1), 1.0)
    assert mesh.colours.min() >= 0.0
    assert mesh.colours.max() <= 1.0
    assert mesh.triangles.max() < n
    assert len(mesh.triangles) < 40_000
    assert turned_outward(mesh) > 0.98


@pytest.mark.parametrize("name", LOOKS)
def test_a_golfer_stands_on_the_ground_as_tall_as_said(name):
    look, mesh = LOOKS[name], whole(name)
    assert mesh.positions[:, 2].min() == pytest.approx(0.0, abs=0.004)
    # Hair, or a cap over it, adds a centimetre or three.
    assert look.height_m < mesh.positions[:, 2].max() < look.height_m + 0.04


def test_proportions_are_those_of_an_adult():
    """Ratios of standing height from anthropometric surveys (NASA-STD-3000, ANSUR), 5th to 95th percentile."""
    look = Appearance(cap="", build=0.4)
    rest, h = rest_pose(look), look.height_m
    skin = head(rest, look).positions
    body, seat = shirt(rest, look).positions, trousers(rest, look).positions
    front = skin[np.abs(skin[:, 0]) < 0.02]
    chin = front[(front[:, 1] < rest.joint("head")[1] - 0.06)][:, 2].min()
    assert 0.120 < (h - chin) / h < 0.145  # head height: 1/7.5 of stature
    assert 0.080 < np.ptp(skin[skin[:, 2] > chin, 0]) / h < 0.112  # head breadth with ears
    near = np.abs(body[:, 2] - rest.joint("left_shoulder")[2]) < 0.01
    assert 0.24 < np.ptp(body[near, 0]) / h < 0.31  # across the shoulders
    waist, hips = (np.ptp(seat[np.abs(seat[:, 2] - z * h) < 0.012, 0]) for z in (0.575, 0.49))
    assert 0.16 < waist / h < 0.21
    assert 0.18 < hips / h < 0.23
    sole = shoes(rest, look).positions
    assert 0.145 < np.ptp(sole[:, 1]) / h < 0.175  # a shoe is a little longer than a foot (0.152)


def test_a_heavier_build_is_wider_at_the_waist_but_no_taller():
    lean, heavy = (rest_pose(Appearance(build=b)) for b in (0.0, 1.0))
    waists = [np.ptp(shirt(r, Appearance()).positions[:, 1]) for r in (lean, heavy)]
    assert waists[1] > 1.15 * waists[0]
    assert np.array_equal(lean.joints, heavy.joints)


def test_both_sides_are_mirror_images():
    for make in (shirt, trousers, arms, shoes):
        p = make(rest_pose(Appearance()), Appearance()).positions
        for axis in (1, 2):
            assert p[p[:, 0] > 0.02, axis].mean() == pytest.approx(p[p[:, 0] < -0.02, axis].mean(), abs=0.004)
        assert p[:, 0].max() == pytest.approx(-p[:, 0].min(), abs=0.006)


def test_the_glove_is_on_the_lead_hand():
    for handed, sign in (("right", 1), ("left", -1)):
        look = Appearance(handed=handed, glove="#00ff00")
        mesh = hands(rest_pose(look), look)
        green = np.isclose(mesh.colours, linear("#00ff00")).all(1)
        assert green.sum() > 200
        assert (np.sign(mesh.positions[green, 0]) == sign).all()
    bare = Appearance(glove="")
    assert np.ptp(hands(rest_pose(bare), bare).colours, axis=0).max() == 0.0


def test_a_fist_leaves_room_for_a_grip():
    """A grip of 11 mm radius passes through, and the fingers close round it to within a few millimetres."""
    field = fist_field()
    z = np.linspace(-0.03, 0.03, 13)
    angle = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    ring = np.stack([np.outer(np.cos(angle), 0 * z + 1), np.outer(np.sin(angle), 0 * z + 1), np.tile(z, (24, 1))], -1)
    for radius, free in ((0.009, True), (0.022, False)):
        values = field((ring * [radius, radius, 1.0]).reshape(-1, 3))
        assert (values > 0).mean() > 0.95 if free else (values < 0).mean() > 0.6
    assert np.linalg.norm(gradient(field, np.array([[0.0, 0.05, 0.0]]))) == pytest.approx(1.0, abs=0.1)


@pytest.mark.parametrize("event", ["address", "top", "impact", "finish"])
def test_the_skin_neither_tears_nor_collapses(event):
    mesh, pose = whole("default"), FigurePose(rest_pose(Appearance()))
    after = skinned(mesh, pose.matrices(swing().joints_at(swing().events_s[event]).reshape(23, 3)))
    t = mesh.triangles
    edges = np.concatenate([t[:, [0, 1]], t[:, [1, 2]], t[:, [2, 0]]])
    rest = np.linalg.norm(mesh.positions[edges[:, 0]] - mesh.positions[edges[:, 1]], axis=1)
    now = np.linalg.norm(after[edges[:, 0]] - after[edges[:, 1]], axis=1)
    long = rest > 0.004
    ratio = now[long] / rest[long]
    assert np.quantile(ratio, 0.99) < 2.5  # cloth and skin stretch at shoulders and wrists, but nowhere run away
    assert np.quantile(ratio, 0.01) > 0.4
    assert ratio.max() < 4.5
    # Arms and legs keep their girth: skin near an elbow or knee stays away from the joint's centre.
    joints = swing().joints_at(swing().events_s[event]).reshape(23, 3)
    for name in ("left_elbow", "right_elbow", "left_knee", "right_knee"):
        close = np.linalg.norm(mesh.positions - rest_pose(Appearance()).joint(name), axis=1) < 0.095
        assert np.linalg.norm(after[close] - joints[JOINT[name]], axis=1).min() > 0.012, name


def test_the_skin_moves_with_the_figure_in_the_picture():
    """The rendered figure covers its own joints, where they are now."""
    joints = swing().joints_at(swing().events_s["top"]).reshape(23, 3)
    camera = PinholeCamera.look_at(
        position_m=(0, -4.2, 1.2), target_m=(0, 0.5, 0.95), width_px=240, height_px=320, vertical_fov_rad=0.6
    )
    with OffscreenStage(240, 320) as stage:
        pictures = []
        for figure in (True, False):
            body = BodyMotion(np.array([0.0]), joints[None], np.zeros((1, 23)))
            scene = SwingScene(SwingSession(body=body), SceneOptions(figure=figure, shadows=False))
            pictures.append(np.array(stage.render(scene, camera)).astype(int))
    changed = np.abs(pictures[0] - pictures[1]).max(-1) > 12
    pixels = np.round(camera.project(joints)).astype(int)
    inner = [JOINT[n] for n in ("pelvis", "spine", "head", "left_knee", "right_knee", "left_elbow", "right_elbow")]
    assert changed[pixels[inner, 1], pixels[inner, 0]].all()
    assert 0.03 < changed.mean() < 0.3


def test_a_node_holds_one_static_skinned_geom():
    figure = GolferFigure(Appearance())
    node = figure.node.node()
    assert node.get_num_geoms() == 1
    geom = node.get_geom(0)
    names = [str(c.get_name()) for c in _columns(geom)]
    assert names == ["vertex", "normal", "color", "bone_index", "bone_weight"]
    assert geom.get_primitive(0).get_num_primitives() == len(whole("default").triangles)
    assert geom.get_primitive(0).get_max_vertex() == len(whole("default").positions) - 1
    assert geom.get_vertex_data().get_usage_hint() == p3d.Geom.UH_static
    assert node.is_final()  # never culled by where its vertices lie at rest
    assert node.get_bounds().is_infinite()
    matrices = figure.node.get_shader_input("bone_matrices")
    assert matrices.get_value_type() == p3d.ShaderInput.M_numeric


def test_vertices_reach_the_buffer_as_they_are():
    mesh = ellipsoid((0, 0, 1), (0.1, 0.2, 0.3)).painted((0.1, 0.2, 0.3), 0.4)
    data = mesh_node("ball", mesh, skinned=True).get_geom(0).get_vertex_data()
    reader, colour = p3d.GeomVertexReader(data, "vertex"), p3d.GeomVertexReader(data, "color")
    assert data.get_num_rows() == len(mesh.positions)
    assert np.allclose([tuple(reader.get_data3()) for _ in mesh.positions], mesh.positions, atol=1e-6)
    assert tuple(colour.get_data4()) == pytest.approx((0.1, 0.2, 0.3, 0.4))


def _columns(geom: p3d.Geom) -> list[p3d.GeomVertexColumn]:
    array = geom.get_vertex_data().get_format().get_array(0)
    return [array.get_column(i) for i in range(array.get_num_columns())]


@pytest.mark.slow
@pytest.mark.skipif(not MODEL.is_file(), reason="the pose model is not in the cache")
@pytest.mark.parametrize("view", ["face-on", "down-the-line", "oblique"])
def test_a_pose_model_takes_it_for_a_golfer(view):
    """It finds a person in every view and event, and limbs to within the 6 cm by which landmarks and joints differ."""
    import mediapipe as mp

    options = mp.tasks.vision.PoseLandmarkerOptions(base_options=mp.tasks.BaseOptions(model_asset_path=str(MODEL)))
    away = {"face-on": (0.0, -4.6), "down-the-line": (-4.6, 0.0), "oblique": (-3.2, -3.4)}[view]
    camera = PinholeCamera.look_at(
        position_m=(away[0], 0.55 + away[1], 1.2), target_m=(0, 0.55, 0.95), width_px=400, height_px=560,
        vertical_fov_rad=np.radians(32),
    )  # fmt: skip
    landmarks = [11, 12, 15, 16, 23, 24, 25, 26, 27, 28]
    names = [f"{s}_{j}" for j in ("shoulder", "wrist", "hip", "knee", "ankle") for s in ("left", "right")]
    errors = []
    with mp.tasks.vision.PoseLandmarker.create_from_options(options) as model, OffscreenStage(400, 560) as stage:
        for look in (Appearance(), Appearance.varied(5)):
            body = swing().body
            scene = SwingScene(SwingSession(body=body, appearance=look.to_dict()))
            for event in swing().events_s.values():
                scene.set_time(event)
                picture = np.ascontiguousarray(stage.render(scene, camera))
                found = model.detect(mp.Image(image_format=mp.ImageFormat.SRGB, data=picture)).pose_landmarks
                assert found, f"no person at {event:.2f} s"
                seen = np.array([[p.x * 400, p.y * 560] for p in found[0]])[landmarks]
                want = camera.project(body.at(event))[[JOINT[n] for n in names]]
                errors.append(np.linalg.norm(seen - want, axis=1) / (camera.focal_px / 4.6))
    assert np.median(errors) < 0.06
