"""Makes the pictures of docs/headset.md: what each eye is shown, from made-up heads and hands, without a runtime."""

import argparse
import sys
from pathlib import Path

import cv2
import numpy as np
import panda3d.core as p3d

from twinswing.body.skeleton import JOINT
from twinswing.headset.being import Being
from twinswing.headset.frames import FloatArray, Fov, View, pose_matrix, pose_toward, rigid_inverse
from twinswing.headset.hands import Hand
from twinswing.headset.stereo import StereoPicture, StereoSettings
from twinswing.headset.swing_visit import SwingVisit
from twinswing.headset.viewer import Viewer
from twinswing.resources import bundled_recording
from twinswing.stage import offscreen
from twinswing.stage.material import Quality
from twinswing.swing.session_io import load_session

_EYE_PX = (820, 790)
# Wider outward than toward the nose, as headsets' fields are.
_FOVS = (Fov(-0.80, 0.72, 0.70, -0.78), Fov(-0.72, 0.80, 0.70, -0.78))
_LEVEL = (0.0, 0.0, 0.0, 1.0)
_FRAMES = 14  # a card is painted a frame


class Looker:
    """Someone in a visit whose eyes' pictures are kept."""

    def __init__(self, visit: SwingVisit) -> None:
        host = _host()
        self.visit, self.being = visit, Being(visit)
        self._viewer = Viewer(self.being)
        self._picture = StereoPicture(host, _EYE_PX, StereoSettings(Quality()))
        self._picture.show(visit.drawn)
        self.head = pose_matrix([0.0, 1.7, 0.0], _LEVEL)
        self.hands = (Hand(), Hand())

    def look(self, frames: int = _FRAMES) -> None:
        """Let frames go by."""
        sides = zip((-1.0, 1.0), _FOVS, strict=True)
        views = [View(self.head @ pose_matrix([side * 0.0315, 0, 0], _LEVEL), fov) for side, fov in sides]
        for _ in range(frames):
            if self.being.frame(self.head, self.hands, 0.011) and self._picture.tags is not None:
                self._picture.tags.adopt(self.visit.root)
            self._viewer.fit(_FOVS[0])
            self._viewer.update()
            self._picture.draw(self.visit.drawn, self.being.eyes(views))

    def to_play(self, point_m: FloatArray) -> FloatArray:
        """Turn a point of the world into the play space's."""
        return np.asarray((rigid_inverse(self.being.rig.world_from_play) @ np.append(point_m, 1.0))[:3])

    def keep(self, folder: Path, name: str) -> None:
        """Write what each eye saw."""
        for side, picture in zip(("left", "right"), self._picture.read(), strict=True):
            path = folder / f"{name}-{side}.png"
            cv2.imwrite(str(path), picture[..., ::-1], [cv2.IMWRITE_PNG_COMPRESSION, 9])
            sys.stdout.write(f"{path}\n")

    def close(self) -> None:
        """Give the picture back."""
        self._picture.close()


def _host() -> p3d.GraphicsOutput:
    context = offscreen._context()
    context.engine.render_frame()
    return context.host


def _pointing(start: FloatArray, target: FloatArray) -> FloatArray:
    return pose_toward(start, target - start)


def beside_a_swing(folder: Path) -> None:
    """At impact, pointing at the time card."""
    session = load_session(bundled_recording("driver-face-on.mcap"))
    looker = Looker(SwingVisit(session))
    looker.visit.head = looker.visit.head.seek(session.events["impact"].t_s)
    looker.look(3)
    card = next(card for card in looker.visit.cards if card.name == "time")
    assert card.pose is not None
    aim = _pointing(np.array([0.30, 1.12, -0.28]), looker.to_play(card.pose[:3, 3]))
    looker.hands = (Hand(), Hand(aim=aim, grip=aim))
    looker.look()
    looker.keep(folder, "headset")
    looker.close()


def drawing(folder: Path) -> None:
    """With the pen: an angle on the trail leg, a line across the shoulders, a ring around the hands, a tag."""
    session = load_session(bundled_recording("driver-face-on.mcap"))
    looker = Looker(SwingVisit(session))
    visit = looker.visit
    visit.head = visit.head.seek(session.events["top"].t_s)
    left = _pointing(np.array([-0.30, 1.16, -0.40]), np.array([-0.28, 1.75, -1.1]))
    right = _pointing(np.array([0.27, 1.38, -0.48]), np.array([0.15, 1.55, -2.0]))
    looker.hands = (Hand(aim=left, grip=left), Hand(aim=right, grip=right))
    looker.look(3)
    looker.being.toggle_pen()
    notes, t_s = visit.notes, visit.head.t_s
    notes.author = "Coach"
    assert session.body is not None
    assert session.club is not None
    joints = session.body.at(t_s)

    def stroke(tool: str, colour: str, *points: FloatArray) -> None:
        notes.press(f"tool {tool}")
        notes.press(f"colour {colour}")
        for point in points:
            notes.hand(1, point, None, True, t_s)
            if tool != "freehand":
                notes.hand(1, point, None, False, t_s)
        notes.hand(1, points[-1], None, False, t_s)

    leg = [joints[JOINT[f"right_{name}"]] for name in ("hip", "knee", "ankle")]
    stroke("angle", "#ffb000", *leg)
    stroke("line", "#35c8f0", joints[JOINT["left_shoulder"]], joints[JOINT["right_shoulder"]])
    turn, hands = np.linspace(0.0, 2 * np.pi, 70), (joints[JOINT["left_hand"]] + joints[JOINT["right_hand"]]) / 2
    ring = np.stack([0.2 * np.cos(turn), np.full(70, -0.12), 0.17 * np.sin(turn)], 1) + hands
    stroke("freehand", "#e8489e", *ring)
    notes.press("tag 1")
    stroke("tag", "#f4f6f7", joints[JOINT["head"]])
    notes.press("tool freehand")
    looker.look()
    looker.keep(folder, "headset-draw")
    looker.close()


def side_by_side(folder: Path) -> None:
    """Two golfers at the top of their swings."""
    a, b = (load_session(bundled_recording(f"{name}.mcap")) for name in ("driver-face-on", "iron-down-the-line"))
    looker = Looker(SwingVisit(a, other=b))
    looker.visit.head = looker.visit.head.seek(a.events["top"].t_s)
    looker.look()
    looker.keep(folder, "headset-pair")
    looker.close()


def main(arguments: list[str] | None = None) -> int:
    """Write all of them into a folder."""
    about = __doc__.splitlines()[0]
    parser = argparse.ArgumentParser(prog="python -m twinswing.truth.headset_pictures", description=about)
    parser.add_argument("folder", metavar="DIR")
    folder = Path(parser.parse_args(arguments).folder)
    for make in (beside_a_swing, drawing, side_by_side):
        make(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
