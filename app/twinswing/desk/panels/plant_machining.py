"""What a machine tool did up to the playhead: its programs, tool changes and tools' lives."""

from imgui_bundle import imgui

from twinswing.desk.panels.plant_context import PlantContext, duration, quantity
from twinswing.desk.panels.plant_oee import WINDOW_BINS
from twinswing.desk.plant_choices import quantised
from twinswing.plant.machining import Machining, ProgramEnd, machining
from twinswing.plant.model import Role, Unit

_MOST_ROWS = 40  # of a table; more would be read in an export


def draw_machining(context: PlantContext, unit: Unit) -> None:
    """Draw a unit's programs and tools over the window that is chosen; nothing for one that names neither."""
    if not {Role.PROGRAM, Role.TOOL} & set(unit.by_role):
        return
    if not imgui.collapsing_header("Programs and tools"):
        return
    first, last = quantised(context.window_ns, WINDOW_BINS)
    first, last = max(first, context.span_ns[0]), min(last, context.t_ns)
    key = (unit.path, *quantised(context.window_ns, WINDOW_BINS))
    answer = context.worker.ask("machining", key, lambda: machining(context.history, unit, first, last))
    if answer.error:
        imgui.text_wrapped(answer.error)
    elif answer.value is None:
        imgui.text_disabled("Reading ...")
    else:
        _programs(answer.value)
        _tools(answer.value, unit)


def _programs(found: Machining) -> None:
    done = sum(run.end is ProgramEnd.COMPLETED for run in found.programs)
    imgui.text(f"{len(found.programs)} runs of programs, {done} to completion")
    if not imgui.begin_table("##programs", 3, imgui.TableFlags_.row_bg):
        return
    for run in found.programs[-_MOST_ROWS:]:
        imgui.table_next_row()
        for text in (run.program or "-", duration(run.duration_s), run.end.value):
            imgui.table_next_column()
            imgui.text(text)
    imgui.end_table()


def _tools(found: Machining, unit: Unit) -> None:
    others = sum(change.change for change in found.changes)
    imgui.text(f"{len(found.changes)} reports of the tool in use, {others} changes to another tool")
    if not found.tools or not imgui.begin_table("##tools", 4, imgui.TableFlags_.row_bg):
        return
    life = unit.by_role.get(Role.TOOL_LIFE)
    for name in ("Tool", "Used", "Cutting", "Life"):
        imgui.table_setup_column(name)
    imgui.table_headers_row()
    for tool in found.tools[:_MOST_ROWS]:
        imgui.table_next_row()
        said = quantity(tool.life[-1], life.unit) if tool.life and life is not None else "-"
        for text in (tool.tool, f"{tool.times}x", duration(tool.active_s), said):
            imgui.table_next_column()
            imgui.text(text)
    imgui.end_table()
