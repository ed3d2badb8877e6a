"""What is to be done with dropped files: videos analysed, club logs laid beside them, recordings copied."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from twinswing.review.library_model import printable

VIDEOS = frozenset({".mp4", ".mov", ".m4v", ".avi", ".mkv", ".webm"})
LOGS = frozenset({".csv", ".txt", ".tsv", ".log", ".mat"})
RECORDINGS = frozenset({".mcap"})


@dataclass(frozen=True)
class PlanParams:
    """How files are matched.

    beside_s : a log and a video written within this time of each other are of one swing: both are closed seconds
               after it, and no golfer swings twice within half a minute.
    depth    : folders within a dropped folder that are looked through.
    files    : most files taken from one drop.
    """

    beside_s: float = 30.0
    depth: int = 4
    files: int = 5000


PARAMS = PlanParams()


@dataclass(frozen=True)
class Dropped:
    """A file with its time of change, Unix nanoseconds, and its size in bytes."""

    path: Path
    modified_ns: int
    size: int


@dataclass(frozen=True)
class Planned:
    """One import: a video with the log that goes with it, or a recording (`club` is None then)."""

    source: Dropped
    club: Dropped | None = None

    @property
    def is_recording(self) -> bool:
        """Whether it is only copied."""
        return self.source.path.suffix.lower() in RECORDINGS


@dataclass(frozen=True)
class Plan:
    """All imports of a drop, and a sentence on each file that is left out."""

    imports: tuple[Planned, ...]
    refused: tuple[str, ...]


def gather(paths: Iterable[Path], params: PlanParams = PARAMS) -> tuple[list[Dropped], list[str]]:
    """Look at dropped files, and into dropped folders; return what could be taken, and why something could not."""
    found: dict[Path, Dropped] = {}
    problems: list[str] = []
    for path in paths:
        for file in _files(path, params.depth, problems):
            if len(found) >= params.files:
                problems.append(f"More than {params.files} files were dropped at once; the others were left out.")
                return list(found.values()), problems
            try:
                about = file.stat()
            except OSError as error:
                problems.append(f"{printable(file.name)} could not be read: {error.strerror or error}.")
                continue
            found[file] = Dropped(file, about.st_mtime_ns, about.st_size)
    return list(found.values()), problems


def _files(path: Path, depth: int, problems: list[str]) -> Iterator[Path]:
    if not path.is_dir():
        yield path
        return
    try:
        inside = sorted(path.iterdir())
    except OSError as error:
        problems.append(f"{printable(path.name)} could not be read: {error.strerror or error}.")
        return
    for child in inside:
        if child.name.startswith("."):
            continue
        if child.is_dir():
            if depth > 0 and not child.is_symlink():
                yield from _files(child, depth - 1, problems)
        elif child.suffix.lower() in VIDEOS | LOGS | RECORDINGS:
            # What else lies in a folder was not meant.
            yield child


def plan(files: Iterable[Dropped], beside: Iterable[Dropped] = (), params: PlanParams = PARAMS) -> Plan:
    """Say what is to be done with files.

    beside: logs that lie beside the videos and were not dropped; they go with a video by name only. A log that was
    dropped goes with the video of its name, else with the one written at about its time if there is but one.
    """
    files = sorted(files, key=lambda f: str(f.path))
    videos = [f for f in files if f.path.suffix.lower() in VIDEOS]
    logs = [f for f in files if f.path.suffix.lower() in LOGS]
    recordings = [f for f in files if f.path.suffix.lower() in RECORDINGS]
    others = [f for f in files if f not in videos and f not in logs and f not in recordings]
    refused = [f"{_called(f)}: expected a video, a club's log or a recording." for f in others]
    refused += [f"{_called(f)} is empty." for f in (*videos, *recordings) if not f.size]
    planned = {f.path: Planned(f) for f in videos if f.size}
    free = [log for log in logs if log.size]
    free = _match_names(planned, free)
    free = _match_times(planned, free, params)
    _match_names(planned, [log for log in beside if log.size])
    refused += [f"{_called(log)} is a club's log without a video of its name or time." for log in free]
    taken = [Planned(f) for f in recordings if f.size]
    imports = sorted([*planned.values(), *taken], key=lambda p: (p.source.modified_ns, str(p.source.path)))
    return Plan(tuple(imports), tuple(refused))


def _called(file: Dropped) -> str:
    return printable(file.path.name)


def _key(path: Path) -> str:
    """Return a name as it is compared: "Swing 1-club.csv" and "swing 1.mp4" are of one swing."""
    stem = path.stem.casefold()
    for word in ("club", "imu", "sensor", "samples"):
        for joint in ("-", "_", " ", "."):
            stem = stem.removesuffix(joint + word).removeprefix(word + joint)
    return stem.strip(" -_.")


def _match_names(planned: dict[Path, Planned], logs: list[Dropped]) -> list[Dropped]:
    """Lay logs beside the videos of their names, in the same folder first; return those that are left."""
    left = []
    for log in logs:
        named = [p for p in planned.values() if p.club is None and _key(p.source.path) == _key(log.path)]
        near = [p for p in named if p.source.path.parent == log.path.parent] or named
        if len(near) == 1:
            planned[near[0].source.path] = replace(near[0], club=log)
        else:
            left.append(log)
    # A folder of its own for each swing, with "video.mp4" and "club.csv" in it.
    alone = []
    for log in left:
        there = [p for p in planned.values() if p.source.path.parent == log.path.parent]
        same = [other for other in left if other.path.parent == log.path.parent]
        if len(there) == 1 and len(same) == 1 and there[0].club is None and _key(log.path) in ("club", "imu", "sensor"):
            planned[there[0].source.path] = replace(there[0], club=log)
        else:
            alone.append(log)
    return alone


def _match_times(planned: dict[Path, Planned], logs: list[Dropped], params: PlanParams) -> list[Dropped]:
    """Lay logs beside the videos written at their time, where each is the other's only one; return what is left."""
    near_ns = round(params.beside_s * 1e9)
    bare = [p for p in planned.values() if p.club is None]
    left = []
    for log in logs:
        mine = [p for p in bare if abs(p.source.modified_ns - log.modified_ns) <= near_ns]
        if len(mine) == 1:
            rivals = [o for o in logs if abs(mine[0].source.modified_ns - o.modified_ns) <= near_ns]
            if len(rivals) == 1:
                planned[mine[0].source.path] = replace(mine[0], club=log)
                continue
        left.append(log)
    return left


def logs_beside(files: Iterable[Dropped], params: PlanParams = PARAMS) -> list[Dropped]:
    """Return the logs in the folders of dropped videos that were not dropped themselves."""
    files = list(files)
    given = {f.path for f in files}
    folders = {f.path.parent for f in files if f.path.suffix.lower() in VIDEOS}
    found: list[Dropped] = []
    for folder in sorted(folders):
        try:
            names = sorted(p for p in folder.iterdir() if p.suffix.lower() in LOGS and p not in given)
        except OSError:
            continue  # a folder that cannot be listed has its video all the same
        for path in names[: params.files]:
            try:
                about = path.stat()
            except OSError:
                continue
            found.append(Dropped(path, about.st_mtime_ns, about.st_size))
    return found
