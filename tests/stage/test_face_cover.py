"""No picture of a face leaves the machine: in every frame, in gaps, after a jump, at every size."""

from dataclasses import replace
from itertools import islice
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from twinswing.body.landmarks import LANDMARK, FrameState, PoseTrack
from twinswing.body.video import VideoReader
from twinswing.errors import InputError
from twinswing.resources import bundled_recording
from twinswing.stage.face_cover import CoveredVideo, FaceCover, face_cover, open_pictures
from twinswing.swing.model import SwingSession
from twinswing.swing.session_io import load_session

SIZE = (360, 480)
FPS = 30.0
HEAD_PX = 30.0  # half of a head's height


def head_at(frame: int) -> np.ndarray:
    """Where the head of a golfer is who leans from side to side, and then walks off."""
    return np.array([180.0 + 25.0 * np.sin(0.3 * frame) + 3.0 * max(frame - 40, 0), 110.0 + 6.0 * np.cos(0.2 * frame)])


def track_of(frames: int = 60) -> PoseTrack:
    """Landmarks of a golfer of 460 pixels' height, every part in its place about the head."""
    points = np.zeros((frames, 33, 2), dtype=np.float32)
    for i in range(frames):
        head = head_at(i)
        points[i] = head + np.array([0.0, 200.0])
        points[i, :11] = head + np.random.default_rng(i).uniform(-12, 12, (11, 2))
        for side, x in (("left", 35.0), ("right", -35.0)):
            points[i, LANDMARK[f"{side}_shoulder"]] = head + np.array([x, 55.0])
            points[i, LANDMARK[f"{side}_hip"]] = head + np.array([0.6 * x, 185.0])
    return PoseTrack(
        t_s=np.arange(frames) / FPS, image_px=points, world_m=np.zeros((frames, 33, 3), np.float32),
        visibility=np.ones((frames, 33), np.float32), state=np.full(frames, FrameState.DETECTED, np.uint8),
        width_px=SIZE[0], height_px=SIZE[1], swapped=np.zeros(frames, bool),
    )  # fmt: skip


def picture_of(frame: int) -> np.ndarray:
    """A picture whose head is full of detail: stripes and dots as fine as a face's features are at this size."""
    y, x = np.mgrid[: SIZE[1], : SIZE[0]]
    out = np.full((SIZE[1], SIZE[0], 3), 120, np.uint8)
    hx, hy = head_at(frame)
    face = np.hypot(x - hx, y - hy) < HEAD_PX
    detail = 128 + 100 * np.sin((x - hx) * 1.1) * np.cos((y - hy) * 0.9)
    out[face] = detail[face][:, None].astype(np.uint8)
    return out


def likeness(before: np.ndarray, after: np.ndarray, frame: int) -> float:
    """How much of the head's detail is still there: correlation of what varies within a quarter of a head."""
    hx, hy = np.rint(head_at(frame)).astype(int)
    r = int(HEAD_PX)
    parts = []
    for picture in (before, after):
        part = picture[max(hy - r, 0) : hy + r, max(hx - r, 0) : hx + r, 0].astype(np.float64)
        parts.append((part - cv2.GaussianBlur(part, (0, 0), r / 4)).ravel())
    a, b = parts
    return abs(float(a @ b)) / max(float(np.linalg.norm(a) * np.linalg.norm(b)), 1e-9)


def inside(circles: np.ndarray, point: np.ndarray, radius: float) -> bool:
    """Whether a disc lies within one of the circles."""
    return bool((np.hypot(*(circles[:, :2] - point).T) + radius <= circles[:, 2] + 1e-6).any())


def test_no_detail_of_the_face_is_left_in_any_frame() -> None:
    track = track_of()
    cover = FaceCover(track)
    for i in range(track.frames):
        before = picture_of(i)
        after = cover.cover(before, float(track.t_s[i]))
        assert likeness(before, before, i) > 0.99
        assert likeness(before, after, i) < 0.15
        assert inside(cover.circles(float(track.t_s[i])), head_at(i), HEAD_PX)
        assert (after[400:] == before[400:]).all()  # the rest of the golfer stays


def test_what_covers_a_face_says_the_same_in_every_frame() -> None:
    """A mosaic that followed the face would tell more of it with every frame."""
    track = track_of()
    cover = FaceCover(track)
    first = cover.cover(picture_of(0), 0.0)
    still = replace(track, image_px=np.repeat(track.image_px[:1], track.frames, 0))
    cover_still = FaceCover(still)
    noise = np.random.default_rng(1)
    pictures = [cover_still.cover(noise.integers(0, 255, (*SIZE[::-1], 3), np.uint8), i / FPS) for i in range(8)]
    x, y, radius = cover_still.circles(0.0)[0]
    mask = np.hypot(*(np.mgrid[: SIZE[1], : SIZE[0]] - np.array([y, x])[:, None, None] + 0.5)) < radius - 1
    for picture in pictures[1:]:
        np.testing.assert_array_equal(picture[mask], pictures[0][mask])
    # A handful of colours, whatever lay there.
    assert len(np.unique(pictures[0][mask], axis=0)) <= 49
    assert first.shape == pictures[0].shape


def test_while_the_golfer_is_not_seen_both_ends_stay_covered_and_grow() -> None:
    track = track_of()
    gap = slice(20, 40)
    state = track.state.copy()
    points = track.image_px.copy()
    state[gap], points[gap] = FrameState.MISSING, np.nan
    cover = FaceCover(replace(track, state=state, image_px=points))
    for i in range(*gap.indices(60)):
        circles = cover.circles(i / FPS)
        # The head moved by less than its size a third of a second: it is covered throughout.
        assert inside(circles, head_at(i), HEAD_PX)
        assert likeness(picture_of(i), cover.cover(picture_of(i), i / FPS), i) < 0.15
    seen_before, in_the_middle = cover.circles(19 / FPS), cover.circles(30 / FPS)
    assert in_the_middle[:, 2].min() > 1.3 * seen_before[0, 2]
    # Beyond either end of what was seen the nearest place is held.
    late = replace(track, state=np.where(np.arange(60) < 30, track.state, FrameState.MISSING).astype(np.uint8))
    assert inside(FaceCover(late).circles(33 / FPS), head_at(33), HEAD_PX)


def test_a_pose_that_jumps_for_one_frame_uncovers_nothing() -> None:
    track = track_of()
    points = track.image_px.copy()
    points[25] += [150.0, 200.0]
    cover = FaceCover(replace(track, image_px=points))
    assert inside(cover.circles(25 / FPS), head_at(25), HEAD_PX)


def test_the_picture_may_have_another_size_than_the_track() -> None:
    track = track_of()
    before = cv2.resize(picture_of(3), (720, 960), interpolation=cv2.INTER_NEAREST)
    after = FaceCover(track).cover(before, 3 / FPS)
    changed = np.abs(after.astype(int) - before).max(2) > 20
    rows, columns = np.nonzero(changed)
    np.testing.assert_allclose([columns.mean(), rows.mean()], 2 * head_at(3), atol=12)


def test_a_head_at_the_edge_and_one_outside_do_no_harm() -> None:
    track = track_of()
    for shift in ([-190.0, -100.0], [-5000.0, 0.0], [170.0, 370.0]):
        moved = replace(track, image_px=track.image_px + np.array(shift, np.float32))
        assert FaceCover(moved).cover(picture_of(0), 0.0).shape == (*SIZE[::-1], 3)


def test_without_a_golfer_no_picture_is_let_out() -> None:
    track = track_of()
    nobody = replace(track, state=np.zeros(track.frames, np.uint8))
    with pytest.raises(InputError, match="no pose in any frame"):
        FaceCover(nobody)
    path = bundled_recording("driver-face-on.mcap")
    with pytest.raises(InputError, match="blur-face"):
        open_pictures(replace(load_session(path), pose=None), blur_face=True)
    with pytest.raises(InputError, match="no pose"):
        face_cover(SwingSession())


def test_a_recordings_pictures_come_covered_and_only_then() -> None:
    session = load_session(bundled_recording("driver-face-on.mcap"))
    plain, covered = open_pictures(session, blur_face=False), open_pictures(session, blur_face=True)
    assert plain is not None
    assert isinstance(covered, CoveredVideo)
    track = session.pose
    assert track is not None
    t_s = session.events["top"].t_s
    before, after = plain.frame_at(t_s), covered.frame_at(t_s)
    assert before is not None
    assert after is not None
    nose = track.point("nose")[int(np.searchsorted(track.t_s, t_s + 1e-6)) - 1]
    x, y = np.rint(nose * before.shape[1] / track.width_px).astype(int)
    part = (slice(y - 12, y + 12), slice(x - 12, x + 12))
    assert np.abs(before[part].astype(int) - after[part]).mean() > 8
    np.testing.assert_array_equal(before[-60:], after[-60:])
    plain.close()
    covered.close()


def test_a_face_finder_finds_none_where_it_found_one(shared_data, tmp_path) -> None:
    """OpenCV's boosted cascade, which knows nothing of our poses, on a real golfer."""
    from twinswing.body.pose import extract_pose

    clip = tmp_path / "part.mp4"
    frames = part_of(shared_data / "video" / "face_on_phone.mp4", clip, start=250, count=16)
    _, pose = extract_pose(clip)
    cover = FaceCover(pose)
    finder = cv2.CascadeClassifier(cv2.data.haarcascades + "haarcascade_frontalface_alt2.xml")
    found = {"plain": 0, "covered": 0}
    for i in range(0, len(frames), 2):
        t_s = float(pose.t_s[i])
        x, y, radius = cover.circles(t_s)[0]
        for name, picture in (("plain", frames[i]), ("covered", cover.cover(frames[i], t_s))):
            # The finder needs a head's surroundings, not the whole range.
            left, top, reach = max(int(x - 3 * radius), 0), max(int(y - 3 * radius), 0), int(6 * radius)
            part = cv2.cvtColor(picture[top : top + reach, left : left + reach], cv2.COLOR_RGB2GRAY)
            grey = cv2.resize(part, None, fx=2, fy=2)
            boxes = np.array(finder.detectMultiScale(grey, 1.05, 3, minSize=(30, 30))).reshape(-1, 4) / 2
            middles = boxes[:, :2] + boxes[:, 2:] / 2 + [left, top]
            found[name] += bool((np.hypot(*(middles - [x, y]).T) < radius).any())
    assert found["plain"] >= 4
    assert found["covered"] == 0


def part_of(source: Path, out: Path, *, start: int, count: int) -> list[np.ndarray]:
    """Write some of a clip's pictures, upright, as a clip of its own, and return them."""
    with VideoReader(source) as clip:
        pictures = [np.array(frame.rgb) for frame in islice(clip, start, start + count)]
    height, width = (n // 2 * 2 for n in pictures[0].shape[:2])
    with av.open(str(out), "w") as copy:
        stream = copy.add_stream("libx264", rate=30)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.options = {"crf": "14", "preset": "ultrafast"}
        for rgb in pictures:
            copy.mux(stream.encode(av.VideoFrame.from_ndarray(rgb[:height, :width], format="rgb24")))
        copy.mux(stream.encode(None))
    return pictures
