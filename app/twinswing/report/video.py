"""Which part of a recording is worth showing."""

from twinswing.errors import InputError
from twinswing.swing.model import SwingSession

_LEAD_S, _TAIL_S = 0.4, 0.6  # shown before address and after finish, so that the swing starts and ends at rest


def replay_span(session: SwingSession) -> tuple[float, float]:
    """Return the part worth showing: around the swing where its ends are known, else all; seconds."""
    start, end = session.span_s()
    events = session.events
    if "address" in events:
        start = max(start, events["address"].t_s - _LEAD_S)
    if "finish" in events:
        end = min(end, events["finish"].t_s + _TAIL_S)
    return start, end


def part_of(
    whole_s: tuple[float, float], usual_s: tuple[float, float], part_s: tuple[float | None, float | None]
) -> tuple[float, float]:
    """Return the part of a recording that was asked for, an open end as it usually is; InputError for none of it."""
    start = usual_s[0] if part_s[0] is None else max(part_s[0], whole_s[0])
    end = usual_s[1] if part_s[1] is None else min(part_s[1], whole_s[1])
    if not end > start:
        raise InputError(
            f"expected --from before --to in {whole_s[0]:.3f} to {whole_s[1]:.3f} s, found {start:g} to {end:g} s"
        )
    return start, end
