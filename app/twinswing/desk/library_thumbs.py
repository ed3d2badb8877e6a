"""Thumbnails that move: a picture at impact and a short loop, tiled into one small file a recording.

A swing's come from its own video, cut to the golfer; without a video, and for a plant, they are drawn.
"""

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from twinswing.errors import InputError
from twinswing.recording import topics
from twinswing.recording.reader import RecordingReader
from twinswing.recording.video import VideoSource
from twinswing.swing.session_io import SESSION_RECORD, load_session

Picture = NDArray[np.uint8]
ENDING = ".webp"


@dataclass(frozen=True)
class ThumbSpec:
    """How thumbnails are made.

    side_px  : of a square tile; a card is about as large.
    grid     : tiles along a side. The first is the still picture, the others are the loop.
    quality  : of WebP; at 75 a file takes 20 to 40 kB.
    margin   : around the golfer, as a share of the figure's height: a club reaches about half a height beyond it.
    cache_bytes : what all files may take; the oldest go first.
    """

    side_px: int = 192
    grid: int = 4
    quality: int = 75
    margin: float = 0.22
    cache_bytes: int = 512 * 1024 * 1024

    @property
    def frames(self) -> int:
        """Pictures of the loop."""
        return self.grid * self.grid - 1


SPEC = ThumbSpec()
_VIEWS = frozenset({"face-on", "down-the-line", "oblique"})  # what a golfer may have been filmed from
_PLANT_MOMENTS = 7  # pictures of a shift: each shows a whole hall
_PLANT_NEARER = 0.9  # of the overview's distance


@lru_cache(maxsize=4096)  # a window asks for that of every card in sight, in every frame
def thumb_path(folder: Path, fingerprint: str, *, has_video: bool) -> Path:
    """Return where a recording's thumbnails lie; copies of one capture share them."""
    key = sha256(f"{fingerprint} {has_video} {SPEC.side_px} {SPEC.grid}".encode()).hexdigest()[:32]
    return folder / key[:2] / f"{key}{ENDING}"


def make_thumb(recording: Path, kind: str, out: Path, between: Callable[[], None] = lambda: None) -> None:
    """Make a recording's thumbnails; raises InputError if it shows nothing, MissingPartError without OpenGL.

    between: called between any two pictures that are drawn, which takes long on a software renderer.
    """
    if kind == "plant":
        tiles = _plant_tiles(recording, between)
    else:
        tiles = _video_tiles(recording) or _drawn_tiles(recording, between)
    done, data = cv2.imencode(ENDING, _tiled(tiles)[..., ::-1], [cv2.IMWRITE_WEBP_QUALITY, SPEC.quality])
    if not done:
        raise InputError(f"the thumbnails of {recording} could not be coded")
    part = out.with_name(out.name + ".part")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(data.tobytes())
        part.replace(out)
    except OSError as error:
        raise InputError(f"the thumbnails could not be written to {out}: {error.strerror or error}") from error


def read_thumb(path: Path) -> Picture | None:
    """Read a file of tiles, shape (side, side, 3), blue first; None if it is not there or damaged."""
    try:
        data = np.frombuffer(path.read_bytes(), np.uint8)
    except OSError:
        return None
    picture = cv2.imdecode(data, cv2.IMREAD_COLOR) if len(data) else None
    side = SPEC.side_px * SPEC.grid
    if picture is None or picture.shape != (side, side, 3):
        return None
    return np.asarray(picture, dtype=np.uint8)


def _tiled(tiles: list[Picture]) -> Picture:
    side, grid = SPEC.side_px, SPEC.grid
    out = np.zeros((side * grid, side * grid, 3), np.uint8)
    for number, tile in enumerate(tiles[: grid * grid]):
        row, column = divmod(number, grid)
        out[row * side : (row + 1) * side, column * side : (column + 1) * side] = tile
    return out


def loop_times(events: dict[str, float], span_s: tuple[float, float]) -> tuple[float, NDArray[np.float64]]:
    """Return the time of the still picture and those of the loop, seconds: a swing from address to finish."""
    first = events.get("address", span_s[0])
    if "top" in events:
        first = max(first, events["top"] - 1.2)  # a golfer may stand at address for long
    last = events.get("finish", span_s[1])
    if last <= first:
        first, last = span_s
    still = events.get("impact", first + 0.5 * (last - first))
    return still, np.linspace(first, last, SPEC.frames)


def _video_tiles(recording: Path) -> list[Picture] | None:
    """Return tiles of the recording's own video; None where it has none."""
    with RecordingReader(recording) as reader:
        document = reader.metadata(SESSION_RECORD) or {}
        cameras = reader.cameras()
        named = document.get("camera_name")
        camera = named if named in cameras else ("main" if "main" in cameras or not cameras else cameras[0])
        events = {name: float(event["t_s"]) for name, event in (document.get("events") or {}).items()}
        box = _golfer_box(reader, camera)
        source = VideoSource(reader, camera)
        if not len(source):
            return None
        times = source.times_s
        still, loop = loop_times(events, (float(times[0]), float(times[-1])))
        wanted = sorted({*loop.tolist(), still})
        frames = {t: source.frame_at(max(t, float(times[0]))) for t in wanted}
    tiles = [_cut(frame, box) for t in (still, *loop.tolist()) if (frame := frames[t]) is not None]
    return tiles or None


def _golfer_box(reader: RecordingReader, camera: str) -> tuple[float, float, float, float] | None:
    """Return left, top, right, bottom of the golfer over the whole clip, 0 to 1 of the picture; None if not seen."""
    topic = topics.camera(camera, "pose")
    count = len(reader.times_ns(topic))
    seen = []
    for number in np.unique(np.linspace(0, max(count - 1, 0), 24).astype(int)).tolist() if count else ():
        message = reader.message(topic, number).decode()
        points = np.asarray(message.image_px, dtype=np.float64).reshape(-1, 2)
        size = (max(message.width_px, 1), max(message.height_px, 1))
        points = points[np.isfinite(points).all(axis=1)] / size
        if len(points):
            seen.append(np.concatenate([points.min(axis=0), points.max(axis=0)]))
    if not seen:
        return None
    boxes = np.array(seen)
    # A landmark that was lost for a moment flies off; nine tenths of the clip say where the golfer is.
    low, high = np.quantile(boxes[:, :2], 0.1, axis=0), np.quantile(boxes[:, 2:], 0.9, axis=0)
    return float(low[0]), float(low[1]), float(high[0]), float(high[1])


def _cut(frame: Picture, box: tuple[float, float, float, float] | None) -> Picture:
    """Cut the square around the golfer; what lies beyond the picture is filled with a blurred copy of it."""
    height, width = frame.shape[:2]
    left, top, right, bottom = (0.0, 0.0, 1.0, 1.0) if box is None else box
    tall = (bottom - top) * height
    side = min(max(tall, (right - left) * width) * (1.0 + 2.0 * (SPEC.margin if box else 0.0)), max(width, height))
    middle_x, middle_y = 0.5 * (left + right) * width, 0.5 * (top + bottom) * height
    x0 = round(_within(middle_x - side / 2, width - side))
    y0 = round(_within(middle_y - side / 2, height - side))
    x1, y1 = x0 + round(side), y0 + round(side)
    inside = frame[max(y0, 0) : min(y1, height), max(x0, 0) : min(x1, width)]
    scale = SPEC.side_px / max(side, 1.0)
    size = (max(round(inside.shape[1] * scale), 1), max(round(inside.shape[0] * scale), 1))
    small = cv2.resize(inside, (min(size[0], SPEC.side_px), min(size[1], SPEC.side_px)), interpolation=cv2.INTER_AREA)
    if small.shape[:2] == (SPEC.side_px, SPEC.side_px):
        return np.asarray(small, dtype=np.uint8)
    return _on_blur(np.asarray(small, dtype=np.uint8))


def _within(start: float, room: float) -> float:
    """Keep a window inside a picture; one larger than the picture is put in its middle."""
    return room / 2 if room < 0 else min(max(start, 0.0), room)


def _on_blur(small: Picture) -> Picture:
    side = SPEC.side_px
    height, width = small.shape[:2]
    scale = side / min(height, width)
    large = cv2.resize(small, (max(round(width * scale), side), max(round(height * scale), side)))
    y, x = (large.shape[0] - side) // 2, (large.shape[1] - side) // 2
    back = cv2.GaussianBlur(large[y : y + side, x : x + side], (0, 0), side / 12)
    out: Picture = (back * 0.55).astype(np.uint8)
    top, left = (side - height) // 2, (side - width) // 2
    out[top : top + height, left : left + width] = small
    return out


def _drawn_tiles(recording: Path, between: Callable[[], None]) -> list[Picture]:
    """Draw a swing that has no video."""
    session = load_session(recording)
    if session.body is None and session.club is None:
        raise InputError(f"{recording.name} has neither a video nor a body or a club to show")
    from twinswing.stage.cameras import named_camera  # noqa: PLC0415  (Panda3D loads only where it has to draw)
    from twinswing.stage.material import Quality  # noqa: PLC0415
    from twinswing.stage.offscreen import OffscreenStage  # noqa: PLC0415
    from twinswing.stage.scene import SceneOptions, SwingScene  # noqa: PLC0415

    events = {name: event.t_s for name, event in session.events.items()}
    still, loop = loop_times(events, session.span_s())
    side = SPEC.side_px
    with OffscreenStage(side, side, quality=Quality(msaa=4)) as stage:
        scene = SwingScene(session, SceneOptions())
        filmed = session.golfer.view if session.golfer is not None else ""
        camera = named_camera(filmed if filmed in _VIEWS else "face-on", session, side, side, t_s=still)
        tiles = []
        for t_s in (still, *loop.tolist()):
            between()
            scene.set_time(t_s)
            tiles.append(stage.render(scene, camera))
        scene.root.remove_node()
    return tiles


def _plant_tiles(recording: Path, between: Callable[[], None]) -> list[Picture]:
    """Draw a plant as its day goes by."""
    from twinswing.plant.recorded import RecordedHistory  # noqa: PLC0415
    from twinswing.stage.material import Quality  # noqa: PLC0415
    from twinswing.stage.offscreen import OffscreenStage  # noqa: PLC0415
    from twinswing.stage.plant_cameras import plant_camera  # noqa: PLC0415
    from twinswing.stage.plant_scene import PlantOptions, PlantScene  # noqa: PLC0415
    from twinswing.stage.plant_snapshot import view_at  # noqa: PLC0415

    side = SPEC.side_px
    with closing(RecordedHistory(recording)) as history:
        start, end = history.span_ns
        times = np.linspace(start, end, _PLANT_MOMENTS + 2)[1:-1].astype(np.int64).tolist()
        scene = PlantScene(history.plant, PlantOptions(quality=Quality(shadow_px=0), shadows=False))
        # The overview leaves room for panels around it, of which a card has none.
        camera = plant_camera(history.plant, "overview", side, side).dollied(_PLANT_NEARER).pinhole(side, side)
        tiles = []
        with OffscreenStage(side, side, quality=scene.options.quality) as stage:
            for t_ns in times:
                between()
                scene.show(replace(view_at(history, int(t_ns)), labels=False))  # too small to be read
                scene.look_from(camera)
                tiles.append(stage.render(scene, camera))
    # A shift has no moment of its own that says it all: its middle stands still, and each moment is seen twice as long.
    loop = [tiles[place * len(tiles) // SPEC.frames] for place in range(SPEC.frames)]
    return [tiles[len(tiles) // 2], *loop]


def trim_cache(folder: Path, keep_bytes: int = SPEC.cache_bytes) -> int:
    """Delete the thumbnails that were made first until the rest fits; return how many went."""
    files = []
    for path in folder.glob(f"*/*{ENDING}"):
        try:
            about = path.stat()
        except OSError:
            continue
        files.append((about.st_mtime_ns, about.st_size, path))
    total = sum(size for _, size, _ in files)
    gone = 0
    for _, size, path in sorted(files):
        if total <= keep_bytes:
            break
        path.unlink(missing_ok=True)
        total -= size
        gone += 1
    return gone
