"""A swing understood: its measures, its faults and what to work at, from a recording and the swings before it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from twinswing.swing.coaching import Coaching, Earlier, coach
from twinswing.swing.faults import Finding, find_faults
from twinswing.swing.measures import measured_session
from twinswing.swing.model import Measure, SwingSession


@dataclass(frozen=True)
class Understanding:
    """All that is said of one swing.

    missing : why a declared measure could not be given. findings : all twelve faults by name.
    club    : the kind of club, None where nobody said. earlier : the swings that it is held against.
    """

    measures: dict[str, Measure]
    missing: dict[str, str]
    findings: dict[str, Finding]
    coaching: Coaching
    club: str | None
    earlier: tuple[Earlier, ...] = ()


def understand(session: SwingSession, earlier: Sequence[Earlier] = ()) -> Understanding:
    """Judge a recorded swing; a pure function of it and of the golfer's earlier swings."""
    measured = measured_session(session)
    handed = session.golfer.handed if session.golfer is not None else "right"
    club = club_kind(session)
    findings = find_faults(measured.measures, measured.missing, handed=handed, club=club)
    coaching = coach(findings, measured.measures, earlier, club=club)
    return Understanding(measured.measures, measured.missing, findings, coaching, club, tuple(earlier))


def club_kind(session: SwingSession) -> str | None:
    """Return the kind of club that a session states."""
    if session.club is not None:
        return session.club.spec.kind
    return session.imu.spec.kind if session.imu is not None and session.imu.spec is not None else None


def documents(found: Understanding) -> dict[str, Any]:
    """Return "faults" and "coaching" as plain JSON types."""
    return {
        "faults": {
            name: {
                "verdict": f.verdict,
                "probability": [round(f.low, 3), round(f.high, 3)],
                "at": f.at,
                "because": f.because,
                "measures": [c.condition.measure for c in f.checked],
            }
            for name, f in found.findings.items()
        },
        "coaching": {
            "said": found.coaching.said,
            "advice": [
                {
                    "fault": a.finding.fault.name,
                    "why": a.why,
                    "at": a.at,
                    "leads_to": list(a.leads_to),
                    "drill": None
                    if a.drill is None
                    else {"name": a.drill.name, "steps": list(a.drill.steps), "feel": a.drill.feel,
                          "often": a.drill.often, "needs": a.drill.needs},
                    "progress": [p.said for p in a.progress],
                }
                for a in found.coaching.advice
            ],
        },
    }  # fmt: skip
