"""One swing as one page: what was found, how sure it is, and pictures of its positions."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from math import hypot, isfinite, sqrt
from pathlib import Path

import numpy as np

from twinswing import __version__
from twinswing.errors import InputError
from twinswing.recording.info import recording_info
from twinswing.recording.writing import DEFAULT_ZERO_UNIX_NS
from twinswing.report import html_notes, html_page
from twinswing.report.export_motion import write_bytes
from twinswing.report.html_coaching import STYLE, coaching_section, faults_section, measures_section
from twinswing.report.html_pictures import Moment, Progress, moments, view_of
from twinswing.report.html_plots import Curve, plot
from twinswing.report.notes import Notes
from twinswing.report.stills import SwingStills
from twinswing.report.video import replay_span
from twinswing.swing.coaching import Earlier
from twinswing.swing.compare import event_sigma_s
from twinswing.swing.model import SwingSession
from twinswing.swing.positions import POSITIONS, SwingTimes, times_of_session
from twinswing.swing.readable import event_label, label_of, readable_speeds, shown
from twinswing.swing.sequence import kinematic_sequence
from twinswing.swing.series import SEGMENTS, SpeedSeries, hand_speed, head_speed, is_sensed
from twinswing.swing.understanding import understand

# A swing is about as wide as high; a standing golfer is not.
_SCENE, _VIDEO = (440, 440), (330, 440)
_MPH = 2.23694
_DAY_NS = 86_400 * 10**9
COLOURS = {"pelvis": "pelvis", "thorax": "thorax", "lead arm": "arm", "club": "club"}
DASHES = {"pelvis": "dotted", "thorax": "dashed", "lead arm": "solid", "club": "solid"}
# Events whose names a plot has room for.
_NAMED = ("address", "top", "impact", "finish")
_TILES = ("tempo_ratio", "head_speed_mps", "hand_speed_peak_mps", "backswing_s", "downswing_s", "thorax_turn_top_rad")
_MOST_TILES = 4
_SLOW = "A clip in slow motion by an unknown factor has no true speeds, so none are drawn."


# The positions that are no events: where the shaft is level on the way down, and up again.
_BETWEEN = {"p6": "Shaft level, down", "p9": "Shaft level, up"}


@dataclass(frozen=True)
class Peak:
    """When a segment turned fastest in the downswing, session time, and one standard deviation, seconds."""

    name: str
    t_s: float
    sigma_s: float


def write_report(
    session: SwingSession,
    out: Path,
    *,
    pictures: bool = True,
    earlier: Sequence[Earlier] = (),
    notes: Notes | None = None,
    blur_face: bool = False,
    progress: Progress = lambda _stage, _fraction: None,
) -> None:
    """Write the page. Raises InputError where the recording says nothing of a swing or the file can't be written."""
    page = report_html(session, pictures=pictures, earlier=earlier, notes=notes, blur_face=blur_face, progress=progress)
    write_bytes(out, page.encode())


def report_html(
    session: SwingSession,
    *,
    pictures: bool = True,
    earlier: Sequence[Earlier] = (),
    notes: Notes | None = None,
    remarks: str | None = None,
    blur_face: bool = False,
    progress: Progress = lambda _stage, _fraction: None,
) -> str:
    """Return the page as text; without `pictures` nothing is drawn. `earlier` are the golfer's swings before it.

    notes: what people said and drew, which the page then carries. remarks: the same as markup, where it is made
    already. blur_face: cover the face in the video's pictures; raises InputError where it cannot be found.
    """
    require_swing(session)
    places = times_of_session(session)
    names = [name for name in POSITIONS if name in places.at_s]
    times = [places.at_s[name] for name in names]
    drawn = (
        moments(session, times, _SCENE, video_size=_VIDEO, blur_face=blur_face, progress=progress)
        if pictures
        else [Moment(None, None)] * len(names)
    )
    title = f"Swing report: {name_of(session)}"
    found = understand(session, earlier)
    if remarks is None:
        remarks = _remarks(session, notes, pictures, blur_face, progress)
    main = "\n".join([
        html_page.notes(session.warnings),
        html_page.section("What to work at", coaching_section(found)),
        html_page.section("The swing from P1 to P10", _film(session, places, names, drawn)),
        html_page.section("What was said", remarks),
        html_page.section("Speeds", speed_plots([("", session)])),
        html_page.section("Order of the downswing", _order(session)),
        html_page.section("The twelve faults", faults_section(found)),
        html_page.section("All measures", measures_section(found)),
        html_page.section("How sure this is", _certainty(session)),
    ])  # fmt: skip
    return html_page.page(title, _header(session), main, footer(), STYLE + html_notes.STYLE)


def _remarks(session: SwingSession, notes: Notes | None, pictures: bool, blur_face: bool, progress: Progress) -> str:
    if not notes:
        return ""
    with SwingStills(session, blur_face=blur_face) as stills:
        return html_notes.remarks(notes, stills, pictures=pictures, progress=progress)


def require_swing(session: SwingSession) -> None:
    """Raise InputError for a recording that says nothing of a swing."""
    if not session.events and not session.measures and session.body is None and session.club is None:
        raise InputError(f"expected an analysed swing, found no events, measures or motion in {name_of(session)}")


def name_of(session: SwingSession) -> str:
    """Return what a person calls the recording: its file's name."""
    return "a swing" if session.path is None else session.path.name


def footer() -> str:
    """Return the page's last line."""
    return f"Made by Twinswing {escape(__version__)}. This page is one file; it loads nothing from elsewhere."


def facts_of(session: SwingSession) -> list[str]:
    """Return who, when and how a swing was filmed, as short pieces of plain text."""
    facts = []
    golfer, video, club = session.golfer, session.video, session.club
    if session.path is not None:
        start = recording_info(session.path).start_unix_ns
        if start > DEFAULT_ZERO_UNIX_NS + _DAY_NS:  # an analysed file does not know when it was filmed
            facts.append(f"{datetime.fromtimestamp(start / 1e9, tz=UTC):%d %B %Y, %H:%M} UTC")
    if golfer is not None:
        facts.append(f"{golfer.handed}-handed golfer" + (f", {golfer.height_m:.2f} m" if golfer.height_m else ""))
        facts.append(f"filmed {golfer.view}")
    if video is not None:
        rate = f"{video.rate_hz:.0f} frames a second" + (" (variable)" if video.variable_rate else "")
        facts.append(f"{video.frames} frames, {rate}")
    if club is not None and is_sensed(club):
        facts.append(f"{club.spec.name}, sensed ({club.source})")
    elif session.body is not None:
        facts.append("no club sensor")
    return facts


def _header(session: SwingSession) -> str:
    facts = "".join(f"<li>{escape(fact)}</li>" for fact in facts_of(session))
    tiles = []
    for name in [n for n in _TILES if n in session.measures][:_MOST_TILES]:
        measure = session.measures[name]
        value, sigma = shown(measure, name)
        tiles.append(
            f'<div class="tile"><dt>{escape(label_of(name))}</dt><dd><span class="value">{escape(value)} '
            f'<small>{escape(sigma)}</small></span><br><span class="faint">{escape(measure.source)}</span></dd></div>'
        )
    return (
        f'<p class="kicker">Swing report</p>\n<h1>{escape(name_of(session))}</h1>\n<ul class="facts">{facts}</ul>\n'
        + (f'<dl class="tiles">{"".join(tiles)}</dl>' if tiles else "")
    )


def _film(session: SwingSession, places: SwingTimes, names: list[str], drawn: list[Moment]) -> str:
    items = []
    for name, moment in zip(names, drawn, strict=True):
        event = session.events.get(name)
        label = f"{POSITIONS[name]} · {_BETWEEN.get(name) or event_label(name)}"
        images = []
        if moment.scene is not None:
            images.append(html_page.picture(moment.scene, f"{label}: the golfer in 3D, seen {view_of(session)}"))
        if moment.video is not None:
            images.append(html_page.picture(moment.video, f"{label}: the video's frame with the skeleton drawn on it"))
        pair = f'<div class="pair">{"".join(images)}</div>' if images else ""
        sigma = event_sigma_s(session, name) if event is not None else places.sigma_s.get(name, float("nan"))
        spread = f" ± {sigma:.3f}" if isfinite(sigma) else ""
        words = f"<b>{escape(label)}</b><span>{places.at_s[name]:.3f}{spread} s"
        if event is not None:
            words += f", frame {event.frame}</span><span>{event.confidence:.0%} sure of the frame"
        words += "</span>"
        items.append(f'<li>{pair}<div class="words">{words}</div></li>')
    if not items:
        return '<p class="faint">No event was found in this recording.</p>'
    wide = any(m.video is not None and m.scene is not None for m in drawn)
    return f'<ol class="film{" pairs" if wide else ""}">{"".join(items)}</ol>'


def speed_plots(
    swings: list[tuple[str, SwingSession]], to_first: Callable[[np.ndarray], np.ndarray] = lambda t: t
) -> str:
    """Return the plots of one swing, or of two on the first one's timeline.

    swings: a name to put before each curve, and the swing. to_first: maps the second's session times to the first's.
    """
    first = swings[0][1]
    if any("time_scale" in session.measures for _, session in swings):
        return f"<p>{escape(_SLOW)}</p>"
    span = replay_span(first)
    if span[1] <= span[0]:
        return ""
    zero = first.events["impact"].t_s if "impact" in first.events else span[0]
    marks = [(e.t_s, event_label(n) if n in _NAMED else "") for n, e in first.events.items()]
    speeds: list[Curve] = []
    turns: list[Curve] = []
    for i, (name, session) in enumerate(swings):
        before = f"{name} " if name else ""
        for label, series, colour, measure in (
            ("club head", head_speed(session.club), "club", "head_speed_mps"),
            ("hands", hand_speed(session.body), "arm", "hand_speed_peak_mps"),
        ):
            if series is not None:
                t = to_first(series.t_s) if i else series.t_s
                dash = "dashed" if i else "solid"
                share = _share(session, measure)
                speeds.append(Curve(before + label, t, series.value * _MPH, colour, dash, share))
        if len(swings) == 1:
            found = readable_speeds(session)
            turns = [
                Curve(n, found[n].t_s, found[n].value, COLOURS[n], DASHES[n], 0.02 if n == "club" else None)
                for n in SEGMENTS
                if n in found
            ]
    since = "Seconds from impact." if "impact" in first.events else "Seconds from the start."
    figures = []
    if speeds:
        svg = plot("Speed of hands and club head over time, mph", "mph", speeds, marks, span, zero)
        bands = "The bands are ± one standard deviation." if any(c.share for c in speeds) else ""
        figures.append(f"<figure>{svg}<figcaption>Speed. {since} {bands}</figcaption></figure>")
    if turns:
        svg = plot("Turning speed of the body's segments over time, degrees a second", "°/s", turns, marks, span, zero)
        figures.append(
            f"<figure>{svg}<figcaption>Turning of the segments. {since} The body's curves come from "
            f"{escape(first.body.source) if first.body is not None else 'the club'}; their heights have no known "
            "uncertainty, so read their shape.</figcaption></figure>"
        )
    return "\n".join(figures)


def _share(session: SwingSession, measure: str) -> float | None:
    """Return a measure's standard deviation as a share of it, which a whole curve is then drawn with."""
    m = session.measures.get(measure)
    return None if m is None or m.value <= 0.0 or not isfinite(m.sigma) else min(m.sigma / m.value, 1.0)


def downswing_peaks(session: SwingSession) -> list[Peak]:
    """Return when each segment turned fastest between top and impact, in time order; empty without a sensed club.

    The deviation is what sampling leaves open (a step / sqrt 12) and what the joints' and the clock's own do.
    """
    e = session.events
    if session.club is None or not is_sensed(session.club) or "top" not in e or "impact" not in e:
        return []
    clock = session.alignment.sigma_s if session.alignment is not None else 0.0
    sure = kinematic_sequence(times_of_session(session), session.body, session.club, clock).peaks
    peaks = []
    for name, series in readable_speeds(session).items():
        peak = _peak(series, e["top"].t_s, e["impact"].t_s)
        of_joints = sure.get("arm" if name == "lead arm" else name)
        if peak is not None and (of_joints is not None or name == "club"):
            peaks.append(Peak(name, peak[0], hypot(peak[1], of_joints.t_sigma_s if of_joints is not None else clock)))
    return sorted(peaks, key=lambda p: p.t_s)


def _peak(series: SpeedSeries, first_s: float, last_s: float) -> tuple[float, float] | None:
    inside = np.flatnonzero((series.t_s >= first_s) & (series.t_s <= last_s))
    if len(inside) < 3:
        return None
    if not np.isfinite(series.value[inside]).any():
        return None
    at = int(inside[np.nanargmax(series.value[inside])])
    step = float(np.median(np.diff(series.t_s[inside])))
    return float(series.t_s[at]), step / sqrt(12.0)


def _order(session: SwingSession) -> str:
    peaks = downswing_peaks(session)
    if len(peaks) < 2 or "time_scale" in session.measures:
        return ""
    impact = session.events["impact"].t_s
    rows = []
    for i, peak in enumerate(peaks):
        ahead = f"{1e3 * (impact - peak.t_s):.0f} ± {1e3 * peak.sigma_s:.0f} ms"
        told = ""
        if i:
            apart = peak.t_s - peaks[i - 1].t_s > 2.0 * hypot(peak.sigma_s, peaks[i - 1].sigma_s)
            told = "after it" if apart else "cannot be told from it"
        source = session.club.source if peak.name == "club" and session.club is not None else ""
        if not source and session.body is not None:
            source = session.body.source
        rows.append([escape(peak.name[:1].upper() + peak.name[1:]), ahead, told, escape(source)])
    clock = session.alignment.sigma_s if session.alignment is not None else 0.0
    in_order = kinematic_sequence(times_of_session(session), session.body, session.club, clock).in_order
    chance = f" Those seen came in that order with a chance of {in_order:.0%}." if isfinite(in_order) else ""
    told_by = (
        '<p class="faint">When each segment turned fastest between top and impact. A sequence from the ground up is '
        "pelvis, thorax, lead arm, club. The ± is what sampling, joints and clock leave open."
        f"{chance}</p>"
    )
    return told_by + html_page.table(
        ["Segment", "Fastest before impact", "Against the one above", "From"], rows, "Order of the downswing"
    )


def _certainty(session: SwingSession) -> str:
    said = [
        "Every ± is one standard deviation: two times out of three the true value lies within it, and 19 times out of "
        "20 within twice as much. A difference smaller than that says nothing."
    ]
    golfer, video, alignment = session.golfer, session.video, session.alignment
    if golfer is not None and video is not None and video.frames:
        said.append(f"The golfer was seen in {golfer.frames_with_pose} of {video.frames} frames.")
    if session.body is not None and session.body.source == "video":
        height = "" if golfer is not None and golfer.height_m else " and the golfer's height is assumed"
        said.append(
            f"The body is estimated from one camera{height}: what lies in the picture is well seen, depth and turns "
            f"are not. A joint's place is sure to about {100 * float(np.median(session.body.sigma_m)):.0f} cm."
        )
    if alignment is not None:
        said.append(
            f"Club and video lie on one timeline to ± {1e3 * alignment.sigma_s:.1f} ms (by {alignment.method}; "
            f"{alignment.confidence:.0%} sure that they belong together)."
        )
    elif session.club is None or not is_sensed(session.club):
        said.append("No club sensor was recorded: club speed, where given, is inferred from the hands.")
    return "\n".join(f"<p>{escape(s)}</p>" for s in said)
