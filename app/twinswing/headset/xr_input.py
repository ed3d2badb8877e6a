"""Controllers and hands through OpenXR's actions, and the hum that answers them."""

import ctypes
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import xr  # type: ignore[import-untyped,unused-ignore]

from twinswing.headset.frames import FloatArray, pose_matrix
from twinswing.headset.hands import BUTTONS, FLOATS, JOINTS, POSES, SIDES, STICKS, Hand, bindings_for, hand_from_joints
from twinswing.headset.xr_instance import Instance
from twinswing.headset.xr_session import Frame, Session

_KINDS: Mapping[str, Any] = {
    **dict.fromkeys(POSES, xr.ActionType.POSE_INPUT),
    **dict.fromkeys(FLOATS, xr.ActionType.FLOAT_INPUT),
    **dict.fromkeys(BUTTONS, xr.ActionType.BOOLEAN_INPUT),
    **dict.fromkeys(STICKS, xr.ActionType.VECTOR2F_INPUT),
    "haptic": xr.ActionType.VIBRATION_OUTPUT,
}
_LABELS = {
    "aim": "Point", "grip": "Hold", "trigger": "Press, slow motion", "squeeze": "Grab", "stick": "Turn and teleport",
    "play": "Play and pause", "cards": "Bring the cards", "model": "Life size or table model", "haptic": "Hum",
}  # fmt: skip
_NS_PER_S = 1_000_000_000


class Input:
    """The actions of one session. Suggested bindings belong to the instance and are made with the first session."""

    def __init__(self, instance: Instance, session: Session) -> None:
        self._instance, self._session = instance, session
        self._paths = [xr.string_to_path(instance.handle, f"/user/hand/{side}") for side in SIDES]
        self._set = xr.create_action_set(instance.handle, xr.ActionSetCreateInfo("twinswing", "Twinswing", 0))
        self._actions = {
            name: xr.create_action(
                self._set,
                xr.ActionCreateInfo(
                    action_name=name, action_type=kind, subaction_paths=self._paths,
                    localized_action_name=_LABELS[name],
                ),
            )
            for name, kind in _KINDS.items()
        }  # fmt: skip
        self._suggest()
        still = xr.Posef(xr.Quaternionf(0, 0, 0, 1), xr.Vector3f(0, 0, 0))
        self._spaces = {
            (name, side): xr.create_action_space(
                session.handle, xr.ActionSpaceCreateInfo(self._actions[name], self._paths[side], still)
            )
            for name in POSES
            for side in (0, 1)
        }
        xr.attach_session_action_sets(session.handle, xr.SessionActionSetsAttachInfo(action_sets=[self._set]))
        self._trackers = [self._make_tracker(side) for side in (0, 1)] if instance.offer.hand_tracking else []
        self.profiles = ("", "")

    def _suggest(self) -> None:
        for profile, pairs in bindings_for(self._instance.offer.extensions).items():
            suggested = [
                xr.ActionSuggestedBinding(self._actions[action], xr.string_to_path(self._instance.handle, path))
                for action, path in pairs
            ]
            xr.suggest_interaction_profile_bindings(
                self._instance.handle,
                xr.InteractionProfileSuggestedBinding(
                    interaction_profile=xr.string_to_path(self._instance.handle, profile), suggested_bindings=suggested
                ),
            )

    def _make_tracker(self, side: int) -> Any:
        info = xr.HandTrackerCreateInfoEXT(
            hand=(xr.HandEXT.LEFT, xr.HandEXT.RIGHT)[side], hand_joint_set=xr.HandJointSetEXT.DEFAULT
        )
        tracker = xr.HandTrackerEXT()
        self._instance.call("xrCreateHandTrackerEXT", self._session.handle, ctypes.byref(info), ctypes.byref(tracker))
        return tracker

    def read(self, frame: Frame) -> tuple[Hand, Hand]:
        """Return both hands at the time when the frame will be seen; empty hands while the system has the input."""
        if not self._session.life.takes_input:
            return Hand(), Hand()
        try:
            xr.sync_actions(
                self._session.handle, xr.ActionsSyncInfo(active_action_sets=[xr.ActiveActionSet(self._set, 0)])
            )
        except xr.exception.SessionNotFocused:
            return Hand(), Hand()
        if self._session.profile_changed:
            self._session.profile_changed = False
            self.profiles = (self._profile(0), self._profile(1))
        return self._hand(0, frame), self._hand(1, frame)

    def _profile(self, side: int) -> str:
        state = xr.get_current_interaction_profile(self._session.handle, self._paths[side])
        profile = state.interaction_profile
        return str(xr.path_to_string(self._instance.handle, profile)) if profile else ""

    def _hand(self, side: int, frame: Frame) -> Hand:
        get = self._info(side)
        handle = self._session.handle
        stick = xr.get_action_state_vector2f(handle, get("stick")).current_state
        hand = Hand(
            aim=self._pose("aim", side, frame),
            grip=self._pose("grip", side, frame),
            trigger=float(xr.get_action_state_float(handle, get("trigger")).current_state),
            squeeze=float(xr.get_action_state_float(handle, get("squeeze")).current_state),
            stick=(float(stick.x), float(stick.y)),
            play=bool(xr.get_action_state_boolean(handle, get("play")).current_state),
            cards=bool(xr.get_action_state_boolean(handle, get("cards")).current_state),
            model=bool(xr.get_action_state_boolean(handle, get("model")).current_state),
        )
        joints = self._joints(side, frame) if self._trackers else None
        if joints is None:
            return hand
        if hand.aim is None:
            return hand_from_joints(joints, hand)
        # A controller or the runtime's own pinch says where it points; the joints only show where the fingers are.
        return replace(hand, joints_m=joints if not self.profiles[side].endswith("_controller") else None)

    def _info(self, side: int) -> Any:
        return lambda name: xr.ActionStateGetInfo(self._actions[name], self._paths[side])

    def _pose(self, name: str, side: int, frame: Frame) -> FloatArray | None:
        located = xr.locate_space(self._spaces[name, side], self._session.space, frame.time_ns)
        flags = int(located.location_flags)
        needed = xr.SpaceLocationFlags.ORIENTATION_VALID_BIT | xr.SpaceLocationFlags.POSITION_VALID_BIT
        if flags & int(needed) != int(needed):
            return None
        p, q = located.pose.position, located.pose.orientation
        return pose_matrix([p.x, p.y, p.z], [q.x, q.y, q.z, q.w])

    def _joints(self, side: int, frame: Frame) -> FloatArray | None:
        rows = (xr.HandJointLocationEXT * JOINTS)()
        found = xr.HandJointLocationsEXT(joint_locations=rows)
        asked = xr.HandJointsLocateInfoEXT(self._session.space, frame.time_ns)
        self._instance.call("xrLocateHandJointsEXT", self._trackers[side], ctypes.byref(asked), ctypes.byref(found))
        if not found.is_active:
            return None
        return np.array([[r.pose.position.x, r.pose.position.y, r.pose.position.z] for r in rows])

    def hum(self, side: int, strength: float = 0.3, lasts_s: float = 0.02) -> None:
        """Let a controller hum shortly; what has no motor stays still."""
        if not self._session.life.takes_input:
            return
        vibration = xr.HapticVibration(int(lasts_s * _NS_PER_S), 0.0, strength)
        xr.apply_haptic_feedback(
            self._session.handle,
            xr.HapticActionInfo(self._actions["haptic"], self._paths[side]),
            ctypes.cast(ctypes.byref(vibration), ctypes.POINTER(xr.HapticBaseHeader)).contents,
        )
