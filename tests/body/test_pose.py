"""Who is followed, how truly in time, and what is said when nobody is there: on real golfers."""

from dataclasses import replace

import cv2
import mediapipe as mp
import numpy as np
import pytest
from mediapipe.tasks.python import BaseOptions, vision

from twinswing.body.detector import PeopleDetector, PoseDetector
from twinswing.body.landmarks import LANDMARK, FrameState
from twinswing.body.models import POSE_MODEL, model_path
from twinswing.body.pose import ExtractionCancelledError, PoseStream, extract_pose
from twinswing.body.video import VideoReader
from twinswing.errors import InputError

from .clips import DATA, picture, write

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not (DATA / "video").is_dir(), reason="the real clips are not on this machine"),
    pytest.mark.skipif(not POSE_MODEL.is_whole(model_path()), reason="the pose model is not in the cache"),
]
CLIP = DATA / "video" / "down_the_line_vfr.mp4"
PHONE = DATA / "video" / "face_on_phone.mp4"


def pictures(path, start=0, stop=10**9):
    with VideoReader(path) as reader:
        return [f.rgb for f in reader if start <= f.index < stop]


def canvas_clip(path, golfer, *, size, place, scale, still=None):
    """Film golfer's pictures in a part of a wider grey scene, beside a still one if given as (picture, x, y)."""
    frames = []
    for rgb in golfer:
        out = np.full((size[1], size[0], 3), 110, dtype=np.uint8)
        if still is not None:
            part, x, y = still
            out[y : y + part.shape[0], x : x + part.shape[1]] = part
        part = cv2.resize(rgb, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        out[place[1] : place[1] + part.shape[0], place[0] : place[0] + part.shape[1]] = part
        frames.append(out)
    return write(path, frames, options={"crf": "18", "preset": "ultrafast"})


@pytest.fixture(scope="module")
def found():
    order, told = [], []
    info, track = extract_pose(
        CLIP, on_frame=lambda f: order.append((f.index, f.t_s)), progress=lambda done, total: told.append((done, total))
    )
    return info, track, order, told


def test_every_frame_of_a_real_swing_has_the_golfer(found):
    info, track, order, told = found
    assert (track.state == FrameState.DETECTED).all()
    assert order == list(enumerate(track.t_s))
    assert [done for done, _ in told] == list(range(1, 88))
    assert (track.width_px, track.height_px) == (info.width_px, info.height_px) == (388, 552)
    ankles = 0.5 * (track.point("left_ankle") + track.point("right_ankle"))
    assert (np.linalg.norm(ankles - np.median(ankles, 0), axis=1) < 40).all()


def test_shoulders_that_the_model_swapped_are_mended(found):
    # At the finish this golfer's back is to the camera, so the left shoulder and hip are on the picture's left.
    track = found[1]
    assert track.swapped.any()
    finish = slice(58, 74)
    for name in ("shoulder", "hip"):
        gap = track.point(f"right_{name}")[finish, 0] - track.point(f"left_{name}")[finish, 0]
        assert (gap > -12).all(), name  # two frames show all joints of a side collapsed onto the other
        assert (gap > 0).mean() > 0.8, name


def lag_frames(path, reference):
    """How many frames a path trails a reference, by least squares on the reference's speed."""
    speed = np.gradient(reference, axis=0)
    return -float(np.sum(speed * (path - reference)) / np.sum(speed**2))


def test_landmarks_do_not_lag_as_smoothed_ones_do():
    rgbs = pictures(PHONE, 118, 172)
    wrists = [LANDMARK["left_wrist"], LANDMARK["right_wrist"]]
    with PoseDetector() as follower, PeopleDetector(1) as single:
        ours = np.array([follower.detect(rgb)[wrists, :2] for rgb in rgbs]).reshape(len(rgbs), -1)
        alone = np.array([single.detect(rgb)[0][wrists, :2] for rgb in rgbs]).reshape(len(rgbs), -1)
    options = vision.PoseLandmarkerOptions(
        base_options=BaseOptions(model_asset_path=str(model_path())), running_mode=vision.RunningMode.VIDEO
    )
    task = vision.PoseLandmarker.create_from_options(options)
    smoothed = []
    for i, rgb in enumerate(rgbs):
        points = task.detect_for_video(mp.Image(image_format=mp.ImageFormat.SRGB, data=rgb), i * 33).pose_landmarks[0]
        smoothed.append([(points[w].x * rgb.shape[1], points[w].y * rgb.shape[0]) for w in wrists])
    task.close()
    smoothed = np.array(smoothed).reshape(len(rgbs), -1)
    assert abs(lag_frames(ours, alone)) < 0.2
    assert lag_frames(smoothed, ours) > 0.08


class Counted:
    """Counts how often each detector looks at a picture."""

    def __init__(self, monkeypatch):
        self.follower, self.everybody = 0, []
        follow, look = PoseDetector.detect, PeopleDetector.detect

        def followed(detector, rgb):
            self.follower += 1
            return follow(detector, rgb)

        def looked(detector, rgb):
            found = look(detector, rgb)
            self.everybody.append(len(found))
            return found

        monkeypatch.setattr(PoseDetector, "detect", followed)
        monkeypatch.setattr(PeopleDetector, "detect", looked)


def test_a_lone_golfer_costs_one_inference_a_frame_and_a_glance_now_and_then(monkeypatch):
    counted = Counted(monkeypatch)
    info, _ = extract_pose(CLIP)
    assert counted.follower == info.frames == 87
    assert counted.everybody == [1, 1, 1]


def test_somebody_who_comes_in_late_is_looked_for_from_the_start(tmp_path, monkeypatch):
    golfer = pictures(CLIP, 0, 72)
    person = pictures(PHONE, 0, 1)[0]
    frames = []
    for i, rgb in enumerate(golfer):
        out = np.full((720, 840, 3), 110, dtype=np.uint8)
        out[150 : 150 + rgb.shape[0], 430 : 430 + rgb.shape[1]] = rgb
        shown = min(max(i - 20, 0) * 20, person.shape[1])  # walks in from the left
        out[: person.shape[0], :shown] = person[:, person.shape[1] - shown :]
        frames.append(out)
    path = write(tmp_path / "late.mp4", frames, options={"crf": "18", "preset": "ultrafast"})
    counted = Counted(monkeypatch)
    _, track = extract_pose(path)
    # Frames 0, 36 and, with somebody there, 48 and 60; then 12 and 24.
    assert len(counted.everybody) == 6
    assert counted.everybody[0] == 1
    assert max(counted.everybody) == 2
    hips = 0.5 * (track.point("left_hip") + track.point("right_hip"))
    seen = track.state == FrameState.DETECTED
    assert seen.mean() > 0.9
    assert (hips[seen, 0] > 430).mean() > 0.95


def test_the_golfer_is_chosen_over_a_larger_bystander(tmp_path):
    golfer = pictures(CLIP, 0, 60)
    person = cv2.resize(pictures(PHONE, 0, 1)[0], None, fx=1.0, fy=1.0)
    path = canvas_clip(
        tmp_path / "two.mp4", golfer, size=(840, 720), place=(430, 150), scale=1.0, still=(person, 10, 0)
    )
    _, track = extract_pose(path)
    hips = 0.5 * (track.point("left_hip") + track.point("right_hip"))
    seen = track.state == FrameState.DETECTED
    assert seen.mean() > 0.9
    assert (hips[seen, 0] > 430).mean() > 0.95


def test_a_small_golfer_is_found_on_a_closer_look(tmp_path):
    golfer = [rgb[100:] for rgb in pictures(CLIP, 0, 60)]
    path = canvas_clip(tmp_path / "far.mp4", golfer, size=(1280, 960), place=(560, 500), scale=0.28)
    _, track = extract_pose(path)
    assert (track.state == FrameState.DETECTED).mean() > 0.8
    height = np.nanmedian(track.point("left_ankle")[:, 1] - track.point("nose")[:, 1])
    assert 45 < height < 90


def test_nobody_and_two_players_are_refused(tmp_path):
    with pytest.raises(InputError, match="0 of 12 frames"):
        extract_pose(write(tmp_path / "blank.mp4", map(picture, range(12))))
    with pytest.raises(InputError, match="cut"):
        extract_pose(DATA / "video" / "negative_scene_cut.mp4")


def test_cancel_stops_soon_and_errors_of_the_recorder_come_out():
    asked = iter([False] * 5 + [True] * 100)
    with pytest.raises(ExtractionCancelledError, match="5 frames"):
        extract_pose(CLIP, cancel=lambda: next(asked))

    def full(frame):
        raise OSError("the disk is full")

    with pytest.raises(OSError, match="disk is full"):
        extract_pose(CLIP, on_frame=full)


def test_a_stream_fed_live_gives_the_same_track(found):
    with PoseDetector() as detector, VideoReader(CLIP) as reader:
        stream = PoseStream(detector)
        for frame in reader:
            if frame.index == 20:
                break
            stream.feed(frame.rgb, frame.t_s)
        with pytest.raises(ValueError, match="after"):
            stream.feed(frame.rgb, 0.0)
        track = stream.finish()
    assert track.frames == 20
    np.testing.assert_allclose(track.image_px, found[1].image_px[:20], atol=1e-3)
    assert replace(track, t_s=track.t_s).frames == 20
