"""The eight events where a person sees them."""

import importlib.util
from pathlib import Path

import pytest

from twinswing.errors import InputError
from twinswing.swing.events import find_events
from twinswing.swing.model import EVENT_NAMES

_spec = importlib.util.spec_from_file_location("swing_real_clips", Path(__file__).with_name("real.py"))
assert _spec is not None
assert _spec.loader is not None
real = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(real)


@pytest.mark.slow
@pytest.mark.parametrize("name", list(real.LABELS))
def test_most_events_of_a_real_clip_lie_where_a_person_sees_them(name: str) -> None:
    labels = real.LABELS[name]
    found = find_events(*real.real_clip(name)).events
    tolerance = max(round((labels[5] - labels[0]) / 30), 1)  # GolfDB's own rule
    right = [
        e
        for e, at in zip(EVENT_NAMES, labels, strict=True)
        if e in found and abs(found[e].frame - at) <= tolerance + 0.5
    ]
    assert {"top", "mid_downswing", "impact"} & set(right)
    assert len(right) >= 4
    frames = [found[e].frame for e in EVENT_NAMES if e in found]
    assert frames == sorted(frames)


@pytest.mark.slow
def test_a_clip_without_a_golfer_is_refused() -> None:
    with pytest.raises(InputError, match="golfer"):
        real.real_clip("negative_no_person.mp4")
