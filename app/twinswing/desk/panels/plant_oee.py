"""OEE of a unit, a line, an area or the plant, with the six losses as a waterfall, over the window that is chosen."""

import math

from imgui_bundle import imgui

from twinswing.desk import plant_theme, theme
from twinswing.desk.panels.plant_context import PlantContext, duration
from twinswing.desk.panels.plant_unit import draw_window_choice
from twinswing.desk.plant_choices import quantised
from twinswing.plant.oee import Oee, plant_oee

WINDOW_BINS = 240  # a window that moves by less than a 240th shows the same figures
_BAR_PX, _LABEL_PX = 19.0, 134.0
_NAMES = {
    "planned": "Planned time",
    "failure": "Failures",
    "set-up and adjustment": "Set-up, adjustment",
    "idling and minor stops": "Minor stops, idling",
    "reduced speed": "Reduced speed",
    "defects": "Defects",
    "reduced yield": "Start-up scrap",
    "fully productive": "Fully productive",
}


def draw_scope(context: PlantContext) -> str:
    """Let one choose what figures are of: the plant, an area, a line or a unit; return its path."""
    plant, choices = context.plant, context.choices
    names = {"": f"Whole plant: {plant.label or plant.name}"}
    names |= {group.path: f"{'  ' * group.path.count('/')}{group.label}" for group in plant.groups if group.path}
    unit = context.unit
    if unit is not None:
        names[unit.path] = f"Unit: {unit.label}"
    if choices.scope not in names:
        choices.scope = ""
    imgui.set_next_item_width(-1)
    if imgui.begin_combo("##scope", names[choices.scope].strip()):
        for path, name in names.items():
            if imgui.selectable(f"{name}##{path}", path == choices.scope)[0]:
                choices.scope = path
        imgui.end_combo()
    return choices.scope


def draw_oee(context: PlantContext) -> None:
    """Draw the whole panel."""
    scope = draw_scope(context)
    draw_window_choice(context)
    window = quantised(context.window_ns, WINDOW_BINS)
    window = max(window[0], context.span_ns[0]), min(window[1], context.t_ns)
    key = quantised(context.window_ns, WINDOW_BINS)
    answer = context.worker.ask("oee", key, lambda: plant_oee(context.history, *window))
    if answer.error:
        imgui.text_wrapped(answer.error)
        return
    accounts = answer.value
    if accounts is None:
        imgui.text_disabled("Adding up ...")
        return
    account = accounts.get(scope, Oee())
    if account.planned_ns <= 0:
        imgui.text_wrapped("Nothing was planned here in this window, so there is no OEE of it.")
    else:
        _headline(context, account)
        _waterfall(account)
    if account.speed_ns < 0:
        imgui.push_text_wrap_pos(0.0)
        imgui.text_colored(theme.colour(theme.WARM), "Faster than the ideal cycle: the file's ideal is set too slow.")
        imgui.pop_text_wrap_pos()
    imgui.separator()
    _children(context, scope, accounts)


def _percent(value: float) -> str:
    return f"{value:.1%}" if math.isfinite(value) else "-"


def _headline(context: PlantContext, account: Oee) -> None:
    low, high = account.oee_range
    imgui.push_font(context.fonts.get("bold"), 26.0)
    imgui.text(_percent(account.oee))
    imgui.pop_font()
    imgui.same_line(0, 10)
    imgui.begin_group()
    imgui.text(f"OEE, between {_percent(low)} and {_percent(high)}")
    imgui.text_disabled(f"states known for {_percent(account.coverage)} of the time")
    imgui.end_group()
    imgui.text_disabled(
        f"availability {_percent(account.availability)}  x  performance {_percent(account.performance)}  x  "
        f"quality {_percent(account.quality)}"
    )
    imgui.text_disabled(f"{account.good} good, {account.scrap} scrap")
    imgui.spacing()


def _waterfall(account: Oee) -> None:
    """Draw the bars from planned time down to what was productive: what is lost hangs from where the last one ended."""
    whole = max(account.planned_ns, 1)
    at = imgui.get_cursor_screen_pos()
    width = imgui.get_content_region_avail().x - _LABEL_PX - 60
    draw, vec = imgui.get_window_draw_list(), imgui.ImVec2
    left, level, y = at.x + _LABEL_PX, 0, at.y
    for name, ns in account.waterfall:
        total = ns > 0 and name in ("planned", "fully productive")
        a, b = (0, ns) if total else (level + ns, level)
        level = ns if name == "planned" else level + ns if not total else level
        x0, x1 = left + width * min(a, b) / whole, left + width * max(a, b) / whole
        rgba = plant_theme.VALUE if total else plant_theme.LOSS
        draw.add_rect_filled(vec(x0, y + 3), vec(max(x1, x0 + 1.0), y + _BAR_PX - 3), theme.packed(rgba), 1.5)
        draw.add_text(vec(at.x, y), theme.packed(theme.INK if total else theme.FAINT), _NAMES.get(name, name))
        share = abs(ns) / whole
        text = f"{'' if total or ns == 0 else '-' if ns < 0 else '+'}{share:.1%}"
        if imgui.is_mouse_hovering_rect(vec(at.x, y), vec(left + width + 60, y + _BAR_PX)):
            imgui.set_tooltip(f"{_NAMES.get(name, name)}: {duration(abs(ns) / 1e9)} of the units' time together")
        draw.add_text(imgui.get_font(), 13.0, vec(left + width + 6, y + 2), theme.packed(theme.FAINT), text)
        y += _BAR_PX
    imgui.dummy(vec(imgui.get_content_region_avail().x, y - at.y + 4))


def _children(context: PlantContext, scope: str, accounts: dict[str, Oee]) -> None:
    """List the parts of what is chosen, the worst first; a click goes down to one."""
    paths = children_of(context, scope)
    rows = [(path, accounts[path]) for path in paths if path in accounts and accounts[path].planned_ns > 0]
    rows.sort(key=lambda row: row[1].oee)
    flags = imgui.TableFlags_.row_bg | imgui.TableFlags_.sizing_stretch_prop | imgui.TableFlags_.scroll_y
    if not rows or not imgui.begin_table("oee parts", 5, flags, imgui.get_content_region_avail()):
        return
    imgui.table_setup_scroll_freeze(0, 1)
    for name, share in (("Part", 2.4), ("OEE", 1.0), ("Avail.", 1.0), ("Perf.", 1.0), ("Qual.", 1.0)):
        imgui.table_setup_column(name, imgui.TableColumnFlags_.width_stretch, share)
    imgui.table_headers_row()
    for path, account in rows:
        imgui.table_next_row()
        imgui.table_next_column()
        if imgui.selectable(f"{label_of(context, path)}##{path}", False, imgui.SelectableFlags_.span_all_columns)[0]:
            if path in context.plant.unit_by_path:
                context.do(f"unit:{path}")
                context.choices.front = "OEE"
            context.choices.scope = path
        for value in (account.oee, account.availability, account.performance, account.quality):
            imgui.table_next_column()
            imgui.text(_percent(value))
    imgui.end_table()


def children_of(context: PlantContext, scope: str) -> list[str]:
    """Return the paths right below one: areas, lines, units."""
    depth = 0 if not scope else scope.count("/") + 1
    inside = f"{scope}/" if scope else ""
    paths: dict[str, None] = {}
    for unit in context.plant.units:
        if unit.path.startswith(inside) and unit.path != scope:
            paths["/".join(unit.path.split("/")[: depth + 1])] = None
    return list(paths)


def label_of(context: PlantContext, path: str) -> str:
    """Return what a person calls a part of the plant."""
    unit = context.plant.unit_by_path.get(path)
    if unit is not None:
        return unit.label
    return next((group.label for group in context.plant.groups if group.path == path), path)
