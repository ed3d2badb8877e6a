"""What is printed is found by a camera, at the size that was asked for."""

import subprocess
from shutil import which

import cv2
import numpy as np
import pytest

from twinswing.body.calibration import Board, Calibrator
from twinswing.body.markers import MarkerFinder
from twinswing.errors import InputError
from twinswing.report.marker_sheet import Sheet, write_board, write_markers
from twinswing.truth.printed import camera, facing, film

needs_reader = pytest.mark.skipif(which("pdftoppm") is None, reason="poppler-utils, which reads PDF, is not installed")
DPI = 300
PX_PER_M = DPI / 0.0254


def printed(path, page=1) -> np.ndarray:
    out = path.with_suffix("")
    subprocess.run(
        ["pdftoppm", "-r", str(DPI), "-gray", "-f", str(page), "-l", str(page), "-singlefile", str(path), str(out)],
        check=True, timeout=60,
    )  # fmt: skip
    return cv2.imread(f"{out}.pgm", cv2.IMREAD_GRAYSCALE)


@needs_reader
@pytest.mark.parametrize(("paper", "name"), [("a4", "aruco-4x4-50"), ("letter", "apriltag-36h11")])
def test_a_printed_page_before_a_camera_is_found_at_its_size(tmp_path, paper, name):
    path = tmp_path / "sheet.pdf"
    write_markers(path, [Sheet(1, "Mill 1"), Sheet(17, "Élan press", "forging")], 0.15, name, paper)
    page = printed(path, 2)
    cam, rng = camera(), np.random.default_rng(1)
    rotation, position = facing(20, 40), np.array([0.0, 0.05, 1.0])
    # The page's middle across; the marker's middle lies a frame and half a side below the upper margin.
    across = page.shape[1] / 2
    cells = 6 if name.startswith("aruco") else 8
    down = (0.012 + 0.15 / cells + 0.075) * PX_PER_M
    picture = film(page, PX_PER_M, (across, down), cam, rotation, position, rng)
    (found,) = MarkerFinder(0.15, name).find(picture, cam)
    assert found.number == 17
    assert np.linalg.norm(found.position_m - position) < 0.003


@needs_reader
def test_a_printed_board_calibrates(tmp_path):
    path = tmp_path / "board.pdf"
    write_board(path)
    page = printed(path)
    cam, rng, calibrator = camera(960, 540, 760.0), np.random.default_rng(1), Calibrator(Board())
    middle = (page.shape[1] / 2, (0.012 + 3.5 * 0.036) * PX_PER_M)
    for k in range(9):
        rotation = facing(rng.uniform(15, 35), 120 * k + 10 * k)
        position = np.array([0.08 * (k % 3 - 1), 0.04 * (k // 3 - 1), 0.5])
        calibrator.offer(film(page, PX_PER_M, middle, cam, rotation, position, rng, blur=0.5))
    found = calibrator.solve()
    assert found.rms_px < 0.3
    assert found.focal_px == pytest.approx(760.0, rel=0.01)


def test_what_does_not_fit_is_refused(tmp_path):
    out = tmp_path / "x.pdf"
    with pytest.raises(InputError, match="fits on a4"):
        write_markers(out, [Sheet(1, "x")], 0.25)
    with pytest.raises(InputError, match="below 50"):
        write_markers(out, [Sheet(50, "x")])
    with pytest.raises(InputError, match="found 0"):
        write_markers(out, [])
    with pytest.raises(InputError, match="paper"):
        write_markers(out, [Sheet(1, "x")], paper="a9")
    with pytest.raises(InputError, match="fits"):
        write_board(out, Board(9, 9))
