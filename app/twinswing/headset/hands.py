"""What hands and controllers say in one frame, whatever they are, and the bindings that make the common ones alike."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np

from twinswing.headset.frames import FloatArray, pose_toward
from twinswing.headset.pointing import pinch_value

SIDES: tuple[str, str] = ("left", "right")
# Actions by kind. `trigger` and `squeeze` are analogue; buttons are what they do, not where they lie.
POSES = ("aim", "grip")
FLOATS = ("trigger", "squeeze")
BUTTONS = ("play", "cards", "model")
STICKS = ("stick",)

_TOUCH = "/interaction_profiles/oculus/touch_controller"
_INDEX = "/interaction_profiles/valve/index_controller"
_VIVE = "/interaction_profiles/htc/vive_controller"
_MIXED = "/interaction_profiles/microsoft/motion_controller"
_SIMPLE = "/interaction_profiles/khr/simple_controller"
_HANDS = "/interaction_profiles/ext/hand_interaction_ext"


def _both(**paths: str) -> dict[str, tuple[str, str]]:
    return {action: (path, path) for action, path in paths.items()}


_HELD = _both(aim="/input/aim/pose", grip="/input/grip/pose", haptic="/output/haptic")
# Profile -> action -> (left path, right path); "" where that hand has none. The play buttons of Touch are named
# otherwise on each hand; `model` (life size or table) lies on the menu button or a stick's press.
BINDINGS: Mapping[str, Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        _TOUCH: _HELD
        | _both(trigger="/input/trigger/value", squeeze="/input/squeeze/value", stick="/input/thumbstick")
        | {
            "play": ("/input/x/click", "/input/a/click"),
            "cards": ("/input/y/click", "/input/b/click"),
            "model": ("/input/menu/click", "/input/thumbstick/click"),
        },
        _INDEX: _HELD
        | _both(
            trigger="/input/trigger/value", squeeze="/input/squeeze/value", stick="/input/thumbstick",
            play="/input/a/click", cards="/input/b/click", model="/input/thumbstick/click",
        ),
        _VIVE: _HELD
        | _both(trigger="/input/trigger/value", squeeze="/input/squeeze/click", stick="/input/trackpad")
        | {
            "play": ("", "/input/trackpad/click"),
            "cards": ("/input/menu/click", ""),
            "model": ("/input/trackpad/click", "/input/menu/click"),
        },
        _MIXED: _HELD
        | _both(trigger="/input/trigger/value", squeeze="/input/squeeze/click", stick="/input/thumbstick")
        | {
            "play": ("/input/trackpad/click", "/input/trackpad/click"),
            "cards": ("/input/menu/click", "/input/menu/click"),
            "model": ("/input/thumbstick/click", "/input/thumbstick/click"),
        },
        # One button and a menu: what else there is, is pressed on cards.
        _SIMPLE: _HELD | _both(trigger="/input/select/click") | {"play": ("", "/input/menu/click"),
                                                                "cards": ("/input/menu/click", "")},
        _HANDS: _both(aim="/input/aim/pose", grip="/input/grip/pose", trigger="/input/aim_activate_ext/value",
                      squeeze="/input/grasp_ext/value"),
    }
)  # fmt: skip
NEEDS_EXTENSION: Mapping[str, str] = MappingProxyType({_HANDS: "XR_EXT_hand_interaction"})


def bindings_for(extensions: frozenset[str]) -> dict[str, list[tuple[str, str]]]:
    """Return for each profile that may be suggested its (action, whole path) pairs."""
    out = {}
    for profile, actions in BINDINGS.items():
        needed = NEEDS_EXTENSION.get(profile)
        if needed is None or needed in extensions:
            out[profile] = [
                (action, f"/user/hand/{side}{path}")
                for action, paths in actions.items()
                for side, path in zip(SIDES, paths, strict=True)
                if path
            ]
    return out


@dataclass(frozen=True)
class Hand:
    """A hand or controller in one frame; poses are in the play space, in OpenXR's axes, None while it is not tracked.

    aim: its -Z points. grip: where it is held. trigger, squeeze: 0 to 1. stick: x right, y forward, -1 to 1.
    play, cards, model: whether these buttons are down.
    """

    aim: FloatArray | None = None
    grip: FloatArray | None = None
    trigger: float = 0.0
    squeeze: float = 0.0
    stick: tuple[float, float] = (0.0, 0.0)
    play: bool = False
    cards: bool = False
    model: bool = False
    joints_m: FloatArray | None = None

    @property
    def reach_m(self) -> FloatArray | None:
        """Return the point that grabs, in the play space: between the fingers' tips, or the middle of the grip."""
        if self.joints_m is not None:
            return np.asarray((self.joints_m[THUMB_TIP] + self.joints_m[INDEX_TIP]) / 2)
        return None if self.grip is None else np.asarray(self.grip[:3, 3])


# XR_EXT_hand_tracking's joints.
PALM, WRIST, THUMB_TIP, INDEX_PROXIMAL, INDEX_TIP = 0, 1, 5, 7, 10
MIDDLE_TIP, RING_TIP, LITTLE_TIP, MIDDLE_METACARPAL = 15, 20, 25, 11
JOINTS = 26


def hand_from_joints(joints_m: FloatArray, former: Hand | None = None) -> Hand:
    """Make a hand out of tracked joints, shape (26, 3), play space, metres, as XR_EXT_hand_tracking orders them.

    The aim runs from the wrist over the index finger's knuckle, which stays still while the fingers pinch. A pinch
    presses; a fist squeezes. What controllers alone have (stick, buttons) stays from `former`.
    """
    knuckle, wrist = joints_m[INDEX_PROXIMAL], joints_m[WRIST]
    aim = pose_toward(knuckle, knuckle - wrist)
    grip = pose_toward(joints_m[PALM], joints_m[MIDDLE_METACARPAL] - wrist)
    tips = joints_m[[MIDDLE_TIP, RING_TIP, LITTLE_TIP]]
    reach = np.linalg.norm(tips - wrist, axis=1).mean() / max(float(np.linalg.norm(knuckle - wrist)), 1e-3)
    # Open fingers reach about 1.9 times as far from the wrist as the knuckle, those of a fist about as far.
    fist = float(np.clip((1.5 - reach) / 0.4, 0.0, 1.0))
    pinch = pinch_value(joints_m[THUMB_TIP], joints_m[INDEX_TIP]) if fist < 0.5 else 0.0
    return replace(former or Hand(), aim=aim, grip=grip, trigger=pinch, squeeze=fist, joints_m=joints_m)
