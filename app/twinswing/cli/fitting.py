"""`twinswing fit-club`: which clubs suit a golfer, printed and as an order that a plant takes."""

import argparse
import datetime
import json
import math
import re
import sys
import unicodedata
from typing import TYPE_CHECKING, Any

from twinswing.cli.replay import existing, writable

if TYPE_CHECKING:
    from twinswing.club.fitting import FittedClub, GolferFacts
    from twinswing.swing.model import SwingSession

# One standard deviation of a length by tape, and of a speed that somebody states.
_TAPE_M, _STATED_SPEED_SHARE = 0.01, 0.03


def fit_club(arguments: argparse.Namespace) -> int:
    """Fit the clubs asked for; by default a driver and an iron."""
    from twinswing.club.fitting import fit_club as fit
    from twinswing.club.order_file import order_text, said
    from twinswing.report.export_motion import write_bytes
    from twinswing.swing.session_io import load_session

    session = load_session(existing(arguments.file, "a recording (.mcap)")) if arguments.file else None
    facts = _facts(arguments, session)
    kinds = tuple(dict.fromkeys(arguments.kind)) or ("driver", "iron")
    fitted = tuple(fit(kind, facts) for kind in kinds)
    today = datetime.datetime.now().astimezone().date()
    name = arguments.order or _order_name(arguments.name, today)
    text = order_text(name, arguments.name or "a golfer", today, fitted, facts, sensor=not arguments.no_sensor)
    if arguments.out:
        write_bytes(writable(arguments.out), text.encode())
    if arguments.json:
        print(json.dumps(_document(name, arguments, today, fitted), indent=1))
        return 0
    for club in fitted:
        print(
            f"{club.spec.name}: {club.spec.length_m * 100:.1f} cm, lie {math.degrees(club.spec.lie_rad):.1f} deg, "
            f"loft {math.degrees(club.spec.loft_rad):.1f} deg"
        )
        for choice in club.choices:
            print(f"  {choice.name:<7}{said(choice)}")
        for note in club.notes:
            print(f"  {note}")
    if arguments.out:
        print(f"The order {name} lies in {arguments.out}", file=sys.stderr)
    return 0


def _facts(arguments: argparse.Namespace, session: "SwingSession | None") -> "GolferFacts":
    from twinswing.club.fitting import GolferFacts, Known

    def stated(value: float | None) -> Known | None:
        return None if value is None else Known(value, _TAPE_M)

    golfer = session.golfer if session else None
    height = arguments.height if arguments.height is not None else (golfer.height_m if golfer else None)
    speed, kind = None, arguments.speed_kind
    if arguments.speed is not None:
        speed = Known(arguments.speed, _STATED_SPEED_SHARE * arguments.speed)
    elif session is not None and session.club is not None:
        measured = session.measures.get("head_speed_mps")
        if measured is not None and math.isfinite(measured.value):
            speed, kind = Known(measured.value, measured.sigma, measured.source), session.club.spec.kind
    return GolferFacts(
        height_m=stated(height),
        wrist_to_floor_m=stated(arguments.wrist_to_floor),
        hand_m=stated(arguments.hand),
        head_speed_mps=speed,
        speed_kind=kind,
        handed=arguments.handed or (golfer.handed if golfer else "right"),
    )


def _order_name(golfer: str, today: datetime.date) -> str:
    plain = unicodedata.normalize("NFKD", golfer).encode("ascii", "ignore").decode()
    word = re.sub(r"[^A-Za-z0-9]+", "-", plain).strip("-")[:40]
    return f"{today.isoformat()}-{word}" if word else today.isoformat()


def _document(
    name: str, arguments: argparse.Namespace, today: datetime.date, fitted: "tuple[FittedClub, ...]"
) -> dict[str, Any]:
    return {
        "order": name,
        "date": today.isoformat(),
        "file": arguments.out,
        "clubs": {
            club.kind: {
                "name": club.spec.name,
                "length_m": round(club.spec.length_m, 4),
                "lie_deg": round(math.degrees(club.spec.lie_rad), 2),
                "loft_deg": round(math.degrees(club.spec.loft_rad), 2),
                "choices": {
                    c.name: {
                        "give": c.give,
                        "unit": c.unit,
                        "sigma": None if math.isnan(c.sigma) else c.sigma,
                        "chance": c.chance,
                        "others": [list(other) for other in c.others],
                        "rule": c.rule,
                        "missing": c.missing,
                    }
                    for c in club.choices
                },
                "notes": list(club.notes),
            }
            for club in fitted
        },
    }
