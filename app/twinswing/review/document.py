"""All annotations of a recording as one document whose copies, edited apart, merge without loss.

A conflict-free map (Yjs, through `pycrdt`) from "id/field" to the field's JSON text. Two people who change different
fields of one annotation both keep their change; of two changes of the same field every copy keeps the same one.
Deleting sets the field `deleted`, so that a change which was made meanwhile elsewhere is not lost: undo brings back
both. A copy belongs to one thread; threads exchange updates.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from secrets import token_urlsafe
from typing import Any

from pycrdt import Doc, Map, UndoManager

from twinswing.errors import InputError
from twinswing.review.checks import from_fields, is_ident, to_fields
from twinswing.review.model import Annotation
from twinswing.review.updates import ROOT, UPDATE_LIMITS, Reach, check_state, read_reach

REMOTE = "another copy"
_DELETED = "deleted"
# The undo manager joins changes less than this apart, by our own count of steps instead of a clock.
_STEP_MS = 1000


@dataclass(frozen=True)
class Change:
    """What became different for a viewer: ids of annotations, and who did it (`REMOTE` for what another copy sent)."""

    added: tuple[str, ...]
    edited: tuple[str, ...]
    removed: tuple[str, ...]
    by: str


def new_ident() -> str:
    """Return an id that no annotation has had: 96 random bits."""
    return token_urlsafe(12)


class ReviewDocument:
    """Annotations that can be shared.

    Every method that takes `by` does so in the name of an author, whose steps `undo` takes back one by one, leaving
    alone what others did meanwhile.
    """

    def __init__(self, update: bytes | None = None, *, client: int | None = None) -> None:
        """Make an empty one, or one from an update; raises InputError as `apply` does.

        client : number of this copy, which no other may have: random unless a run is to be repeated exactly.
        """
        self._doc: Doc[Any] = Doc(client_id=client)
        self._map: Map[str] = self._doc.get(ROOT, type=Map)
        self._fields: dict[str, dict[str, str]] = {}
        self._shown: dict[str, Annotation] = {}
        self._refused: dict[str, str] = {}
        self._ordered: tuple[Annotation, ...] | None = ()
        self._touched: set[str] = set()
        self._undo: dict[str, UndoManager] = {}
        self._step = 0
        self._weight_bytes = 0
        self._waiting: list[tuple[Reach, bytes]] = []
        self._listeners: list[Callable[[Change], None]] = []
        self._senders: list[Callable[[bytes], None]] = []
        self._by = REMOTE
        self._noting = self._map.observe(self._note)
        self._sending = self._doc.observe(self._send)
        if update is not None:
            self.apply(update)

    # Reading

    def __len__(self) -> int:
        return len(self._shown)

    def __contains__(self, ident: str) -> bool:
        return ident in self._shown

    def get(self, ident: str) -> Annotation | None:
        """Return an annotation, or None if there is none, it was deleted, or it cannot be read."""
        return self._shown.get(ident)

    def all(self) -> tuple[Annotation, ...]:
        """Return every annotation in order of time, then id."""
        if self._ordered is None:
            self._ordered = tuple(sorted(self._shown.values(), key=lambda a: (a.time.start_ns, a.ident)))
        return self._ordered

    @property
    def refused(self) -> dict[str, str]:
        """Ids of what is in the document and cannot be used, each with the reason in one sentence."""
        return dict(self._refused)

    @property
    def authors(self) -> tuple[str, ...]:
        """The names of all layers, sorted."""
        return tuple(sorted({a.author for a in self._shown.values()}))

    def at(self, t_ns: int, *, hidden: Collection[str] = ()) -> tuple[Annotation, ...]:
        """Return what is visible at a session time, without the layers of the authors in `hidden`."""
        return tuple(a for a in self.all() if a.time.shows_at(t_ns) and a.author not in hidden)

    def search(
        self, text: str = "", *, kinds: Collection[str] = (), authors: Collection[str] = (), rating: int = 0
    ) -> tuple[Annotation, ...]:
        """Return, in order of time, what holds every word of a text (upper and lower case alike) and passes filters.

        kinds, authors : none given lets all through. rating: at least as good.
        """
        words = text.casefold().split()
        return tuple(
            a
            for a in self.all()
            if (not kinds or a.kind in kinds)
            and (not authors or a.author in authors)
            and a.rating >= rating
            and _holds(a, words)
        )

    def after(self, t_ns: int) -> Annotation | None:
        """Return the first annotation that starts after a session time: where a jump forwards goes."""
        return next((a for a in self.all() if a.time.start_ns > t_ns), None)

    def before(self, t_ns: int) -> Annotation | None:
        """Return the last annotation that starts before a session time: where a jump backwards goes."""
        return next((a for a in reversed(self.all()) if a.time.start_ns < t_ns), None)

    # Changing

    def add(self, annotation: Annotation, *, same_step: bool = False) -> None:
        """Add an annotation in its author's name; raises InputError if it cannot be one or its id is taken."""
        if annotation.ident in self._fields:
            raise InputError(f"There is an annotation {annotation.ident} already.")
        self._set(annotation.ident, to_fields(annotation), annotation.author, same_step)

    def edit(self, ident: str, *, by: str, same_step: bool = False, **changes: Any) -> Annotation:
        """Change fields of an annotation (as `dataclasses.replace`) and return it.

        same_step : undo takes this back together with the step before. What undo may bring back is kept, so a
                    drawing that grows under the hand is shown to others as presence and written when it is done.
        Raises InputError if there is no such annotation or the result cannot be one.
        """
        old = self._existing(ident)
        new = replace(old, **changes, ident=ident)
        fields, held = to_fields(new), to_fields(old)
        changed = {name: text for name, text in fields.items() if text != held[name]}
        if "shape" in changed and not old.drawable:
            raise InputError(f"The annotation {ident} is of kind {old.kind}, which only a newer program can change.")
        self._set(ident, changed, by, same_step)
        return new

    def delete(self, ident: str, *, by: str) -> None:
        """Take an annotation away; raises InputError if there is none."""
        self._existing(ident)
        self._set(ident, {_DELETED: "true"}, by)

    def undo(self, by: str) -> bool:
        """Take back an author's last step; return whether there was one."""
        return self._take_back(by, UndoManager.undo)

    def redo(self, by: str) -> bool:
        """Do again what an author took back last; return whether there was any."""
        return self._take_back(by, UndoManager.redo)

    def can_undo(self, by: str) -> bool:
        """Tell whether an author has a step to take back."""
        return by in self._undo and self._undo[by].can_undo()

    def can_redo(self, by: str) -> bool:
        """Tell whether an author has a step to do again."""
        return by in self._undo and self._undo[by].can_redo()

    # Sharing

    def state(self) -> bytes:
        """Return what this copy knows, for another to send what it misses."""
        return bytes(self._doc.get_state())

    def update(self, state: bytes | None = None) -> bytes:
        """Return all that a copy in a state misses (everything for None); raises InputError for a damaged state."""
        if state is not None:
            check_state(state)
        return bytes(self._doc.get_update(state))

    def apply(self, update: bytes) -> None:
        """Take another copy's update: in any order, any number of times, with the same result.

        One whose predecessors have not come yet waits for them. Raises InputError, and changes nothing, for bytes
        that no copy of such a document makes, or that would let it grow beyond `UPDATE_LIMITS`.
        """
        reach = read_reach(update)
        self._weigh(len(update))
        self._check_waiting(update, reach)
        in_turn = not self._waiting and reach.follows(check_state(self._doc.get_state()))
        with self._changing(REMOTE):
            if not in_turn:
                # What is let in and deleted in one step is left out of the map's events, and reading these can end
                # the process (`pycrdt` 0.14): they are not asked for.
                self._map.unobserve(self._noting)
            try:
                self._doc.apply_update(update)
                self._let_in()
            except ValueError as error:
                raise InputError(f"An update of the annotations cannot be read: {error}.") from error
            finally:
                if not in_turn:
                    self._noting = self._map.observe(self._note)
                    self._compare()
        if not self._reached(reach):
            self._waiting.append((reach, update))

    def merge(self, other: "ReviewDocument") -> None:
        """Take all that another copy has."""
        self.apply(other.update(self.state()))

    def listen(self, callback: Callable[[Change], None]) -> Callable[[], None]:
        """Call back after every change, with what became different; return what ends this."""
        self._listeners.append(callback)
        return lambda: self._listeners.remove(callback)

    def on_update(self, callback: Callable[[bytes], None]) -> Callable[[], None]:
        """Call back with an update of every change made on this copy, to be sent to others; return what ends this."""
        self._senders.append(callback)
        return lambda: self._senders.remove(callback)

    # Inside

    def _existing(self, ident: str) -> Annotation:
        found = self._shown.get(ident)
        if found is None:
            raise InputError(f"There is no annotation {ident[:64]!r}.")
        return found

    def _set(self, ident: str, fields: dict[str, str], by: str, same_step: bool = False) -> None:
        if not fields:
            return
        self._weigh(sum(map(len, fields.values())))
        if by not in self._undo:
            manager = UndoManager(
                scopes=[self._map], capture_timeout_millis=_STEP_MS // 2, timestamp=lambda: self._step
            )
            manager.include_origin(by)
            self._undo[by] = manager
        if not same_step:
            self._step += _STEP_MS
        with self._changing(by), self._doc.transaction(origin=by):
            for name, text in fields.items():
                self._map[f"{ident}/{name}"] = text

    def _new_manager(self, by: str) -> UndoManager:
        together_ms = _STEP_MS // 2
        manager = UndoManager(scopes=[self._map], capture_timeout_millis=together_ms, timestamp=lambda: self._step)
        manager.include_origin(by)
        return manager

    def _take_back(self, by: str, how: Callable[[UndoManager], bool]) -> bool:
        if by not in self._undo:
            return False
        self._step += _STEP_MS
        with self._changing(by):
            return how(self._undo[by])

    def _weigh(self, more_bytes: int) -> None:
        """Refuse what would make the document too heavy; its true weight is only asked for when the sum says so."""
        limit = UPDATE_LIMITS.update_bytes
        if self._weight_bytes + more_bytes > limit:
            self._weight_bytes = len(self._doc.get_update())
            if self._weight_bytes + more_bytes > limit:
                raise InputError(
                    f"The annotations hold {self._weight_bytes} bytes and cannot take {more_bytes} more: "
                    f"{limit} is the most."
                )
        self._weight_bytes += more_bytes

    def _check_waiting(self, update: bytes, reach: Reach) -> None:
        """Refuse one more update that would wait for others, where too many do already."""
        if not self._waiting:
            return
        limits = UPDATE_LIMITS
        few = len(self._waiting) < limits.waiting
        if few and sum(len(held) for _, held in self._waiting) + len(update) <= limits.waiting_bytes:
            return
        trial: Doc[Any] = Doc()
        trial.apply_update(self._doc.get_update())
        trial.apply_update(update)
        if not _has(check_state(trial.get_state()), reach):
            raise InputError("An update of the annotations builds on others that never came; too many such wait.")

    def _let_in(self) -> None:
        """Apply again what waits and fits now, as long as some does: the library itself misses some of it."""
        while True:
            known = check_state(self._doc.get_state())
            self._waiting = [(reach, held) for reach, held in self._waiting if not _has(known, reach)]
            fitting = [held for reach, held in self._waiting if reach.fits(known)]
            for held in fitting:
                self._doc.apply_update(held)
            if not fitting or check_state(self._doc.get_state()) == known:
                return

    def _reached(self, reach: Reach) -> bool:
        return _has(check_state(self._doc.get_state()), reach)

    @contextmanager
    def _changing(self, by: str) -> Iterator[None]:
        self._by = by
        try:
            yield
        finally:
            self._by = REMOTE
            self._refresh(by)

    def _note(self, event: Any) -> None:
        """Keep the texts that a transaction changed; called by the document inside the transaction."""
        for key in event.keys:
            ident, _, name = key.partition("/")
            if not is_ident(ident) or not name:
                continue
            text = self._map.get(key)
            if isinstance(text, str):
                self._fields.setdefault(ident, {})[name] = text
            else:
                self._fields.get(ident, {}).pop(name, None)
            self._touched.add(ident)

    def _compare(self) -> None:
        """Note every text that is not what it was, by looking at all of them."""
        held: dict[str, dict[str, str]] = {}
        for key, text in self._map.items():
            ident, _, name = key.partition("/")
            if is_ident(ident) and name and isinstance(text, str):
                held.setdefault(ident, {})[name] = text
        for ident in self._fields.keys() | held.keys():
            if self._fields.get(ident) != held.get(ident):
                self._touched.add(ident)
        self._fields = held

    def _send(self, event: Any) -> None:
        if self._by != REMOTE:
            for callback in tuple(self._senders):
                callback(bytes(event.update))

    def _refresh(self, by: str) -> None:
        touched, self._touched = self._touched, set()
        if not touched:
            return
        before = {ident: self._shown.get(ident) for ident in touched}
        for ident in touched:
            self._read(ident)
        self._ordered = None
        pairs = [(ident, before[ident], self._shown.get(ident)) for ident in sorted(touched)]
        change = Change(
            added=tuple(i for i, old, new in pairs if old is None and new is not None),
            edited=tuple(i for i, old, new in pairs if old is not None and new is not None and old != new),
            removed=tuple(i for i, old, new in pairs if old is not None and new is None),
            by=by,
        )
        if change.added or change.edited or change.removed:
            for callback in tuple(self._listeners):
                callback(change)

    def _read(self, ident: str) -> None:
        self._shown.pop(ident, None)
        self._refused.pop(ident, None)
        fields = self._fields.get(ident, {})
        if not fields:
            self._fields.pop(ident, None)
        # Without a shape it is what is left where adding was undone after somebody else had changed it.
        elif fields.get(_DELETED) != "true" and "shape" in fields:
            try:
                self._shown[ident] = from_fields(ident, fields)
            except InputError as error:
                self._refused[ident] = str(error)


def _has(known: Mapping[int, int], reach: Reach) -> bool:
    return all(known.get(client, 0) >= clock for client, clock in reach.ends.items())


def _holds(annotation: Annotation, words: list[str]) -> bool:
    spoken = annotation.media.spoken if annotation.media is not None else ""
    text = f"{annotation.text} {spoken} {annotation.kind} {annotation.author}".casefold()
    return all(word in text for word in words)
