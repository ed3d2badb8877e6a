"""Where a library and what is kept beside it lie.

The folder holds the recordings and the profiles: all that cannot be made again. The index and the moving thumbnails are
a cache; the queue of imports is small and is kept with the settings.
"""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from twinswing.platform import cache_dir, documents_dir, settings_dir

DEFAULT_NAME = "Twinswing"


@dataclass(frozen=True)
class LibraryPlace:
    """Folders and files of one library; `of` gives those of a folder."""

    folder: Path
    index: Path
    thumbs: Path
    imports: Path

    @classmethod
    def of(cls, folder: Path) -> "LibraryPlace":
        """Return the place of the library in a folder, which need not be there yet."""
        whole = folder.expanduser().absolute()
        # One folder may be reached by two spellings; each then has an index of its own, which is only slower.
        key = hashlib.sha256(os.fsencode(whole)).hexdigest()[:16]
        cache = cache_dir() / "library" / key
        return cls(whole, cache / "index.db", cache / "thumbs", settings_dir() / f"imports-{key}.db")


def default_folder() -> Path:
    """Return where a library lies unless somebody chose another folder."""
    return documents_dir() / DEFAULT_NAME
