"""The list of all units that pass the filters, and how each source stands."""

from collections.abc import Callable, Collection

import numpy as np
from imgui_bundle import imgui

from twinswing.desk import plant_theme, theme
from twinswing.desk.panels.plant_context import PlantContext, clock, duration
from twinswing.desk.panels.plant_timeline import GRAVITY_OF
from twinswing.desk.plant_choices import Filters, matching
from twinswing.plant.model import Role, Unit
from twinswing.streams.observations import LinkState, LinkStatus, Quality

_TABLE = (
    imgui.TableFlags_.row_bg
    | imgui.TableFlags_.scroll_y
    | imgui.TableFlags_.sizing_stretch_prop
    | imgui.TableFlags_.borders_inner_h
    | imgui.TableFlags_.sortable
    | imgui.TableFlags_.pad_outer_x
)
_COLUMNS = (
    ("Unit", 2.2),
    ("State", 1.5),
    ("For", 0.9),
    ("Order", 1.0),
    ("Program", 1.2),
    ("Good", 0.7),
    ("Scrap", 0.6),
    ("Where", 1.8),
)


def draw_units(context: PlantContext, alarmed: Collection[str]) -> None:
    """Draw the table; only rows in sight cost anything."""
    choices = context.choices
    found = matching(context.plant, context.states, lambda path: path in alarmed, choices.filters)
    if choices.filters.active:
        imgui.text_disabled(f"{len(found)} of {len(context.plant.units)} units")
        imgui.same_line()
        if imgui.small_button("Show all"):
            choices.filters = Filters()
    if not imgui.begin_table("units", len(_COLUMNS), _TABLE, imgui.get_content_region_avail()):
        return
    imgui.table_setup_scroll_freeze(0, 1)
    for name, share in _COLUMNS:
        imgui.table_setup_column(name, imgui.TableColumnFlags_.width_stretch, share)
    imgui.table_headers_row()
    found = _sorted(context, found)
    clipper = imgui.ListClipper()
    clipper.begin(len(found))
    while clipper.step():
        for row in range(clipper.display_start, clipper.display_end):
            _row(context, found[row], context.plant.units[found[row]])
    imgui.end_table()


def _sorted(context: PlantContext, found: list[int]) -> list[int]:
    specs = imgui.table_get_sort_specs()
    if specs is None or specs.specs_count == 0:
        return found
    by = specs.get_specs(0)
    keys: dict[int, Callable[[int], tuple[int, str]]] = {
        0: lambda n: (0, context.plant.units[n].label.casefold()),
        1: lambda n: (-GRAVITY_OF[context.states[n]], ""),
        7: lambda n: (0, context.plant.units[n].path),
    }
    key = keys.get(by.column_index)
    if key is None:
        return found
    return sorted(found, key=key, reverse=by.sort_direction == imgui.SortDirection.descending)


def _row(context: PlantContext, number: int, unit: Unit) -> None:
    state = context.states[number]
    imgui.table_next_row()
    imgui.table_next_column()
    chosen = context.choices.unit == unit.path
    flags = imgui.SelectableFlags_.span_all_columns
    if imgui.selectable(f"{unit.label}##{unit.path}", chosen, flags)[0]:
        context.do(f"unit:{unit.path}")
    if imgui.is_item_hovered():
        context.choices.hovered = unit.path
    imgui.table_next_column()
    plant_theme.signed_word(plant_theme.STATES[state])
    imgui.table_next_column()
    since = since_ns(context, unit)
    imgui.text_disabled(duration((context.t_ns - since) / 1e9) if since is not None else "")
    for role in (Role.ORDER, Role.PROGRAM, Role.GOOD, Role.SCRAP):
        imgui.table_next_column()
        value = context.of_role(unit, role)
        if value is None:
            continue
        if value[1] in (Quality.STALE, Quality.UNAVAILABLE):
            imgui.text_disabled(f"{value[0]} ?".strip())
        else:
            imgui.text(value[0])
    imgui.table_next_column()
    imgui.text_disabled(unit.path.rpartition("/")[0])


def since_ns(context: PlantContext, unit: Unit) -> int | None:
    """Return since when the unit has said what it says of its execution, or None if it never has."""
    item = unit.by_role.get(Role.EXECUTION) or unit.by_role.get(Role.AVAILABILITY)
    if item is None:
        return None
    since = int(context.snapshot.since_ns[context.plant.item_number[item.path]])
    return since if since >= 0 else None


def draw_sources(context: PlantContext) -> None:
    """Draw how each source stands with its peer, in words, and how many of its items are old."""
    if not context.live:
        imgui.text_disabled("A recording: its sources are not connected. What was stale then is marked on each item.")
    per_source = _old_items(context)
    flags = imgui.TableFlags_.row_bg | imgui.TableFlags_.sizing_stretch_prop | imgui.TableFlags_.scroll_y
    if not imgui.begin_table("sources", 4, flags, imgui.get_content_region_avail()):
        return
    for name, share in (("Source", 1.2), ("Link", 1.0), ("What it says", 4.0), ("Items", 1.4)):
        imgui.table_setup_column(name, imgui.TableColumnFlags_.width_stretch, share)
    imgui.table_headers_row()
    for spec in context.plant.sources:
        status = context.links.get(spec.name)
        imgui.table_next_row()
        imgui.table_next_column()
        imgui.text(spec.name)
        imgui.same_line(0, 6)
        imgui.text_disabled(spec.kind)
        imgui.table_next_column()
        if status is not None and context.live:
            plant_theme.signed_word(plant_theme.LINKS[status.state])
        else:
            imgui.text_disabled("recorded" if not context.live else "not yet tried")
        imgui.table_next_column()
        if status is not None:
            imgui.text_wrapped(_sentence(context, status))
        imgui.table_next_column()
        old, total = per_source.get(spec.name, (0, 0))
        if old:
            imgui.text_colored(theme.colour(plant_theme.STALE), f"{old} of {total} not known")
        else:
            imgui.text_disabled(f"{total}")
    imgui.end_table()


def _sentence(context: PlantContext, status: LinkStatus) -> str:
    when = clock(status.t_ns, 0) if status.t_ns > 10**17 else clock(status.t_ns, context.history.zero_unix_ns)
    lost = f" {status.lost:,} observations were lost.".replace(",", " ") if status.lost else ""
    return f"{status.message} (since {when}){lost}"


def _old_items(context: PlantContext) -> dict[str, tuple[int, int]]:
    """Return for each source how many of its items are not known at the playhead, and how many it has."""
    old = np.isin(context.snapshot.quality, (int(Quality.STALE), int(Quality.UNAVAILABLE)))
    counts: dict[str, tuple[int, int]] = {}
    for item, bad in zip(context.plant.items, old.tolist(), strict=True):
        before = counts.get(item.source, (0, 0))
        counts[item.source] = (before[0] + bad, before[1] + 1)
    return counts


def worst_link(context: PlantContext) -> LinkState | None:
    """Return how the source that stands worst stands."""
    order = (LinkState.DOWN, LinkState.STALE, LinkState.CONNECTING)
    states = {status.state for status in context.links.values()}
    return next((state for state in order if state in states), None)
