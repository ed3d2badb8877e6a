"""What other programs get: read back by readers that know only the format, and compared with the exact swing."""

import csv
import importlib.util
import json
import sys
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import ezc3d
import numpy as np
import pytest

from twinswing.body.skeleton import JOINT, JOINT_NAMES, BodyMotion
from twinswing.errors import InputError, MissingPartError
from twinswing.report.export import FORMATS, export_session
from twinswing.report.export_bvh import smooth_angles
from twinswing.swing.model import SwingSession

HAS_PYARROW = importlib.util.find_spec("pyarrow") is not None


def written(session: SwingSession, to: str, folder: Path, rate_hz: float | None = None) -> Path:
    path = folder / f"swing.{to}"
    export_session(session, to, path, rate_hz)
    return path


def read_trc(path: Path) -> tuple[dict[str, str], list[str], np.ndarray, np.ndarray]:
    """Read a TRC file as OpenSim's adapter does: keys, marker names, times, and places (frames, markers, 3) in mm."""
    lines = path.read_text("utf-8").split("\n")
    assert lines[0].split("\t")[:3] == ["PathFileType", "4", "(X/Y/Z)"]
    keys = dict(zip(lines[1].split("\t"), lines[2].split("\t"), strict=True))
    labels = [label for label in lines[3].split("\t") if label]
    assert labels[:2] == ["Frame#", "Time"]
    axes = [label for label in lines[4].split("\t") if label]
    assert axes == [f"{axis}{i + 1}" for i in range(len(labels) - 2) for axis in "XYZ"]
    assert lines[5] == ""
    assert lines[-1] == ""
    rows = [line.split("\t") for line in lines[6:-1]]
    assert all(len(row) == 2 + len(axes) and row[-1] for row in rows)
    assert [int(row[0]) for row in rows] == list(range(1, len(rows) + 1))
    numbers = np.array([[float(x) if x else np.nan for x in row[1:]] for row in rows])
    return keys, labels[2:], numbers[:, 0], numbers[:, 1:].reshape(len(rows), -1, 3)


def to_opensim(points_m: np.ndarray) -> np.ndarray:
    """X forward along the target line, Y up, Z to the right of it."""
    return np.stack([points_m[..., 0], points_m[..., 2], -points_m[..., 1]], -1)


def test_trc_is_the_swing_in_opensims_axes(exact, session, tmp_path) -> None:
    keys, names, t, places = read_trc(written(session, "trc", tmp_path))
    assert keys["Units"] == "mm"
    assert float(keys["DataRate"]) == pytest.approx(1000 / 17, rel=1e-5)
    assert (int(keys["NumFrames"]), int(keys["NumMarkers"])) == places.shape[:2]
    assert sorted(names) == sorted([*JOINT_NAMES, "club_butt", "club_head"])
    for i in (0, len(t) // 2, len(t) - 1):
        truth = to_opensim(exact.body.at(t[i]))
        found = np.array([places[i, names.index(name)] for name in JOINT_NAMES]) / 1e3
        np.testing.assert_allclose(found, truth, atol=1e-6)
    head = np.stack([np.interp(t, exact.club.t_s, exact.club.head_m[:, k]) for k in range(3)], 1)
    # Between the sensor's samples, 4 ms apart, the head's arc is a chord: 40 m/s and 1.6 m give 2 mm at most.
    np.testing.assert_allclose(places[:, names.index("club_head")] / 1e3, to_opensim(head), atol=2.5e-3)
    assert places[0, names.index("head"), 1] > 1300.0  # the head is up


def test_trc_leaves_blank_what_the_club_does_not_say(session, tmp_path) -> None:
    club = session.club
    half = slice(len(club.t_s) // 2, None)
    late = replace(
        club, t_s=club.t_s[half], butt_m=club.butt_m[half], quaternion=club.quaternion[half], head_m=club.head_m[half],
        sigma_m=club.sigma_m[half], sigma_rad=club.sigma_rad[half],
    )  # fmt: skip
    _, names, t, places = read_trc(written(replace(session, club=late), "trc", tmp_path))
    head = places[:, names.index("club_head")]
    np.testing.assert_array_equal(np.isnan(head).any(1), t < late.t_s[0])
    assert np.isfinite(places[:, names.index("pelvis")]).all()


def test_c3d_through_a_reader_of_its_own(exact, session, tmp_path) -> None:
    path = written(session, "c3d", tmp_path)
    file = ezc3d.c3d(str(path))
    point = file["parameters"]["POINT"]
    assert point["UNITS"]["value"] == ["mm"]
    rate = point["RATE"]["value"][0]
    names = point["LABELS"]["value"]
    data = file["data"]["points"]
    t = exact.body.t_s[0] + np.arange(data.shape[2]) / rate
    for i in (0, data.shape[2] // 2, data.shape[2] - 1):
        found = np.array([data[:3, names.index(name), i] for name in JOINT_NAMES]) / 1e3
        np.testing.assert_allclose(found, exact.body.at(t[i]), atol=1e-5)  # the world's own axes, Z up; float32
    assert np.isfinite(data[:3, names.index("club_head")]).any()
    residual = file["data"]["meta_points"]["residuals"][0]
    assert residual[names.index("pelvis")] == pytest.approx(21.0)  # sigma in mm
    event = file["parameters"]["EVENT"]
    found = dict(zip(event["LABELS"]["value"], event["TIMES"]["value"].T, strict=True))
    assert list(found) == [
        "Address", "Toe-up", "Mid-backswing", "Top", "Mid-downswing", "Impact", "Mid-follow-through", "Finish"
    ]  # fmt: skip
    assert found["Impact"][0] == 0.0
    assert found["Impact"][1] == pytest.approx(exact.events["impact"].t_s - exact.body.t_s[0], abs=1e-4)


def test_c3d_marks_a_club_that_is_not_known(session, tmp_path) -> None:
    club = session.club
    first = slice(0, len(club.t_s) // 2)
    early = replace(
        club, t_s=club.t_s[first], butt_m=club.butt_m[first], quaternion=club.quaternion[first],
        head_m=club.head_m[first], sigma_m=club.sigma_m[first], sigma_rad=club.sigma_rad[first],
    )  # fmt: skip
    file = ezc3d.c3d(str(written(replace(session, club=early), "c3d", tmp_path)))
    head = file["parameters"]["POINT"]["LABELS"]["value"].index("club_head")
    assert file["data"]["meta_points"]["residuals"][0, head, -1] == -1.0
    assert np.isnan(file["data"]["points"][0, head, -1])


class Bvh:
    """A strict reader of BVH that places joints by forward kinematics."""

    def __init__(self, path: Path) -> None:
        self.words = path.read_text("utf-8").split()
        self.at = 0
        self.nodes: list[dict] = []
        assert self.take() == "HIERARCHY"
        assert self.take() == "ROOT"
        self.node(None)
        assert self.take() == "MOTION"
        assert self.take() == "Frames:"
        frames = int(self.take())
        assert [self.take(), self.take()] == ["Frame", "Time:"]
        self.frame_s = float(self.take())
        count = sum(len(node["channels"]) for node in self.nodes)
        rest = np.array(self.words[self.at :], dtype=float)
        assert rest.size == frames * count
        self.rows = rest.reshape(frames, count)

    def take(self) -> str:
        self.at += 1
        return self.words[self.at - 1]

    def node(self, parent: int | None) -> None:
        name = self.take()
        assert [self.take(), self.take()] == ["{", "OFFSET"]
        offset = np.array([float(self.take()) for _ in range(3)])
        assert self.take() == "CHANNELS"
        channels = [self.take() for _ in range(int(self.take()))]
        self.nodes.append({"name": name, "parent": parent, "offset": offset, "channels": channels})
        mine = len(self.nodes) - 1
        while (word := self.take()) != "}":
            if word == "JOINT":
                self.node(mine)
            else:
                assert [word, self.take(), self.take(), self.take()] == ["End", "Site", "{", "OFFSET"]
                assert np.isfinite([float(self.take()) for _ in range(3)]).all()
                assert self.take() == "}"

    def places(self) -> dict[str, np.ndarray]:
        """Return each joint's place over time, (frames, 3), centimetres."""
        turns: list[np.ndarray] = []
        places: list[np.ndarray] = []
        column = 0
        for node in self.nodes:
            turn = np.broadcast_to(np.eye(3), (len(self.rows), 3, 3))
            moved = np.zeros((len(self.rows), 3))
            for channel in node["channels"]:
                value = self.rows[:, column]
                column += 1
                axis = "XYZ".index(channel[0])
                if channel.endswith("position"):
                    moved[:, axis] = value
                else:
                    turn = turn @ about(axis, np.radians(value))
            parent = node["parent"]
            if parent is None:
                places.append(node["offset"] + moved)
                turns.append(turn)
            else:
                places.append(places[parent] + turns[parent] @ node["offset"])
                turns.append(turns[parent] @ turn)
        return {node["name"]: place for node, place in zip(self.nodes, places, strict=True)}


def about(axis: int, angle: np.ndarray) -> np.ndarray:
    """Return rotations about one axis, (n, 3, 3)."""
    out = np.zeros((len(angle), 3, 3))
    i, j = (axis + 1) % 3, (axis + 2) % 3
    out[:, axis, axis] = 1.0
    out[:, i, i] = out[:, j, j] = np.cos(angle)
    out[:, j, i], out[:, i, j] = np.sin(angle), -np.sin(angle)
    return out


CHAINS = {
    "left_hand": ("pelvis", "spine", "neck", "left_shoulder", "left_elbow", "left_wrist", "left_hand"),
    "nose": ("pelvis", "spine", "neck", "head", "nose"),
    "right_toe": ("pelvis", "right_hip", "right_knee", "right_ankle", "right_toe"),
    "right_heel": ("pelvis", "right_hip", "right_knee", "right_ankle", "right_heel"),
}


def assert_bvh_keeps(body: BodyMotion, path: Path) -> None:
    """Every joint comes back within the summed change of length of the bones that lead to it."""
    bvh = Bvh(path)
    places = bvh.places()
    assert len(bvh.rows) == len(body.t_s)
    assert set(JOINT_NAMES) <= set(places)
    for side in ("left", "right"):
        for end in ("left_hand", "right_toe", "right_heel"):
            chain = tuple(n.replace("left_", f"{side}_").replace("right_", f"{side}_") for n in CHAINS[end])
            assert_chain(body, places, chain)
    assert_chain(body, places, CHAINS["nose"])


def assert_chain(body: BodyMotion, places: dict[str, np.ndarray], chain: tuple[str, ...]) -> None:
    allowed = np.full(len(body.t_s), 2e-5)  # five decimals of a degree over a body's length
    for a, b in pairwise(chain):
        length = np.linalg.norm(body.joints_m[:, JOINT[b]] - body.joints_m[:, JOINT[a]], axis=1)
        allowed = allowed + np.abs(length - np.median(length))
        error = np.linalg.norm(places[b] / 100.0 - to_opensim(body.joints_m[:, JOINT[b]]), axis=1)
        assert (error <= allowed).all(), f"{b}: {error.max():.4f} m of {allowed.max():.4f}"


def test_bvh_puts_every_joint_back_by_forward_kinematics(session, tmp_path) -> None:
    path = written(session, "bvh", tmp_path)
    assert_bvh_keeps(session.body, path)
    assert Bvh(path).frame_s == pytest.approx(0.017, abs=1e-7)


def test_bvh_of_a_left_handed_and_shaking_body(session, tmp_path) -> None:
    """Estimates change their bones' lengths, and the hips' middle is not quite the pelvis."""
    body = session.body
    mirror = np.array([1.0, -1.0, 1.0])
    swap = [JOINT[n.replace("left", "#").replace("right", "left").replace("#", "right")] for n in JOINT_NAMES]
    shaken = body.joints_m[:, swap] * mirror + np.random.default_rng(4).normal(0.0, 0.01, body.joints_m.shape)
    middle = 0.5 * (shaken[:, JOINT["left_hip"]] + shaken[:, JOINT["right_hip"]])
    shaken[:, JOINT["pelvis"]] = middle
    left = replace(body, joints_m=shaken, handed="left")
    assert_bvh_keeps(left, written(replace(session, body=left), "bvh", tmp_path))


def test_bvh_turns_do_not_jump(session, tmp_path) -> None:
    bvh = Bvh(written(session, "bvh", tmp_path))
    assert np.abs(np.diff(bvh.rows[:, 3:], axis=0)).max() < 120.0  # 17 ms; a wrap would be 360


def test_angles_pass_the_gimbal_without_a_jump() -> None:
    """An arm that swings over the pole of the middle angle: a steady motion gives steady numbers."""
    x = np.linspace(-170.0, 170.0, 400)
    turns = about(2, np.full(400, 0.3)) @ about(0, np.radians(x)) @ about(1, np.full(400, -0.4))
    angles = smooth_angles(turns)
    assert np.abs(np.diff(angles, axis=0)).max() < 1.0
    back = about(2, np.radians(angles[:, 0])) @ about(0, np.radians(angles[:, 1])) @ about(1, np.radians(angles[:, 2]))
    np.testing.assert_allclose(back, turns, atol=1e-9)


def test_csv_holds_every_sample_as_it_is(session, tmp_path) -> None:
    path = written(session, "csv", tmp_path)
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 23 * len(session.body.t_s) + 2 * len(session.club.t_s)
    last = [row for row in rows if row["point"] == "left_hand"][-1]
    found = [float(last[k]) for k in ("t_s", "x_m", "y_m", "z_m", "sigma_m")]
    expected = [session.body.t_s[-1], *session.body.joints_m[-1, JOINT["left_hand"]], 0.021]
    np.testing.assert_allclose(found, expected, atol=1e-6)
    assert (last["part"], last["source"], last["qw"]) == ("body", "video", "")
    butt = next(row for row in rows if row["point"] == "club_butt")
    np.testing.assert_allclose(
        [float(butt[k]) for k in ("qw", "qx", "qy", "qz")], session.club.quaternion[0], atol=1e-6
    )
    assert butt["source"] == "club+video"


@pytest.mark.skipif(not HAS_PYARROW, reason="pyarrow is an optional part: pip install twinswing[parquet]")
def test_parquet_is_the_same_table(session, tmp_path) -> None:
    import pyarrow.parquet as pq

    table = pq.read_table(written(session, "parquet", tmp_path))
    with written(session, "csv", tmp_path).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert table.num_rows == len(rows)
    assert table.column_names == list(rows[0])
    assert table["point"].to_pylist() == [row["point"] for row in rows]
    np.testing.assert_allclose(table["x_m"].to_numpy(), [float(row["x_m"]) for row in rows], atol=1e-6)
    assert table["qw"].null_count == 23 * len(session.body.t_s) + len(session.club.t_s)
    about = json.loads(table.schema.metadata[b"twinswing"])
    assert about["measures"]["head_speed_mps"]["sigma"] == 0.9


def test_parquet_without_its_library_says_what_to_install(session, tmp_path, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingPartError, match=r"pip install twinswing\[parquet\]") as caught:
        export_session(session, "parquet", tmp_path / "swing.parquet")
    assert caught.value.exit_status == 4


@pytest.mark.parametrize("to", FORMATS)
def test_a_session_without_a_body_or_a_club_is_one_sentence(to, tmp_path, monkeypatch) -> None:
    if to == "parquet" and not HAS_PYARROW:
        pytest.skip("pyarrow is an optional part")
    with pytest.raises(InputError, match=r"expected a golfer's body.*found n"):
        export_session(SwingSession(), to, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("to", ["trc", "bvh"])
def test_a_club_alone_is_no_body(session, to, tmp_path) -> None:
    with pytest.raises(InputError, match="expected a golfer's body"):
        export_session(replace(session, body=None), to, tmp_path / "out")


@pytest.mark.parametrize("to", ["c3d", "csv", "glb"])
def test_a_club_alone_and_a_body_alone_are_exported(session, to, tmp_path) -> None:
    for part in ({"body": None}, {"club": None}):
        assert written(replace(session, **part), to, tmp_path).stat().st_size > 1000


@pytest.mark.parametrize("to", ["trc", "c3d", "bvh", "csv", "glb"])
def test_a_place_that_cannot_be_written_is_named(session, to, tmp_path) -> None:
    with pytest.raises(InputError, match="gone"):
        export_session(session, to, tmp_path / "gone" / f"swing.{to}")


@pytest.mark.parametrize(("rate", "said"), [(0.0, "--rate from 1"), (1e9, "--rate from 1"), (float("nan"), "--rate")])
def test_a_rate_out_of_range_is_named(session, rate, said, tmp_path) -> None:
    with pytest.raises(InputError, match=said):
        export_session(session, "trc", tmp_path / "swing.trc", rate)


def test_an_unknown_format_is_named(session, tmp_path) -> None:
    with pytest.raises(InputError, match="out of trc, c3d, bvh, csv, parquet, glb, found 'fbx'"):
        export_session(session, "fbx", tmp_path / "swing.fbx")


def test_a_stated_rate_is_kept(session, tmp_path) -> None:
    keys, names, t, places = read_trc(written(session, "trc", tmp_path, 200.0))
    assert float(keys["DataRate"]) == 200.0
    np.testing.assert_allclose(np.diff(t), 0.005, atol=2e-6)
    # The club is sensed at 250 Hz: at this rate its head keeps the top speed that the body's rate would blunt.
    speed = np.linalg.norm(np.diff(places[:, names.index("club_head")], axis=0), axis=1) * 0.2
    truth = np.linalg.norm(np.gradient(session.club.head_m, session.club.t_s, axis=0), axis=1)
    assert speed.max() == pytest.approx(truth.max(), rel=0.03)


def test_uneven_times_become_even(session, tmp_path) -> None:
    body = session.body
    keep = np.sort(np.random.default_rng(3).permutation(len(body.t_s))[: int(0.8 * len(body.t_s))])
    uneven = replace(body, t_s=body.t_s[keep], joints_m=body.joints_m[keep], sigma_m=body.sigma_m[keep])
    _, names, t, places = read_trc(written(replace(session, body=uneven), "trc", tmp_path))
    assert np.ptp(np.diff(t)) < 3e-6
    at = to_opensim(np.stack([uneven.at(float(x)) for x in t])) * 1e3
    np.testing.assert_allclose(places[:, [names.index(n) for n in JOINT_NAMES]], at, atol=1e-2)
