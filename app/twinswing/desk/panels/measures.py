"""Measures and facts of the session: every number with its uncertainty, its source and what it is held against."""

from imgui_bundle import imgui

from twinswing.desk import theme
from twinswing.desk.panels.context import PanelContext
from twinswing.swing.measure_parts import Measured
from twinswing.swing.measure_table import Listed, measure_table
from twinswing.swing.model import Measure, SwingSession
from twinswing.swing.positions import POSITIONS
from twinswing.swing.readable import label_of, told, told_range
from twinswing.swing.series import is_sensed
from twinswing.swing.understanding import club_kind

# Groups that are open at first: what a golfer asks for before anything else.
_OPEN = ("Time", "Speed", "Strike", "Ball")


def draw_measures(context: PanelContext) -> None:
    """Draw the whole panel."""
    session = context.session
    measured = context.measured or Measured(dict(session.measures), dict(session.missing))
    _facts(context)
    if measured.measures:
        _groups(context, measured)
        _missing(measured)
    else:
        imgui.text_disabled("No measures in this recording.")
    for warning in session.warnings:
        imgui.push_text_wrap_pos(0.0)
        imgui.text_colored(theme.colour(theme.WARM), warning)
        imgui.pop_text_wrap_pos()


def position_at(session: SwingSession, t_s: float) -> str | None:
    """Return the event that the playhead is nearest to, whose measures are the ones to show; None without events."""
    if not session.events:
        return None
    return min(session.events, key=lambda name: abs(session.events[name].t_s - t_s))


def _groups(context: PanelContext, measured: Measured) -> None:
    """Draw a heading for each group; of what is measured at positions only that at the playhead's."""
    here = position_at(context.session, context.t_s)
    club = club_kind(context.session)
    groups: dict[str, list[tuple[str, Listed | None, Measure]]] = {}
    for name, measure in measured.measures.items():
        listed = measure_table().get(name)
        if listed is None or listed.position in (None, here):
            groups.setdefault(listed.spec.group if listed is not None else "Other", []).append((name, listed, measure))
    for group, rows in groups.items():
        flags = imgui.TreeNodeFlags_.default_open if group in _OPEN else imgui.TreeNodeFlags_.none
        moving = any(listed is not None and listed.position is not None for _, listed, _ in rows)
        # The heading names the position; its identity stays, so that it keeps open from one to the next.
        title = f"{group}, {POSITIONS[here]}" if moving and here is not None else group
        if imgui.collapsing_header(f"{title}###{group}", flags):
            _rows(context, group, rows, club)


def _rows(context: PanelContext, group: str, rows: list[tuple[str, Listed | None, Measure]], club: str | None) -> None:
    if not imgui.begin_table(f"measures {group}", 2, imgui.TableFlags_.sizing_stretch_prop):
        return
    imgui.table_setup_column("name", imgui.TableColumnFlags_.width_stretch, 1.25)
    imgui.table_setup_column("value", imgui.TableColumnFlags_.width_stretch, 0.9)
    for name, listed, measure in rows:
        value, sigma = told(measure, name)
        imgui.table_next_row()
        imgui.table_next_column()
        imgui.push_text_wrap_pos(0.0)
        imgui.text(listed.spec.label if listed is not None and listed.position is not None else label_of(name))
        if listed is not None and imgui.is_item_hovered():
            imgui.set_tooltip(listed.spec.definition)
        imgui.text_disabled(measure.source)
        held = listed.range_for(club) if listed is not None else None
        if held is not None:
            imgui.text_colored(theme.colour(theme.ACCENT_BRIGHT), told_range(held, measure.unit, name))
            if imgui.is_item_hovered():
                imgui.set_tooltip(held.source)
        own = context.own_ranges.get(name)
        if own is not None:
            imgui.text_colored(theme.colour(theme.WARM), told_range(own, measure.unit, name))
            if imgui.is_item_hovered():
                imgui.set_tooltip(f"Two standard deviations to either side of the mean of {own.source}.")
        imgui.pop_text_wrap_pos()
        imgui.table_next_column()
        imgui.push_text_wrap_pos(0.0)
        imgui.push_font(context.fonts.get("bold"), 0.0)
        imgui.text(value)
        imgui.pop_font()
        imgui.text_disabled(sigma)
        imgui.pop_text_wrap_pos()
    imgui.end_table()


def _missing(measured: Measured) -> None:
    """Draw what could not be given, folded away, with the reasons."""
    if not measured.missing or not imgui.tree_node(f"Not told: {len(measured.missing)} more###missing"):
        return
    imgui.push_text_wrap_pos(0.0)
    for name, why in measured.missing.items():
        imgui.text(label_of(name))
        imgui.text_disabled(why[:1].upper() + why[1:] + ".")
    imgui.pop_text_wrap_pos()
    imgui.tree_pop()


def _facts(context: PanelContext) -> None:
    session = context.session
    golfer, video, club = session.golfer, session.video, session.club
    lines = []
    if golfer:
        lines.append(f"{golfer.handed}-handed, {golfer.view}")
    if video:
        rate = f"{video.rate_hz:.0f} fps" + (" (variable)" if video.variable_rate else "")
        lines.append(f"{video.frames} frames, {rate}")
    if club:
        lines.append(f"{club.spec.name}, from {club.source}" if is_sensed(club) else "club drawn from the hands")
    if session.alignment:
        lines.append(f"club on video: ± {session.alignment.sigma_s * 1e3:.1f} ms")
    for line in lines:
        imgui.text_disabled(line)
    if lines:
        imgui.spacing()
        imgui.separator()
        imgui.spacing()
