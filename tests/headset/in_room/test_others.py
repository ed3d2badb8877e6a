"""Two golfers side by side, and a plant as it runs: each in a headset of its own."""

import numpy as np
import pytest

from tests.headset.in_room.conftest import unlike, wearing
from tests.headset.works import works
from twinswing.headset.plant_visit import PlantVisit
from twinswing.headset.swing_visit import SwingVisit
from twinswing.plant.alarms import AlarmState
from twinswing.plant.store import LiveHistory
from twinswing.resources import bundled_recording
from twinswing.streams.observations import Observation
from twinswing.swing.session_io import load_session

S = 1_000_000_000


def test_two_golfers_are_seen_side_by_side_at_life_size_by_each_eye():
    a, b = (load_session(bundled_recording(f"{name}.mcap")) for name in ("driver-face-on", "iron-down-the-line"))
    visit = SwingVisit(a, other=b)
    with wearing(visit) as wearer:
        visit.head = visit.head.seek(a.events["top"].t_s)
        wearer.frames(2)
        assert wearer.headset.being.rig.scale == 1.0
        tops = [a.body.at(a.events["top"].t_s), b.body.at(b.events["top"].t_s) + visit.pair.offset_m]
        for picture, wanted, _ in wearer.as_the_stage_draws():
            assert unlike(picture, wanted) < 4e-3
        # Without a golfer the picture is another where that one's hips are, and not where the other's are.
        with wearer.bare() as whole:
            pass
        for number, name in enumerate(("figure of A", "figure of B")):
            figure = (visit.scene, visit.pair.other)[number].figure.node
            figure.hide()
            with wearer.bare() as without:
                for (before, camera), (after, _) in zip(whole, without, strict=True):
                    hips = [camera.project(joints[0]).round().astype(int) for joints in tops]
                    off = np.abs(before.astype(int) - after).max(-1)
                    assert off[hips[number][1], hips[number][0]] > 25, name
                    assert off[hips[1 - number][1], hips[1 - number][0]] < 8, name
            figure.show()


def test_a_live_plant_shows_its_alarm_and_a_press_acknowledges_it():
    history = LiveHistory(works(), 0)
    visit = PlantVisit(history, act=history.act, author="Ann")
    with wearing(visit) as wearer:
        assert visit.head.pinned
        history.observed("m", [Observation("execution", 0, "ACTIVE"), Observation("heat", S, 50.0)])
        wearer.until(lambda: visit.head.t_s == pytest.approx(1.0), "what was said being shown")
        calm = wearer.pictures()
        history.observed("m", [Observation("heat", 5 * S, 95.0)])
        wearer.until(lambda: bool(visit.calls()), "the alarm")
        wearer.frames(4)
        for picture, wanted, _ in wearer.as_the_stage_draws():
            assert unlike(picture, wanted) < 6e-3
        for before, after in zip(calm, wearer.pictures(), strict=True):
            red = [(p[..., 0].astype(int) - p[..., 1:].max(-1) > 80).sum() for p in (before, after)]
            assert red[1] > red[0] + 20
        assert wearer.headset.voice is not None
        wearer.click("alarms", f"seen {visit.alarms[0].occurrence.key}")
        wearer.until(lambda: visit.calls() == (), "silence")
        assert visit.alarms[0].state is AlarmState.ACKNOWLEDGED
