"""A swing that is simple enough to check by hand, and plain stand-ins for the golfer and the club."""

from dataclasses import dataclass

import numpy as np
import panda3d.core as p3d
import pytest

from twinswing.body.camera import PinholeCamera
from twinswing.body.skeleton import JOINT_NAMES, BodyMotion
from twinswing.club.model import ClubMotion, ClubSpec
from twinswing.stage import geom
from twinswing.stage.material import Material, apply_material
from twinswing.stage.offscreen import OffscreenStage
from twinswing.stage.scene import SceneOptions, SwingScene
from twinswing.stage.skeleton import bones
from twinswing.swing.model import Event, SwingSession

HUB_M = np.array([0.0, 0.55, 1.35])
TOP_S, IMPACT_S, END_S = 1.0, 1.25, 1.6


def address_joints() -> np.ndarray:
    """A golfer at address, shape (23, 3), metres."""
    y = 0.75
    joints = {
        "pelvis": (0, y + 0.12, 0.92), "spine": (0, y + 0.02, 1.15), "neck": (0, y - 0.08, 1.42),
        "head": (0, y - 0.17, 1.58), "nose": (0, y - 0.27, 1.55),
    }  # fmt: skip
    for side, x in (("left", 1), ("right", -1)):
        joints |= {
            f"{side}_shoulder": (x * 0.19, y - 0.08, 1.38), f"{side}_elbow": (x * 0.17, y - 0.18, 1.1),
            f"{side}_wrist": (x * 0.06, y - 0.25, 0.86), f"{side}_hand": (x * 0.02, y - 0.28, 0.8),
            f"{side}_hip": (x * 0.1, y + 0.12, 0.9), f"{side}_knee": (x * 0.16, y - 0.02, 0.5),
            f"{side}_ankle": (x * 0.2, y + 0.03, 0.09), f"{side}_heel": (x * 0.19, y + 0.08, 0.03),
            f"{side}_toe": (x * 0.24, y - 0.17, 0.03),
        }  # fmt: skip
    return np.array([joints[name] for name in JOINT_NAMES], dtype=float)


def circling_club(t_s: np.ndarray) -> ClubMotion:
    """A club that circles a hub: slowly back by 200 degrees, quickly down through the ball and on by 160."""
    knots = np.array([0.0, 0.2, TOP_S, IMPACT_S, END_S])
    angle = np.interp(t_s, knots, np.radians([0.0, 0.0, -200.0, 0.0, 160.0]))
    soft = np.hanning(15)  # no club turns round in an instant
    angle = np.convolve(np.pad(angle, 7, mode="edge"), soft / soft.sum(), mode="valid")
    down = -HUB_M / np.linalg.norm(HUB_M)
    shaft = np.cos(angle)[:, None] * down + np.sin(angle)[:, None] * np.array([1.0, 0.0, 0.0])
    toe = np.tile(np.cross(down, [1.0, 0.0, 0.0]), (len(t_s), 1))
    matrices = np.stack([toe, np.cross(shaft, toe), shaft], -1)
    w = np.sqrt(np.maximum(1 + np.trace(matrices, axis1=1, axis2=2), 1e-9)) / 2
    xyz = [
        matrices[:, 2, 1] - matrices[:, 1, 2],
        matrices[:, 0, 2] - matrices[:, 2, 0],
        matrices[:, 1, 0] - matrices[:, 0, 1],
    ]
    quaternion = np.stack([w, *(v / (4 * w) for v in xyz)], 1)
    quaternion /= np.linalg.norm(quaternion, axis=1, keepdims=True)
    n = len(t_s)
    return ClubMotion(
        t_s, HUB_M + 0.5 * shaft, quaternion, HUB_M + np.linalg.norm(HUB_M) * shaft,
        np.full(n, 0.01), np.full(n, 0.01), ClubSpec(),
    )  # fmt: skip


class StickFigure:
    """Ellipsoids between the joints."""

    def __init__(self, session: SwingSession) -> None:
        self.node = p3d.NodePath("stick figure")
        self.bones = [(a, b) for a, b, _ in bones("right")]
        self.limbs = []
        for _ in self.bones:
            limb = self.node.attach_new_node(geom.sphere("limb", 1.0, rings=8))
            apply_material(limb, Material((0.45, 0.3, 0.25), 0.7))
            self.limbs.append(limb)

    def set_joints(self, joints_m: np.ndarray, grip: np.ndarray | None = None) -> None:
        for (a, b), limb in zip(self.bones, self.limbs, strict=True):
            limb.set_pos(*((joints_m[a] + joints_m[b]) / 2).tolist())
            limb.look_at(*joints_m[b].tolist())
            limb.set_scale(0.06, float(np.linalg.norm(joints_m[b] - joints_m[a])) / 2 + 0.03, 0.06)


class StickClub:
    """A shaft and a head."""

    def __init__(self, spec: ClubSpec, handed: str) -> None:
        self.node = p3d.NodePath("stick club")
        for scale, z, shade in (
            ((0.008, 0.008, spec.length_m / 2), spec.length_m / 2, 0.6),
            ((0.05, 0.03, 0.03), spec.length_m, 0.1),
        ):
            part = self.node.attach_new_node(geom.sphere("part", 1.0, rings=8))
            part.set_scale(*scale)
            part.set_z(z)
            apply_material(part, Material((shade, shade, shade), 0.4))

    def set_pose(self, butt_m: np.ndarray, quaternion: np.ndarray) -> None:
        self.node.set_pos_quat(p3d.LPoint3f(*butt_m.tolist()), p3d.LQuaternionf(*quaternion.tolist()))


@dataclass
class Kit:
    """What the tests of this room share."""

    session: SwingSession
    face_on: PinholeCamera

    def options(self, **changes: object) -> SceneOptions:
        """Scene options with the stand-ins."""
        return SceneOptions(**{"make_figure": StickFigure, "make_club": StickClub, **changes})

    def scene(self, **changes: object) -> SwingScene:
        """A scene with the stand-ins."""
        return SwingScene(self.session, self.options(**changes))


@pytest.fixture(scope="session")
def kit() -> Kit:
    t = np.arange(0.0, END_S, 1 / 240)
    joints = np.repeat(address_joints()[None], len(t), 0)
    body = BodyMotion(t, joints, np.full(joints.shape[:2], 0.02))
    events = {"top": Event(240, TOP_S, 1.0), "impact": Event(300, IMPACT_S, 1.0)}
    camera = PinholeCamera.look_at(
        position_m=(0.3, -4.0, 1.4), target_m=(0.0, 0.5, 1.0), width_px=240, height_px=320,
        vertical_fov_rad=np.radians(36.0), source="truth",
    )  # fmt: skip
    return Kit(SwingSession(body=body, club=circling_club(t), events=events, camera=camera), camera)


@pytest.fixture(scope="session")
def stage():
    with OffscreenStage(240, 320, msaa=4) as made:
        yield made
