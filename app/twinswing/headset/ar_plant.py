"""A plant's live cards on its machines: each marker's number is a unit's place in the plant."""

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from twinswing.body.camera import PinholeCamera
from twinswing.headset.ar_card import SMALLEST_EM_PX, WIDTH_PX, UnitCard, painted, unit_card
from twinswing.headset.ar_plane import Rectangle, Standing, lay, pixels_per_metre
from twinswing.plant.alarms import RANK, SHOWN, Alarm, AlarmLog, AlarmPicture
from twinswing.plant.history import History
from twinswing.plant.journal import Journal
from twinswing.plant.model import Plant
from twinswing.plant.states import STATES, UnitState, unit_states
from twinswing.timeline.playhead import Playhead

RgbImage = NDArray[np.uint8]

# Up to so many units OpenCV's smallest codes do, which are read from farthest; AprilTag's 36h11 has 587.
_SMALL_FAMILY, _LARGE_FAMILY, _SMALL_MOST = "aruco-4x4-50", "apriltag-36h11", 50
_STEP_S = 60.0
_LOOK_EVERY_S = (
    0.5  # for alarms of a live plant: sooner than a person reads, and seldom enough to leave the pictures be
)
_SUPPRESSING = frozenset({UnitState.OFF, UnitState.MAINTENANCE})


class PlantPast(History, Journal, Protocol):
    """A history that is its own journal, as those of recordings and of live plants are."""


def family_for(units: int) -> str:
    """Return the marker family for a plant of so many units: the same for printing and for looking."""
    return _SMALL_FAMILY if units <= _SMALL_MOST else _LARGE_FAMILY


@dataclass(frozen=True, slots=True)
class CardParams:
    """How cards are laid out.

    width_m      : of a card that is near enough to be read.
    least_em_px  : smallest height of an em in the picture; farther away a card grows to keep it. A small letter is
                   half of that, seven pixels, which is what a screen's smallest legible text has.
    most_high    : near by it is no higher than this share of the picture, so that it fits beside the marker.
    most_picture : it is never wider than this share of the picture, nor most_m.
    gap          : between marker and card, as a share of the marker's side.
    """

    width_m: float = 0.34
    least_em_px: float = 14.0
    most_high: float = 0.4
    most_picture: float = 0.55
    most_m: float = 3.0
    gap: float = 0.3


class PlantCards:
    """Content: a card a marker. Live it stays at the newest moment; a recording plays, first from its gravest alarm."""

    hint = "No marker seen: print them with `twinswing markers --plant`, and point the camera at one"

    def __init__(
        self, past: PlantPast, size_m: float, source: str, params: CardParams | None = None, *, wait: bool = False
    ) -> None:
        self.past, self.plant, self.size_m, self.source = past, past.plant, size_m, source
        self.params = params or CardParams()
        self._worker = ThreadPoolExecutor(1, "twinswing-ar-alarms")
        self._log = AlarmLog(self.plant)
        self._alarms = AlarmPicture()
        self._asked: Future[AlarmPicture] | None = None
        self._asked_ns = -1
        self._since_s = 0.0
        self._wait = wait
        self._sides: dict[int, int] = {}
        self._painted: dict[int, tuple[UnitCard, RgbImage]] = {}
        start, end = past.span_ns
        self.playhead = Playhead.over((start / 1e9, end / 1e9))
        if past.live:
            self.playhead = self.playhead.pin()
        else:
            self._look(now=True)
            self.playhead = self.playhead.seek(self._gravest_s()).play()
        self._look(now=wait)

    def close(self) -> None:
        """End the thread that looks for alarms."""
        self._worker.shutdown(wait=True, cancel_futures=True)

    def _gravest_s(self) -> float:
        """Return a moment at which the gravest alarm stands, the one that lasted longest, else the start; seconds."""
        occurrences, end = self._alarms.occurrences, self.past.span_ns[1]
        if not occurrences:
            return self.playhead.span_s[0]
        lasted = [(end if o.cleared_ns is None else o.cleared_ns) - o.raised_ns for o in occurrences]
        worst = max(range(len(lasted)), key=lambda i: (RANK[occurrences[i].priority], lasted[i]))
        return occurrences[worst].raised_ns / 1e9 + min(1.0, lasted[worst] / 2e9)

    def advance(self, dt_s: float) -> None:
        """Let real time go by, and take in what has come."""
        start, end = self.past.span_ns
        self.playhead = self.playhead.with_span((start / 1e9, max(start, end) / 1e9)).advance(dt_s)
        if not self.playhead.playing and not self.playhead.pinned and self.playhead.fraction >= 1.0:
            self.playhead = self.playhead.seek(start / 1e9)
        self._since_s += dt_s
        if self._wait or self._since_s >= _LOOK_EVERY_S:
            self._since_s = 0.0
            self._look(now=self._wait)

    def _look(self, *, now: bool) -> None:
        """Look for alarms beside the pictures: a large plant's take longer than a frame."""
        if self._asked is not None and (now or self._asked.done()):
            self._alarms, self._asked = self._asked.result(), None
        end = self.past.span_ns[1]
        if self._asked is None and end != self._asked_ns:
            self._asked_ns = end
            self._asked = self._worker.submit(self._log.extend, self.past, self.past)
            if now:
                self._alarms, self._asked = self._asked.result(), None

    def key(self, name: str) -> None:
        """Take a key: space plays or holds, left and right go by a minute, up and down change the speed, end is now."""
        head = self.playhead
        match name:
            case "space":
                self.playhead = head.toggled()
            case "arrow_left":
                self.playhead = head.seek(head.t_s - _STEP_S)
            case "arrow_right":
                self.playhead = head.seek(head.t_s + _STEP_S)
            case "arrow_up":
                self.playhead = head.faster()
            case "arrow_down":
                self.playhead = head.slower()
            case "end" if self.past.live:
                self.playhead = head.pin()
            case _:
                pass

    def told(self) -> str:
        """Say which plant at which moment."""
        return f"{self.plant.label or self.plant.name}   {self._moment()}"

    def _moment(self) -> str:
        t = datetime.fromtimestamp((self.past.zero_unix_ns + self.playhead.t_s * 1e9) / 1e9, tz=UTC)
        held = "" if self.playhead.playing or self.playhead.pinned else ", held"
        return f"{'live' if self.playhead.pinned else 'recorded'} {t:%Y-%m-%d %H:%M:%S} UTC{held}"

    def cards(self, numbers: Sequence[int]) -> dict[int, UnitCard]:
        """Return what the cards of these markers say now; one that no unit has is left out."""
        t_ns = round(self.playhead.t_s * 1e9)
        snapshot = self.past.at(t_ns)
        states = [STATES[code] for code in unit_states(self.past, snapshot).tolist()]
        off = {u.path for u, state in zip(self.plant.units, states, strict=True) if state in _SUPPRESSING}
        worst: dict[str, Alarm] = {}
        for alarm in self._alarms.at(t_ns, off):
            if alarm.state in SHOWN and (
                alarm.occurrence.unit not in worst or alarm.rank > worst[alarm.occurrence.unit].rank
            ):
                worst[alarm.occurrence.unit] = alarm
        out = {}
        for number in numbers:
            if 0 <= number < len(self.plant.units):
                unit = self.plant.units[number]
                sources = sorted({item.source for item in unit.items if item.source})
                foot = f"{self.source}: {', '.join(sources)}" if sources else self.source
                out[number] = unit_card(self.past, snapshot, unit, states[number], worst.get(unit.path), foot)
        return out

    def draw(self, picture: RgbImage, camera: PinholeCamera, standing: Sequence[Standing]) -> tuple[RgbImage, set[int]]:
        """Lay each marker's card beside it, into the picture."""
        cards = self.cards([s.number for s in standing])
        # The farthest first, so that nearer ones lie over it.
        for s in sorted(standing, key=lambda s: -float(s.pose.position_m[2])):
            if s.number not in cards:
                continue
            kept = self._painted.get(s.number)
            if kept is None or kept[0] != cards[s.number]:
                kept = self._painted[s.number] = (cards[s.number], painted(cards[s.number]))
            eye = s.camera(camera)
            where = self.place(s.number, kept[1], eye)
            if where is not None:
                lay(picture, kept[1], where, eye, s.opacity)
        return picture, set(cards)

    def place(self, number: int, card: RgbImage, eye: PinholeCamera) -> Rectangle | None:
        """Return where a marker's card lies on its plane; None where the marker is not before the camera."""
        p = self.params
        most, least = pixels_per_metre(eye)
        if least <= 0.0:
            return None
        needed = p.least_em_px * WIDTH_PX / (SMALLEST_EM_PX * least)
        shape = card.shape[1] / card.shape[0]
        widest = min(p.most_picture * eye.width_px / most, p.most_m)
        # Near by, no higher than leaves room for the marker beside it.
        near = p.most_high * eye.height_px / most * shape
        width = min(max(min(p.width_m, near), needed), widest)
        height = width * card.shape[0] / card.shape[1]
        off = self.size_m * (0.5 + p.gap)
        places = [
            Rectangle(0.0, off + height / 2, width, height), Rectangle(off + width / 2, 0.0, width, height),
            Rectangle(-off - width / 2, 0.0, width, height), Rectangle(0.0, -off - height / 2, width, height),
        ]  # fmt: skip
        seen = [place.seen(eye) for place in places]
        kept = self._sides.get(number, 0)
        # It stays on its side while that is seen as well as another, or it would hop at the picture's edge.
        best = int(np.argmax(seen))
        if seen[best] > seen[kept] + 0.25:
            kept = best
        self._sides[number] = kept
        return places[kept]


def unit_names(plant: Plant) -> list[tuple[int, str, str]]:
    """Return the number of each unit's marker, its label and its path."""
    return [(number, unit.label, unit.path) for number, unit in enumerate(plant.units)]
