"""The camera's own picture with the skeleton on it."""

import numpy as np
from imgui_bundle import imgui

from twinswing.body.landmarks import LANDMARK, FrameState
from twinswing.desk import theme
from twinswing.desk.addons import PictureRect
from twinswing.desk.panels.context import PanelContext

_TRUNK = (
    ("left_shoulder", "right_shoulder"), ("left_hip", "right_hip"),
    ("left_shoulder", "left_hip"), ("right_shoulder", "right_hip"),
)  # fmt: skip
_SIDE = (
    ("shoulder", "elbow"), ("elbow", "wrist"), ("wrist", "index"), ("hip", "knee"), ("knee", "ankle"),
    ("ankle", "heel"), ("heel", "foot_index"), ("ankle", "foot_index"),
)  # fmt: skip
_FAINT_BELOW = 0.5  # visibility under which the model itself doubts a landmark


def draw_video(context: PanelContext) -> None:
    """Draw the whole panel: picture fitted into it, skeleton, frame number."""
    if context.video is None:
        imgui.text_disabled("No video in this recording.")
        return
    draw_picture(context)
    frame = frame_index(context)
    if frame is not None:
        imgui.text_disabled(f"frame {frame}")


def draw_picture(context: PanelContext) -> None:
    """Draw the picture fitted into what is left of the panel, but for a line of text, and the skeleton on it."""
    assert context.video is not None
    texture, width, height = context.video
    room = imgui.get_content_region_avail()
    line = imgui.get_text_line_height_with_spacing()
    scale = max(min(room.x / width, (room.y - line) / height), 0.01)
    corner = imgui.get_cursor_screen_pos()
    left = corner.x + (room.x - width * scale) / 2
    imgui.set_cursor_screen_pos(imgui.ImVec2(left, corner.y))
    # Panda3D keeps the bottom row first.
    imgui.image(texture, imgui.ImVec2(width * scale, height * scale), imgui.ImVec2(0, 1), imgui.ImVec2(1, 0))
    hovered = imgui.is_item_hovered()
    frame = frame_index(context)
    if frame is not None:
        _draw_skeleton(context, frame, left, corner.y, scale)
    context.draw_on_picture(PictureRect(left, corner.y, width * scale, height * scale, hovered))


def frame_index(context: PanelContext) -> int | None:
    """Return the frame shown at the playhead (the last that began before it), or None."""
    pose = context.session.pose
    if pose is None or not pose.frames:
        return None
    return int(np.clip(np.searchsorted(pose.t_s, context.t_s + 1e-6, side="right") - 1, 0, pose.frames - 1))


def _draw_skeleton(context: PanelContext, frame: int, left: float, top: float, scale: float) -> None:
    pose = context.session.pose
    if pose is None or pose.state[frame] == FrameState.MISSING:
        return
    draw = imgui.get_window_draw_list()
    handed = context.session.golfer.handed if context.session.golfer else "right"
    lead = "left" if handed == "right" else "right"
    certain = 1.0 if pose.state[frame] == FrameState.DETECTED else 0.4
    points = pose.image_px[frame] * (scale * context.video_scale) + np.array([left, top], dtype=np.float32)
    seen = pose.visibility[frame]

    def limb(a: str, b: str, rgba: tuple[float, float, float, float]) -> None:
        i, j = LANDMARK[a], LANDMARK[b]
        alpha = certain * (1.0 if min(seen[i], seen[j]) >= _FAINT_BELOW else 0.35)
        start, end = imgui.ImVec2(*points[i].tolist()), imgui.ImVec2(*points[j].tolist())
        draw.add_line(start, end, theme.packed((0, 0, 0, 1), alpha * 0.5), 4.5)
        draw.add_line(start, end, theme.packed(rgba, alpha), 2.5)

    for a, b in _TRUNK:
        limb(a, b, theme.INK)
    for side in ("left", "right"):
        rgba = theme.WARM if side == lead else theme.ACCENT_BRIGHT
        for a, b in _SIDE:
            limb(f"{side}_{a}", f"{side}_{b}", rgba)
