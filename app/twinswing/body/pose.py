"""A clip to the golfer's landmarks, with decode, inference and any other consumer of the frames side by side."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from twinswing.body.cuts import find_cuts, find_repeats
from twinswing.body.detector import PeopleDetector, PoseDetector, Rows
from twinswing.body.landmarks import LANDMARK_NAMES, FrameState, PoseTrack
from twinswing.body.lanes import side_by_side
from twinswing.body.people import ChoiceRule, Person, Window, choose_golfer, gather, is_followed, tiles, window_about
from twinswing.body.tracking import mend
from twinswing.body.video import ByteImage, ClipInfo, VideoFrame, VideoReader
from twinswing.errors import InputError, TwinswingError

_N = len(LANDMARK_NAMES)
MIN_POSE_FRACTION = 0.5  # below this the clip shows no golfer for most of its time: nothing can be said of a swing
_LOOK_EVERY = 12  # frames between looks at everybody where there is a choice: twice a downswing at 30 fps
_GLANCE_EVERY = 3  # of these, the one that is done while only one person was seen: a look costs as much as two frames
_KEPT_FRAMES = 8  # pictures kept for a second, closer look when the first found nobody

Progress = Callable[[int, int | None], None]
Cancel = Callable[[], bool]


class ExtractionCancelledError(TwinswingError):
    """The caller asked to stop before the clip was through."""


class PoseStream:
    """Collects landmarks picture by picture, for live capture and clips alike.

    window : where to look (see people.Window); None looks at the whole picture.
    """

    def __init__(self, detector: PoseDetector, window: Window | None = None) -> None:
        self._detector, self._window = detector, window
        self._t_s: list[float] = []
        self.rows: list[Rows | None] = []
        self._size = (0, 0)

    def feed(self, rgb: ByteImage, t_s: float) -> Rows | None:
        """Look at one picture shown at `t_s`, which must be later than the last one; return its landmarks or None."""
        if self._t_s and t_s <= self._t_s[-1]:
            raise ValueError(f"expected a time after {self._t_s[-1]} s, got {t_s} s")
        if self._window is None:
            rows = self._detector.detect(rgb)
        else:
            rows = self._detector.detect(self._window.cut(rgb, len(self._t_s)))
            rows = None if rows is None else self._window.back(rows)
        self._t_s.append(t_s)
        self.rows.append(rows)
        self._size = (rgb.shape[1], rgb.shape[0])
        return rows

    def finish(self) -> PoseTrack:
        """Return the track so far, swaps, spikes and short gaps mended (see tracking.mend)."""
        return mend(self.raw())

    def raw(self) -> PoseTrack:
        """Return the track so far as the model gave it."""
        return track_of(self._t_s, self.rows, self._size)


def track_of(t_s: Sequence[float], found: Sequence[Rows | None], size_px: tuple[int, int]) -> PoseTrack:
    """Join frames' landmarks (None where nobody was found) to a track, as the model gave them.

    t_s : presentation times, seconds, strictly increasing. size_px : width and height of the upright picture.
    """
    n = len(found)
    rows = np.full((n, _N, 6), np.nan, dtype=np.float32)
    for i, each in enumerate(found):
        if each is not None:
            rows[i] = each
    missing = np.isnan(rows[:, 0, 0])
    return PoseTrack(
        t_s=np.asarray(t_s, dtype=np.float64),
        image_px=np.ascontiguousarray(rows[..., :2]),
        world_m=np.ascontiguousarray(rows[..., 2:5]),
        visibility=np.nan_to_num(rows[..., 5]),
        state=np.where(missing, FrameState.MISSING, FrameState.DETECTED).astype(np.uint8),
        width_px=size_px[0],
        height_px=size_px[1],
        swapped=np.zeros(n, dtype=np.bool_),
    )


class _Watch:
    """What is gathered beside the pose: thumbnails, looks at everybody, a few pictures spread over the clip.

    A context manager. Its detector is made when first used, on the thread that looks, beside the follower's.
    """

    def __init__(self) -> None:
        self._detector: PeopleDetector | None = None
        self.crowd = False
        self.thumbs: list[NDArray[np.uint8]] = []
        self.looks: list[tuple[int, Sequence[Rows]]] = []
        self.kept: list[VideoFrame] = []
        self._keep_every = 1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._detector is not None:
            self._detector.close()
            self._detector = None

    def __call__(self, frame: VideoFrame) -> None:
        self.thumbs.append(frame.thumb)
        if frame.index % (_LOOK_EVERY if self.crowd else _LOOK_EVERY * _GLANCE_EVERY) == 0:
            self._look(frame)
        if frame.index % self._keep_every == 0:
            self.kept.append(replace(frame, coded=None))
            if len(self.kept) > _KEPT_FRAMES:
                self.kept = self.kept[::2]
                self._keep_every *= 2

    def look_back(self, path: Path, rows_of: Callable[[int], Rows | None]) -> None:
        """Make the looks that were left out, if there is a choice: two were seen at once, or one who is not followed.

        rows_of : gives the landmarks of the person followed, by frame.
        """
        rule = ChoiceRule()
        seen = [Person([index], [rows]) for index, found in self.looks for rows in found]
        self.crowd = self.crowd or not all(is_followed(person, rows_of, rule) for person in seen)
        done = {index for index, _ in self.looks}
        left = set(range(0, len(self.thumbs), _LOOK_EVERY)) - done
        if not self.crowd or not left:
            return
        with VideoReader(path) as reader:
            for frame in reader:
                if frame.index in left:
                    self._look(frame)
                if frame.index >= max(left):
                    break
        self.looks.sort(key=lambda look: look[0])

    def _people(self) -> PeopleDetector:
        if self._detector is None:
            self._detector = PeopleDetector()
        return self._detector

    def _look(self, frame: VideoFrame) -> None:
        found = self._people().detect(frame.rgb)
        self.crowd = self.crowd or len(found) > 1
        self.looks.append((frame.index, found))

    def look_closer(self) -> list[tuple[int, Sequence[Rows]]]:
        """Look at enlarged parts of the kept pictures for somebody too small to be found in the whole."""
        looks: list[tuple[int, Sequence[Rows]]] = []
        for frame in self.kept:
            found = []
            for part, corner in tiles(frame.rgb):
                for rows in self._people().detect(part):
                    rows[:, :2] += np.array(corner, dtype=np.float32)
                    found.append(rows)
            # The surest of the overlapping sightings of one person: the one whose joints are clearest.
            found.sort(key=lambda rows: -float(rows[11:, 5].mean()))
            looks.append((frame.index, found[:1]))
        return looks


def extract_pose(
    path: Path | str,
    *,
    progress: Progress | None = None,
    cancel: Cancel | None = None,
    on_frame: Callable[[VideoFrame], None] | None = None,
    allow_cuts: bool = False,
) -> tuple[ClipInfo, PoseTrack]:
    """Decode a clip and follow the golfer through it.

    progress   : called as (frames done, frames expected or None) after each frame, on the caller's thread. A clip that
                 needs a second pass, because the golfer is small or not the one first followed, counts twice.
    cancel     : asked before each frame; True stops with ExtractionCancelledError.
    on_frame   : given every decoded frame once, in order, on a thread of its own (the recorder encodes there).
    allow_cuts : False refuses a clip with people on both sides of a cut.
    Raises InputError when the clip cannot be decoded, shows no golfer for most of its time or cuts between scenes,
    MissingPartError without the pose model, and whatever `on_frame` raised.
    """
    with _Watch() as watch:
        consumers: list[Callable[[VideoFrame], None]] = [watch]
        if on_frame is not None:
            consumers.append(on_frame)
        info, stream = _pass(Path(path), None, consumers, progress, cancel, 0)
        track = stream.finish()
        info = _describe(info, watch)
        if not allow_cuts:
            refuse_cuts(info, track, path)
        watch.look_back(Path(path), stream.rows.__getitem__)
        golfer = _other_golfer(stream, watch, track)
    if golfer is not None:
        window = window_about(golfer, track.width_px, track.height_px)
        _, again = _pass(Path(path), window, [], progress, cancel, track.frames)
        better = again.finish()
        if _seen(better) >= min(_seen(track), int(MIN_POSE_FRACTION * track.frames)):
            track = better
    if _seen(track) < MIN_POSE_FRACTION * track.frames:
        raise InputError(
            f"Expected a golfer in view, found a person in only {_seen(track)} of {track.frames} frames of {path}."
        )
    return info, track


def _pass(
    path: Path,
    window: Window | None,
    consumers: Sequence[Callable[[VideoFrame], None]],
    progress: Progress | None,
    cancel: Cancel | None,
    done: int,
) -> tuple[ClipInfo, PoseStream]:
    """Decode once with inference on this thread and the consumers beside it."""
    with PoseDetector() as detector, VideoReader(path) as reader:
        stream = PoseStream(detector, window)
        for frame in side_by_side(reader, consumers):
            if cancel is not None and cancel():
                raise ExtractionCancelledError(f"Stopped after {frame.index} frames of {path.name}.")
            stream.feed(frame.rgb, frame.t_s)
            if progress is not None:
                expected = reader.frames_hint
                progress(done + frame.index + 1, None if expected is None else done + expected)
        return reader.info(), stream


def _seen(track: PoseTrack) -> int:
    return int(np.count_nonzero(track.state == FrameState.DETECTED))


def _describe(info: ClipInfo, watch: _Watch) -> ClipInfo:
    thumbs = np.stack(watch.thumbs)
    return replace(info, cuts=find_cuts(thumbs), repeated=find_repeats(thumbs))


def _other_golfer(stream: PoseStream, watch: _Watch, track: PoseTrack) -> Person | None:
    """Return the golfer when it is not the person who was followed, None when the first pass was right."""
    rule = ChoiceRule()
    looks = watch.looks
    if _seen(track) < MIN_POSE_FRACTION * track.frames:
        looks = watch.look_closer()
        golfer = choose_golfer(gather(looks, rule), len(looks), track.width_px, rule)
        # A face in one tile is no golfer: somebody must be there throughout.
        return golfer if golfer is not None and len(golfer.frames) >= 0.6 * len(looks) else None
    if not any(len(found) > 1 for _, found in looks):
        return None
    golfer = choose_golfer(gather(looks, rule), len(looks), track.width_px, rule)
    if golfer is None or is_followed(golfer, lambda frame: stream.rows[frame], rule):
        return None
    return golfer


def refuse_cuts(info: ClipInfo, track: PoseTrack, path: Path | str) -> None:
    """Raise InputError when people are seen on both sides of a cut: that is not one golfer's one swing."""
    edges = [0, *info.cuts, track.frames]
    scenes = [a for a, b in pairwise(edges) if np.count_nonzero(track.state[a:b] == 1) >= 2]
    if len(scenes) > 1:
        cut = scenes[1]
        raise InputError(
            f"Expected one golfer's swing without a cut, found a cut to another scene at frame {cut} "
            f"({track.t_s[cut]:.2f} s) of {path}."
        )
