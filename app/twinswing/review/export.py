"""Annotations for other programs: Foxglove's events, subtitles for the video, a table."""

import csv
import io
import json
from collections.abc import Callable, Iterable
from html import escape

from twinswing.review.model import Annotation, InWorld, OnJoint, OnMachine, OnVideo
from twinswing.timeline.clock import NS_PER_S, ClockMap, to_s

# What is added to a text for a reader, such as the angle that a drawing measures: "143.0 ± 2.1 deg".
Caption = Callable[[Annotation], str]

# A subtitle that is there for less cannot be read, and some players drop it.
_SHORTEST_CUE_S = 0.5
_COLUMNS = ("id", "kind", "author", "start_s", "end_s", "shown_s", "place", "text", "measured", "rating", "colour",
            "points", "joints", "other_s", "other_recording", "voice_sha256", "voice_s")  # fmt: skip


def _no_caption(_: Annotation) -> str:
    return ""


def foxglove_events(annotations: Iterable[Annotation], zero_unix_ns: int, caption: Caption = _no_caption) -> str:
    """Return a JSON list of Foxglove's `foxglove.Event` messages, in order of time.

    zero_unix_ns : Unix time of session time 0, as the recording's index has it; earlier than 1970 becomes 1970.
    """
    return json.dumps([_event(a, zero_unix_ns, caption) for a in _ordered(annotations)], indent=1, ensure_ascii=False)


def web_vtt(annotations: Iterable[Annotation], clock: ClockMap | None = None, caption: Caption = _no_caption) -> str:
    """Return subtitles (WebVTT) that say each annotation while it is visible.

    clock : the video's clock on the session's; none given, video time 0 is session time 0. What is over before the
            video starts is left out.
    """
    clock = clock or ClockMap()
    cues = ["WEBVTT\n"]
    for a in _ordered(annotations):
        start, end = (float(t) for t in clock.to_source([to_s(a.time.start_ns), to_s(a.time.last_ns)]))
        end = max(end, start + _SHORTEST_CUE_S)
        if end > 0.0:
            # An empty line would end the cue.
            lines = [line for line in said(a, caption).splitlines() if line.strip()]
            text = "\n".join(escape(line, quote=False) for line in lines)
            who = escape(a.author, quote=False)
            cues.append(f"{_vtt_time(max(start, 0.0))} --> {_vtt_time(end)}\n<v {who}>{text}</v>\n")
    return "\n".join(cues)


def table(annotations: Iterable[Annotation], caption: Caption = _no_caption) -> str:
    """Return the annotations as CSV (RFC 4180) with a header, in order of time; times in session seconds.

    A text that a spreadsheet would run as a formula is led by an apostrophe: it may come from a stranger.
    """
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(_COLUMNS)
    for a in _ordered(annotations):
        media = a.media
        row: list[str | float | int] = [
            a.ident,
            a.kind,
            a.author,
            f"{to_s(a.time.start_ns):.9f}",
            f"{to_s(a.time.end_ns):.9f}",
            a.time.shown_s,
            place(a),
            a.text,
            caption(a),
            a.rating or "",
            a.colour,
            " ".join(",".join(f"{x:g}" for x in point) for point in a.points),
            " ".join(a.pins),
            "" if a.pair_ns is None else f"{to_s(a.pair_ns):.9f}",
            a.pair_recording,
            "" if media is None else media.sha256,
            "" if media is None else media.duration_s,
        ]
        numbers = {"start_s", "end_s", "other_s", "points"}
        writer.writerow(v if name in numbers else _inert(v) for name, v in zip(_COLUMNS, row, strict=True))
    return out.getvalue()


def place(annotation: Annotation) -> str:
    """Return where an annotation lies, in words."""
    match annotation.anchor:
        case OnVideo(camera):
            return f"video {camera}"
        case InWorld():
            return "world"
        case OnJoint(joint):
            return f"joint {joint}"
        case OnMachine(path):
            return f"machine {path}"


def _ordered(annotations: Iterable[Annotation]) -> list[Annotation]:
    return sorted(annotations, key=lambda a: (a.time.start_ns, a.ident))


def said(a: Annotation, caption: Caption = _no_caption) -> str:
    """Return what an annotation says in words; its kind where it has none."""
    words = [a.text, caption(a)]
    if a.media is not None:
        words.append(a.media.spoken or f"(voice note, {a.media.duration_s:.0f} s)")
    if a.rating:
        words.append(f"{a.rating} of 5")
    return "\n".join(word for word in words if word.strip()) or f"({a.kind})"


def _event(a: Annotation, zero_unix_ns: int, caption: Caption) -> dict[str, object]:
    metadata = {
        "id": a.ident,
        "kind": a.kind,
        "author": a.author,
        "place": place(a),
        "text": said(a, caption),
        "colour": a.colour,
    }
    return {
        "start_time": _stamp(zero_unix_ns + a.time.start_ns),
        "end_time": _stamp(zero_unix_ns + a.time.end_ns),
        "metadata": [{"key": key, "value": value} for key, value in metadata.items()],
    }


def _stamp(unix_ns: int) -> dict[str, int]:
    sec, nsec = divmod(max(unix_ns, 0), NS_PER_S)
    return {"sec": sec, "nsec": nsec}


def _vtt_time(t_s: float) -> str:
    ms = round(t_s * 1000.0)
    return f"{ms // 3_600_000:02d}:{ms // 60_000 % 60:02d}:{ms // 1000 % 60:02d}.{ms % 1000:03d}"


def _inert(value: str | float) -> str | float:
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t") else value
