"""What the library's panels see, and how they say what the user wants."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from twinswing.desk.library_runner import Shown
from twinswing.desk.library_state import LibraryState
from twinswing.review.library_model import Row

HEADER_PX = 54.0
SIDE_PX = 226.0
DETAILS_PX = 344.0


@dataclass
class LibraryContext:
    """The window's state for one frame.

    do       : tells the window an action's name.
    thumb    : gives the texture of a row's thumbnails, or None while it is not there.
    pictureless: tells whether a row's thumbnails cannot be made.
    clock_s  : runs on while the window is open; drives what moves.
    columns, page : cards in a row, and rows that fit, as the grid found them; said for the keys.
    searching: whether the search box is to take the keyboard in this frame.
    status   : a line on what goes on, "" for nothing.
    """

    state: LibraryState
    folder: Path
    fonts: dict[str, Any] = field(default_factory=dict)
    do: Callable[[str], None] = lambda _: None
    thumb: Callable[[Row], Any | None] = lambda _: None
    pictureless: Callable[[Row], bool] = lambda _: False
    open_path: Callable[[Path], None] = lambda _: None
    clock_s: float = 0.0
    card_px: float = 196.0
    plays: bool = False
    details: bool = True
    columns: int = 1
    page: int = 1
    visible: tuple[int, int] = (0, 0)
    searching: bool = False
    search_text: str = ""
    search_active: bool = False
    status: str = ""
    notice: str = ""
    recent: tuple[str, ...] = ()
    imports: tuple[Shown, ...] = ()
    queue_open: bool = False
