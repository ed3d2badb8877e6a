"""Breaks when `twinswing truth` writes what its readers do not expect, or writes something else the next time."""

import csv
import json
from pathlib import Path

import av
import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from twinswing.body.skeleton import JOINT_NAMES
from twinswing.club.imports import read_club_log
from twinswing.errors import InputError
from twinswing.stage.appearance import Appearance
from twinswing.swing.model import EVENT_NAMES
from twinswing.timeline.clock import ClockMap
from twinswing.truth.camera import FilmSpec, frame_times, place_camera
from twinswing.truth.generate import DRIFT_PPM, OFFSET_S, draw_scenario, write_truth
from twinswing.truth.imu import motion_at
from twinswing.truth.session import session_of
from twinswing.truth.video import exposure_times, film_swing, row_weights

from .helpers import MOCAP, tour_swing


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("truth")
    told: list[float] = []
    made = write_truth(out, swings=2, seed=5, fps=60.0, video=False, progress=lambda _s, f: told.append(f))
    assert [p.name for p in made] == ["000", "001"]
    return made[0]


def test_truth_json_says_what_analyze_should_find(folder: Path) -> None:
    truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    assert set(truth) >= {"alignment", "events", "golfer", "club", "camera", "delivery"}
    assert set(truth["alignment"]) == {"offset_s", "drift_ppm"}
    assert abs(truth["alignment"]["offset_s"]) <= OFFSET_S
    assert abs(truth["alignment"]["drift_ppm"]) <= DRIFT_PPM
    assert tuple(truth["events"]) == EVENT_NAMES
    for event in truth["events"].values():
        assert set(event) == {"t_s", "frame"}
        assert abs(event["frame"] / 60.0 - event["t_s"]) <= 0.5 / 60.0 + 1e-9
    assert truth["golfer"]["handed"] == "right"
    assert truth["golfer"]["view"] == "face-on"
    assert truth["camera"]["readout_s"] == 0.0
    assert 0.0 < truth["camera"]["shutter_s"] < 1 / 60
    assert "first row" in truth["camera"]["pts"]
    assert truth["delivery"]["head_speed_mps"] > 35.0


def test_club_csv_is_the_clubs_motion_on_its_own_clock(folder: Path) -> None:
    with (folder / "club.csv").open(encoding="utf-8") as file:
        assert next(csv.reader(file)) == ["t_s", "ax", "ay", "az", "gx", "gy", "gz"]
    imu = read_club_log(folder / "club.csv")
    assert all("clipped" in warning for warning in imu.warnings)  # nothing had to be guessed or mended
    scene = draw_scenario(5, 0, film=FilmSpec())
    assert np.allclose(imu.gyro_radps, scene.imu.gyro_radps, atol=1e-5)
    truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    clock = ClockMap(truth["alignment"]["offset_s"], truth["alignment"]["drift_ppm"])
    video_s = clock.to_session(imu.t_s)
    _, omega = motion_at(scene.swing, video_s, scene.swing.spec.mount)
    sensor = scene.sensor
    noise = sensor.gyro_noise * np.sqrt(sensor.bandwidth_hz) + 3.0 * sensor.gyro_bias
    assert np.abs(omega - imu.gyro_radps)[~imu.clipped].max() < 6.0 * noise
    # Where the club is fastest, it is at the ball: the map's direction is not turned about.
    fastest = video_s[np.argmax(np.linalg.norm(imu.gyro_radps, axis=1))]
    assert abs(fastest - truth["events"]["impact"]["t_s"]) < 0.05


def test_truth_npz_names_its_arrays_units_and_frames(folder: Path) -> None:
    with np.load(folder / "truth.npz") as arrays:
        n = len(arrays["t_s"])
        assert arrays["joints_m"].shape == (n, len(JOINT_NAMES), 3)
        assert tuple(arrays["joint_names"]) == JOINT_NAMES
        assert arrays["club_quaternion"].shape == (n, 4)
        described = {row[0]: (row[1], row[2]) for row in arrays["described"]}
        assert described["head_m"] == ("m", "world")
        assert set(described) | {"joint_names", "described"} == set(arrays.files)
        R = Rotation.from_quat(arrays["club_quaternion"], scalar_first=True)
        along = R.inv().apply(arrays["head_m"] - arrays["butt_m"])
        assert np.ptp(along, axis=0).max() < 1e-9
        assert arrays["head_speed_mps"].max() > 35.0


def test_the_same_seed_writes_the_same_session_and_another_does_not(folder: Path, tmp_path: Path) -> None:
    again = write_truth(tmp_path / "again", seed=5, fps=60.0, video=False)[0]
    other = write_truth(tmp_path / "other", seed=6, fps=60.0, video=False)[0]
    for name in ("club.csv", "truth.json"):
        assert (again / name).read_bytes() == (folder / name).read_bytes()
        assert (other / name).read_bytes() != (folder / name).read_bytes()
    # The second swing of a seed is another golfer, another clock.
    assert (folder.parent / "001" / "club.csv").read_bytes() != (folder / "club.csv").read_bytes()


def test_options_are_honoured(tmp_path: Path) -> None:
    made = write_truth(
        tmp_path, seed=2, fps=240.0, view="oblique", club="wedge", handed="left", faults=("sway",), readout_s=0.003,
        size=(320, 240), offset_s=1.5, drift_ppm=-20.0, video=False,
    )  # fmt: skip
    truth = json.loads((made[0] / "truth.json").read_text(encoding="utf-8"))
    assert truth["alignment"] == {"offset_s": 1.5, "drift_ppm": -20.0}
    assert truth["golfer"]["handed"] == "left"
    assert truth["golfer"]["faults"] == {"sway": 1.0}
    assert truth["club"]["kind"] == "wedge"
    assert (truth["camera"]["width_px"], truth["camera"]["height_px"]) == (320, 240)
    assert truth["camera"]["readout_s"] == 0.003
    with np.load(made[0] / "truth.npz") as arrays:
        assert arrays["joints_m"][0, 0, 1] < 0.0  # the left-handed golfer stands on the other side


@pytest.mark.parametrize(
    ("change", "says"),
    [({"view": "from-above"}, "view"), ({"fps": 0.0}, "frame rate"), ({"size": (33, 20)}, "even sides"),
     ({"readout_s": 0.5}, "readout"), ({"club": "broom"}, "club"), ({"faults": ("yips",)}, "fault"),
     ({"swings": 0}, "at least one"), ({"handed": "neither"}, "handed"), ({"from_c3d": Path("absent.c3d")}, "nothing")],
)  # fmt: skip
def test_what_cannot_be_filmed_is_refused_plainly(tmp_path: Path, change: dict, says: str) -> None:
    with pytest.raises(InputError, match=says):
        write_truth(tmp_path, **{"video": False, **change})


def test_a_capture_is_written_like_any_swing(tmp_path: Path) -> None:
    if not MOCAP.is_file():
        pytest.skip("the motion capture is not beside this checkout")
    made = write_truth(tmp_path, from_c3d=MOCAP, fps=60.0, video=False)
    truth = json.loads((made[0] / "truth.json").read_text(encoding="utf-8"))
    assert tuple(truth["events"]) == EVENT_NAMES
    assert truth["golfer"]["source"] == MOCAP.name


@pytest.mark.parametrize("view", ["face-on", "down-the-line", "oblique"])
@pytest.mark.parametrize("handed", ["right", "left"])
@pytest.mark.parametrize("size", [(480, 640), (640, 480)])
def test_the_golfer_stays_in_the_picture(view: str, handed: str, size: tuple[int, int]) -> None:
    swing = tour_swing("driver", handed)
    film = FilmSpec(view, *size)
    for seed in range(6):
        camera = place_camera(film, handed, np.random.default_rng(seed))
        px = camera.project(swing.body.joints_m[::20])
        assert np.isfinite(px).all()
        assert (px > 0.02 * np.array(size)).all()
        assert (px < 0.98 * np.array(size)).all()
        tall = np.ptp(px[0, :, 1]) / size[1]
        assert 0.35 < tall < 0.8
    # The golfer's front is seen face-on; the back of the head never.
    if view == "face-on":
        lead = "left" if handed == "right" else "right"
        x = {n: camera.project(swing.body.joints_m[0, JOINT_NAMES.index(n)])[0] for n in (f"{lead}_hip", "pelvis")}
        assert (x[f"{lead}_hip"] > x["pelvis"]) == (handed == "right")


def test_frame_times_of_a_variable_rate_are_uneven_and_whole_ticks() -> None:
    rng = np.random.default_rng(0)
    t = frame_times(FilmSpec(rate_hz=30.0, variable_rate=True), 6.0, rng)
    steps = np.diff(t)
    assert t[0] == 0.0
    assert np.all(steps > 0.0)
    assert steps.std() > 2e-3
    assert len(t) < 180
    assert np.allclose(t * 90_000, np.round(t * 90_000))
    even = frame_times(FilmSpec(rate_hz=30.0), 6.0, rng)
    assert np.allclose(np.diff(even), 1 / 30, atol=1.2e-5)


def test_an_exposure_is_centred_on_the_frames_time() -> None:
    swing = tour_swing()
    film = FilmSpec(shutter_s=1 / 250)
    camera = place_camera(film, "right", None)
    still = exposure_times(swing, camera, film, 0.2)
    assert still == pytest.approx([0.2])
    fast = exposure_times(swing, camera, film, swing.events_s["impact"])
    assert 4 < len(fast) <= film.most_parts
    step = np.linalg.norm(np.diff(camera.project(swing.head_at(fast)), axis=0), axis=1)
    assert step.max() <= 1.1 * film.part_px  # no gaps in the blur
    assert np.mean(fast) == pytest.approx(swing.events_s["impact"])
    assert max(fast) - min(fast) < film.shutter_s


def test_each_row_of_a_rolling_shutter_has_its_own_time() -> None:
    swing = tour_swing()
    film = FilmSpec(shutter_s=1 / 500, readout_s=0.015, rate_hz=30.0, height_px=480)
    camera = place_camera(film, "right", None)
    t = swing.events_s["impact"]
    times = np.asarray(exposure_times(swing, camera, film, t))
    weights = row_weights(film, t, times)
    assert np.allclose(weights.sum(axis=0), 1.0, atol=1e-5)
    middle = weights.T @ (times - t)
    assert middle == pytest.approx(film.readout_s * np.arange(480) / 480, abs=3e-4)


def test_a_session_of_truth_has_every_part() -> None:
    scene = draw_scenario(3, 0, film=FilmSpec())
    session = session_of(
        scene.swing, imu=scene.imu, clock=scene.clock, camera=scene.camera, frame_times_s=scene.times_s,
        appearance=scene.appearance.to_dict(),
    )  # fmt: skip
    assert set(session.events) == set(EVENT_NAMES)
    assert session.alignment is not None
    assert session.alignment.offset_s == scene.clock.offset_s
    assert session.body is scene.swing.body
    assert session.span_s()[1] == pytest.approx(scene.swing.duration_s)
    assert Appearance.from_dict(session.appearance) == scene.appearance


@pytest.mark.slow
def test_a_film_shows_the_swing_at_its_stated_times(tmp_path: Path) -> None:
    film = FilmSpec("face-on", 240, 320, 30.0, readout_s=0.01, msaa=0)
    scene = draw_scenario(4, 0, film=film)
    impact = scene.swing.events_s["impact"]
    times = np.round(np.array([0.0, 0.031, 0.07, impact - 0.02, impact, impact + 0.031]) * 90_000) / 90_000
    session = session_of(scene.swing, camera=scene.camera, frame_times_s=times)
    rng = np.random.default_rng(0)
    film_swing(tmp_path / "a.mp4", scene.swing, session, scene.camera, scene.film, times, rng)
    with av.open(str(tmp_path / "a.mp4")) as container:
        frames = [(f.time, np.ascontiguousarray(f.to_ndarray(format="rgb24"))) for f in container.decode(video=0)]
    assert np.allclose([t for t, _ in frames], times, atol=1e-6)
    assert frames[0][1].shape == (320, 240, 3)
    # Around the hands the picture changes as they pass, and hardly at all while the golfer holds still.
    hands = scene.camera.project(scene.swing.joints_at(times)[:, JOINT_NAMES.index("left_hand")])
    change = []
    for k in (1, 3):
        x, y = np.round(hands[k]).astype(int)
        crop = (slice(y - 12, y + 12), slice(x - 12, x + 12))
        change.append(float(np.abs(frames[k][1][crop].astype(int) - frames[k + 1][1][crop]).mean()))
    assert change[1] > 3.0 * change[0]
