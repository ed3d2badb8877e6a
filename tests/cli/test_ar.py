"""The commands over the real world: markers that are found again on their print, a calibration, pictures and films."""

import json
import os
import re
import subprocess
import sys
import threading

import av
import cv2
import numpy as np
import pytest

from tests.body.test_calibration import views
from tests.conftest import ROOT
from twinswing.body.calibration import load_calibration
from twinswing.body.camera import PinholeCamera
from twinswing.body.markers import FAMILIES
from twinswing.cli.ar import parse_numbers
from twinswing.cli.main import main
from twinswing.errors import InputError
from twinswing.truth.printed import camera, facing, marker

SWING = str(ROOT / "recordings" / "driver-face-on.mcap")
SHIFT = str(ROOT / "recordings" / "club-works-shift.mcap")
CAM = camera(640, 360, 500.0)


def film(path, pictures, rate=30):
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=rate, options={"crf": "8", "preset": "ultrafast"})
        stream.pix_fmt = "yuv420p"
        for k, grey in enumerate(pictures):
            if not k:
                stream.height, stream.width = grey.shape[:2]
            rgb = np.ascontiguousarray(np.repeat(grey[..., None], 3, axis=2))
            container.mux(stream.encode(av.VideoFrame.from_ndarray(rgb, format="rgb24")))
        container.mux(stream.encode())
    return str(path)


@pytest.fixture(scope="module")
def lathe(tmp_path_factory):
    """A film in which the camera looks at the marker of the plant's fifteenth unit."""
    rng = np.random.default_rng(1)
    pictures = [marker(14, 0.15, CAM, facing(12, 60), np.array([0.05, 0.16, 0.9]), rng) for _ in range(4)]
    return film(tmp_path_factory.mktemp("lathe") / "lathe.mp4", pictures)


@pytest.fixture(scope="module")
def boards(tmp_path_factory):
    cam = camera(800, 600, 640.0, distortion=(-0.12, 0.04, 0.0008, -0.0006, 0.0))
    pictures = list(views(cam, 12, np.random.default_rng(5)))
    return film(tmp_path_factory.mktemp("boards") / "boards.mp4", pictures, rate=10)


def test_a_board_before_a_camera_gives_its_focal_length_within_two_percent(boards, tmp_path, capsys):
    out = tmp_path / "camera.json"
    assert main(["calibrate", "--camera", boards, "-o", str(out)]) == 0
    found = load_calibration(out)
    assert found.focal_px == pytest.approx(640.0, rel=0.02)
    assert (found.width_px, found.height_px) == (800, 600)
    said = capsys.readouterr()
    assert f"{found.focal_px:.1f} ± {found.sigma_focal_px:.1f} px" in said.out
    assert "RMS" in said.out
    assert "View 1 of" in said.err


def test_too_few_views_are_told_and_nothing_is_written(lathe, tmp_path, capsys):
    out = tmp_path / "camera.json"
    assert main(["calibrate", "--camera", lathe, "-o", str(out)]) == 3
    assert "at least 8 different views" in capsys.readouterr().err
    assert not out.exists()


def test_a_machines_card_is_written_as_a_picture(lathe, tmp_path, capsys):
    out = tmp_path / "lathe.png"
    assert main(["ar", SHIFT, "--camera", lathe, "--offscreen", "-o", str(out)]) == 0
    picture = cv2.cvtColor(cv2.imread(str(out)), cv2.COLOR_BGR2RGB)
    assert picture.shape == (360, 640, 3)
    # The lathe's bearing has seized: red stands above the marker, and the guess of the camera is told in amber below.
    red = (picture[..., 0] > 200) & (picture[..., 1] < 130) & (picture[..., 2] < 120)
    assert red[:200].sum() > 20
    amber = (picture[..., 0] > 200) & (picture[..., 1] > 150) & (picture[..., 2] < 120)
    assert amber[340:].sum() > 50
    assert "with a marker" in capsys.readouterr().out


def test_a_live_plant_stands_on_its_markers(lathe, tmp_path):
    out = tmp_path / "live.png"
    assert main(["ar", "club_works", "--camera", lathe, "--offscreen", "-o", str(out)]) == 0
    picture = cv2.imread(str(out))
    dark = (picture.max(-1) < 50)[40:180, 250:450]
    assert dark.mean() > 0.2


def test_a_swing_is_written_as_a_film_with_the_cameras_times(lathe, tmp_path, capsys):
    out = tmp_path / "swing.mp4"
    assert main(["ar", SWING, "--camera", lathe, "--offscreen", "-o", str(out)]) == 0
    with av.open(str(out)) as container:
        times = [float(frame.time) for frame in container.decode(video=0)]
    assert np.diff(times) == pytest.approx([1 / 30] * 3, abs=1e-3)
    assert "in 4 pictures" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (["--camera", "nowhere.mp4"], 3, "no file nowhere.mp4"),
        (["--camera", "97"], 4, "camera 97"),
        (["--camera", "LATHE", "--calibration", "TORN"], 3, "camera file"),
        (["--camera", "LATHE", "--calibration", "OTHER"], 3, "800x600"),
        (["--camera", "LATHE", "--calibration", "missing.json"], 3, "missing.json"),
        (["--camera", "LATHE", "--size-mm", "0"], 3, "--size-mm"),
        (["--camera", "LATHE", "--seconds", "-1"], 3, "--seconds"),
        (["--camera", "TORN"], 3, "torn.json"),
        (["--camera", "LATHE", "-o", "picture.bmp"], 3, ".png or .mp4"),
    ],
)
def test_what_cannot_be_used_is_told_in_one_sentence(words, status, said, lathe, boards, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "torn.json").write_text('{"twinswing": "camera", "version": 1, "width_px": 64')
    other = {
        "twinswing": "camera", "version": 1, "width_px": 800, "height_px": 600, "focal_px": 640.0,
        "centre_px": [400.0, 300.0], "distortion": [], "rms_px": 0.1, "sigma_focal_px": 1.0,
        "sigma_centre_px": [1.0, 1.0], "views": 12,
    }  # fmt: skip
    (tmp_path / "other.json").write_text(json.dumps(other))
    words = [{"LATHE": lathe, "TORN": "torn.json", "OTHER": "other.json"}.get(word, word) for word in words]
    assert main(["ar", SHIFT, "--offscreen", *words]) == status
    err = capsys.readouterr().err.strip()
    assert said in err
    assert err.count("twinswing:") == 1


def test_a_plant_gets_a_page_a_unit_with_its_number(tmp_path, capsys):
    out = tmp_path / "sheet.pdf"
    assert main(["markers", "--plant", SHIFT, "-o", str(out)]) == 0
    pages = len(re.findall(rb"/Type /Page\b", out.read_bytes()))
    from twinswing.plant.recorded import RecordedHistory

    with RecordedHistory(SHIFT) as history:
        units = len(history.plant.units)
    assert pages == units
    said = capsys.readouterr().out
    assert f"{units} markers" in said
    assert "aruco-4x4-50" in said if units <= 50 else "apriltag-36h11" in said


def test_numbers_and_the_board_are_printed_and_nonsense_is_refused(tmp_path, capsys):
    out = tmp_path / "m.pdf"
    assert main(["markers", "--numbers", "0-2,7", "--size-mm", "100", "-o", str(out)]) == 0
    assert len(re.findall(rb"/Type /Page\b", out.read_bytes())) == 4
    assert main(["markers", "--board", "--paper", "letter", "-o", str(out)]) == 0
    assert main(["markers", "--numbers", "50", "-o", str(out)]) == 3  # of 50 codes the last is 49
    assert main(["markers", "--size-mm", "400", "-o", str(out)]) == 3
    assert main(["markers", "--plant", SHIFT, "--numbers", "900", "-o", str(out)]) == 3
    assert main(["markers", "--board", "--numbers", "1", "-o", str(out)]) == 3
    assert capsys.readouterr().err.count("twinswing:") == 4
    assert parse_numbers("3, 0-1,3") == [3, 0, 1]
    for nonsense in ("", "-1", "2-1", "a", "0-99999", "1,,2", "9" * 5000):
        with pytest.raises(InputError, match="--numbers"):
            parse_numbers(nonsense)


def test_the_command_line_names_the_families_that_there_are():
    from twinswing.cli.main import build_parser

    for family in FAMILIES:
        build_parser().parse_args(["ar", "x.mcap", "--family", family])


@pytest.fixture(scope="module")
def floor(tmp_path_factory):
    """A film in which a marker lies on the floor, three metres away."""
    eye = PinholeCamera.look_at(
        position_m=(-0.5, -3.0, 1.5), target_m=(0.0, 0.35, 0.85), width_px=640, height_px=360,
        vertical_fov_rad=CAM.vertical_fov_rad,
    )  # fmt: skip
    rng, position = np.random.default_rng(2), -eye.rotation @ eye.position_m
    pictures = [marker(3, 0.3, CAM, eye.rotation, position, rng) for _ in range(4)]
    return film(tmp_path_factory.mktemp("floor") / "floor.mp4", pictures)


@pytest.mark.window
@pytest.mark.parametrize("what", ["plant", "swing"])
def test_the_window_shows_saves_and_closes_by_keys(what, lathe, floor, tmp_path, display):
    words = [SHIFT, "--camera", lathe] if what == "plant" else [SWING, "--camera", floor, "--size-mm", "300"]

    environment = dict(os.environ, DISPLAY=display)
    process = subprocess.Popen(
        [sys.executable, "-m", "twinswing.cli.main", "ar", *words, "--seconds", "60"],
        env=environment, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip

    def press(key):
        found = subprocess.run(
            ["xdotool", "search", "--name", "over the real world"], env=environment, capture_output=True, text=True,
            check=False,
        ).stdout.split()  # fmt: skip
        if found:
            subprocess.run(["xdotool", "windowfocus", found[0], "key", key], env=environment, check=False)
        return bool(found)

    ended = threading.Event()
    try:
        saved = tmp_path / "twinswing-ar-1.png"
        for _ in range(150):
            if press("s") and saved.exists():
                break
            ended.wait(0.1)
        assert saved.exists()
        for _ in range(50):
            press("Escape")
            if process.poll() is not None:
                break
            ended.wait(0.1)
        out, err = process.communicate(timeout=10)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 0, err
    assert "twinswing-ar-" in out
    picture = cv2.imread(str(saved))
    assert picture.shape[:2] == (360, 640)
    # The empty wall or floor is of one grey: what stands on it is not.
    middle = picture[30:250, 200:500].astype(int)
    assert (np.abs(middle - np.median(middle)).max(-1) > 30).mean() > 0.05
