"""What would happen if: choose changes, let the simulation answer beside the window, see today beside the change."""

import math
from dataclasses import dataclass, field

from imgui_bundle import imgui

from twinswing.desk import plant_theme, theme
from twinswing.desk.panels.plant_context import PlantContext, duration, figures
from twinswing.errors import InputError
from twinswing.plant.model import Plant
from twinswing.plant.whatif import Bottleneck, Comparison, Estimate, Outcome, WhatIfJob
from twinswing.plant.whatif_change import (
    AddMachine,
    BufferChange,
    Change,
    CrewChange,
    CycleChange,
    FailureChange,
    OrdersChange,
    RemoveMachine,
    changed,
)

KINDS = ("Cycle time", "One more machine", "One machine less", "Buffer", "Crew", "Failures", "Orders")
_TRACK_PX = 26.0


@dataclass
class WhatIfChoices:
    """What is being chosen, and what has been asked.

    factor: of a cycle, of failures or of orders; amount: places of a buffer or people of a crew.
    """

    kind: str = KINDS[0]
    unit: str = ""
    buffer: str = ""
    crew: str = ""
    factor: float = 0.8
    amount: int = 10
    changes: list[Change] = field(default_factory=list)
    job: WhatIfJob | None = None
    problem: str = ""

    def made(self, plant: Plant) -> Change:
        """Return the change that is chosen; InputError where the plant has no such thing."""
        unit = self.unit or (plant.units[0].path if plant.units else "")
        match self.kind:
            case "Cycle time":
                change: Change = CycleChange(unit, self.factor)
            case "One more machine":
                change = AddMachine(unit)
            case "One machine less":
                change = RemoveMachine(unit)
            case "Buffer":
                change = BufferChange(self.buffer or (plant.buffers[0].path if plant.buffers else ""), self.amount)
            case "Crew":
                change = CrewChange(self.crew or next(iter(plant.crews), ""), self.amount)
            case "Failures":
                change = FailureChange(unit, between_factor=1.0 / max(self.factor, 1e-3))
            case _:
                change = OrdersChange(self.factor)
        changed(plant, [*self.changes, change])  # raises where it cannot be made
        return change

    def poll(self) -> None:
        """Take in what the simulation has come to."""
        if self.job is not None:
            self.job.poll()

    def close(self) -> None:
        """End what is being worked on."""
        if self.job is not None:
            self.job.close()


def change_text(plant: Plant, change: Change) -> str:  # noqa: PLR0911  (one sentence a kind)
    """Say a change in words."""

    def unit(path: str) -> str:
        found = plant.unit_by_path.get(path)
        return found.label if found else path

    match change:
        case CycleChange(path, factor):
            return f"{unit(path)}: cycle times {factor:.0%}"
        case AddMachine(path):
            return f"One more beside {unit(path)}"
        case RemoveMachine(path):
            return f"Without {unit(path)}"
        case BufferChange(path, capacity):
            label = next((b.label for b in plant.buffers if b.path == path), path)
            return f"{label}: room for {capacity}"
        case CrewChange(crew, people):
            return f"Crew {crew}: {people} people (now {plant.crews.get(crew, 0)})"
        case FailureChange(path, between, _):
            return f"{unit(path)}: failures {1 / between:.0%} as often"
        case OrdersChange(factor):
            return f"Orders: {factor:.0%} as many"
    return str(change)


def draw_whatif(context: PlantContext, choices: WhatIfChoices) -> None:
    """Draw the choice, the work's progress, and its outcome."""
    imgui.push_text_wrap_pos(0.0)
    imgui.text_disabled("Simulates a shift 30 times as the plant is, and 30 times with your changes.")
    imgui.pop_text_wrap_pos()
    running = choices.job is not None and choices.job.state == "running"
    imgui.begin_disabled(running)
    _chooser(context, choices)
    _chosen(context.plant, choices)
    if imgui.button("Ask the simulation") and not running:
        _start(context.plant, choices)
    imgui.end_disabled()
    if choices.problem:
        imgui.push_text_wrap_pos(0.0)
        imgui.text_colored(theme.colour(theme.WARM), choices.problem)
        imgui.pop_text_wrap_pos()
    job = choices.job
    if job is None:
        return
    imgui.spacing()
    if job.state == "running":
        total = 2 * job.settings.replications
        imgui.progress_bar(job.fraction, imgui.ImVec2(-76, 0), f"{round(job.fraction * total)} of {total} shifts")
        imgui.same_line()
        if imgui.button("Cancel"):
            job.cancel()
    elif job.state == "done" and job.outcome is not None:
        _outcome(context.plant, job.outcome)
    elif job.state == "cancelled":
        imgui.text_disabled("Cancelled.")
    else:
        imgui.text_wrapped(job.error)


def _start(plant: Plant, choices: WhatIfChoices) -> None:
    choices.problem = ""
    try:
        changes = tuple(choices.changes) or (choices.made(plant),)
    except InputError as error:
        choices.problem = str(error)
        return
    choices.close()
    choices.job = WhatIfJob(plant, changes).start()


def _chooser(context: PlantContext, choices: WhatIfChoices) -> None:
    plant = context.plant
    imgui.set_next_item_width(-90)
    if imgui.begin_combo("Change", choices.kind):
        for kind in KINDS:
            if imgui.selectable(kind, kind == choices.kind)[0]:
                choices.kind = kind
                choices.factor = {"Cycle time": 0.8, "Failures": 0.5, "Orders": 1.2}.get(kind, choices.factor)
        imgui.end_combo()
    if choices.kind in ("Cycle time", "One more machine", "One machine less", "Failures"):
        if not choices.unit:
            choices.unit = context.choices.unit or (plant.units[0].path if plant.units else "")
        choices.unit = _pick("Unit", choices.unit, {unit.path: unit.label for unit in plant.units})
    if choices.kind == "Buffer":
        choices.buffer = _pick("Buffer##which", choices.buffer, {b.path: b.label for b in plant.buffers})
        choices.amount = max(imgui.input_int("Places", choices.amount)[1], 1)
    if choices.kind == "Crew":
        choices.crew = _pick("Crew##which", choices.crew, {c: f"{c} ({n} now)" for c, n in plant.crews.items()})
        choices.amount = max(imgui.input_int("People", choices.amount)[1], 0)
    if choices.kind in ("Cycle time", "Failures", "Orders"):
        word = {"Cycle time": "Of today's", "Failures": "As often", "Orders": "As many"}[choices.kind]
        imgui.set_next_item_width(-90)
        percent = imgui.slider_int(word, round(choices.factor * 100), 20, 200, "%d %%")[1]
        choices.factor = percent / 100.0
    if imgui.small_button("Add to the changes"):
        choices.problem = ""
        try:
            choices.changes.append(choices.made(plant))
        except InputError as error:
            choices.problem = str(error)


def _pick(label: str, chosen: str, names: dict[str, str]) -> str:
    if chosen not in names:
        chosen = next(iter(names), "")
    imgui.set_next_item_width(-90)
    if imgui.begin_combo(label, names.get(chosen, "none")):
        for path, name in names.items():
            if imgui.selectable(f"{name}##{path}", path == chosen)[0]:
                chosen = path
        imgui.end_combo()
    return chosen


def _chosen(plant: Plant, choices: WhatIfChoices) -> None:
    for i, change in enumerate(tuple(choices.changes)):
        if imgui.small_button(f"x##change{i}"):
            del choices.changes[i]
        imgui.same_line(0, 8)
        imgui.text(change_text(plant, change))


def _outcome(plant: Plant, outcome: Outcome) -> None:
    for change in outcome.changes:
        imgui.text_wrapped(change_text(plant, change))
    imgui.text_disabled(f"today above, changed below; bars: {outcome.settings.confidence:.0%} confidence")
    imgui.spacing()
    for figure in outcome.figures:
        _figure(figure, outcome.settings.confidence)
    imgui.separator()
    _bottleneck(plant, "Bottleneck today", outcome.bottleneck_today)
    _bottleneck(plant, "With the change", outcome.bottleneck_changed)
    if outcome.backlog_today.mean < 1.0 and outcome.backlog_changed.mean < 1.0:
        imgui.push_text_wrap_pos(0.0)
        imgui.text_disabled("The order book runs empty: it is the orders that limit this plant, not its machines.")
        imgui.pop_text_wrap_pos()


def _shown(estimate: Estimate, unit: str, *, signed: bool = False) -> str:
    if not math.isfinite(estimate.mean):
        return "none finished"
    if unit == "s":
        mark = ("+" if estimate.mean >= 0 else "-") if signed else ""
        return f"{mark}{duration(abs(estimate.mean))} ± {duration(estimate.half)}"
    if unit == "J":
        mean, half = estimate.mean / 3.6e6, estimate.half / 3.6e6
        return f"{mean:+.2f} ± {half:.2f} kWh" if signed else f"{mean:.2f} ± {half:.2f} kWh"
    word = {"1/h": "an hour", "1": ""}.get(unit, unit)
    mean_text = f"{estimate.mean:+.3g}" if signed else figures(estimate.mean)
    return f"{mean_text} ± {figures(estimate.half)} {word}".rstrip()


def _figure(figure: Comparison, confidence: float) -> None:
    imgui.text(figure.label)
    clear = figure.difference.clear
    text = _shown(figure.difference, figure.unit, signed=True)
    imgui.same_line(max(imgui.get_window_width() - 22 - imgui.calc_text_size(text).x - 4, 110))
    if clear:
        imgui.text_colored(theme.colour(theme.INK), text)
    else:
        imgui.text_disabled(text)
    imgui.set_item_tooltip(
        f"Changed minus today, the same random orders and failures in both; {confidence:.0%} confidence.\n"
        + (
            "The interval leaves out zero: there is a difference."
            if clear
            else "Zero lies inside: no clear difference."
        )
    )
    at = imgui.get_cursor_screen_pos()
    width = imgui.get_content_region_avail().x
    ends = [e for est in (figure.today, figure.changed) for e in (est.low, est.high) if math.isfinite(e)]
    if not ends:
        imgui.dummy(imgui.ImVec2(width, 4))
        return
    high = max(max(ends) * 1.05, 1e-12)
    words = [_shown(e, figure.unit) for e in (figure.today, figure.changed)]
    room = max(width - max(imgui.calc_text_size(w).x for w in words) - 10, 40)
    for i, (estimate, rgba) in enumerate(((figure.today, plant_theme.VALUE), (figure.changed, theme.ACCENT))):
        _bar(estimate, rgba, at.x, at.y + i * _TRACK_PX * 0.72, room, high, words[i])
    imgui.dummy(imgui.ImVec2(width, _TRACK_PX * 1.5))


def _bar(estimate: Estimate, rgba: plant_theme.Rgba, x: float, y: float, room: float, high: float, word: str) -> None:
    """Draw a mean as a bar with its interval as a whisker, and in figures."""
    if not math.isfinite(estimate.mean):
        return
    draw, vec = imgui.get_window_draw_list(), imgui.ImVec2
    end = x + room * max(estimate.mean, 0.0) / high
    draw.add_rect_filled(vec(x, y + 2), vec(end, y + 14), theme.packed(rgba), 2.0)
    low, top = x + room * max(estimate.low, 0.0) / high, x + room * max(estimate.high, 0.0) / high
    draw.add_line(vec(low, y + 8), vec(top, y + 8), theme.packed(theme.INK), 1.5)
    for edge in (low, top):
        draw.add_line(vec(edge, y + 4), vec(edge, y + 12), theme.packed(theme.INK), 1.5)
    draw.add_text(imgui.get_font(), 14.0, vec(x + room + 8, y), theme.packed(theme.FAINT), word)


def _bottleneck(plant: Plant, title: str, found: Bottleneck) -> None:
    unit = plant.unit_by_path.get(found.name)
    name = unit.label if unit else found.name
    imgui.text_disabled(title)
    imgui.text_wrapped(
        f"{name}: busy {found.occupied.mean:.0%} ± {found.occupied.half:.0%} of the time, named by "
        f"{found.share:.0%} of the shifts"
    )
