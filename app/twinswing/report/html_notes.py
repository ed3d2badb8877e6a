"""What people said and drew, as a part of a page: a picture of each remark, its words, its voice, its drill."""

import base64
from collections.abc import Callable
from html import escape

import numpy as np

from twinswing.report import html_page
from twinswing.report.film_file import voice_for_phones
from twinswing.report.notes import Notes
from twinswing.report.stills import Stills
from twinswing.review.model import Annotation
from twinswing.stage.annotation_shapes import measured
from twinswing.swing.coaching import Drill, bundled_drills

Progress = Callable[[str, float], None]

_KIND_WORDS = {
    "text": "Note", "voice": "Voice note", "drill": "Drill", "tag": "Tag", "rating": "Rating",
    "pair": "Before and after", "freehand": "Drawing",
}  # fmt: skip
STYLE = """
.remarks{list-style:none;margin:0;padding:0;display:grid;gap:16px;
grid-template-columns:repeat(auto-fit,minmax(min(100%,340px),1fr))}
.remarks li{background:var(--card);border:1px solid var(--line);border-radius:14px;overflow:hidden;break-inside:avoid;
border-top:4px solid var(--by,var(--line))}
.remarks img{display:block;width:100%;height:auto;max-height:420px;object-fit:contain;background:#12181a}
.remarks .words{padding:12px 16px 14px;overflow-wrap:anywhere}
.remarks .who{font-size:.86rem;color:var(--faint);margin:0}
.remarks .said{white-space:pre-line;margin:.25em 0;font-size:1.05rem}
.remarks .value{font-weight:680;font-size:1.2rem;font-variant-numeric:tabular-nums}
.remarks ol{margin:.4em 0;padding-left:1.3em}
.remarks audio{display:block;width:100%;margin:8px 0 2px}
.remarks .wave{display:block;width:100%;height:34px;color:var(--accent)}
.stars{color:var(--accent);letter-spacing:.1em;font-size:1.1rem}
@media print{.remarks{grid-template-columns:1fr 1fr}.remarks img{max-height:260px}.remarks audio{display:none}}
"""


def remarks(
    notes: Notes, stills: Stills | None, *, pictures: bool = True,
    progress: Progress = lambda _stage, _fraction: None,
) -> str:  # fmt: skip
    """Return all remarks as a list, in order of time; nothing where there are none.

    stills: what draws them; None leaves out the pictures, as `pictures` False does.
    """
    items = []
    for i, annotation in enumerate(notes.annotations):
        picture = stills.picture(annotation) if stills is not None and pictures else None
        image = "" if picture is None else html_page.picture(picture, f"The moment of the remark: {_kind(annotation)}")
        items.append(
            f'<li id="{anchor_of(annotation)}" style="--by:{annotation.colour}">{image}'
            f'<div class="words">{_words(annotation, notes, stills)}</div></li>'
        )
        progress("Drawing the remarks", (i + 1) / len(notes.annotations))
    return f'<ul class="remarks">{"".join(items)}</ul>' if items else ""


def anchor_of(annotation: Annotation) -> str:
    """Return the name that a page's link to a remark has."""
    return f"remark-{annotation.ident}"


def _kind(annotation: Annotation) -> str:
    kind = annotation.kind
    return _KIND_WORDS.get(kind, kind[:1].upper() + kind[1:])


def _words(a: Annotation, notes: Notes, stills: Stills | None) -> str:
    when = "" if stills is None else f" · {stills.when(a)}"
    parts = [f'<p class="who"><b>{escape(a.author)}</b> · {_kind(a)}{escape(when)}</p>']
    value, source = ("", "") if stills is None else measured(a, a.time.start_ns, stills.around)
    if value:
        parts.append(f'<p class="value">{escape(value)} <small class="faint">{escape(source)}</small></p>')
    if a.rating:
        stars = "★" * a.rating + "☆" * (5 - a.rating)
        parts.append(f'<p class="stars" role="img" aria-label="{a.rating} of 5">{stars}</p>')
    if a.text.strip():
        parts.append(f'<p class="said">{escape(a.text.strip())}</p>')
    if a.media is not None:
        parts.append(_voice(a, notes))
    drill = drill_of(a)
    if drill is not None:
        steps = "".join(f"<li>{escape(step)}</li>" for step in drill.steps)
        parts.append(f'<ol>{steps}</ol><p>{escape(drill.feel)}</p><p class="faint">{escape(drill.often)}</p>')
    return "".join(parts)


def drill_of(annotation: Annotation) -> Drill | None:
    """Return the drill that a remark of that kind names, one of those that ship with the program; None otherwise."""
    if annotation.kind != "drill":
        return None
    named = " ".join(annotation.text.casefold().split())
    return next((d for d in bundled_drills() if d.name.casefold() == named), None)


def _voice(a: Annotation, notes: Notes) -> str:
    """Return a player that carries its own sound, its waveform (which is also printed), and what was said."""
    assert a.media is not None
    parts = [_waveform(a.media.peaks)] if a.media.peaks else []
    data = notes.voices.get(a.media.sha256)
    if data is None:
        parts.append('<p class="faint">The voice cannot be heard.</p>')
    else:
        code = base64.b64encode(voice_for_phones(data)).decode("ascii")
        parts.append(f'<audio controls preload="metadata" src="data:audio/mp4;base64,{code}"></audio>')
    if a.media.spoken.strip():
        parts.append(f'<p class="said">“{escape(a.media.spoken.strip())}”</p>')
    parts.append(f'<p class="faint">Voice note, {a.media.duration_s:.1f} s</p>')
    return "".join(parts)


def _waveform(peaks: tuple[float, ...]) -> str:
    """Return a waveform as bars, an SVG of its own."""
    values = np.asarray(peaks, dtype=np.float64)
    count = min(len(values), 90)
    loud = np.maximum.reduceat(values, np.arange(count) * len(values) // count)
    heights = np.maximum(loud / max(float(loud.max()), 1e-6) * 15.0, 0.6)
    bars = "".join(f"M{4 * i + 2} {16 - h:.1f}V{16 + h:.1f}" for i, h in enumerate(heights.tolist()))
    return (
        f'<svg class="wave" viewBox="0 0 {4 * count} 32" preserveAspectRatio="none" aria-hidden="true">'
        f'<path d="{bars}" stroke="currentColor" stroke-width="2.4"/></svg>'
    )
