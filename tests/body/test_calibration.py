"""A camera's numbers come back from pictures of a board."""

import json

import numpy as np
import pytest

from twinswing.body.calibration import Board, Calibration, Calibrator, load_calibration
from twinswing.errors import InputError
from twinswing.truth.printed import camera, facing, film

PX_PER_M = 4000


def board_sheet(board: Board) -> np.ndarray:
    size = (round(board.columns * board.square_m * PX_PER_M), round(board.rows * board.square_m * PX_PER_M))
    return board.made().generateImage(size, marginSize=0, borderBits=1)


def views(cam, count, rng, noise=2.0):
    board = Board()
    sheet = board_sheet(board)
    middle = (sheet.shape[1] / 2, sheet.shape[0] / 2)
    for k in range(count):
        rotation = facing(rng.uniform(10, 40), 360 * k / count * 3, rng.uniform(-20, 20))
        position = [rng.uniform(-0.12, 0.12), rng.uniform(-0.08, 0.08), rng.uniform(0.4, 0.65)]
        yield film(sheet, PX_PER_M, middle, cam, rotation, np.array(position), rng, noise=noise, blur=0.5)


@pytest.fixture(scope="module")
def calibrated():
    cam = camera(960, 540, 760.0, distortion=(-0.12, 0.04, 0.0008, -0.0006, 0.0))
    calibrator = Calibrator()
    for picture in views(cam, 14, np.random.default_rng(5)):
        calibrator.offer(picture)
    return cam, calibrator.solve()


def test_a_camera_is_found_within_a_third_of_a_pixel(calibrated):
    cam, found = calibrated
    assert found.rms_px < 0.3
    x, y = np.meshgrid(np.linspace(-0.5, 0.5, 9), np.linspace(-0.28, 0.28, 7))

    def project(c):
        k1, k2, p1, p2, k3 = (*c.distortion, 0.0)[:5]
        r2 = x * x + y * y
        radial = 1 + r2 * (k1 + r2 * (k2 + r2 * k3))
        bent = np.stack([
            x * radial + 2 * p1 * x * y + p2 * (r2 + 2 * x * x), y * radial + p1 * (r2 + 2 * y * y) + 2 * p2 * x * y,
        ], -1)  # fmt: skip
        return bent * c.focal_px + np.asarray(c.centre_px)

    away = np.linalg.norm(project(found.camera()) - project(cam), axis=-1)
    # A shift of the whole picture is a turn of the camera by a twentieth of a degree: what bends it is the lens.
    assert np.sqrt(np.mean(away**2)) < 1.0
    assert abs(found.focal_px - cam.focal_px) < 4 * found.sigma_focal_px + 0.5
    assert found.sigma_focal_px < 3.0


def test_it_survives_a_file(calibrated, tmp_path):
    _, found = calibrated
    found.save(tmp_path / "camera.json")
    assert load_calibration(tmp_path / "camera.json") == found
    small = found.camera(480, 270)
    assert small.focal_px == pytest.approx(found.focal_px / 2)
    with pytest.raises(InputError, match="shape"):
        found.camera(640, 480)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "something else"), ("[1]", "other JSON"), ("{}", "other JSON"),
        ('{"twinswing": "camera", "version": 2}', "version 1"), ('{"twinswing": "camera", "version": 1}', "missing"),
        ("[" * 100_000, "something else"),
    ],
)  # fmt: skip
def test_other_files_are_refused(tmp_path, text, told):
    path = tmp_path / "camera.json"
    path.write_text(text)
    with pytest.raises(InputError, match=told):
        load_calibration(path)


def test_numbers_that_cannot_be_are_refused(tmp_path):
    good = Calibration(640, 480, 500.0, (320.0, 240.0), (0.0,) * 5, 0.2, 1.0, (1.0, 1.0), 9)
    path = tmp_path / "camera.json"
    good.save(path)
    document = json.loads(path.read_text())
    for key, value in (
        ("focal_px", -1),
        ("focal_px", "500"),
        ("distortion", [1]),
        ("centre_px", [True, 2]),
        ("width_px", 0),
    ):
        path.write_text(json.dumps(document | {key: value}))
        with pytest.raises(InputError, match="expected a"):
            load_calibration(path)
    with pytest.raises(InputError, match="none at"):
        load_calibration(tmp_path / "not.json")


def test_views_are_asked_for_until_there_are_enough():
    rng = np.random.default_rng(3)
    cam, calibrator = camera(640, 360, 520.0), Calibrator()
    with pytest.raises(InputError, match="found 0"):
        calibrator.solve()
    picture = next(views(cam, 1, rng))
    assert calibrator.offer(picture) == "taken"
    assert calibrator.offer(picture) == "hold it elsewhere or tilt it"
    assert "no board" in calibrator.offer(np.full((360, 640), 128, np.uint8))
    with pytest.raises(InputError, match="one size"):
        calibrator.offer(np.zeros((100, 100), np.uint8))
    with pytest.raises(InputError, match="found 1;"):
        calibrator.solve()
