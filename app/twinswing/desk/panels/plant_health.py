"""How a unit fares: how unusual its numbers are, why, and how long it will last, with the uncertainty of that."""

import math

from imgui_bundle import imgui

from twinswing.desk import plant_theme, theme
from twinswing.desk.panels.plant_context import PlantContext, duration
from twinswing.desk.panels.plant_unit import fact
from twinswing.plant.health import Life
from twinswing.plant.health_log import UnitHealth

_WHY = 3  # reasons that are named: more would be noise


def draw_health(context: PlantContext, health: UnitHealth | None) -> None:
    """Draw a unit's health in two or three lines."""
    fact("Health")
    if health is None:
        imgui.text_disabled("being worked out ...")
        return
    if health.learning:
        imgui.text_disabled("still learning what is usual (it learns while the unit runs)")
        return
    if health.unusual:
        plant_theme.sign(plant_theme.UNUSUAL)
        imgui.same_line(0, 5)
        imgui.text_colored(theme.colour(plant_theme.UNUSUAL.rgba), f"unusual: {health.score:.1f} sigma from usual")
    else:
        imgui.text(f"as usual ({health.score:.1f} sigma)")
    imgui.set_item_tooltip("The largest deviation of its numbers, in spreads of what is usual while it runs")
    if health.why and (health.unusual or health.life is not None):
        fact("Why")
        reasons = [f"{_name(context, path)} {z:+.1f}" for path, z in health.why[:_WHY]]
        imgui.push_text_wrap_pos(0.0)
        imgui.text(",  ".join(reasons))
        imgui.pop_text_wrap_pos()
    if health.life is not None:
        fact("Will last")
        imgui.push_text_wrap_pos(0.0)
        imgui.text(life_text(health.life, health.bin_s))
        imgui.text_disabled(
            f"until {_name(context, health.life.item)} reaches {health.life.limit}; {health.life.source}"
        )
        imgui.pop_text_wrap_pos()


def life_text(life: Life, bin_s: float) -> str:
    """Say a remaining life of running time: its middle, and one sigma to each side."""
    if not math.isfinite(life.bins):
        return "no end in sight"
    early, middle = duration(life.early_bins * bin_s), duration(life.bins * bin_s)
    late = duration(life.late_bins * bin_s) if math.isfinite(life.late_bins) else "no end in sight"
    return f"{middle} of running (one sigma: {early} to {late})"


def _name(context: PlantContext, path: str) -> str:
    number = context.plant.item_number.get(path)
    if number is None:
        return path
    item = context.plant.items[number]
    return item.label or item.name.replace("_", " ")
