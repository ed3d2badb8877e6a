"""The GLB file against the rules of glTF 2.0, and its nodes against the exact swing."""

import json
import struct
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from twinswing.body.skeleton import JOINT, JOINT_NAMES
from twinswing.report.export_glb import carried, write_glb
from twinswing.report.export_shapes import ball, box, rod

COMPONENT = {5126: np.float32, 5123: np.uint16}
WIDTH = {"SCALAR": 1, "VEC3": 3, "VEC4": 4}
PATHS = {"translation": "VEC3", "rotation": "VEC4", "scale": "VEC3"}


class Glb:
    """A reader that checks what the glTF 2.0 specification demands of what it meets."""

    def __init__(self, path: Path) -> None:
        data = path.read_bytes()
        magic, version, length = struct.unpack_from("<III", data)
        assert (magic, version, length) == (0x46546C67, 2, len(data))
        size, kind = struct.unpack_from("<II", data, 12)
        assert kind == 0x4E4F534A
        assert size % 4 == 0
        self.json = json.loads(data[20 : 20 + size])
        rest, kind = struct.unpack_from("<II", data, 20 + size)
        assert kind == 0x004E4942
        assert rest % 4 == 0
        self.binary = data[28 + size :]
        assert len(self.binary) == rest == self.json["buffers"][0]["byteLength"]
        assert self.json["asset"]["version"] == "2.0"
        self.check_nodes()
        self.check_meshes()
        self.check_animation()

    def values(self, number: int) -> np.ndarray:
        accessor = self.json["accessors"][number]
        view = self.json["bufferViews"][accessor["bufferView"]]
        dtype, width = COMPONENT[accessor["componentType"]], WIDTH[accessor["type"]]
        size = accessor["count"] * width * np.dtype(dtype).itemsize
        assert view["byteOffset"] % np.dtype(dtype).itemsize == 0
        assert size <= view["byteLength"]
        assert view["byteOffset"] + view["byteLength"] <= len(self.binary)
        out = np.frombuffer(self.binary, dtype, accessor["count"] * width, view["byteOffset"])
        out = out.reshape(-1, width)
        assert np.isfinite(out).all()
        np.testing.assert_allclose(out.min(0), accessor["min"], rtol=1e-6)
        np.testing.assert_allclose(out.max(0), accessor["max"], rtol=1e-6)
        return out

    def check_nodes(self) -> None:
        nodes = self.json["nodes"]
        parents = [child for node in nodes for child in node.get("children", [])]
        roots = self.json["scenes"][self.json["scene"]]["nodes"]
        assert sorted(parents + roots) == list(range(len(nodes)))  # a forest: each node once
        for node in nodes:
            assert 0 <= node.get("mesh", 0) < len(self.json["meshes"])
            if "rotation" in node:
                assert np.linalg.norm(node["rotation"]) == pytest.approx(1.0, abs=1e-6)

    def check_meshes(self) -> None:
        for mesh in self.json["meshes"]:
            for primitive in mesh["primitives"]:
                position = self.values(primitive["attributes"]["POSITION"])
                normal = self.values(primitive["attributes"]["NORMAL"])
                assert position.shape == normal.shape
                np.testing.assert_allclose(np.linalg.norm(normal, axis=1), 1.0, atol=1e-5)
                indices = self.values(primitive["indices"])
                assert indices.max() < len(position)
                assert indices.size % 3 == 0
                assert 0 <= primitive["material"] < len(self.json["materials"])
        for material in self.json["materials"]:
            colour = np.array(material["pbrMetallicRoughness"]["baseColorFactor"])
            assert ((colour >= 0.0) & (colour <= 1.0)).all()

    def check_animation(self) -> None:
        (animation,) = self.json["animations"]
        targets = [(c["target"]["node"], c["target"]["path"]) for c in animation["channels"]]
        assert len(set(targets)) == len(targets)
        for channel in animation["channels"]:
            sampler = animation["samplers"][channel["sampler"]]
            times, output = self.values(sampler["input"])[:, 0], self.values(sampler["output"])
            assert times[0] >= 0.0
            assert (np.diff(times) > 0.0).all()
            assert len(times) == len(output)
            assert self.json["accessors"][sampler["output"]]["type"] == PATHS[channel["target"]["path"]]
            if channel["target"]["path"] == "rotation":
                np.testing.assert_allclose(np.linalg.norm(output, axis=1), 1.0, atol=1e-5)
                assert (np.sum(output[1:] * output[:-1], axis=1) > 0.0).all()

    def track(self, name: str, path: str = "translation") -> tuple[np.ndarray, np.ndarray]:
        (number,) = [i for i, node in enumerate(self.json["nodes"]) if node["name"] == name]
        animation = self.json["animations"][0]
        (channel,) = [c for c in animation["channels"] if c["target"] == {"node": number, "path": path}]
        sampler = animation["samplers"][channel["sampler"]]
        return self.values(sampler["input"])[:, 0], self.values(sampler["output"])


def y_up(points: np.ndarray) -> np.ndarray:
    return np.stack([points[..., 0], points[..., 2], -points[..., 1]], -1)


@pytest.fixture(scope="module")
def glb(session, tmp_path_factory) -> Glb:
    path = tmp_path_factory.mktemp("glb") / "swing.glb"
    write_glb(session, path)
    return Glb(path)


def test_joints_stand_where_the_swing_has_them(glb, session) -> None:
    for name in JOINT_NAMES:
        t, places = glb.track(name)
        np.testing.assert_allclose(t, session.body.t_s - session.body.t_s[0], atol=1e-5)
        np.testing.assert_allclose(places, y_up(session.body.joints_m[:, JOINT[name]]), atol=1e-5)


def test_bones_reach_from_joint_to_joint(glb, session) -> None:
    joints = session.body.joints_m
    for a, b in (("left_hip", "left_knee"), ("right_elbow", "right_wrist"), ("spine", "neck")):
        name = f"{a} to {b}"
        start, turn, scale = (glb.track(name, path)[1] for path in ("translation", "rotation", "scale"))
        end = start + Rotation.from_quat(turn).apply(np.stack([0 * scale[:, 1], scale[:, 1], 0 * scale[:, 1]], 1))
        np.testing.assert_allclose(end, y_up(joints[:, JOINT[b]]), atol=2e-5)


def test_the_club_is_held_where_it_was(glb, session) -> None:
    t, butt = glb.track("club_butt")
    _, turn = glb.track("club_butt", "rotation")
    (head,) = [node for node in glb.json["nodes"] if node["name"] == "club_head"]
    club = session.club
    expected = [np.interp(t + session.body.t_s[0], club.t_s, club.head_m[:, k]) for k in range(3)]
    # Between samples a chord of the head's arc, as in every even format.
    np.testing.assert_allclose(
        butt + Rotation.from_quat(turn).apply(head["translation"]), y_up(np.stack(expected, 1)), atol=4e-3
    )
    shaft = glb.json["nodes"][glb.json["nodes"].index(head) - 1]
    tip = Rotation.from_quat(shaft["rotation"]).apply([0.0, shaft["scale"][1], 0.0])
    np.testing.assert_allclose(tip, [0.0, 0.0, head["translation"][2]], atol=1e-6)  # along the club's Z


def test_events_are_in_the_extras(glb, session) -> None:
    extras = glb.json["animations"][0]["extras"]
    assert extras["events_s"]["impact"] == pytest.approx(session.events["impact"].t_s - session.body.t_s[0])


def test_a_fast_source_is_thinned_unless_asked(exact, tmp_path) -> None:
    write_glb(exact, tmp_path / "a.glb")
    assert np.diff(Glb(tmp_path / "a.glb").track("head")[0]).mean() == pytest.approx(1 / 120, rel=1e-4)
    write_glb(exact, tmp_path / "b.glb", 240.0)
    assert np.diff(Glb(tmp_path / "b.glb").track("head")[0]).mean() == pytest.approx(1 / 240, rel=1e-4)


def test_a_bone_that_points_straight_down_does_not_whirl() -> None:
    wobble = np.array([[[1e-4 * np.cos(k), -1.0, 1e-4 * np.sin(k)]] for k in range(50)])
    turns = carried(wobble)
    steps = Rotation.from_quat(turns[1:, 0]) * Rotation.from_quat(turns[:-1, 0]).inv()
    assert np.degrees(steps.magnitude()).max() < 0.1


@pytest.mark.parametrize("shape", [ball(0.1), rod(), box((0.1, 0.2, 0.3))], ids=["ball", "rod", "box"])
def test_shapes_are_closed_and_face_outward(shape) -> None:
    a, b, c = (shape.vertices[shape.triangles[:, k]] for k in range(3))
    normal = np.cross(b - a, c - a)
    solid = np.linalg.norm(normal, axis=1) > 1e-12
    stated = shape.normals[shape.triangles].mean(1)
    assert (np.sum(normal * stated, axis=1)[solid] > 0.0).all()
    volume = np.sum(a * np.cross(b, c)) / 6.0
    expected = {"ball": 4 / 3 * np.pi * 1e-3, "rod": np.pi, "box": 6e-3}
    assert volume == pytest.approx(min(expected.values(), key=lambda v: abs(v - volume)), rel=0.12)
