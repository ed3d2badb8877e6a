"""The annotations of the recording that a window shows: read when it is opened, kept when it is left.

Every tool that annotates, draws or shares works on this one document.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from twinswing.desk.addons import Addon
from twinswing.errors import TwinswingError
from twinswing.review.document import Change, ReviewDocument
from twinswing.review.model import Annotation
from twinswing.review.storage import load_document, save_document

if TYPE_CHECKING:
    from twinswing.desk.base import BaseDesk


class OpenReview(Addon):
    """The document, its author at this end, and the voices that were recorded and are not in the recording yet.

    author   : in whose name is annotated.
    document : an empty one where there is no recording, which nothing keeps.
    voices   : files of voice notes by SHA-256, to be kept with the document.
    held     : while True nothing is written to the recording, since somebody else is reading it whole.
    refusal  : why nobody may annotate at this end, in one sentence to be shown to who tries; "" where one may.
    drawing  : what is under the hand at this end and not in the document yet; others are shown it as it grows.
    passing  : what is under the hands of others; shown, never kept. One whose id is in the document is done.
    """

    def __init__(self, author: str) -> None:
        self.author = author
        self.document = ReviewDocument()
        self.voices: dict[str, bytes] = {}
        self.held = False
        self.refusal = ""
        self.drawing: Annotation | None = None
        self.passing: tuple[Annotation, ...] = ()
        self._desk: BaseDesk | None = None
        self._changed = False
        self._listeners: list[Callable[[], None]] = []

    def attached(self, desk: "BaseDesk") -> None:
        """Take the window."""
        self._desk = desk

    def on_replaced(self, callback: Callable[[], None]) -> None:
        """Call back whenever another document has taken the place of `document`."""
        self._listeners.append(callback)

    def opened(self) -> None:
        """Read the annotations of what the window shows now."""
        assert self._desk is not None
        document = ReviewDocument()
        path = self._desk.path
        if path is not None:
            try:
                document = load_document(path)
            except (TwinswingError, OSError) as error:
                self._desk.notify_user(str(error))
        self.replace(document)
        self._changed = False

    def replace(self, document: ReviewDocument) -> None:
        """Work on another document from now on."""
        self.document, self.voices = document, {}
        document.listen(self._note)
        for callback in tuple(self._listeners):
            callback()

    def _note(self, _: Change) -> None:
        self._changed = True

    def leaving(self) -> None:
        """Keep what was changed."""
        self.save()

    def save(self) -> bool:
        """Write what was changed to the recording; return whether nothing is left to be written.

        A recording that cannot be written is said, and what was changed is kept for another try.
        """
        assert self._desk is not None
        path = self._desk.path
        if not self._changed:
            return True
        if path is None or self.held:
            return False
        try:
            save_document(path, self.document, self.voices)
        except (TwinswingError, OSError) as error:
            self._desk.notify_user(f"The annotations are not saved: {error}")
            return False
        self._changed = False
        return True
