"""What the library's window shows: the query, its answer, what is chosen. Reads the index, draws nothing."""

from dataclasses import dataclass, field, replace
from pathlib import Path

from twinswing.review import library_query as asked
from twinswing.review.library_index import LibraryIndex
from twinswing.review.library_model import Golfer, Row
from twinswing.review.library_query import Choice, Detail, Query, Session


@dataclass
class Choices:
    """What there is to choose recordings by."""

    people: list[Choice] = field(default_factory=list)
    sessions: list[Session] = field(default_factory=list)
    clubs: list[Choice] = field(default_factory=list)
    plants: list[Choice] = field(default_factory=list)
    tags: list[Choice] = field(default_factory=list)
    golfers: list[Golfer] = field(default_factory=list)
    measures: list[tuple[str, str, int]] = field(default_factory=list)
    total: int = 0
    unreadable: int = 0


class LibraryState:
    """The answer to a query as a list of rows, with a cursor and a selection that survive changes of either.

    cursor: place in `idents`, -1 where there is none. chosen: rows that are selected; the cursor's is one of them.
    """

    def __init__(self, index: LibraryIndex) -> None:
        self.index = index
        self.query = Query()
        self.idents: list[int] = []
        self.cursor = -1
        self.chosen: set[int] = set()
        self.choices = Choices()
        self.moved = False  # whether the list has to be scrolled to the cursor
        self._anchor = -1
        self._rows: dict[int, Row] = {}
        self._detail: tuple[int, Detail | None] | None = None
        self._seen: tuple[int, int] | None = None
        self.changes = 0
        self.refresh()

    # What is there

    def refresh(self) -> bool:
        """Take in what changed in the index since; return whether something did."""
        seen = self.index.state
        if seen == self._seen:
            return False
        self._seen = seen
        self._rows.clear()
        self._detail = None
        self.changes += 1
        found = Choices(
            people=asked.people(self.index),
            sessions=asked.sessions(self.index),
            clubs=asked.clubs(self.index),
            plants=asked.plants(self.index),
            tags=asked.tags(self.index),
            golfers=asked.golfers(self.index),
            measures=asked.measure_names(self.index),
            total=asked.count(self.index),
            unreadable=asked.count_unreadable(self.index),
        )
        self.choices = found
        self._select()
        return True

    def ask(self, query: Query) -> None:
        """Ask for other recordings, or in another order."""
        if query != self.query:
            self.query = query
            self._select()
            self.moved = True

    def change(self, **fields: object) -> None:
        """Change a part of the query."""
        self.ask(replace(self.query, **fields))  # type: ignore[arg-type]

    def _select(self) -> None:
        held = self.current_ident
        self.idents = asked.select(self.index, self.query)
        present = set(self.idents)
        self.chosen &= present
        if held in present:
            self.cursor = self.idents.index(held)
        else:
            self.cursor = min(max(self.cursor, 0), len(self.idents) - 1) if self.idents else -1
            if self.chosen and self.cursor >= 0:
                self.chosen = {self.idents[self.cursor]}
        self._anchor = self.cursor

    def rows(self, first: int, last: int) -> list[Row | None]:
        """Return the rows of a part of the list, `first <= place < last`; None for one that has just gone."""
        wanted = self.idents[max(first, 0) : last]
        missing = [ident for ident in wanted if ident not in self._rows]
        if missing:
            if len(self._rows) > 4000:
                self._rows.clear()
                missing = wanted
            self._rows |= asked.rows_of(self.index, missing)
        return [self._rows.get(ident) for ident in wanted]

    def row(self, ident: int) -> Row | None:
        """Return one row; None if it has gone."""
        if ident not in self._rows:
            self._rows |= asked.rows_of(self.index, [ident])
        return self._rows.get(ident)

    def chosen_rows(self) -> list[Row]:
        """Return the selected rows, in the list's order."""
        chosen = [ident for ident in self.idents if ident in self.chosen]
        # Together, not one by one: all of a large library may be chosen.
        self._rows |= asked.rows_of(self.index, [ident for ident in chosen if ident not in self._rows])
        return [row for ident in chosen if (row := self._rows.get(ident)) is not None]

    @property
    def current_ident(self) -> int:
        """The cursor's row, -1 where there is none."""
        return self.idents[self.cursor] if 0 <= self.cursor < len(self.idents) else -1

    @property
    def current(self) -> Row | None:
        """The cursor's recording."""
        return self.row(self.current_ident) if self.current_ident >= 0 else None

    def detail(self) -> Detail | None:
        """Return what else is known of the cursor's recording."""
        ident = self.current_ident
        if ident < 0:
            return None
        if self._detail is None or self._detail[0] != ident:
            self._detail = (ident, asked.detail_of(self.index, ident))
        return self._detail[1]

    def golfer(self, ident: str) -> Golfer | None:
        """Return a golfer's profile; None for nobody."""
        return next((golfer for golfer in self.choices.golfers if golfer.ident == ident), None)

    # Choosing

    def move(self, by: int, *, extend: bool = False) -> None:
        """Move the cursor along the list; extend: select all from where it was set last."""
        if self.idents:
            self.put_cursor(min(max(self.cursor + by, 0), len(self.idents) - 1), extend=extend)

    def put_cursor(self, place: int, *, extend: bool = False, toggle: bool = False) -> None:
        """Set the cursor; extend: select all up to it; toggle: add its row to the selection, or take it out."""
        if not 0 <= place < len(self.idents):
            return
        ident = self.idents[place]
        if extend and self._anchor >= 0:
            low, high = sorted((self._anchor, place))
            self.chosen = set(self.idents[low : high + 1])
        elif toggle:
            self.chosen ^= {ident}
            self._anchor = place
        else:
            self.chosen = {ident}
            self._anchor = place
        self.cursor = place
        self.moved = True

    def choose_all(self) -> None:
        """Select every recording of the list."""
        self.chosen = set(self.idents)

    def choose_none(self) -> bool:
        """Select nothing; return whether something was."""
        had, self.chosen = bool(self.chosen), set()
        return had

    def find(self, path: Path) -> bool:
        """Set the cursor on a recording; return whether it is in the list."""
        ident = asked.ident_of(self.index, path)
        if ident is None or ident not in self.idents:
            return False
        self.put_cursor(self.idents.index(ident))
        return True
