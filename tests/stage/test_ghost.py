"""A ghost is seen through: what stands behind it stays to be seen, tinted, and it throws no shadow."""

from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

from twinswing.stage.cameras import named_camera
from twinswing.stage.ghost import GhostClub, GhostFigure
from twinswing.stage.material import Quality
from twinswing.stage.offscreen import OffscreenStage
from twinswing.stage.scene import SceneOptions, SwingScene
from twinswing.swing.model import SwingSession
from twinswing.truth.build import make_swing

SIZE = (240, 180)
Picture = NDArray[np.uint8]


@pytest.fixture(scope="module")
def stage() -> Iterator[OffscreenStage]:
    with OffscreenStage(*SIZE) as opened:
        yield opened


def test_a_ghost_tints_what_it_covers_and_hides_nothing(stage: OffscreenStage) -> None:
    """Where the ghost stands the ground is tinted, its texture still there; elsewhere no pixel changes."""
    swing = make_swing()
    session = SwingSession(body=swing.body, club=swing.club)
    scene = SwingScene(session, SceneOptions(figure=False, club=False, trail=False, quality=Quality.quick()))
    camera = named_camera("face-on", session, *SIZE)
    t = swing.events_s["top"]
    before = stage.render(scene, camera).astype(float)
    ghost = GhostFigure(rgba=(0.0, 0.9, 1.0, 0.8))
    ghost.set_joints(swing.body.at(t))
    ghost.node.reparent_to(scene.root)
    with_ghost = stage.render(scene, camera).astype(float)
    changed = np.abs(with_ghost - before).max(-1) > 6
    assert 0.02 < changed.mean() < 0.3
    rows, columns = np.nonzero(changed)
    assert columns.min() > 0.2 * SIZE[0]
    assert columns.max() < 0.8 * SIZE[0]
    # Less red, since the glass has none; and what lies behind still varies under it as it did without it.
    assert (with_ghost - before)[changed][:, 0].mean() < -5
    behind, shown = before[rows, columns, 1], with_ghost[rows, columns, 1]
    assert np.corrcoef(behind, shown)[0, 1] > 0.5
    ghost.node.remove_node()
    assert np.abs(stage.render(scene, camera).astype(float) - before).max() <= 1


def test_a_ghost_club_lies_where_the_club_was(stage: OffscreenStage) -> None:
    """Drawn at the club's own pose, it changes the picture where the club is and nowhere far from it."""
    swing = make_swing()
    session = SwingSession(body=swing.body, club=swing.club)
    camera = named_camera("face-on", session, *SIZE)
    plain = SwingScene(session, SceneOptions(figure=False, club=False, trail=False, quality=Quality.quick()))
    t = swing.events_s["mid_backswing"]
    empty = stage.render(plain, camera).astype(float)
    i = int(np.searchsorted(swing.club.t_s, t))
    club = GhostClub(swing.club.spec)
    club.set_pose(swing.club.butt_m[i], swing.club.quaternion[i])
    club.node.reparent_to(plain.root)
    rows, columns = np.nonzero(np.abs(stage.render(plain, camera).astype(float) - empty).max(-1) > 6)
    head, butt = (camera.project(p) for p in (swing.club.head_m[i], swing.club.butt_m[i]))
    low, high = np.minimum(head, butt) - 6, np.maximum(head, butt) + 6
    assert len(rows) > 20
    assert low[0] <= columns.min()
    assert columns.max() <= high[0]
    assert low[1] <= rows.min()
    assert rows.max() <= high[1]
