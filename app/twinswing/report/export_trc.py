"""TRC, the marker file that OpenSim reads: millimetres, Y up, tabs between numbers."""

from math import isnan
from pathlib import Path

from twinswing.report.export_motion import body_of, even_motion, write_bytes, y_up
from twinswing.swing.model import SwingSession


def write_trc(session: SwingSession, out: Path, rate_hz: float | None = None) -> None:
    """Write joints, and the club's butt and head where there is one, as markers.

    Times are session times. A club that is not known at a time is left blank there, as OpenSim reads it.
    """
    body_of(session, "a TRC file")
    motion = even_motion(session, "a TRC file", rate_hz)
    names, places, _ = motion.points()
    frames, count = places.shape[:2]
    rate = f"{motion.rate_hz:.6g}"
    lines = [
        f"PathFileType\t4\t(X/Y/Z)\t{out.name}",
        "DataRate\tCameraRate\tNumFrames\tNumMarkers\tUnits\tOrigDataRate\tOrigDataStartFrame\tOrigNumFrames",
        f"{rate}\t{rate}\t{frames}\t{count}\tmm\t{rate}\t1\t{frames}",
        "Frame#\tTime\t" + "\t\t\t".join(names) + "\t\t",
        "\t\t" + "\t".join(f"X{i}\tY{i}\tZ{i}" for i in range(1, count + 1)),
        "",
    ]
    millimetres = (1e3 * y_up(places)).reshape(frames, -1)
    for number, (t, row) in enumerate(zip(motion.t_s.tolist(), millimetres.tolist(), strict=True)):
        lines.append(f"{number + 1}\t{t:.6f}\t" + "\t".join("" if isnan(x) else f"{x:.4f}" for x in row))
    write_bytes(out, ("\n".join(lines) + "\n").encode())
