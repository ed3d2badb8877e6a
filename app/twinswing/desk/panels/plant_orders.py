"""Orders: which are in the plant, and the way of the one that is followed from unit to unit."""

from collections.abc import Sequence

from imgui_bundle import imgui

from twinswing.desk import plant_theme, theme
from twinswing.desk.panels.plant_context import PlantContext, clock, duration
from twinswing.plant.production import Visit

_TRACK_PX = 7.0


def draw_orders(context: PlantContext, now: Sequence[tuple[str, str]], visits: Sequence[Visit] | None) -> None:
    """Draw the way of the order that is followed, or the orders that are on units now.

    now: (order, unit's path) of what is in the plant at the playhead; visits: where the followed one has been.
    """
    if context.choices.order:
        _followed(context, visits)
        return
    imgui.push_text_wrap_pos(0.0)
    imgui.text_disabled("Orders on units now. Choose one to follow its way through the plant.")
    imgui.pop_text_wrap_pos()
    where: dict[str, list[str]] = {}
    for order, path in now:
        where.setdefault(order, []).append(path)
    flags = imgui.TableFlags_.row_bg | imgui.TableFlags_.sizing_stretch_prop | imgui.TableFlags_.scroll_y
    if not where:
        imgui.text_disabled("No unit names an order at this time.")
        return
    if imgui.begin_table("orders", 2, flags, imgui.get_content_region_avail()):
        imgui.table_setup_column("Order", imgui.TableColumnFlags_.width_stretch, 1.0)
        imgui.table_setup_column("On", imgui.TableColumnFlags_.width_stretch, 2.6)
        imgui.table_headers_row()
        for order in sorted(where):
            imgui.table_next_row()
            imgui.table_next_column()
            if imgui.selectable(f"{order}##order", False, imgui.SelectableFlags_.span_all_columns)[0]:
                context.choices.order = order
            imgui.table_next_column()
            labels = [_label(context, path) for path in where[order]]
            more = f" and {len(labels) - 3} more" if len(labels) > 3 else ""
            imgui.text_disabled(", ".join(labels[:3]) + more)
        imgui.end_table()


def on_at(visit: Visit, t_ns: int) -> bool:
    """Tell whether a stay holds at a moment; one that has not ended holds at the history's end too."""
    return visit.start_ns <= t_ns and (t_ns < visit.end_ns or not visit.ended)


def _label(context: PlantContext, path: str) -> str:
    unit = context.plant.unit_by_path.get(path)
    return unit.label if unit else path


def _followed(context: PlantContext, visits: Sequence[Visit] | None) -> None:
    imgui.push_font(context.fonts.get("bold"), 20.0)
    imgui.text(context.choices.order)
    imgui.pop_font()
    imgui.same_line(imgui.get_window_width() - 110)
    if imgui.small_button("Leave it"):
        context.choices.order = ""
        return
    given = next((w for w in context.plant.work_orders if w.name == context.choices.order), None)
    if given is not None and given.about:
        imgui.push_text_wrap_pos(0.0)
        imgui.text(given.about)
        imgui.pop_text_wrap_pos()
    if visits is None:
        imgui.text_disabled("Looking for where it has been ...")
        return
    if not visits:
        imgui.text_disabled("It was on no unit in this recording.")
        return
    first, last = visits[0].start_ns, max(visit.end_ns for visit in visits)
    there = [visit for visit in visits if on_at(visit, context.t_ns)]
    done = "" if any(not visit.ended for visit in visits) else " in all"
    imgui.text_disabled(f"{len(visits)} stays, {duration((last - first) / 1e9)}{done}")
    if there:
        imgui.text("Now on " + ", ".join(dict.fromkeys(_label(context, visit.unit) for visit in there)))
    elif context.t_ns < first:
        imgui.text_disabled("Not begun yet at this time")
    else:
        imgui.text_disabled("Waiting between units, or done" if context.t_ns < last else "Done")
    imgui.separator()
    if imgui.begin_child("visits", imgui.ImVec2(0, 0)):
        _visits(context, visits, first, last)
    imgui.end_child()


def _visits(context: PlantContext, visits: Sequence[Visit], first: int, last: int) -> None:
    """Draw each unit's stays as bars on one scale of time; a click goes to the beginning of the stay."""
    by_unit: dict[str, list[Visit]] = {}
    for visit in visits:
        by_unit.setdefault(visit.unit, []).append(visit)
    zero = context.history.zero_unix_ns
    draw, vec = imgui.get_window_draw_list(), imgui.ImVec2
    for path, stays in by_unit.items():
        now = any(on_at(stay, context.t_ns) for stay in stays)
        width = imgui.get_content_region_avail().x - 6
        at = imgui.get_cursor_screen_pos()
        text = f"{clock(stays[0].start_ns, zero)}  {duration(sum(s.end_ns - s.start_ns for s in stays) / 1e9)}"
        if imgui.selectable(f"{_label(context, path)}##stay{path}", now)[0]:
            context.seek(stays[0].start_ns / 1e9)
            context.do(f"unit:{path}")
            context.choices.front = "Orders"
        draw.add_text(vec(at.x + width - imgui.calc_text_size(text).x, at.y), theme.packed(theme.FAINT), text)
        track = imgui.get_cursor_screen_pos()
        scale = width / max(last - first, 1)
        draw.add_line(vec(track.x, track.y + 3), vec(track.x + width, track.y + 3), theme.packed(theme.LINE), 1.0)
        for stay in stays:
            a, b = track.x + (stay.start_ns - first) * scale, track.x + (stay.end_ns - first) * scale
            draw.add_rect_filled(
                vec(a, track.y), vec(max(b, a + 2), track.y + _TRACK_PX - 1), theme.packed(plant_theme.SELECTED), 1.5
            )
        if first <= context.t_ns <= last:
            x = track.x + (context.t_ns - first) * scale
            draw.add_line(vec(x, track.y - 2), vec(x, track.y + _TRACK_PX), theme.packed(theme.INK), 1.5)
        imgui.dummy(vec(width, _TRACK_PX))
