"""The pose model: fetched once per user, checked, and kept."""

from pathlib import Path

from twinswing.errors import MissingPartError
from twinswing.platform import cache_dir


def pose_model() -> Path:
    """Return the path of the cached pose model."""
    path = cache_dir() / "models" / "pose_landmarker_full.task"
    if not path.is_file():
        raise MissingPartError(f"The pose model is not at {path}; run `python -m twinswing.body.models`.")
    return path
