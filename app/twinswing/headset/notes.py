"""A recording's annotations for someone in a headset: seen at their time, drawn, moved, taken back, kept."""

import getpass
import os
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from twinswing.body.skeleton import BodyMotion
from twinswing.errors import InputError
from twinswing.headset.air_pen import TAGS, AirPen, Mark, mark_at
from twinswing.headset.pointing import Ray, nearest_on_segments
from twinswing.resources import bundled_recording
from twinswing.review.document import ReviewDocument, new_ident
from twinswing.review.measure import points_at
from twinswing.review.model import Annotation, InWorld, OnJoint
from twinswing.review.storage import load_document, save_document

FloatArray = NDArray[np.float64]

DRAFT = "draft"  # the id of what is being drawn; never in a document
_KEEP_AFTER_S = 1.0  # a pause in drawing after which it is written to the file


class Notes:
    """The annotations of one recording.

    path: the recording that they are kept in; None keeps them only while it is open. body: what pins follow.
    later: what is said of where they are kept, by whoever keeps the document itself.
    on: whether a pen is in the hand. aims: what each hand's pen means now. trouble: why they could not be kept, or "".
    """

    def __init__(
        self, path: Path | None = None, *, body: BodyMotion | None = None, author: str = "",
        document: ReviewDocument | None = None, tags: tuple[str, ...] = TAGS, later: str = "",
    ) -> None:  # fmt: skip
        self.path, self.body, self.tags = path, body, tags
        self.kept = later or ("kept in the recording" if path is not None else "shown until you leave")
        self.author = author or getpass.getuser()
        if document is not None:
            self.document = document
        else:
            self.document = ReviewDocument() if path is None else load_document(path)
        self.pen = AirPen(tag=tags[0])
        self.on = False
        self.aims: dict[int, Mark] = {}
        self.trouble = ""
        self.version = 0
        self._side: int | None = None
        self._carried: tuple[str, FloatArray, FloatArray] | None = None  # id, where the hand took it and is now
        self._changed_s: float | None = None
        self._unsaved = False
        self._saver: threading.Thread | None = None
        self._saved: list[bytes | str] = []
        self.document.listen(lambda _change: self._note())

    def _note(self) -> None:
        self.version += 1

    # -- what is to be seen --------------------------------------------------------------------------------------

    def visible(self, t_s: float) -> tuple[Annotation, ...]:
        """Return what is to be seen at a session time, what is being drawn or carried included."""
        t_ns = round(t_s * 1e9)
        seen = [a for a in self.document.at(t_ns) if a.drawable]
        if self._carried is not None:
            ident, start, now = self._carried
            seen = [_moved(a, now - start) if a.ident == ident else a for a in seen]
        draft = self._draft(t_ns)
        return tuple(seen) if draft is None else (*seen, draft)

    def _draft(self, t_ns: int) -> Annotation | None:
        if self._side is None or self._side not in self.aims:
            return None
        marks = self.pen.draft(self.aims[self._side])
        if len(marks) < 2:
            return None
        pen = self.pen
        if pen.tool == "angle" and len(marks) == 2:
            pen = replace(pen, tool="line")  # its first arm
        elif pen.tool == "freehand":
            pen = replace(pen, params=replace(pen.params, bend_m=0.0))
        return replace(pen, began_ns=t_ns).annotation(DRAFT, self.author, marks, t_ns)

    # -- hands ---------------------------------------------------------------------------------------------------

    def hand(self, side: int, tip_m: FloatArray, ray: Ray | None, down: bool, t_s: float, scale: float = 1.0) -> None:
        """Follow a hand's pen, pressed or not. One hand draws at a time."""
        joints = None if self.body is None else self.body.at(t_s)
        mark = mark_at(tip_m, ray, joints, scale, self.pen.params)
        self.aims[side] = self.pen.means(mark)
        busy = self._side not in (None, side) and bool(self.pen.down or self.pen.marks)
        if busy or (self._side != side and not down):
            return
        self._side = side
        t_ns = round(t_s * 1e9)
        self.pen, done = self.pen.next(down, mark, t_ns, scale)
        self.aims[side] = self.pen.means(mark)
        if done is not None:
            self._add(done, t_ns, scale)

    def leave(self, side: int) -> None:
        """Lose sight of a hand, or see it on a card; what it began waits for it."""
        self.aims.pop(side, None)

    def drawing(self, side: int) -> bool:
        """Tell whether a hand is in the middle of a stroke."""
        return self._side == side and self.pen.down

    def _add(self, marks: Sequence[Mark], t_ns: int, scale: float) -> None:
        try:
            self.document.add(self.pen.annotation(new_ident(), self.author, marks, t_ns, scale))
        except InputError as error:  # the document is full
            self.trouble = str(error)
            return
        self._changed_s = -1.0

    def toggle(self, on: bool | None = None) -> None:
        """Take the pen, or lay it down."""
        self.on = not self.on if on is None else on
        self.pen, self._side = self.pen.given_up(), None
        self.aims.clear()

    def grab(self, point_m: FloatArray, reach_m: float, t_s: float) -> str | None:
        """Take hold of a drawing in the air; return its name, or None where there is none within reach."""
        best, name = reach_m, None
        for a in self.document.at(round(t_s * 1e9)):
            if a.pins or not isinstance(a.anchor, InWorld | OnJoint) or not a.points:
                continue
            points = points_at(a, round(t_s * 1e9), self.body)
            if points is None:
                continue
            off = _distance(points, point_m)
            if off < best:
                best, name = off, a.ident
        if name is None:
            return None
        self._carried = (name, point_m, point_m)
        return f"note:{name}"

    def held(self, point_m: FloatArray) -> None:
        """Carry what is held."""
        if self._carried is not None:
            self._carried = (*self._carried[:2], point_m)
            self._note()

    def release(self) -> None:
        """Leave what is held where it is."""
        if self._carried is None:
            return
        (ident, start, now), self._carried = self._carried, None
        old = self.document.get(ident)
        if old is not None and float(np.linalg.norm(now - start)) > 1e-3:
            self._do(lambda: self.document.edit(ident, by=self.author, points=_moved(old, now - start).points))

    # -- buttons -------------------------------------------------------------------------------------------------

    def press(self, button: str) -> None:
        """Carry out a button of the card: a tool, "colour N", "tag N", "undo", "redo", "delete ID"."""
        what, _, which = button.partition(" ")
        if what == "tool":
            self.pen = self.pen.with_tool(which)
        elif what == "colour":
            self.pen = replace(self.pen, colour=which)
        elif what == "tag":
            self.pen = replace(self.pen.with_tool("tag"), tag=self.tags[int(which)])
        elif what == "undo":
            if self.pen.marks:
                self.pen = self.pen.given_up()
            else:
                self._do(lambda: self.document.undo(self.author))
        elif what == "redo":
            self._do(lambda: self.document.redo(self.author))
        elif what == "delete":
            self._do(lambda: self.document.delete(which, by=self.author))

    def _do(self, change: Callable[[], object]) -> None:
        try:
            change()
        except InputError as error:
            self.trouble = str(error)
        else:
            self._changed_s = -1.0

    # -- keeping -------------------------------------------------------------------------------------------------

    def update(self, now_s: float) -> None:
        """Keep what was changed, a second after the last change, without waiting for the disk. now_s: any clock."""
        self._take_saved()
        if self._changed_s is None or self.path is None:
            return
        if self._changed_s < 0.0:
            self._changed_s = now_s
        elif now_s - self._changed_s >= _KEEP_AFTER_S and self._saver is None:
            self._changed_s = None
            self._start()

    def _start(self) -> None:
        update, path, out = self.document.update(), self.path, self._saved
        assert path is not None

        def save() -> None:
            try:
                copy = ReviewDocument(update)
                save_document(path, copy)
                out.append(copy.update())
            except (InputError, OSError) as error:
                out.append(str(error))

        self._saver = threading.Thread(target=save, name="annotations", daemon=False)
        self._saver.start()

    def _take_saved(self) -> None:
        if self._saver is None or self._saver.is_alive():
            return
        self._saver.join()
        self._saver = None
        for result in self._saved:
            self._unsaved = isinstance(result, str)
            if isinstance(result, str):
                self.trouble = result
            else:
                self.trouble = ""
                self.document.apply(result)  # with what others wrote into the file meanwhile
        self._saved.clear()

    def close(self) -> None:
        """Keep all that was changed, and wait until it is in the file; says on stderr what could not be kept."""
        if self._saver is not None:
            self._saver.join()
            self._take_saved()
        if (self._changed_s is not None or self._unsaved) and self.path is not None:
            self._changed_s = None
            self._start()
            assert self._saver is not None
            self._saver.join()
            self._take_saved()
        if self.trouble:
            sys.stderr.write(f"twinswing: annotations could not be kept: {self.trouble}\n")


def notes_of(path: Path | None, body: BodyMotion | None = None, tags: tuple[str, ...] = TAGS) -> Notes:
    """Return a recording's notes: kept in it, but for a bundled demonstration's and a file's that is write-protected.

    Raises InputError if the recording's annotations are damaged or a newer program's.
    """
    if path is None:
        return Notes(body=body, tags=tags)
    ours = path.resolve().is_relative_to(bundled_recording("").resolve())
    kept = path if not ours and os.access(path, os.W_OK) else None
    return Notes(kept, body=body, document=load_document(path), tags=tags)


def _moved(a: Annotation, by_m: FloatArray) -> Annotation:
    moved = (np.asarray(a.points) + by_m).tolist() if len(a.points) else []
    return replace(a, points=tuple(tuple(p) for p in moved))


def _distance(points: FloatArray, point_m: FloatArray) -> float:
    if len(points) == 1:
        return float(np.linalg.norm(points[0] - point_m))
    return nearest_on_segments(point_m, points)[1]
