"""The fit's figures with their targets, from what its bench tallied."""

import numpy as np

from twinswing.truth.bench import Figure
from twinswing.truth.bench_fit import DELIVERY, FitFigures, PairFigures, Tally

_PLACED = "the pose model's own body placed with the truth's help"


def figures_of(found: FitFigures, pairs: PairFigures) -> list[Figure]:
    """Return the bench's lines."""
    n = len(found.raw.joint_m)
    how = f"{n} whole swings filmed at 60 fps, 360x480, three views, stature and club stated with their usual errors"
    two = f"{len(pairs.late_s)} swings filmed twice, clocks up to two seconds apart"
    raw = found.raw.median("joint_m")
    out = [
        Figure("fit", "raw: joint, median", raw, "m", "", "truth", "the pose model's world landmarks, " + how),
        Figure("fit", "raw: joint angle, median", found.raw.median("angle_deg"), "deg", "", "truth", how),
        Figure("fit", "raw: bone length, largest variation", float(np.max(found.raw.bone_share)), "1", "", "", how),
    ]
    laid = f"{how}; {found.club.refused} streams not laid"
    for name, tally, method in (
        ("camera", found.alone, how),
        ("club", found.club, laid),
        ("two cameras", pairs.body, two),
    ):
        out += _body(name, tally, raw, method)
    out += [*_club(found, laid), *_delivery(found.club, laid)]
    out += [
        Figure("fit", "two cameras: clock, median", float(np.median(pairs.late_s)) * 1e3, "ms", "", "truth", two),
        Figure("fit", "two cameras: clock within one sigma", float(np.mean(pairs.late_within)), "1", "", "0.68", two),
    ]
    return out


def _body(name: str, tally: Tally, raw_m: float, how: str) -> list[Figure]:
    joint = tally.median("joint_m")
    return [
        Figure("fit", f"{name}: joint, median", joint, "m", "", "truth, the ball's place apart", how),
        Figure("fit", f"{name}: joint against raw", joint / raw_m, "1", "<= 0.5", _PLACED, how),
        Figure("fit", f"{name}: joint angle, median", tally.median("angle_deg"), "deg", "<= 5", "truth", how),
        Figure("fit", f"{name}: bone length, largest variation", float(np.max(tally.bone_share)), "1", "<= 0.005", "",
               how),
        Figure("fit", f"{name}: joints within one sigma", tally.mean("within"), "1", "", "0.68 if sigma is true", how),
    ]  # fmt: skip


def _club(found: FitFigures, how: str) -> list[Figure]:
    club, alone = found.club, found.alone
    share = float(np.median(club.seconds)) / found.pose_s
    without = float(np.median(alone.seconds)) / found.pose_s
    return [
        Figure("fit", "club: head path, RMS, median", club.median("path_m"), "m", "<= 0.08", "truth", how),
        Figure("fit", "camera: head path, RMS, median", alone.median("path_m"), "m", "", "truth", how),
        Figure("fit", "club: head path within one sigma", club.mean("path_within"), "1", "", "0.68", how),
        Figure("fit", "club: head speed, median", club.median("speed_share"), "1", "<= 0.03", "truth", how),
        Figure("fit", "camera: head speed, median", alone.median("speed_share"), "1", "", "truth", how),
        Figure("fit", "club: head speed within one sigma", club.mean("speed_within"), "1", "", "0.68", how),
        Figure("fit", "camera and club: study over pose", share, "1", "<= 1", "processor time", how),
        Figure("fit", "camera: study over pose", without, "1", "", "processor time", how),
    ]


def _delivery(club: Tally, how: str) -> list[Figure]:
    off, within = np.array(club.delivery_deg), np.array(club.delivery_within)
    out = []
    for i, name in enumerate(DELIVERY):
        target = "<= 2" if name in ("path_rad", "face_rad") else ""
        said = name.removesuffix("_rad").replace("_", " ")
        median, p90 = (float(np.percentile(off[:, i], q)) for q in (50, 90))
        out += [
            Figure("fit", f"{said} at impact, median", median, "deg", target, "truth", how),
            Figure("fit", f"{said} at impact, 90th percentile", p90, "deg", "", "truth", how),
            Figure("fit", f"{said} within one sigma", float(np.mean(within[:, i])), "1", "", "0.68, aim apart", how),
        ]
    return out
