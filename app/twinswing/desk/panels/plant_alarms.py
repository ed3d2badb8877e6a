"""The alarm list by ISA-18.2: what stands, how grave, since when, what came first, and what one can do about it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from imgui_bundle import imgui

from twinswing.desk import plant_theme, theme
from twinswing.desk.panels.plant_context import PlantContext, clock, duration, quantity
from twinswing.plant.alarms import SHOWN, Alarm, AlarmState, Interval
from twinswing.plant.model import Priority

_STATE_WORDS = {
    AlarmState.UNACKNOWLEDGED: "New",
    AlarmState.ACKNOWLEDGED: "Acknowledged",
    AlarmState.RETURNED: "Gone, not seen",
    AlarmState.SHELVED: "Shelved",
    AlarmState.SUPPRESSED: "Suppressed: unit is off",
    AlarmState.OUT_OF_SERVICE: "Out of service",
}
_HIDDEN = (AlarmState.SHELVED, AlarmState.SUPPRESSED, AlarmState.OUT_OF_SERVICE)
SHELVES = ((600.0, "10 min"), (3600.0, "1 h"), (4 * 3600.0, "4 h"), (8 * 3600.0, "8 h"))
_TABLE = (
    imgui.TableFlags_.row_bg
    | imgui.TableFlags_.scroll_y
    | imgui.TableFlags_.sizing_stretch_prop
    | imgui.TableFlags_.borders_inner_h
    | imgui.TableFlags_.pad_outer_x
)
_COLUMNS = (("Priority", 1.0), ("State", 1.3), ("Unit", 1.5), ("Alarm", 3.6), ("Value", 0.9), ("Since", 1.6))


@dataclass
class AlarmDialog:
    """What is being typed: shelving and taking out of service need a reason."""

    what: str = ""  # "shelve", "out_of_service" or nothing
    key: str = ""
    reason: str = ""
    for_s: float = 3600.0
    shown: str = "active"  # or "hidden"
    appearing: bool = field(default=False)


def draw_alarms(context: PlantContext, alarms: Sequence[Alarm], flood: Interval | None, dialog: AlarmDialog) -> None:
    """Draw the flood's banner, what can be done, and the list."""
    active = [alarm for alarm in alarms if alarm.state in SHOWN]
    hidden = [alarm for alarm in alarms if alarm.state in _HIDDEN]
    if flood is not None:
        _flood(context, flood, active)
    _bar(context, alarms, len(active), len(hidden), dialog)
    shown = active if dialog.shown == "active" else hidden
    if not shown:
        imgui.text_disabled("No alarm stands." if dialog.shown == "active" else "None is shelved or out of service.")
        return
    if not imgui.begin_table("alarms", len(_COLUMNS), _TABLE, imgui.get_content_region_avail()):
        return
    imgui.table_setup_scroll_freeze(0, 1)
    for name, share in _COLUMNS:
        imgui.table_setup_column(name, imgui.TableColumnFlags_.width_stretch, share)
    imgui.table_headers_row()
    clipper = imgui.ListClipper()
    clipper.begin(len(shown))
    while clipper.step():
        for row in range(clipper.display_start, clipper.display_end):
            _row(context, shown[row])
    imgui.end_table()


def _flood(context: PlantContext, flood: Interval, active: Sequence[Alarm]) -> None:
    """Say that more comes than a person can answer, and where it began."""
    draw = imgui.get_window_draw_list()
    at = imgui.get_cursor_screen_pos()
    width, height = imgui.get_content_region_avail().x, imgui.get_text_line_height() + 8
    draw.add_rect_filled(at, imgui.ImVec2(at.x + width, at.y + height), theme.packed(plant_theme.HIGH, 0.35), 3.0)
    imgui.set_cursor_screen_pos(imgui.ImVec2(at.x + 8, at.y + 4))
    plant_theme.sign(plant_theme.PRIORITIES[Priority.HIGH])
    imgui.same_line(0, 6)
    first = min((a for a in active if a.first_out), key=lambda a: a.occurrence.raised_ns, default=None)
    start = (
        f" First was: {first.occurrence.message or first.occurrence.name} ({unit_label(context, first)})."
        if first
        else ""
    )
    lasts = duration((context.t_ns - flood.start_ns) / 1e9)
    imgui.text(f"Alarm flood for {lasts}: more than ten in ten minutes.{start}")
    imgui.set_cursor_screen_pos(imgui.ImVec2(at.x, at.y + height + 4))


def _bar(context: PlantContext, alarms: Sequence[Alarm], active: int, hidden: int, dialog: AlarmDialog) -> None:
    for name, label in (("active", f"Active {active}"), ("hidden", f"Shelved and out {hidden}")):
        imgui.push_style_color(imgui.Col_.button, theme.colour(theme.ACCENT if dialog.shown == name else theme.RAISED))
        if imgui.small_button(f"{label}##{name}"):
            dialog.shown = name
        imgui.pop_style_color()
        imgui.same_line(0, 4)
    chosen = next((a for a in alarms if a.occurrence.key == context.choices.alarm), None)
    imgui.same_line(0, 20)
    imgui.begin_disabled(not context.live)
    new = [a for a in alarms if a.state in (AlarmState.UNACKNOWLEDGED, AlarmState.RETURNED)]
    _act(
        "Acknowledge",
        chosen in new or bool(new),
        context,
        "acknowledge",
        "The alarm chosen, or the gravest new one (A)",
    )
    imgui.same_line(0, 4)
    _act(f"All {len(new)}" if new else "All", bool(new), context, "acknowledge_all", "Shift+A")
    imgui.same_line(0, 16)
    is_hidden = chosen is not None and chosen.state in (AlarmState.SHELVED, AlarmState.OUT_OF_SERVICE)
    if is_hidden:
        _act("Show it again", True, context, "restore", "End the shelf, or put it back into service")
    else:
        _act("Shelve", chosen is not None, context, "shelve", "Hide the alarm chosen for a while (S)")
        imgui.same_line(0, 4)
        _act("Out of service", chosen is not None, context, "out_of_service", "Until somebody puts it back")
    imgui.end_disabled()
    if not context.live:
        imgui.same_line(0, 12)
        imgui.text_disabled("A recording: alarms are shown as they were answered then.")


def _act(label: str, enabled: bool, context: PlantContext, action: str, tip: str) -> None:
    imgui.begin_disabled(not enabled)
    if imgui.small_button(f"{label}##{action}"):
        context.do(action)
    imgui.set_item_tooltip(tip)
    imgui.end_disabled()


def _row(context: PlantContext, alarm: Alarm) -> None:
    o = alarm.occurrence
    sign = plant_theme.PRIORITIES[o.priority]
    faint = alarm.state is not AlarmState.UNACKNOWLEDGED
    imgui.table_next_row()
    imgui.table_next_column()
    at = imgui.get_cursor_pos()
    flags = imgui.SelectableFlags_.span_all_columns | imgui.SelectableFlags_.allow_double_click
    if imgui.selectable(f"##{o.key}{o.raised_ns}", context.choices.alarm == o.key, flags)[0]:
        context.choices.alarm = o.key
        context.do(f"unit:{o.unit}")
        if imgui.is_mouse_double_clicked(0):
            context.seek(o.raised_ns / 1e9)
    if imgui.is_item_hovered():
        context.choices.hovered = o.unit
        imgui.set_tooltip(_tip(context, alarm))
    imgui.set_cursor_pos(at)
    # A new alarm blinks, once a second, in its sign alone: the words stay legible.
    dark = alarm.state is AlarmState.UNACKNOWLEDGED and imgui.get_time() % 1.0 > 0.6
    plant_theme.sign(sign, alpha=0.35 if dark else 0.6 if faint else 1.0)
    imgui.same_line(0, 5)
    imgui.text(sign.word)
    imgui.table_next_column()
    text = _STATE_WORDS[alarm.state]
    if faint:
        imgui.text_disabled(text)
    else:
        imgui.push_font(context.fonts.get("bold"), 0.0)
        imgui.text(text)
        imgui.pop_font()
    imgui.table_next_column()
    imgui.text(unit_label(context, alarm))
    imgui.table_next_column()
    if alarm.first_out:
        imgui.text_colored(theme.colour(theme.WARM), "1st")
        imgui.set_item_tooltip("Came first on its line: the others may follow from it")
        imgui.same_line(0, 6)
    imgui.text(o.message or o.name)
    imgui.table_next_column()
    item = context.plant.items[o.item] if o.item >= 0 else None
    imgui.text_disabled(quantity(o.value, item.unit) if item is not None and np.isfinite(o.value) else "")
    imgui.table_next_column()
    age = duration((context.t_ns - o.raised_ns) / 1e9)
    imgui.text_disabled(f"{clock(o.raised_ns, context.history.zero_unix_ns)}  {age}")


def _tip(context: PlantContext, alarm: Alarm) -> str:
    o = alarm.occurrence
    zero = context.history.zero_unix_ns
    lines = [f"{o.name}", f"came {clock(o.raised_ns, zero)}"]
    if o.cleared_ns is not None and o.cleared_ns <= context.t_ns:
        lines.append(f"went {clock(o.cleared_ns, zero)}")
    if alarm.by:
        lines.append(f"{_STATE_WORDS[alarm.state].lower()} by {alarm.by}")
    if alarm.note:
        lines.append(alarm.note)
    if alarm.until_ns is not None:
        lines.append(f"until {clock(alarm.until_ns, zero)}")
    return "\n".join([*lines, "Double click: to where it came"])


def unit_label(context: PlantContext, alarm: Alarm) -> str:
    """Return what a person calls what an alarm belongs to."""
    unit = context.plant.unit_by_path.get(alarm.occurrence.unit)
    return unit.label if unit else alarm.occurrence.unit or "The plant"


def draw_alarm_dialog(context: PlantContext, dialog: AlarmDialog) -> None:
    """Ask for the reason of shelving or taking out of service, in the middle of the window."""
    if not dialog.what:
        return
    display = imgui.get_io().display_size
    imgui.set_next_window_pos(imgui.ImVec2(display.x / 2, display.y / 2), imgui.Cond_.always, imgui.ImVec2(0.5, 0.5))
    imgui.set_next_window_size(imgui.ImVec2(460, 0))
    imgui.set_next_window_focus()
    imgui.begin(
        "Alarm dialog",
        None,
        imgui.WindowFlags_.no_decoration | imgui.WindowFlags_.no_move | imgui.WindowFlags_.no_saved_settings
        | imgui.WindowFlags_.no_docking,
    )  # fmt: skip
    imgui.push_font(context.fonts.get("bold"), 0.0)
    imgui.text("Shelve an alarm" if dialog.what == "shelve" else "Take an alarm out of service")
    imgui.pop_font()
    imgui.text_disabled(dialog.key)
    if dialog.what == "shelve":
        for seconds, label in SHELVES:
            if imgui.radio_button(label, dialog.for_s == seconds):
                dialog.for_s = seconds
            imgui.same_line(0, 12)
        imgui.new_line()
    if dialog.appearing:
        imgui.set_keyboard_focus_here()
        dialog.appearing = False
    imgui.set_next_item_width(-1)
    entered, dialog.reason = imgui.input_text_with_hint(
        "##reason", "Why (the next shift reads it)", dialog.reason, imgui.InputTextFlags_.enter_returns_true
    )
    ready = bool(dialog.reason.strip())
    imgui.begin_disabled(not ready)
    if (imgui.button("Do it") or entered) and ready:
        context.do("confirm_alarm")
    imgui.end_disabled()
    imgui.same_line(0, 6)
    if imgui.button("Leave it"):
        dialog.what = ""
    imgui.end()
