"""Energy over the window chosen: of the plant, its areas, lines and units, per piece, and what is not metered."""

import math

from imgui_bundle import imgui

from twinswing.desk import plant_theme, theme
from twinswing.desk.panels.plant_context import PlantContext, figures
from twinswing.desk.panels.plant_oee import WINDOW_BINS, children_of, draw_scope, label_of
from twinswing.desk.panels.plant_unit import draw_window_choice, fact
from twinswing.desk.plant_choices import quantised
from twinswing.plant.energy import Energy, EnergyAccount, plant_energy

_KWH_J = 3.6e6


def draw_energy(context: PlantContext) -> None:
    """Draw the whole panel."""
    scope = draw_scope(context)
    draw_window_choice(context)
    key = quantised(context.window_ns, WINDOW_BINS)
    window = max(key[0], context.span_ns[0]), min(key[1], context.t_ns)
    answer = context.worker.ask("energy", key, lambda: plant_energy(context.history, *window))
    if answer.error:
        imgui.text_wrapped(answer.error)
        return
    if answer.value is None:
        imgui.text_disabled("Adding up ...")
        return
    account = answer.value.get(scope)
    if account is None:
        imgui.text_disabled("Nothing measures energy here.")
        return
    _headline(context, account, (window[1] - window[0]) / 1e9)
    imgui.separator()
    _parts(context, scope, answer.value)


def kwh(joules: float, sigma_j: float = math.nan) -> str:
    """Return energy as people pay for it, with its one sigma where there is one."""
    if not math.isfinite(joules):
        return "not measured"
    sigma = f" ± {figures(sigma_j / _KWH_J)}" if math.isfinite(sigma_j) else ""
    return f"{figures(joules / _KWH_J)}{sigma} kWh"


def _headline(context: PlantContext, account: EnergyAccount, seconds: float) -> None:
    best = account.best
    imgui.push_font(context.fonts.get("bold"), 22.0)
    imgui.text(kwh(best.joules, best.sigma_j))
    imgui.pop_font()
    imgui.text_disabled(f"{_source(best)}, heard for {best.coverage:.0%} of the window")
    if math.isfinite(best.joules) and seconds > 0:
        fact("On average")
        imgui.text(f"{figures(best.joules / seconds / 1e3)} kW")
    if account.metered is not None:
        fact("Its units")
        imgui.text(kwh(account.own.joules, account.own.sigma_j))
        fact("Not in units")
        imgui.text(kwh(account.missing_j, account.missing_sigma_j))
        imgui.set_item_tooltip("What the meter counted more than the units under it say of themselves")
    if math.isfinite(account.per_piece_j):
        fact("A good piece")
        imgui.text(kwh(account.per_piece_j, account.per_piece_sigma_j))


def _source(energy: Energy) -> str:
    return {"counter": "from a meter's counter", "power": "from power over time"}.get(energy.source, energy.source)


def _parts(context: PlantContext, scope: str, accounts: dict[str, EnergyAccount]) -> None:
    """List the parts by what they used, with a bar for each one's share."""
    rows = [(path, accounts[path].best) for path in children_of(context, scope) if path in accounts]
    rows = [row for row in rows if math.isfinite(row[1].joules)]
    rows.sort(key=lambda row: -row[1].joules)
    most = max((energy.joules for _, energy in rows), default=0.0)
    width = imgui.get_content_region_avail().x
    draw, vec = imgui.get_window_draw_list(), imgui.ImVec2
    for path, energy in rows:
        text = kwh(energy.joules)
        at = imgui.get_cursor_screen_pos()
        if imgui.selectable(f"{label_of(context, path)}##energy{path}", False)[0]:
            if path in context.plant.unit_by_path:
                context.do(f"unit:{path}")
                context.choices.front = "Energy"
            context.choices.scope = path
        imgui.set_item_tooltip(f"{kwh(energy.joules, energy.sigma_j)}, {_source(energy)}")
        height = imgui.get_text_line_height()
        draw.add_text(vec(at.x + width - imgui.calc_text_size(text).x - 2, at.y), theme.packed(theme.FAINT), text)
        end = at.x + width * max(energy.joules, 0.0) / max(most, 1e-9)
        draw.add_rect_filled(
            vec(at.x, at.y + height + 1),
            vec(max(end, at.x + 1), at.y + height + 4),
            theme.packed(plant_theme.VALUE),
            1.0,
        )
    if not rows:
        imgui.text_disabled("Nothing below this measures energy.")
