"""Bringing the index up to what lies in the library's folder: only files that changed are read."""

import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from twinswing.review.library_index import FileState, LibraryIndex
from twinswing.review.library_people import PEOPLE_FOLDER, load_golfers
from twinswing.review.library_read import describe

ENDING = ".mcap"
_COMMIT_ROWS = 100  # so that a window sees the first page of a large library after a blink
_DEEPEST = 24  # folders within folders; a loop made of mounts ends here


@dataclass
class ScanResult:
    """What a scan did; problems: a sentence each on what could not be looked at."""

    found: int = 0
    read: int = 0
    moved: int = 0
    dropped: int = 0
    unreadable: int = 0
    problems: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Found:
    path: Path
    size: int
    modified_ns: int


Progress = Callable[[int, int], None]


def scan(
    index: LibraryIndex,
    folder: Path,
    *,
    progress: Progress | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> ScanResult:
    """Read what is new or changed below a folder, follow what was moved, drop what is gone; return what was done.

    Recordings below a folder that cannot be reached now are kept, as not here. May run in several processes at once:
    each brings the index to what it saw, and every row is right by itself.

    progress: told (files read, files to read). stop: asked between files; what was done until then is kept.
    """
    result = ScanResult()
    known = index.files()
    blind: list[Path] = []
    present = {os.fsencode(found.path): found for found in _walk(folder, result, blind)}
    result.found = len(present)
    golfers, problems = load_golfers(folder)
    if folder not in blind:
        index.put_people(golfers)
    result.problems += problems
    gone = {key: state for key, state in known.items() if key not in present}
    away = {key: state for key, state in gone.items() if _below(Path(os.fsdecode(key)), blind)}
    lost = {key: state for key, state in gone.items() if key not in away}
    back = [s.ident for key, s in known.items() if key in present and not s.here]
    fresh = [found for key, found in present.items() if _changed(known.get(key), found)]
    # The newest first: they are what a person looks for.
    fresh.sort(key=lambda found: -found.modified_ns)
    if back or away:
        with index.writing():
            index.mark_here(back, here=True)
            index.mark_here([s.ident for s in away.values()], here=False)
    lost_by_mark = {s.fingerprint: (key, s) for key, s in lost.items() if s.fingerprint}
    done = 0
    for start in range(0, len(fresh), _COMMIT_ROWS):
        batch = fresh[start : start + _COMMIT_ROWS]
        entries = []
        for found in batch:
            if stop():
                break
            entry = describe(found.path, found.modified_ns)
            # Somebody was writing to it meanwhile: what was read may be half of something, and is read next time.
            if entry.kind == "unreadable" and _changed_since(found):
                continue
            entries.append((found, entry))
            done += 1
            if progress is not None:
                progress(done, len(fresh))
        with index.writing():
            for found, entry in entries:
                ident = None
                if entry.fingerprint in lost_by_mark and os.fsencode(found.path) not in known:
                    key, state = lost_by_mark.pop(entry.fingerprint)
                    del lost[key]
                    ident = state.ident
                    result.moved += 1
                index.put(found.path, found.size, found.modified_ns, entry, ident)
                result.read += 1
                result.unreadable += entry.kind == "unreadable"
        if stop():
            return result
    if lost:
        with index.writing():
            index.drop(state.ident for state in lost.values())
        result.dropped = len(lost)
    return result


def refresh(index: LibraryIndex, path: Path) -> int | None:
    """Bring one recording's row up to date; return it, or None if the file is gone."""
    try:
        about = path.stat()
    except OSError:
        state = index.files().get(os.fsencode(path))
        if state is not None:
            with index.writing():
                index.drop([state.ident])
        return None
    entry = describe(path, about.st_mtime_ns)
    with index.writing():
        return index.put(path, about.st_size, about.st_mtime_ns, entry)


def _changed(state: FileState | None, found: _Found) -> bool:
    return state is None or (state.size, state.modified_ns) != (found.size, found.modified_ns)


def _changed_since(found: _Found) -> bool:
    try:
        about = found.path.stat()
    except OSError:
        return True
    return (about.st_size, about.st_mtime_ns) != (found.size, found.modified_ns)


def _below(path: Path, folders: list[Path]) -> bool:
    return any(folder in path.parents for folder in folders)


def _walk(folder: Path, result: ScanResult, blind: list[Path], depth: int = 0) -> Iterator[_Found]:
    """Yield the recordings below a folder; folders that cannot be read are noted in `blind`."""
    try:
        with os.scandir(folder) as listing:
            entries = sorted(listing, key=lambda entry: entry.name)
    except FileNotFoundError:
        # Of the library itself: a drive that is not there. Below it: a folder that was removed meanwhile.
        if depth == 0:
            blind.append(folder)
            result.problems.append(f"The library's folder {folder} is not there.")
        return
    except OSError as error:
        blind.append(folder)
        result.problems.append(f"{folder} could not be read: {error.strerror or error}.")
        return
    for entry in entries:
        if entry.name.startswith("."):
            continue
        try:
            if entry.is_dir(follow_symlinks=False):
                if depth < _DEEPEST and not (depth == 0 and entry.name == PEOPLE_FOLDER):
                    yield from _walk(Path(entry.path), result, blind, depth + 1)
            elif entry.name.lower().endswith(ENDING):
                about = entry.stat()
                if stat.S_ISREG(about.st_mode):
                    yield _Found(Path(entry.path), about.st_size, about.st_mtime_ns)
        except OSError as error:
            result.problems.append(f"{entry.path} could not be looked at: {error.strerror or error}.")
