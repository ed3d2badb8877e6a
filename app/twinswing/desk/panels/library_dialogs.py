"""The library's dialogs: a golfer's profile, filters, whether to delete."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from imgui_bundle import imgui

from twinswing.desk import theme
from twinswing.desk.panels.library_context import LibraryContext
from twinswing.desk.panels.library_draw import danger, heading, primary, right_edge
from twinswing.errors import InputError
from twinswing.review.library_model import CONSENTS, Consent, Golfer, Row, printable
from twinswing.review.library_people import checked, new_golfer
from twinswing.review.library_query import Query
from twinswing.swing.readable import axis_of, label_of

_LABEL_PX = 108.0


def _begin(name: str, width: float) -> None:
    """Begin a dialog in the middle of the window; the caller ends it."""
    display = imgui.get_io().display_size
    imgui.set_next_window_pos(imgui.ImVec2(display.x / 2, display.y / 2), imgui.Cond_.always, imgui.ImVec2(0.5, 0.5))
    imgui.set_next_window_size(imgui.ImVec2(min(width, display.x - 20), 0))
    imgui.push_style_var(imgui.StyleVar_.window_border_size, 1.0)
    imgui.push_style_var(imgui.StyleVar_.window_padding, imgui.ImVec2(18, 16))
    imgui.push_style_color(imgui.Col_.window_bg, theme.colour((*theme.PANEL[:3], 1.0)))
    imgui.begin(name, None, theme.FIXED_WINDOW | imgui.WindowFlags_.always_auto_resize)
    imgui.pop_style_color()
    imgui.pop_style_var(2)


def shade() -> None:
    """Darken what lies below a dialog, and keep the mouse from it."""
    display = imgui.get_io().display_size
    imgui.set_next_window_pos(imgui.ImVec2(0, 0))
    imgui.set_next_window_size(display)
    imgui.push_style_color(imgui.Col_.window_bg, theme.colour((0.02, 0.03, 0.03, 0.6)))
    imgui.begin("Shade", None, theme.FIXED_WINDOW | imgui.WindowFlags_.no_nav)
    imgui.pop_style_color()
    imgui.end()


def _label(text: str) -> None:
    imgui.align_text_to_frame_padding()
    imgui.text_disabled(text)
    imgui.same_line(_LABEL_PX)
    imgui.set_next_item_width(-1)


@dataclass
class ProfileDialog:
    """A golfer's profile as it is being typed.

    save: takes the finished profile. day: today, for a consent.
    """

    golfer: Golfer | None
    day: str
    now_unix_ns: int
    save: Callable[[Golfer], None]
    name: str = ""
    height_cm: str = ""
    handed: str = ""
    clubs: str = ""
    note: str = ""
    covers: set[str] = field(default_factory=set)
    consent_day: str = ""
    error: str = ""
    _first: int = 3

    def __post_init__(self) -> None:
        golfer = self.golfer
        if golfer is None:
            return
        self.name, self.handed, self.note = golfer.name, golfer.handed, golfer.note
        self.height_cm = "" if golfer.height_m is None else f"{golfer.height_m * 100:.0f}"
        self.clubs = ", ".join(golfer.clubs)
        if golfer.consent is not None:
            self.covers, self.consent_day = set(golfer.consent.covers), golfer.consent.day

    def draw(self, context: LibraryContext) -> bool:
        """Draw the dialog; return whether it stays open."""
        _begin("Profile", 480)
        heading("New golfer" if self.golfer is None else "Golfer", context.fonts)
        imgui.spacing()
        _label("Name")
        if self._first > 0:
            imgui.set_keyboard_focus_here()
            self._first -= 1
        entered, self.name = imgui.input_text("##name", self.name, imgui.InputTextFlags_.enter_returns_true)
        _label("Height, cm")
        more, self.height_cm = imgui.input_text_with_hint(
            "##height", "not stated", self.height_cm, imgui.InputTextFlags_.enter_returns_true
        )
        entered |= more
        _label("Swings")
        for hand, text in (("right", "right-handed"), ("left", "left-handed"), ("", "not stated")):
            if imgui.radio_button(text, self.handed == hand):
                self.handed = hand
            imgui.same_line()
        imgui.new_line()
        _label("Clubs")
        _, self.clubs = imgui.input_text_with_hint("##clubs", "driver, 7 iron, sand wedge", self.clubs)
        _label("Note")
        _, self.note = imgui.input_text("##note", self.note)
        self._consent()
        if self.error:
            imgui.push_text_wrap_pos(0.0)
            imgui.text_colored(theme.colour(theme.ALARM), self.error)
            imgui.pop_text_wrap_pos()
        imgui.spacing()
        stays = True
        if primary("Save", 90) or entered:
            stays = not self._save()
        imgui.same_line()
        if imgui.button("Cancel", imgui.ImVec2(90, 0)):
            stays = False
        if self.golfer is not None:
            imgui.same_line(right_edge() - 120)
            if danger("Delete ...", 120):
                context.do(f"delete_golfer:{self.golfer.ident}")
                stays = False
        imgui.end()
        return stays

    def _consent(self) -> None:
        imgui.spacing()
        imgui.text_disabled("The golfer has agreed to")
        for key, text in CONSENTS.items():
            imgui.set_cursor_pos_x(_LABEL_PX)
            changed, held = imgui.checkbox(text, key in self.covers)
            if changed:
                self.covers = self.covers | {key} if held else self.covers - {key}
                self.consent_day = self.consent_day or self.day
        if self.covers:
            _label("On")
            imgui.set_next_item_width(120)
            _, self.consent_day = imgui.input_text("##day", self.consent_day)

    def _save(self) -> bool:
        try:
            height = self.height_cm.replace(",", ".").removesuffix("cm").strip()
            golfer = replace(
                self.golfer or new_golfer(self.name),
                name=self.name,
                height_m=float(height) / 100.0 if height else None,
                handed=self.handed,
                clubs=tuple(self.clubs.split(",")),
                note=self.note,
                consent=Consent(self.consent_day.strip(), tuple(self.covers)) if self.covers else None,
                changed_unix_ns=self.now_unix_ns,
            )
            self.save(checked(golfer))
        except InputError as error:
            self.error = f"{error}"[:1].upper() + f"{error}"[1:] + "."
            return False
        except ValueError:
            self.error = f"A height in centimetres was expected, such as 178; {self.height_cm!r} was found."
            return False
        return True


@dataclass
class DeleteDialog:
    """Whether to delete: what, and whether the videos that it was made from go as well.

    carry_out: told whether the originals are to be deleted too.
    """

    title: str
    lines: list[str]
    originals: int
    carry_out: Callable[[bool], None]
    also: bool = False

    def draw(self, context: LibraryContext) -> bool:
        """Draw the dialog; return whether it stays open."""
        _begin("Delete", 470)
        heading(self.title, context.fonts)
        imgui.spacing()
        imgui.push_text_wrap_pos(0.0)
        for line in self.lines:
            imgui.text_disabled(line)
        imgui.pop_text_wrap_pos()
        if self.originals:
            imgui.spacing()
            what = "the original it was" if self.originals == 1 else f"the {self.originals} originals they were"
            _, self.also = imgui.checkbox(f"Delete {what} made from as well", self.also)
        imgui.spacing()
        stays = True
        if danger("Delete for good", 140) or imgui.is_key_pressed(imgui.Key.enter, False):
            self.carry_out(self.also)
            stays = False
        imgui.same_line()
        if imgui.button("Keep", imgui.ImVec2(90, 0)):
            stays = False
        imgui.end()
        return stays


def delete_lines(rows: list[Row], most: int = 5) -> list[str]:
    """Return what a deletion takes away, as the dialog says it."""
    lines = [printable(row.path.name) for row in rows[:most]]
    if len(rows) > most:
        lines.append(f"and {len(rows) - most:,} more")
    copies = sum(row.copies - 1 for row in rows if row.copies > 1)
    lines.append("Their remarks and thumbnails go with them. This cannot be taken back.")
    if copies:
        lines.append("Of some there are copies in the library, which stay unless they are chosen too.")
    return lines


@dataclass
class FilterDialog:
    """Filters beyond what the lists at the left offer: kind, days, remarks, rating, a measure's range."""

    measure: str = ""
    low: str = ""
    high: str = ""

    def draw(self, context: LibraryContext) -> bool:
        """Draw the dialog; return whether it stays open."""
        state = context.state
        query = state.query
        _begin("Filters", 450)
        heading("Filters", context.fonts)
        imgui.spacing()
        _label("Kind")
        kinds = {"": "any", "swing": "swings", "capture": "captures", "plant": "plants", "unreadable": "cannot be read"}
        query = replace(query, kind=_combo("##kind", kinds, query.kind))
        _label("From")
        first, last = query.days
        _, first = imgui.input_text_with_hint("##from", "2026-05-01", first)
        _label("To")
        _, last = imgui.input_text_with_hint("##to", "2026-05-31", last)
        query = replace(query, days=(first.strip(), last.strip()))
        _label("Remarks")
        remarks = {"": "with or without", "yes": "with", "no": "without"}
        held = {None: "", True: "yes", False: "no"}[query.annotated]
        query = replace(query, annotated={"": None, "yes": True, "no": False}[_combo("##remarks", remarks, held)])
        _label("Rating")
        stars = {"0": "any", **{str(n): f"{n} or more" for n in range(1, 6)}}
        query = replace(query, rating=int(_combo("##rating", stars, str(query.rating))))
        query = self._measures(context, query)
        state.ask(query)
        imgui.spacing()
        imgui.text_disabled(f"{len(state.idents):,} of {state.choices.total:,}")
        imgui.same_line(right_edge() - 188)
        if imgui.button("Clear", imgui.ImVec2(90, 0)):
            self.low = self.high = ""
            state.ask(Query(text=query.text, sort=query.sort, descending=query.descending))
        imgui.same_line()
        stays = not primary("Done", 90)
        imgui.end()
        return stays

    def _measures(self, context: LibraryContext, query: Query) -> Query:
        _label("Measure")
        names = {"": "any", **{name: label_of(name) for name, _, _ in context.state.choices.measures}}
        chosen = _combo("##measure", names, self.measure)
        if chosen != self.measure:
            self.measure, self.low, self.high = chosen, "", ""
            query = replace(query, measures={})
        if not self.measure:
            return query
        unit = next((u for name, u, _ in context.state.choices.measures if name == self.measure), "1")
        factor, readable = axis_of(unit, self.measure)
        _label(f"At least, {readable}")
        _, self.low = imgui.input_text("##low", self.low)
        _label(f"At most, {readable}")
        _, self.high = imgui.input_text("##high", self.high)
        bounds = (_number(self.low, factor), _number(self.high, factor))
        return replace(query, measures={self.measure: bounds} if bounds != (None, None) else {})


def _number(text: str, factor: float) -> float | None:
    try:
        return float(text.replace(",", ".")) / factor
    except ValueError:
        return None  # nothing typed yet, or half a number


def _combo(label: str, choices: dict[str, str], held: str) -> str:
    if imgui.begin_combo(label, choices.get(held, held)):
        for key, text in choices.items():
            if imgui.selectable(f"{text}##{key}", key == held)[0]:
                held = key
        imgui.end_combo()
    return held
