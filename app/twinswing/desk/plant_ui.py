"""One frame of the plant's panels."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from imgui_bundle import imgui

from twinswing.desk import layout, plant_layout
from twinswing.desk.panels.overlays import draw_help, draw_notice
from twinswing.desk.panels.plant_alarms import AlarmDialog, draw_alarm_dialog, draw_alarms
from twinswing.desk.panels.plant_context import PlantContext
from twinswing.desk.panels.plant_energy import draw_energy
from twinswing.desk.panels.plant_health import draw_health
from twinswing.desk.panels.plant_legend import draw_hover, draw_legend
from twinswing.desk.panels.plant_machining import draw_machining
from twinswing.desk.panels.plant_oee import draw_oee
from twinswing.desk.panels.plant_orders import draw_orders
from twinswing.desk.panels.plant_timeline import draw_plant_timeline
from twinswing.desk.panels.plant_toolbar import draw_plant_toolbar
from twinswing.desk.panels.plant_unit import draw_facts, draw_unit_head, draw_unit_trends, none_chosen
from twinswing.desk.panels.plant_units import draw_sources, draw_units
from twinswing.desk.panels.plant_whatif import WhatIfChoices, draw_whatif
from twinswing.desk.plant_actions import groups
from twinswing.desk.plant_data import PlantData
from twinswing.desk.ui import Interface
from twinswing.desk.viewport import Rect
from twinswing.stage.plant_heat import Legend

_HINT = "Mouse: click chooses a unit, double click goes there, left drag turns, right drag moves, wheel zooms."
_PANEL = imgui.WindowFlags_.no_collapse


@dataclass
class PlantInterface(Interface):
    """The panels of a plant's window."""

    base: Any
    text: str = ""
    folder: Any = None
    alarms: AlarmDialog = field(default_factory=AlarmDialog)
    whatif: WhatIfChoices = field(default_factory=WhatIfChoices)

    _first: int = 3  # frames until the docks are there, in which focusing does nothing

    def __post_init__(self) -> None:
        super().__init__(self.base, self.text, self.folder)

    def plant_frame(self, context: PlantContext, data: PlantData, legend: Legend | None) -> Rect:
        """Draw all panels and a heat map's legend; return the rectangle left for the scene."""
        context.fonts = self.fonts
        layout.toolbar_window()
        draw_plant_toolbar(context)
        imgui.end()
        rebuild = self.take_rebuild()
        scene = layout.dock_space(rebuild=rebuild, build=plant_layout.build_plant)
        self._window(
            plant_layout.TIMELINE, lambda: draw_plant_timeline(context, data.ribbon(context), data.marks), bar=False
        )
        if context.choices.panels:
            self._panels(context, data, rebuild=rebuild)
        if legend is not None:
            draw_legend(legend, scene)
        draw_hover(context)
        draw_alarm_dialog(context, self.alarms)
        draw_notice(context)
        if self.files_open:
            self.files.draw(context)
        if self.help_open:
            draw_help(context, groups(context.more_actions), _HINT)
        return scene

    def _panels(self, context: PlantContext, data: PlantData, *, rebuild: bool) -> None:
        draws: dict[str, Callable[[], None]] = {
            "Unit": lambda: self._unit(context, data),
            "OEE": lambda: draw_oee(context),
            "Energy": lambda: draw_energy(context),
            "Orders": lambda: draw_orders(context, data.orders_now(context), data.visits(context)),
            "What-if": lambda: draw_whatif(context, self.whatif),
            "Alarms": lambda: draw_alarms(context, data.alarms, data.flood, self.alarms),
            "Units": lambda: draw_units(context, data.alarmed),
            "Sources": lambda: draw_sources(context),
        }
        # A dock shows the panel that was focused last; the first of each is what one needs first.
        self._first = 3 if rebuild else max(self._first - 1, 0)
        front = context.choices.front if self._first <= 1 else ""
        context.choices.front = "" if front else context.choices.front
        if self._first == 1:
            to_front = {front or plant_layout.SIDE[0], plant_layout.LISTS[0]}
        else:
            to_front = {front} - {""}
        for name, draw in draws.items():
            if name in to_front:
                imgui.set_next_window_focus()
            self._window(name, draw)

    def _unit(self, context: PlantContext, data: PlantData) -> None:
        unit = context.unit
        if unit is None:
            none_chosen(context)
            return
        draw_unit_head(context, unit)
        imgui.separator()
        draw_facts(context, unit)
        draw_health(context, data.health(context, unit))
        imgui.separator()
        draw_machining(context, unit)
        draw_unit_trends(context, unit, data.ribbon(context), data.spans_of(unit.path))

    @staticmethod
    def _window(name: str, draw: Callable[[], None], *, bar: bool = True) -> None:
        if imgui.begin(name, None, _PANEL if bar else _PANEL | imgui.WindowFlags_.no_scrollbar)[0]:
            draw()
        imgui.end()
