"""What the library's tests share: a folder with real and small recordings, its index, bytes on the disk."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from twinswing.review.library_index import LibraryIndex
from twinswing.review.library_model import Row
from twinswing.review.library_place import LibraryPlace
from twinswing.review.library_query import Query, rows_of, select
from twinswing.review.library_scan import ScanResult, scan
from twinswing.truth.library_demo import write_small

BUNDLED = Path(__file__).resolve().parents[2] / "recordings"
SWING, IRON, PLANT = (BUNDLED / f"{n}.mcap" for n in ("driver-face-on", "iron-down-the-line", "club-works-shift"))
NOW_NS = 1_780_000_000 * 10**9


@dataclass
class Shelf:
    """A library in a folder of its own."""

    place: LibraryPlace

    @classmethod
    def at(cls, folder: Path) -> "Shelf":
        place = LibraryPlace(
            folder / "lib", folder / "cache" / "index.db", folder / "cache" / "thumbs", folder / "q.db"
        )
        place.folder.mkdir(exist_ok=True)
        return cls(place)

    @property
    def folder(self) -> Path:
        return self.place.folder

    def index(self) -> LibraryIndex:
        return LibraryIndex(self.place.index)

    def scan(self) -> ScanResult:
        with self.index() as index:
            return scan(index, self.folder)

    def rows(self, query: Query | None = None) -> list[Row]:
        with self.index() as index:
            idents = select(index, query or Query(sort="name", descending=False))
            found = rows_of(index, idents)
            return [found[ident] for ident in idents]

    def copy(self, source: Path, name: str = "") -> Path:
        path = self.folder / (name or source.name)
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, path)
        return path

    def small(self, number: int, name: str = "") -> Path:
        return write_small(self.folder / (name or f"small-{number}.mcap"), number, NOW_NS)

    def bytes_of(self, *words: str) -> dict[str, list[str]]:
        """Return in which files anywhere below the library's folders a word stands, in UTF-8 or UTF-16."""
        found: dict[str, list[str]] = {word: [] for word in words}
        for path in self.folder.parent.rglob("*"):
            if path.is_file():
                data = path.read_bytes()
                for word in words:
                    if word.encode() in data or word.encode("utf-16-le") in data:
                        found[word].append(path.name)
        return found
