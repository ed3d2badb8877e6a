"""What to work at: advice with its numbers and drill, then the twelve faults with why each is or isn't one."""

from typing import TYPE_CHECKING, Any

from imgui_bundle import imgui

from twinswing.desk import theme
from twinswing.swing.coaching import Advice
from twinswing.swing.faults import LIKELY, NOT_SEEN, UNKNOWN, Finding
from twinswing.swing.positions import POSITIONS

if TYPE_CHECKING:
    from twinswing.desk.coaching import Coach

NAME = "Coaching"
vec = imgui.ImVec2
_ORDER = {LIKELY: 0, UNKNOWN: 1, NOT_SEEN: 2}
_BRIEFLY = {LIKELY: "likely", UNKNOWN: "can't tell", NOT_SEEN: "not seen"}  # where the panel is narrow
_LOOK = {LIKELY: theme.WARM, NOT_SEEN: theme.ACCENT_BRIGHT, UNKNOWN: theme.FAINT}


def draw_coaching(coach: "Coach", fonts: dict[str, Any]) -> None:
    """Draw the whole panel."""
    found = coach.found
    if found is None:
        imgui.push_text_wrap_pos(0.0)
        words = coach.problem or ("Reading the swing." if coach.busy else "This recording holds no analysed swing.")
        imgui.text_disabled(words)
        imgui.pop_text_wrap_pos()
        return
    imgui.push_text_wrap_pos(0.0)
    imgui.text(found.coaching.said)
    imgui.pop_text_wrap_pos()
    for number, advice in enumerate(found.coaching.advice, 1):
        imgui.spacing()
        imgui.separator()
        _advice(coach, number, advice, fonts)
    imgui.spacing()
    imgui.separator()
    _bold("The twelve faults", fonts)
    for finding in sorted(found.findings.values(), key=lambda f: _ORDER[f.verdict]):
        _finding(coach, finding)


def _advice(coach: "Coach", number: int, advice: Advice, fonts: dict[str, Any]) -> None:
    fault = advice.finding.fault
    _bold(f"{number}  {fault.label}", fonts)
    imgui.push_text_wrap_pos(0.0)
    imgui.text(advice.why)
    for said in advice.leads_to:
        imgui.text_colored(theme.colour(theme.FAINT), f"Leads to {said[:1].lower()}{said[1:]}.")
    for one in advice.progress:
        imgui.text_colored(theme.colour(theme.ACCENT_BRIGHT), f"Since then: {one.said}")
    imgui.pop_text_wrap_pos()
    shown = coach.ghost is not None and coach.ghost.fault == fault.name
    if imgui.button(f"{'Hide' if shown else 'Show'} the corrected {POSITIONS[advice.at]}##{fault.name}"):
        if shown:
            coach.escape()
        else:
            coach.show_ghost(fault.name)
    drill = advice.drill
    if drill is not None and imgui.tree_node(f"Drill: {drill.name}##{fault.name}"):
        imgui.push_text_wrap_pos(0.0)
        if drill.needs:
            imgui.text_disabled(f"You need {drill.needs}.")
        for k, step in enumerate(drill.steps, 1):
            imgui.text(f"{k}. {step}")
        imgui.text_colored(theme.colour(theme.ACCENT_BRIGHT), f"Feel: {drill.feel}")
        imgui.text_disabled(drill.often)
        imgui.pop_text_wrap_pos()
        imgui.tree_pop()


def _finding(coach: "Coach", finding: Finding) -> None:
    name = finding.fault.name
    if not imgui.tree_node_ex(f"##{name}", imgui.TreeNodeFlags_.span_avail_width):
        _line(finding)
        return
    _line(finding)
    imgui.push_text_wrap_pos(0.0)
    imgui.text_disabled(finding.fault.definition)
    imgui.text(finding.because)
    if finding.low != finding.high or 0.0 < finding.low < 1.0:
        chance = f"{finding.low:.0%}" if finding.low == finding.high else f"{finding.low:.0%} to {finding.high:.0%}"
        imgui.text_disabled(f"Chance {chance}.")
    imgui.pop_text_wrap_pos()
    session = coach.session
    event = session.events.get(finding.at) if session is not None else None
    if event is not None and imgui.small_button(f"Go to {POSITIONS[finding.at]}##{name}"):
        coach.seek(event.t_s)
    imgui.tree_pop()


def _line(finding: Finding) -> None:
    """Draw a fault's name at the left and its verdict at the right, in words and colour."""
    imgui.same_line()
    imgui.text(finding.fault.label.split(",")[0])
    imgui.same_line()
    words = finding.verdict
    if imgui.get_content_region_avail().x < imgui.calc_text_size(words).x:
        words = _BRIEFLY[finding.verdict]
    room = imgui.get_content_region_avail().x - imgui.calc_text_size(words).x
    imgui.set_cursor_pos_x(imgui.get_cursor_pos_x() + max(room, 0.0))
    imgui.text_colored(theme.colour(_LOOK[finding.verdict]), words)


def _bold(text: str, fonts: dict[str, Any]) -> None:
    imgui.push_font(fonts.get("bold"), 0.0)
    imgui.text(text)
    imgui.pop_font()
