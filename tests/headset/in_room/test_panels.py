"""Cards as layers of the runtime's own, looked at where Monado's compositor shows them: in a window."""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
import xr

from tests.headset.in_room.conftest import step_until
from twinswing.headset.card import Card, Pin, before_head
from twinswing.headset.run import Headset
from twinswing.headset.swing_visit import SwingVisit
from twinswing.resources import bundled_recording
from twinswing.swing.session_io import load_session

DISPLAY, SIZE_PX = ":10", (960, 540)  # both eyes side by side
AWAY_M = 0.75
INSET_PX = 4  # of a card's crop, so that its edge is not in it


class Shown:
    """A headset on a compositor that draws into a window, and what is in that window."""

    def __init__(self, headset: Headset, screen: Path) -> None:
        self.headset, self._screen = headset, screen

    @property
    def card(self) -> Card:
        return self.headset.visit.cards[0]

    def frames(self, count: int) -> None:
        for _ in range(count):
            self.headset.step()

    def left_eye(self) -> np.ndarray:
        """Read the left half of the window: a screen dump in X's own format."""
        raw = self._screen.read_bytes()
        head = np.frombuffer(raw, dtype=">u4", count=25)
        size, width, height, row_bytes, colours = (int(head[i]) for i in (0, 4, 5, 12, 19))
        pixels = np.frombuffer(raw, dtype=np.uint8, offset=size + 12 * colours, count=row_bytes * height)
        return pixels.reshape(height, row_bytes // 4, 4)[:, : width // 2, 2::-1].copy()

    def crop(self) -> np.ndarray:
        """Return the card before the eye, as it is seen."""
        view = self.headset.link.session.views[0]
        left, right, up, down = view.fov.slopes
        off = view.play_from_eye[0, 3] - self.headset.being.head_play[0, 3]
        middle = (-off / AWAY_M - left) / (right - left), up / (up - down)
        half = (self.card.width_m / 2 / AWAY_M / (right - left), self.card.height_m / 2 / AWAY_M / (up - down))
        picture = self.left_eye()
        height, width = picture.shape[:2]
        x = [round((middle[0] + s * half[0]) * width) for s in (-1, 1)]
        y = [round((middle[1] + s * half[1]) * height) for s in (-1, 1)]
        return picture[y[0] + INSET_PX : y[1] - INSET_PX, x[0] + INSET_PX : x[1] - INSET_PX].astype(float).mean(-1)


def sharpness(picture: np.ndarray) -> float:
    """Return how steep the edges are: the root mean square of the steps from pixel to pixel."""
    across, down = np.diff(picture, axis=1), np.diff(picture, axis=0)
    return float(np.sqrt((across**2).mean() + (down**2).mean()))


@pytest.fixture(scope="module")
def shown(tmp_path_factory) -> Iterator[Shown]:
    """Another Monado beside the room's, whose compositor has a window on a screen that is a file."""
    folder = tmp_path_factory.mktemp("monado")
    for part in ("run", "config/monado", "screen"):
        (folder / part).mkdir(parents=True)
    (folder / "run").chmod(0o700)
    settings = {"active": "remote", "remote": {"version": 0, "port": 4243}}
    (folder / "config/monado/config_v0.json").write_text(json.dumps(settings))
    environment = {key: value for key, value in os.environ.items() if key != "XRT_COMPOSITOR_NULL"}
    environment |= {
        "DISPLAY": DISPLAY, "XDG_RUNTIME_DIR": str(folder / "run"), "XDG_CONFIG_HOME": str(folder / "config"),
        "XRT_COMPOSITOR_FORCE_XCB": "1", "P_OVERRIDE_ACTIVE_CONFIG": "remote",
    }  # fmt: skip
    silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    size = f"{SIZE_PX[0]}x{SIZE_PX[1]}x24"
    screen = subprocess.Popen(["Xvfb", DISPLAY, "-screen", "0", size, "-fbdir", str(folder / "screen")], **silent)
    patch = pytest.MonkeyPatch()
    service = None
    try:
        wait_for(folder / "screen/Xvfb_screen0")
        service = subprocess.Popen(["monado-service"], env=environment, stdin=subprocess.PIPE, **silent)
        wait_for(folder / "run/monado_comp_ipc")
        patch.setenv("XDG_RUNTIME_DIR", str(folder / "run"))
        # The picture has as many pixels as the window, as headsets' pictures have about as many as their screens.
        patch.setenv("OXR_VIEWPORT_SCALE_PERCENTAGE", "36")
        headset = Headset(SwingVisit(load_session(bundled_recording("driver-face-on.mcap"))))
        made = Shown(headset, folder / "screen/Xvfb_screen0")
        step_until(headset, lambda: headset.frames >= 3, "a frame's being seen")
        made.card.pin = Pin("world", before_head(headset.being.head, 0.0, 0.0, AWAY_M))
        yield made
        headset.close()
    finally:
        patch.undo()
        for process in (service, screen):
            if process is not None:
                process.kill()
                process.wait()


def wait_for(path: Path) -> None:
    for _ in range(200):
        if path.exists():
            return
        subprocess.run(["sleep", "0.05"], check=True)
    pytest.fail(f"{path.name} did not come")


def likeness_to(card: Card, seen: np.ndarray) -> float:
    """Return how well a crop of a card correlates with what was painted, within two pixels of its place."""
    height, width = seen.shape
    size = (width + 2 * INSET_PX, height + 2 * INSET_PX)
    painted = cv2.resize(card.canvas.picture.astype(np.float32).mean(-1), size, interpolation=cv2.INTER_AREA)
    part = seen[2:-2, 2:-2]
    found = cv2.matchTemplate(
        painted[INSET_PX:-INSET_PX, INSET_PX:-INSET_PX], part.astype(np.float32), cv2.TM_CCOEFF_NORMED
    )
    return float(found.max())


def test_the_runtime_takes_cards_as_layers_and_shows_their_text_sharper_than_in_the_picture(shown: Shown):
    panels = shown.headset.link.panels
    shown.frames(4)
    assert panels.accepted
    assert shown.card.hole
    layer = shown.crop()
    assert likeness_to(shown.card, layer) > 0.85  # it is this card, upright, in its place and of its size
    panels.accepted = False
    try:
        shown.frames(5)
        assert not shown.card.hole
        in_picture = shown.crop()
    finally:
        panels.accepted = True
    # Sampled once instead of twice: measured 1.7 times as steep.
    assert sharpness(layer) > 1.3 * sharpness(in_picture)
    assert np.percentile(layer, 99.5) - np.median(layer) > np.percentile(in_picture, 99.5) - np.median(in_picture)
    assert layer.mean() == pytest.approx(in_picture.mean(), rel=0.08)  # and as bright


def test_what_is_before_a_card_covers_it(shown: Shown):
    shown.frames(3)
    free = shown.crop()
    being, viewer = shown.headset.being, shown.headset.viewer
    hand = viewer._hands[0]
    update = viewer.update

    def before_the_card() -> None:
        update()
        pose = before_head(being.head, 0.0, 0.0, 0.45)
        hand.set_pos(*pose[:3, 3].tolist())
        hand.show()

    viewer.update = before_the_card
    try:
        shown.frames(5)
        covered = shown.crop()
    finally:
        viewer.update = update
    shown.frames(2)
    height, width = free.shape
    middle = np.s_[height // 2 - 12 : height // 2 + 12, width // 2 - 8 : width // 2 + 8]
    assert np.abs(covered[middle] - free[middle]).mean() > 10
    assert np.abs(covered[:40] - free[:40]).mean() < 2  # and the rest of it is as it was


def test_a_runtime_that_refuses_layers_gets_the_cards_in_the_picture(shown: Shown):
    session, link = shown.headset.link.session, shown.headset.link
    whole = session.end

    def refusing(frame: object, *, drawn: bool, under: object = ()) -> None:
        if under:
            raise xr.exception.LayerLimitExceededError
        whole(frame, drawn=drawn, under=under)

    session.end = refusing
    try:
        before = shown.headset.frames
        shown.frames(4)
    finally:
        session.end = whole
    assert shown.headset.frames == before + 4
    assert link.losses == 0
    assert not link.panels.accepted
    assert not any(card.hole for card in shown.headset.visit.cards)
    picture = link.picture.read()[0].astype(float).mean(-1)
    height, width = picture.shape
    assert picture[height // 2 - 40 : height // 2 + 40, width // 2 - 30 : width // 2 + 30].max() > 120  # its text
