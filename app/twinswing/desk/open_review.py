"""The annotations of the recording that a window shows: read when it is opened, kept soon after each change.

Every tool that annotates, draws or shares works on this one document.
"""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from twinswing.desk.addons import Addon
from twinswing.errors import TwinswingError
from twinswing.review.document import Change, ReviewDocument
from twinswing.review.model import Annotation
from twinswing.review.storage import load_document, save_document

if TYPE_CHECKING:
    from twinswing.desk.base import BaseDesk


@dataclass(frozen=True)
class SaveSettings:
    """When changes are written, seconds: after a pause in the work, but no later than `latest_s` after the first.

    A pause, because each time writes the whole document behind what the recording has; the latest is what a crash may
    cost.
    """

    pause_s: float = 1.5
    latest_s: float = 8.0


SAVING = SaveSettings()


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
        self._taking = False
        self._waited_s = self._still_s = 0.0
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="annotations")
        self._saving: tuple[Future[bytes], ReviewDocument] | None = None
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
        if not self._taking:
            self._changed, self._still_s = True, 0.0

    def advance(self, dt_s: float) -> None:
        """Write what was changed once nothing has been changed for a while; a thread of its own does it."""
        if self._saving is not None:
            if self._saving[0].done():
                self._finish()
            return
        if not self._changed:
            self._waited_s = self._still_s = 0.0
            return
        self._waited_s += dt_s
        self._still_s += dt_s
        if self._still_s >= SAVING.pause_s or self._waited_s >= SAVING.latest_s:
            self._waited_s = self._still_s = 0.0
            self._begin()

    def _begin(self) -> bool:
        """Begin to write what was changed; return whether there is where to."""
        assert self._desk is not None
        path = self._desk.path
        if path is None or self.held:
            return False
        # A document belongs to one thread: the other one gets a copy of it.
        update, voices = self.document.update(), dict(self.voices)
        self._saving = (self._worker.submit(_write, path, update, voices), self.document)
        self._changed = False
        return True

    def _finish(self) -> bool:
        """Wait for what is being written, take in what the recording had; return whether it was written."""
        assert self._desk is not None
        if self._saving is None:
            return True
        (future, document), self._saving = self._saving, None
        try:
            written = future.result()
        except (TwinswingError, OSError) as error:
            self._desk.notify_user(f"The annotations are not saved: {error}")
            self._changed = True
            return False
        self._taking = True
        try:
            document.apply(written)
        finally:
            self._taking = False
        return True

    def leaving(self) -> None:
        """Keep what was changed."""
        self.save()

    def closed(self) -> None:
        """End the thread."""
        self._worker.shutdown()

    def save(self) -> bool:
        """Write what was changed to the recording, and wait for it; return whether nothing is left to be written.

        A recording that cannot be written is said, and what was changed is kept for another try.
        """
        self._finish()
        if not self._changed:
            return True
        return self._begin() and self._finish()

    def save_to(self, path: Path) -> bool:
        """Write all annotations to a recording that was made meanwhile; return whether it took anything.

        Raises InputError if it cannot be written.
        """
        return bool(len(self.document)) and save_document(path, self.document, self.voices)


def _write(path: Path, update: bytes, voices: dict[str, bytes]) -> bytes:
    """Write a copy of a document to a recording; return it with what the recording had."""
    document = ReviewDocument(update)
    save_document(path, document, voices)
    return document.update()
