"""Breaks when a captured swing is not what was captured, or when a bad file is not refused plainly."""

from pathlib import Path

import ezc3d
import numpy as np
import pytest

from twinswing.errors import InputError
from twinswing.truth.c3d import BODY_MARKERS, CLUB_MARKERS, impact_frame, read_c3d, resampled, to_world
from twinswing.truth.mocap import rigid, swing_from_c3d
from twinswing.truth.sequence import kinematic_sequence
from twinswing.truth.swing import TruthSwing

from .helpers import MOCAP
from .test_body import path


@pytest.fixture(scope="module")
def captured() -> TruthSwing:
    if not MOCAP.is_file():
        pytest.skip("the motion capture is not beside this checkout")
    return swing_from_c3d(MOCAP)


def test_the_kinematic_sequence_is_the_capture_s(captured: TruthSwing) -> None:
    # Computed from the markers by others: 509 / 742 / 1096 / 2389 deg/s, downswing 0.245 s.
    peaks = {name: np.rad2deg(p.rate_radps) for name, p in kinematic_sequence(captured).items()}
    assert peaks["pelvis"] == pytest.approx(509.0, rel=0.02)
    assert peaks["thorax"] == pytest.approx(742.0, rel=0.02)
    assert peaks["arm"] == pytest.approx(1096.0, rel=0.04)
    assert peaks["club"] == pytest.approx(2389.0, rel=0.05)
    times = {name: p.t_s for name, p in kinematic_sequence(captured).items()}
    assert times["pelvis"] < min(times["thorax"], times["arm"]) < times["club"]
    e = captured.events_s
    assert e["impact"] - e["top"] == pytest.approx(0.245, abs=0.006)


def test_a_captured_golfer_keeps_the_limbs_lengths(captured: TruthSwing) -> None:
    for side in ("left", "right"):
        for a, b in (("shoulder", "elbow"), ("elbow", "wrist"), ("wrist", "hand"), ("hip", "knee"), ("knee", "ankle")):
            length = np.linalg.norm(path(captured, f"{side}_{a}") - path(captured, f"{side}_{b}"), axis=1)
            assert np.ptp(length) < 1e-6, (side, a, b)
            assert 0.05 < length[0] < 0.6


def test_the_capture_stands_in_our_world(captured: TruthSwing) -> None:
    assert captured.handed == "right"
    assert path(captured, "pelvis")[0, 1] > 0.4  # the golfer stands left of the ball
    assert 0.8 < path(captured, "pelvis")[0, 2] < 1.1
    assert 1.4 < path(captured, "head")[0, 2] < 1.8
    for name in ("left_toe", "left_heel", "right_toe"):
        assert -0.03 < path(captured, name)[:, 2].min() < 0.06
    d = captured.delivery
    assert 37.0 < d.head_speed_mps < 43.0
    assert -0.14 < d.attack_rad < 0.0
    assert 0.85 < captured.spec.length_m < 1.0
    assert np.linalg.norm(captured.head_at(captured.events_s["impact"])[:2]) < 0.05
    assert np.linalg.norm(captured.club.head_m[0, :2]) < 0.12


def test_a_blow_is_found_within_a_frame() -> None:
    t = np.arange(40.0)
    blow = 20.3
    since = t - blow
    x = np.where(since < 0.0, 0.11 * since + 0.0004 * since**2, 0.08 * since)
    assert impact_frame(np.stack([x, 0 * x, 0 * x], 1)) == pytest.approx(blow, abs=0.05)


def test_a_clusters_rotation_is_found() -> None:
    from scipy.spatial.transform import Rotation

    points = np.random.default_rng(3).normal(size=(4, 3))
    turns = Rotation.from_rotvec(np.linspace(0.0, 2.5, 9)[:, None] * [0.3, -0.5, 0.8])
    moved = np.stack([r.apply(points) + np.array([i, 0.0, 1.0]) for i, r in enumerate(turns)])
    R, centre = rigid(moved)
    assert np.allclose(R, turns.as_matrix())
    assert np.allclose(centre, moved.mean(1))


def write_c3d(file: Path, *, unit: str = "mm", names: tuple[str, ...] = BODY_MARKERS + CLUB_MARKERS,
              frames: int = 90, hole: bool = False) -> Path:  # fmt: skip
    rng = np.random.default_rng(0)
    c = ezc3d.c3d()
    c["parameters"]["POINT"]["UNITS"]["value"] = [unit]
    c["parameters"]["POINT"]["RATE"]["value"] = [200.0]
    c["parameters"]["POINT"]["LABELS"]["value"] = list(names)
    points = np.ones((4, len(names), frames))
    points[:3] = rng.normal(size=(3, len(names), 1)) * 300.0
    points[2, :, :] += 900.0
    for i, name in enumerate(names):
        if name == "HeadTop":
            points[:3, i] = [[0.0], [0.0], [1700.0]]
        if name.endswith(("ToeIn", "ToeOut")):
            points[2, i] = 50.0
        if name.startswith("Marker_2"):
            points[0, i] += np.linspace(0.0, 2000.0, frames)
    if hole:
        points[:3, 3, 10:80] = np.nan
    c["data"]["points"] = points
    c.write(str(file))
    return file


def test_millimetres_and_z_up_are_understood(tmp_path: Path) -> None:
    markers = read_c3d(write_c3d(tmp_path / "a.c3d"))
    t, paths, impact = resampled(markers, 1000.0)
    world = to_world(paths, 1000.0)
    assert world["HeadTop"][0, 2] == pytest.approx(1.7, abs=0.01)
    assert 0.0 <= impact <= t[-1]


@pytest.mark.parametrize(
    ("change", "says"),
    [({"unit": "furlong"}, "m, cm or mm"), ({"names": BODY_MARKERS}, "Marker_2:2:1"),
     ({"frames": 20}, "length of frames"), ({"hole": True}, "in most frames")],
)  # fmt: skip
def test_an_unusable_capture_is_refused_plainly(tmp_path: Path, change: dict, says: str) -> None:
    with pytest.raises(InputError, match=says):
        read_c3d(write_c3d(tmp_path / "a.c3d", **change))


@pytest.mark.parametrize(
    "content", [b"", b"\x02", b"not a capture at all" * 50, b"\x02P" + b"\xff" * 3000, b"\x02\x50"]
)
def test_what_is_no_capture_is_refused_plainly(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "bad.c3d"
    file.write_bytes(content)
    with pytest.raises(InputError, match=r"motion-capture|markers|frames"):
        read_c3d(file)
    with pytest.raises(InputError, match="nothing"):
        read_c3d(tmp_path / "absent.c3d")
