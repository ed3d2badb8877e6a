"""Which of the people in a clip is the golfer, and where to look for one who is small."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from twinswing.body.landmarks import LANDMARK
from twinswing.body.video import ByteImage

FloatArray = NDArray[np.float64]
_HIPS = [LANDMARK["left_hip"], LANDMARK["right_hip"]]
_HANDS = [LANDMARK["left_wrist"], LANDMARK["right_wrist"]]
_TRUNK = [LANDMARK["left_shoulder"], LANDMARK["right_shoulder"], *_HIPS]


@dataclass(frozen=True)
class ChoiceRule:
    """How the golfer is told from bystanders. Distances are fractions of a person's height in the picture.

    same_place  : two sightings this close are of one person: golfers stand, and the looks are under a second apart.
    off_centre  : what standing at the picture's edge takes from a score; people film what they want to see.
    still_share : what a person whose hands do not move keeps of a score: the golfer's hands travel 0.5 and more.
    followed    : share of the looks in which the person followed must be the one chosen.
    """

    same_place: float = 0.6
    off_centre: float = 0.5
    still_share: float = 0.2
    followed: float = 0.7


@dataclass
class Person:
    """One person's sightings: frame numbers and landmarks, shape (33, 6) each."""

    frames: list[int] = field(default_factory=list)
    rows: list[NDArray[np.float32]] = field(default_factory=list)

    def box(self, i: int) -> FloatArray:
        """Return sighting i's box (left, top, right, bottom), pixels."""
        xy = self.rows[i][:, :2].astype(np.float64)
        return np.concatenate([xy.min(0), xy.max(0)])


def size_px(rows: NDArray[np.float32]) -> float:
    """Return a person's size in the picture that arms do not change: the height of the box of all but the hands."""
    body = rows[[LANDMARK["nose"], *_TRUNK, *range(LANDMARK["left_knee"], 33)], :2]
    return float(max(np.hypot(*np.ptp(body, axis=0)), 1.0))


def gather(looks: Sequence[tuple[int, Sequence[NDArray[np.float32]]]], rule: ChoiceRule | None = None) -> list[Person]:
    """Join sightings of (frame, people) into persons by where they stand."""
    rule = rule or ChoiceRule()
    people: list[Person] = []
    for frame, found in looks:
        taken: set[int] = set()
        for rows in found:
            place, size = rows[_HIPS, :2].mean(0), size_px(rows)
            best, best_d = None, rule.same_place
            for k, person in enumerate(people):
                last = person.rows[-1]
                d = float(np.linalg.norm(place - last[_HIPS, :2].mean(0))) / max(size, size_px(last))
                if k not in taken and d < best_d:
                    best, best_d = k, d
            if best is None:
                people.append(Person())
                best = len(people) - 1
            taken.add(best)
            people[best].frames.append(frame)
            people[best].rows.append(rows)
    return people


def choose_golfer(people: Sequence[Person], looks: int, width_px: int, rule: ChoiceRule | None = None) -> Person | None:
    """Return the person most like the golfer of a film: often seen, large, central, with travelling hands."""
    rule = rule or ChoiceRule()
    if not people:
        return None
    sizes = [float(np.median([size_px(r) for r in p.rows])) for p in people]

    def score(k: int) -> float:
        person, size = people[k], sizes[k]
        hips = np.array([r[_HIPS, :2].mean(0) for r in person.rows])
        hands = np.array([r[_HANDS, :2].mean(0) for r in person.rows]) - hips
        travel = float(np.linalg.norm(hands.std(0))) / size
        off = abs(float(np.median(hips[:, 0])) / width_px - 0.5) * 2.0
        moves = rule.still_share + (1.0 - rule.still_share) * min(travel / 0.3, 1.0)
        return len(person.frames) / looks * size / max(sizes) * (1.0 - rule.off_centre * min(off, 1.0)) * moves

    return people[max(range(len(people)), key=score)]


def is_followed(golfer: Person, rows_of: Callable[[int], NDArray[np.float32] | None], rule: ChoiceRule) -> bool:
    """Tell whether the person followed from frame to frame is the golfer in most of the looks."""
    hits = 0
    for frame, rows in zip(golfer.frames, golfer.rows, strict=True):
        followed = rows_of(frame)
        if followed is not None:
            apart = np.linalg.norm(followed[_TRUNK, :2].mean(0) - rows[_TRUNK, :2].mean(0))
            hits += bool(apart < 0.25 * size_px(rows))
    return hits >= rule.followed * len(golfer.frames)


@dataclass(frozen=True)
class Window:
    """The part of the picture to look at, per frame, so that others are not seen and a small golfer is large.

    crop   : left, top, right, bottom of the fixed crop, pixels.
    scale  : enlargement of the crop.
    frames : frame numbers of `boxes`, ascending, shape (k,).
    boxes  : what to leave visible within the crop, pixels of the whole picture, shape (k, 4).
    """

    crop: tuple[int, int, int, int]
    scale: float
    frames: NDArray[np.int64]
    boxes: FloatArray

    def cut(self, rgb: ByteImage, frame: int) -> ByteImage:
        """Return the window's picture of a frame: grey outside the golfer's surroundings, contiguous."""
        left, top, right, bottom = self.crop
        out = rgb[top:bottom, left:right].copy()
        keep = [float(np.interp(frame, self.frames, self.boxes[:, k])) for k in range(4)]
        x0, y0 = (max(0, int(keep[k]) - o) for k, o in ((0, left), (1, top)))
        x1, y1 = (max(0, int(np.ceil(keep[k])) - o) for k, o in ((2, left), (3, top)))
        out[:y0], out[y1:], out[:, :x0], out[:, x1:] = 127, 127, 127, 127
        if self.scale != 1.0:
            out = np.asarray(cv2.resize(out, None, fx=self.scale, fy=self.scale), dtype=np.uint8)
        return out

    def back(self, rows: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return landmarks found in the window's picture in pixels of the whole picture."""
        rows = rows.copy()
        rows[:, :2] = rows[:, :2] / self.scale + np.array(self.crop[:2], dtype=np.float32)
        return rows


def window_about(golfer: Person, width_px: int, height_px: int) -> Window:
    """Return the window that shows the golfer alone: arms and a walking step more than the boxes seen."""
    boxes = np.array([golfer.box(i) for i in range(len(golfer.frames))])
    size = float(np.median([size_px(r) for r in golfer.rows]))
    limit = np.array([width_px, height_px, width_px, height_px])
    boxes = np.clip(boxes + size * np.array([-0.35, -0.35, 0.35, 0.2]), 0, limit)
    crop = np.concatenate([np.floor(boxes[:, :2].min(0)), np.ceil(boxes[:, 2:].max(0))]).astype(int)
    # The detector looks at 224 pixels of the whole; a golfer of 256 pixels and more gains nothing from enlarging.
    scale = float(np.clip(np.ceil(256.0 / size), 1.0, 4.0))
    left, top, right, bottom = (int(v) for v in crop)
    return Window((left, top, right, bottom), scale, np.asarray(golfer.frames, dtype=np.int64), boxes)


def tiles(rgb: ByteImage) -> Iterator[tuple[ByteImage, tuple[int, int]]]:
    """Yield overlapping parts of a picture, half and a third its size, with each one's left and top in pixels."""
    height, width = rgb.shape[:2]
    for parts in (2, 3):
        side_x, side_y = width // parts, height // parts
        for top in np.linspace(0, height - side_y, 2 * parts - 1).astype(int):
            for left in np.linspace(0, width - side_x, 2 * parts - 1).astype(int):
                yield np.ascontiguousarray(rgb[top : top + side_y, left : left + side_x]), (int(left), int(top))
