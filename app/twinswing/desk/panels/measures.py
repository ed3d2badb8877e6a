"""Measures and facts of the session: every number with its uncertainty and its source."""

from imgui_bundle import imgui

from twinswing.desk import theme
from twinswing.desk.panels.context import PanelContext
from twinswing.swing.readable import label_of, shown
from twinswing.swing.series import is_sensed


def draw_measures(context: PanelContext) -> None:
    """Draw the whole panel."""
    session = context.session
    _facts(context)
    flags = imgui.TableFlags_.sizing_stretch_prop
    if session.measures and imgui.begin_table("measures", 2, flags):
        for name, measure in session.measures.items():
            value, sigma = shown(measure)
            imgui.table_next_row()
            imgui.table_next_column()
            imgui.text(label_of(name))
            imgui.text_disabled(measure.source)
            imgui.table_next_column()
            imgui.push_font(context.fonts.get("bold"), 0.0)
            imgui.text(value)
            imgui.pop_font()
            imgui.text_disabled(sigma)
        imgui.end_table()
    if not session.measures:
        imgui.text_disabled("No measures in this recording.")
    for warning in session.warnings:
        imgui.push_text_wrap_pos(0.0)
        imgui.text_colored(theme.colour(theme.WARM), warning)
        imgui.pop_text_wrap_pos()


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
