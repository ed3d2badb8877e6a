"""One picture by event or time, and what is said when that cannot be."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from twinswing.errors import InputError
from twinswing.stage.snapshot import save_png, save_snapshot, snapshot, time_of
from twinswing.swing.model import SwingSession


def test_an_event_and_its_time_are_one_picture(kit):
    options = kit.options()
    by_name = snapshot(kit.session, "impact", size=(160, 120), options=options)
    by_time = snapshot(kit.session, "1.25", size=(160, 120), options=options)
    assert by_name.shape == (120, 160, 3)
    assert (np.abs(by_name.astype(int) - by_time).max(2) > 0).mean() < 0.005  # limbs meet at equal depths
    assert not np.array_equal(by_name, snapshot(kit.session, 0.3, size=(160, 120), options=options))


@pytest.mark.parametrize("view", ["face-on", "down-the-line", "top", "golfer", "oblique", "video"])
def test_every_view_is_a_picture_of_its_own(kit, view):
    frame = np.full((64, 48, 3), 120, np.uint8)
    image = snapshot(kit.session, 1.2, view, (120, 160), kit.options(), frame)
    assert image.std() > 5


@pytest.mark.parametrize(
    ("at", "said"),
    [("finish", "not found.*top, impact"), ("noon", "expected seconds or one of"), (99.0, "from 0.000 to"),
     ("-3", "found -3"), ("nan", "expected a time"), ("inf", "expected a time")],
)  # fmt: skip
def test_a_time_that_is_not_there_is_one_sentence(kit, at, said):
    with pytest.raises(InputError, match=said):
        time_of(kit.session, at)


def test_the_video_view_needs_a_camera(kit):
    with pytest.raises(InputError, match="camera"):
        snapshot(replace(kit.session, camera=None), 0.5, "video", (32, 32), kit.options())


def test_an_empty_session_has_no_time_but_zero():
    assert time_of(SwingSession(), 0.0) == 0.0
    with pytest.raises(InputError, match="found 1"):
        time_of(SwingSession(), 1.0)


def test_a_png_holds_the_picture(tmp_path):
    rgb = np.random.default_rng(1).integers(0, 255, (20, 30, 3), dtype=np.uint8)
    save_png(tmp_path / "picture.png", rgb)
    assert np.array_equal(cv2.imread(str(tmp_path / "picture.png"))[..., ::-1], rgb)


def test_a_snapshot_is_written_as_it_is_drawn(kit, tmp_path):
    path = tmp_path / "impact.png"
    save_snapshot(kit.session, path, "impact", "oblique", (80, 60), kit.options())
    drawn = snapshot(kit.session, "impact", "oblique", (80, 60), kit.options())
    # Limbs of the stand-in meet at equal depths, and which is drawn first differs from scene to scene.
    assert (np.abs(cv2.imread(str(path))[..., ::-1].astype(int) - drawn).max(2) > 0).mean() < 0.005


def test_a_picture_that_cannot_be_written_says_where(tmp_path):
    with pytest.raises(InputError, match=r"gone.*picture\.png"):
        save_png(tmp_path / "gone" / "picture.png", np.zeros((2, 2, 3), np.uint8))
