"""The document that `twinswing analyze --json` prints."""

from typing import Any

from twinswing.swing.model import EVENT_NAMES, SwingSession
from twinswing.swing.understanding import documents, understand


def document(session: SwingSession) -> dict[str, Any]:
    """Return the session's findings as plain JSON types.

    Frames are 0-based in decode order, `t_s` is the container's time. `alignment` is None without a club; an event
    that was not found is absent.
    """
    video, golfer, alignment = session.video, session.golfer, session.alignment
    return {
        "session": str(session.path) if session.path is not None else None,
        "video": None
        if video is None
        else {
            "frames": video.frames,
            "duration_s": round(video.duration_s, 6),
            "rate_hz": round(video.rate_hz, 4),
            "variable_rate": video.variable_rate,
        },
        "golfer": None
        if golfer is None
        else {"frames_with_pose": golfer.frames_with_pose, "handed": golfer.handed, "view": golfer.view},
        "events": {
            name: {"frame": e.frame, "t_s": round(e.t_s, 6), "confidence": round(e.confidence, 3)}
            for name in EVENT_NAMES
            if (e := session.events.get(name)) is not None
        },
        "alignment": None
        if alignment is None
        else {
            "offset_s": alignment.offset_s,
            "drift_ppm": alignment.drift_ppm,
            "sigma_s": alignment.sigma_s,
            "confidence": alignment.confidence,
            "method": alignment.method,
        },
        "measures": {
            name: {"value": m.value, "unit": m.unit, "sigma": m.sigma, "source": m.source}
            for name, m in session.measures.items()
        },
        "missing": dict(session.missing),
        **documents(understand(session)),
        "warnings": list(session.warnings),
    }
