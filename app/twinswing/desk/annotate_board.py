"""What a person does to the annotations of a window: chooses, draws, writes, changes, takes back. No panels here."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from twinswing.desk.annotate_hand import DRAWN, Hand, default_time, made
from twinswing.desk.annotate_site import Site, Spot
from twinswing.desk.open_review import OpenReview
from twinswing.errors import InputError
from twinswing.review.document import new_ident
from twinswing.review.model import Annotation, Media, Span
from twinswing.stage.annotation_shapes import visible

# Told apart by colour-blind eyes too, in lightness as well as in hue (after the IBM design palette), and white.
COLOURS = ("#ffb000", "#fe6100", "#dc267f", "#785ef0", "#648fff", "#2fd6c4", "#a8e05f", "#ffffff")
SAMPLE = "sample"  # the id of what is under the hand: it is never kept under it
_UNRECORDED = "Nothing is recorded here: these remarks are gone when the window closes."


@dataclass
class Writing:
    """A field that is typed into: a note, a tag or a drill, at places (or none) and a time.

    active : whether it has the keyboard; what is typed before goes into it all the same.
    opener : the character of the key that opened it, which is no part of the text.
    """

    kind: str
    t_ns: int
    spots: list[Spot] = field(default_factory=list)
    text: str = ""
    active: bool = False
    opener: str = ""
    frames: int = 0
    placed: bool = False  # whether the cursor stands behind what came before the field had the keyboard


@dataclass
class Board:
    """The tools' state in one window.

    palette, listed : whether the tools and the list are open. hidden: layers that are not shown.
    selected, hovered : ids, "" for none. grabbed: what is being changed by hand, as it is to be seen meanwhile.
    pair_ns : the first moment of a before-and-after pair that was marked. query, kinds: what the list is filtered by.
    """

    review: OpenReview
    desk: Any
    site: Site
    hand: Hand = field(default_factory=Hand)
    palette: bool = False
    listed: bool = False
    colour: str = COLOURS[0]
    ground: bool = False
    hidden: set[str] = field(default_factory=set)
    selected: str = ""
    hovered: str = ""
    grabbed: Annotation | None = None
    writing: Writing | None = None
    pair_ns: int | None = None
    query: str = ""
    kinds: set[str] = field(default_factory=set)
    begun_ns: int = 0
    _warned: bool = False

    @property
    def me(self) -> str:
        """In whose name is annotated."""
        return self.review.author

    @property
    def chosen(self) -> Annotation | None:
        """The annotation that is chosen, as it is to be seen."""
        if self.grabbed is not None and self.grabbed.ident == self.selected:
            return self.grabbed
        return self.review.document.get(self.selected) if self.selected else None

    def may(self) -> bool:
        """Tell whether one may annotate here; say why not."""
        if self.review.refusal:
            self.desk.notify_user(self.review.refusal)
            return False
        if not self.site.is_recorded and not self._warned:
            self._warned = True
            self.desk.notify_user(_UNRECORDED)
        return True

    @property
    def unrecorded(self) -> str:
        """A sentence where nothing keeps what is marked, "" else."""
        return "" if self.site.is_recorded else _UNRECORDED

    # -- what is seen --------------------------------------------------------------------------------------------

    def shown(self, t_ns: int) -> list[Annotation]:
        """Return what is to be seen at a time: what is kept, what others are drawing, and what is under the hand."""
        document = self.review.document
        seen = visible(document.all(), t_ns, self.hidden)
        seen += [a for a in self.review.passing if a.ident not in document and a.author not in self.hidden]
        if self.grabbed is not None:
            seen = [a for a in seen if a.ident != self.grabbed.ident] + [self.grabbed]
        if (draft := self.draft()) is not None:
            seen.append(draft)
        return seen

    def draft(self) -> Annotation | None:
        """Return what is under the hand."""
        if not self.hand.drawing or self.hand.tool not in DRAWN:
            return None
        return self.hand.draft(self._template(self.begun_ns, SAMPLE))

    def found(self) -> tuple[Annotation, ...]:
        """Return what the list shows."""
        found = self.review.document.search(self.query, kinds=self.kinds)
        return tuple(a for a in found if a.layer not in self.hidden)

    # -- choosing ------------------------------------------------------------------------------------------------

    def take(self, tool: str) -> None:
        """Take a tool; "" to choose and move what there is."""
        if tool and not self.may():
            return
        self.palette = True
        self.hand.take(tool)
        self.selected = "" if tool else self.selected
        if tool in ("tag", "drill"):
            self.write(tool, opener=tool[0])

    def choose(self, ident: str, *, jump: bool = False) -> None:
        """Choose an annotation; with `jump`, go to its time."""
        self.selected = ident
        found = self.review.document.get(ident)
        if jump and found is not None:
            self.desk.seek_ns(found.time.start_ns)

    def step(self, direction: int) -> None:
        """Go to the next annotation (1) or the one before (-1), also among those of one time."""
        ordered = [a for a in self.review.document.all() if a.layer not in self.hidden]
        if not ordered:
            self.desk.notify_user("There is no annotation yet: Q writes a note, E opens the tools.")
            return
        places = [i for i, a in enumerate(ordered) if a.ident == self.selected]
        t_ns = self.desk.t_ns
        if places and ordered[places[0]].time.start_ns == t_ns:
            at = places[0] + direction
        elif direction > 0:
            at = next((i for i, a in enumerate(ordered) if a.time.start_ns > t_ns), len(ordered))
        else:
            at = next((i for i in reversed(range(len(ordered))) if ordered[i].time.start_ns < t_ns), -1)
        if 0 <= at < len(ordered):
            self.choose(ordered[at].ident, jump=True)
        else:
            self.desk.notify_user("That was the last annotation." if direction > 0 else "That was the first one.")

    def flip(self) -> None:
        """Go to the other moment of the pair that is chosen or seen, and back."""
        t_ns = self.desk.t_ns
        pairs = [a for a in self.review.document.all() if a.pair_ns is not None and not a.pair_recording]
        if not pairs:
            self.desk.notify_user("There is no before-and-after pair yet: E, then B at each of the two moments.")
            return

        def away(a: Annotation) -> tuple[bool, int]:
            return a.ident != self.selected, min(abs(t_ns - a.time.start_ns), abs(t_ns - (a.pair_ns or 0)))

        pair = min(pairs, key=away)
        assert pair.pair_ns is not None
        first_is_nearer = abs(t_ns - pair.time.start_ns) <= abs(t_ns - pair.pair_ns)
        self.selected = pair.ident
        self.desk.seek_ns(pair.pair_ns if first_is_nearer else pair.time.start_ns)

    # -- making --------------------------------------------------------------------------------------------------

    def _template(self, t_ns: int, ident: str = "") -> Annotation:
        return Annotation(
            ident or new_ident(), "text", self.me, Span.moment(t_ns, self.site.shown_s), colour=self.colour
        )

    def keep(self, annotation: Annotation) -> bool:
        """Put an annotation into the document and choose it; say why it cannot be."""
        if not self.may() or not self._tried(lambda: self.review.document.add(annotation)):
            return False
        self.selected = annotation.ident
        return True

    def _tried(self, change: Callable[[], object]) -> bool:
        try:
            change()
        except InputError as error:
            self.desk.notify_user(str(error))
            return False
        return True

    def finish(self) -> None:
        """Keep what was drawn."""
        hand = self.hand
        if hand.tool in ("text", "tag", "drill"):
            spots, kind = list(hand.spots), hand.tool
            hand.take("")
            self.write(kind, spots=spots)
            return
        annotation = made(hand.tool, list(hand.spots), self._template(self.begun_ns), pin=hand.pin)
        annotation = replace(
            annotation, time=default_time(annotation, self.begun_ns, self.site.span_ns, self.site.shown_s)
        )
        hand.take("")
        self.keep(annotation)

    def write(self, kind: str = "text", *, spots: list[Spot] | None = None, opener: str = "") -> None:
        """Open a field for a note (or a tag, a drill) at the playhead."""
        if self.may():
            self.writing = Writing(kind, self.desk.t_ns, spots or [], opener=opener)

    def written(self) -> None:
        """Keep what was typed; nothing typed is nothing said."""
        writing, self.writing = self.writing, None
        if writing is None:
            return
        if self.hand.tool == writing.kind:
            self.hand.take("")
        if not writing.text.strip():
            return
        template = replace(self._template(writing.t_ns), text=writing.text.strip())
        self.keep(made(writing.kind, writing.spots, template, pin=self.hand.pin or bool(writing.spots)))

    def rate(self, stars: int) -> None:
        """Keep a rating at the playhead, at the place that was clicked if there is one."""
        spots = list(self.hand.spots)
        self.hand.take("")
        template = replace(self._template(self.desk.t_ns), rating=stars)
        self.keep(made("rating", spots, template, pin=self.hand.pin))

    def mark_pair(self) -> None:
        """Mark the first moment of a pair, or the second one and keep both."""
        t_ns = self.desk.t_ns
        if self.pair_ns is None:
            self.pair_ns = t_ns
            return
        first, self.pair_ns = self.pair_ns, None
        self.hand.take("")
        if first == t_ns:
            self.desk.notify_user("Both moments are the same: go to another one first.")
            return
        template = self._template(min(first, t_ns))
        self.keep(replace(template, kind="pair", pair_ns=max(first, t_ns)))

    def voice(self, media: Media, data: bytes, t_ns: int, spots: list[Spot]) -> None:
        """Keep a voice note: it is seen for as long as it is heard."""
        self.review.voices[media.sha256] = data
        template = replace(self._template(t_ns), media=media, text="")
        annotation = made("voice", spots, template, pin=self.hand.pin)
        shown = max(media.duration_s * self.site.shown_s / 2.0, self.site.shown_s)
        self.keep(replace(annotation, time=Span.moment(t_ns, min(shown, 3600.0))))

    # -- changing ------------------------------------------------------------------------------------------------

    def edit(self, ident: str, **changes: Any) -> None:
        """Change an annotation in one's own name."""
        if self.may() and ident in self.review.document:
            self._tried(lambda: self.review.document.edit(ident, by=self.me, **changes))

    def delete(self) -> None:
        """Take the chosen annotation away."""
        if self.selected in self.review.document and self.may():
            self.review.document.delete(self.selected, by=self.me)
            self.desk.notify_user("Deleted: Ctrl+Z brings it back.")
        self.selected = ""

    def undo(self) -> None:
        """Take back one's own last step."""
        if self.may() and not self.review.document.undo(self.me):
            self.desk.notify_user("There is nothing of yours to take back.")

    def redo(self) -> None:
        """Do again what was taken back."""
        if self.may() and not self.review.document.redo(self.me):
            self.desk.notify_user("There is nothing to do again.")

    def paint(self, colour: str) -> None:
        """Take a colour, and give it to what is chosen."""
        self.colour = colour
        if self.selected:
            self.edit(self.selected, colour=colour)

    def hide(self, layer: str) -> None:
        """Hide an author's layer, or show it again."""
        self.hidden ^= {layer}
        chosen = self.review.document.get(self.selected)
        if chosen is not None and chosen.layer in self.hidden:
            self.selected = ""

    def leave(self) -> bool:
        """Leave off one thing, the last that was begun first; return whether there was one."""
        if self.writing is not None:
            self.writing = None
            self.hand.take("")
        elif self.hand.drawing:
            self.hand.drop()
        elif self.hand.tool:
            self.hand.take("")
            self.pair_ns = None
        elif self.selected:
            self.selected = ""
        elif self.palette:
            self.palette = False
        else:
            return False
        return True

    def forget(self) -> None:
        """Begin anew: another recording is shown."""
        self.hand.take("")
        self.selected = self.hovered = ""
        self.grabbed = self.writing = self.pair_ns = None
        self._warned = False
