"""C3D, the biomechanics labs' file, through ezc3d: millimetres, Z up, our own world axes."""

from pathlib import Path

import ezc3d
import numpy as np

from twinswing import __version__
from twinswing.errors import InputError
from twinswing.report.export_motion import EvenMotion, even_motion, write_bytes
from twinswing.swing.model import SwingSession
from twinswing.swing.readable import event_label

# The header's last frame is a 16-bit number (C3D file format guide).
_MOST_FRAMES = 65_535
# A residual is stored as a byte; what is less sure than this says so with the largest.
_MOST_RESIDUAL_MM = 127.0


def write_c3d(session: SwingSession, out: Path, rate_hz: float | None = None) -> None:
    """Write joints and club as points with their sigma as residual, and the swing's events.

    Time zero is the first frame: event times count from it, and TWINSWING:START_S is its session time. A point that is
    not known at a time has residual -1, as the format has it.
    """
    motion = even_motion(session, "a C3D file", rate_hz)
    names, places, sigma = motion.points()
    frames, count = places.shape[:2]
    if frames > _MOST_FRAMES:
        raise InputError(
            f"expected at most {_MOST_FRAMES} frames for a C3D file, found {frames}; a lower --rate makes fewer"
        )
    known = np.isfinite(places).all(axis=2)
    file = ezc3d.c3d()
    point = file["parameters"]["POINT"]
    point["RATE"]["value"] = [motion.rate_hz]
    point["UNITS"]["value"] = ["mm"]
    point["LABELS"]["value"] = names
    point["DESCRIPTIONS"]["value"] = [_description(session, name) for name in names]
    file.add_parameter("POINT", "X_SCREEN", ["+X"])
    file.add_parameter("POINT", "Y_SCREEN", ["+Z"])
    data = np.ones((4, count, frames))
    data[:3] = 1e3 * places.transpose(2, 1, 0)
    file["data"]["points"] = data
    # Rounded up: a byte holds whole millimetres, and a sigma must not look better than it is.
    residual = np.ceil(np.clip(1e3 * np.nan_to_num(sigma), 0.0, _MOST_RESIDUAL_MM) - 1e-6)
    file["data"]["meta_points"]["residuals"] = np.where(known, residual, -1.0).T[None]
    _add_events(file, motion)
    file.add_parameter("TWINSWING", "START_S", [float(motion.t_s[0])])
    file.add_parameter("TWINSWING", "HANDED", [motion.handed])
    file.add_parameter("MANUFACTURER", "SOFTWARE", ["Twinswing"])
    file.add_parameter("MANUFACTURER", "VERSION_LABEL", [__version__])
    write_bytes(out, b"")  # ezc3d says nothing of a file that it cannot open
    file.write(str(out))


def _description(session: SwingSession, name: str) -> str:
    part = session.club if name.startswith("club") else session.body
    return f"{name.replace('_', ' ')}, from {part.source}" if part is not None else name


def _add_events(file: "ezc3d.c3d", motion: EvenMotion) -> None:
    events = {name: t - motion.t_s[0] for name, t in motion.events_s.items() if t >= motion.t_s[0]}
    file.add_parameter("EVENT", "USED", [len(events)])
    if not events:
        return
    file.add_parameter("EVENT", "CONTEXTS", ["General"] * len(events))
    file.add_parameter("EVENT", "LABELS", [event_label(name) for name in events])
    file.add_parameter("EVENT", "DESCRIPTIONS", [f"golf swing: {name}" for name in events])
    # Minutes, then seconds.
    times = np.array([[t // 60.0 for t in events.values()], [t % 60.0 for t in events.values()]])
    file.add_parameter("EVENT", "TIMES", times)
