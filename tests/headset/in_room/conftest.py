"""One headset for the tests of this folder, worn by a driver that the tests move. Outside of the room none is run."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest

from tests.headset.in_room.remote import WIDE_SLOPE, Controller, Remote, Worn, pointing, pose
from twinswing.body.camera import PinholeCamera
from twinswing.headset.frames import FloatArray, rigid_inverse
from twinswing.headset.run import Headset
from twinswing.headset.swing_visit import SwingVisit
from twinswing.headset.visit import Visit
from twinswing.resources import bundled_recording
from twinswing.stage.offscreen import OffscreenStage
from twinswing.swing.session_io import load_session

IN_ROOM = os.environ.get("XR_RUNTIME_JSON", "").endswith("openxr_monado.json")
collect_ignore_glob = [] if IN_ROOM else ["test_*.py"]
MOST_FRAMES = 80


def camera_of(world_from_eye: FloatArray, width_px: int, height_px: int) -> PinholeCamera:
    """Return the stage's camera that sees what an eye of the driver's headset sees."""
    axes = world_from_eye[:3, :3] / np.linalg.norm(world_from_eye[:3, 0])
    return PinholeCamera(
        width_px, height_px, width_px / 2 / WIDE_SLOPE, (width_px / 2, height_px / 2), world_from_eye[:3, 3],
        np.stack([axes[:, 0], -axes[:, 1], -axes[:, 2]]),
    )  # fmt: skip


def unlike(picture: np.ndarray, wanted: np.ndarray) -> float:
    """Return which part of what the lenses show differs from what was wanted."""
    shown = picture.max(-1) > 0  # the lenses' mask is black
    assert shown.mean() > 0.8
    off = np.abs(picture.astype(int) - wanted).max(-1)[shown]
    return float((off > 8).mean())


def step_until(headset: Headset, condition: Callable[[], bool], what: str) -> None:
    """Draw frames until something is so."""
    for _ in range(MOST_FRAMES):
        headset.step()
        if condition():
            return
    pytest.fail(f"{what} did not come true within {MOST_FRAMES} frames")


class Wearer:
    """A headset, and the driver that moves it; poses that it takes are in the play space."""

    def __init__(self, headset: Headset, remote: Remote) -> None:
        self.headset, self.remote = headset, remote

    @property
    def visit(self) -> Any:
        return self.headset.visit

    def frames(self, count: int = 3) -> None:
        for _ in range(count):
            self.headset.step()

    def until(self, condition: Callable[[], bool], what: str) -> None:
        step_until(self.headset, condition, what)

    def wear(self, **changes: object) -> None:
        """Move, and wait until the headset says so."""
        self.remote.wear(**changes)
        worn = self.remote.worn

        def there() -> bool:
            hands = [state.hand for state in self.headset.being.hands]
            if any(hand.grip is None for hand in hands):
                return False
            at = [hand.grip[:3, 3] for hand in hands] + [self.headset.being.head_play[:3, 3]]
            wanted = [worn.left.at[4:], worn.right.at[4:], worn.head[4:]]
            values = [v for h, c in zip(hands, (worn.left, worn.right), strict=True)
                      for v in (h.trigger - c.trigger, h.squeeze - c.squeeze, h.stick[0] - c.stick[0], h.stick[1] - c.stick[1])]  # fmt: skip  # noqa: E501
            return bool(np.abs(np.subtract(at, wanted)).max() < 2e-3 and np.abs(values).max() < 2e-2)

        self.until(there, "the headset's being where it was moved")

    def start(self) -> None:
        """Stand at the beginning with idle hands, at impact, paused."""
        self.wear(head=pose(0, 1.7, 0), left=Worn().left, right=Worn().right)
        being = self.headset.being
        being.placed = False
        self.visit.head = self.visit.head.pause().seek(self.visit.session.events["impact"].t_s)
        self.frames(3)

    def to_play(self, point_m: np.ndarray) -> np.ndarray:
        """Turn a point of the world into the play space's."""
        return (rigid_inverse(self.headset.being.rig.world_from_play) @ np.append(point_m, 1.0))[:3]

    def on_card(self, name: str, button: str, share: float = 0.5) -> np.ndarray:
        """Return the play-space place of a card's button."""
        card = next(card for card in self.visit.cards if card.name == name)
        x0, y0, x1, y1 = card.canvas.buttons[button]
        across, down = (x0 + (x1 - x0) * share) / card.canvas.width, (y0 + y1) / 2 / card.canvas.height
        local = np.array([(across - 0.5) * card.width_m, (0.5 - down) * card.height_m, 0.0, 1.0])
        assert card.pose is not None
        return self.to_play((card.pose @ local)[:3])

    def point_at(self, target: np.ndarray, **what: object) -> None:
        start = np.array([0.2, 1.15, -0.25])
        self.wear(right=Controller(pointing(start, target), **what))

    def click(self, name: str, button: str) -> None:
        target = self.on_card(name, button)
        self.point_at(target)
        self.point_at(target, trigger=1.0)
        self.point_at(target)

    @contextmanager
    def bare(self) -> Iterator[list[tuple[np.ndarray, PinholeCamera]]]:
        """Give what each eye sees without cards and hands, and from where; they stay away meanwhile."""
        hidden = [card.node for card in self.visit.cards] + [self.headset.viewer.node]
        for node in hidden:
            node.stash()
        try:
            self.frames(2)
            eyes = self.headset.being.eyes(self.headset.link.session.views)
            size = self.headset.link.picture.eye_px
            cameras = [camera_of(eye.world_from_eye, *size) for eye in eyes]
            yield list(zip(self.pictures(), cameras, strict=True))
        finally:
            for node in hidden:
                node.unstash()

    def as_the_stage_draws(self) -> Iterator[tuple[np.ndarray, np.ndarray, PinholeCamera]]:
        """Yield for each eye what it sees, what the stage draws from there, and the camera; without cards and hands.

        The near plane lies elsewhere, so that depths round otherwise where things touch.
        """
        with (
            self.bare() as seen,
            OffscreenStage(*self.headset.link.picture.eye_px, beside=self.headset.mirror.output) as stage,
        ):
            for picture, camera in seen:
                yield picture, stage.render(self.visit.drawn, camera), camera

    def pictures(self) -> tuple[np.ndarray, np.ndarray]:
        assert self.headset.link.picture is not None
        return self.headset.link.picture.read()


@contextmanager
def wearing(visit: Visit) -> Iterator[Wearer]:
    """Wear a headset of one's own in a visit, standing where it begins with idle hands."""
    headset, remote = Headset(visit), Remote()
    try:
        remote.wear(head=pose(0, 1.7, 0))
        wearer = Wearer(headset, remote)
        wearer.until(lambda: headset.frames >= 3, "a frame's being seen")
        wearer.wear(head=pose(0, 1.7, 0), left=Worn().left, right=Worn().right)
        headset.being.placed = False
        wearer.frames(6)
        yield wearer
    finally:
        remote.close()
        headset.close()


@pytest.fixture(scope="module")
def worn() -> Iterator[Wearer]:
    headset = Headset(SwingVisit(load_session(bundled_recording("driver-face-on.mcap"))))
    remote = Remote()
    remote.wear(head=pose(0, 1.7, 0))
    wearer = Wearer(headset, remote)
    wearer.until(lambda: headset.frames >= 3, "a frame's being seen")
    yield wearer
    remote.close()
    headset.close()


@pytest.fixture
def standing(worn: Wearer) -> Wearer:
    worn.start()
    return worn
