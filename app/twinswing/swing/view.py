"""Which way the golfer plays and where the camera stands, from landmarks alone."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twinswing.body.landmarks import LANDMARK, PoseTrack
from twinswing.swing.anchors import Anchors
from twinswing.swing.signals import SwingSignals

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class ViewParams:
    """Limits of the views, as the angle between the picture's plane and the line through shoulders and hips at address.

    face_on_rad : a camera within this of square to the body line still sees a face-on swing: people place it to 15
                  degrees, and a single pose's depth adds ten.
    down_rad    : beyond this the line points at the camera: down the line.
    """

    face_on_rad: float = np.radians(27.0)
    down_rad: float = np.radians(58.0)


@dataclass(frozen=True)
class Viewpoint:
    """The golfer's side and the camera's place.

    handed     : "right" or "left".
    view       : "face-on", "down-the-line" or "oblique".
    azimuth_rad: the camera's direction from the golfer, counter-clockwise from above, 0 = in front of the chest at
                 address; a right-handed golfer seen down the line from behind has the camera at -pi / 2.
    certainty  : 0.5 (a guess) to 1, of the handedness.
    """

    handed: str
    view: str
    azimuth_rad: float
    certainty: float


def find_viewpoint(
    pose: PoseTrack, signals: SwingSignals, anchors: Anchors, address: int | None, params: ViewParams | None = None
) -> Viewpoint:
    """Recognise handedness and view. `address` is a frame at address, None where the clip has none."""
    params = params or ViewParams()
    votes = _handed_votes(pose, signals, anchors, address)
    total = float(sum(votes))
    handed = "right" if total >= 0.0 else "left"
    certainty = 0.5 + 0.5 * abs(total) / max(float(sum(abs(v) for v in votes)), 1e-9)
    # At impact the body has nearly come back to address: the best stand-in where address wasn't filmed.
    at = address if address is not None else int(np.nan_to_num(anchors.impact, nan=anchors.start))
    still = max(round(anchors.sweep), 3) if address is not None else 3
    azimuth = _camera_azimuth(pose, at, still)
    line = abs(np.arctan2(abs(np.sin(azimuth)), abs(np.cos(azimuth))))
    view = "face-on" if line < params.face_on_rad else "down-the-line" if line > params.down_rad else "oblique"
    return Viewpoint(handed, view, azimuth, certainty)


def _camera_azimuth(pose: PoseTrack, frame: int, before: int) -> float:
    """Return the camera's azimuth about the golfer from the lines through shoulders and hips until a frame.

    before : so many frames count; while he stands still many do, for depth is the model's least sure guess.
    """
    near = pose.world_m[max(frame - before, 0) : frame + 4].astype(np.float64)
    across = np.zeros(3)
    for left, right in (("left_shoulder", "right_shoulder"), ("left_hip", "right_hip")):
        line = near[:, LANDMARK[left]] - near[:, LANDMARK[right]]
        if np.isfinite(line).any():
            across += np.nanmedian(line, axis=0)
    # Across points to the golfer's left; seen from above (x right, z away) the chest looks along it turned clockwise.
    chest = np.arctan2(across[2], across[0]) - np.pi / 2.0
    return float((-np.pi / 2.0 - chest + np.pi) % (2.0 * np.pi) - np.pi)


def _handed_votes(pose: PoseTrack, signals: SwingSignals, anchors: Anchors, address: int | None) -> list[float]:
    """Return independent opinions, positive for right-handed, each about -1 to 1."""
    votes = [_turn_vote(signals, anchors)]
    if np.isfinite(anchors.top):
        top = round(anchors.top)
        votes.append(_elbow_vote(pose, top))
        votes.append(_side_vote(pose, signals, address if address is not None else top, top, -1.0))
    if np.isfinite(anchors.impact) and address is not None:
        after = min(round(anchors.impact + 0.5 * anchors.sweep), pose.frames - 1)
        votes.append(_side_vote(pose, signals, address, after, +1.0))
    return votes


def _turn_vote(signals: SwingSignals, anchors: Anchors) -> float:
    """From the top to the finish a right-handed golfer turns left (counter-clockwise from above), by 120 degrees.

    Turned in steps of a third of a downswing, each from the mean direction around its ends and less than half a turn:
    single frames in which left and right are taken for each other then can't add a whole turn.
    """
    n = len(signals.t_s)
    first = float(np.nan_to_num(anchors.top, nan=float(anchors.start)))
    last = min(anchors.impact + 1.4 * anchors.sweep, n - 1.0) if np.isfinite(anchors.impact) else n - 1.0
    steps = np.linspace(first, last, max(round((last - first) / (0.33 * anchors.sweep)), 2) + 1)
    width = max(round(0.15 * anchors.sweep), 1)
    direction = np.exp(1j * signals.turn_rad)
    at = np.array([direction[max(round(k) - width, 0) : round(k) + width + 1].mean() for k in steps])
    turned = float(np.sum(np.angle(at[1:] * np.conj(at[:-1]))))
    return float(np.clip(turned / np.radians(90.0), -1.5, 1.5))


def _side_vote(pose: PoseTrack, signals: SwingSignals, square: int, frame: int, way: float) -> float:
    """Tell by the hands' side, which is the trail side in the backswing and the lead side after impact.

    square : the frame whose hips say where the golfer's left is in the picture; a camera down the line can't tell, and
             the vote is then near zero.
    """
    at = slice(max(square - 1, 0), square + 2)
    hips = pose.image_px[at, LANDMARK["left_hip"], 0] - pose.image_px[at, LANDMARK["right_hip"], 0]
    left = float(np.nanmedian(hips)) / signals.trunk_px if np.isfinite(hips).any() else 0.0
    moved = float(np.median(signals.hands[max(frame - 1, 0) : frame + 2, 0]) - np.median(signals.hands[at, 0]))
    return float(np.clip(way * moved * left / 0.2, -1.0, 1.0))


def _elbow_vote(pose: PoseTrack, top: int) -> float:
    """At the top the lead arm is straight and the trail elbow bent to about a right angle."""
    world = pose.world_m[max(top - 2, 0) : top + 3].astype(np.float64)

    def straight(side: str) -> float:
        upper = world[:, LANDMARK[f"{side}_elbow"]] - world[:, LANDMARK[f"{side}_shoulder"]]
        fore = world[:, LANDMARK[f"{side}_wrist"]] - world[:, LANDMARK[f"{side}_elbow"]]
        length = np.linalg.norm(upper, axis=1) * np.linalg.norm(fore, axis=1)
        cosine = np.sum(upper * fore, axis=1) / np.maximum(length, 1e-9)
        return float(np.nanmedian(cosine)) if np.isfinite(cosine).any() else 0.0

    return float(np.clip((straight("left") - straight("right")) / 0.8, -1.0, 1.0))
