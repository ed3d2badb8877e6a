"""Where the plant's panels lie at first: alarms and lists below the picture, the chosen unit beside it."""

from imgui_bundle import imgui

from twinswing.desk.layout import DOCK_ID, split

TIMELINE_PX = 132.0
SIDE_PX = 396.0
LISTS_PX = 188.0

# The docks and what lies in them, the one that is to be seen first in front.
SIDE = ("Unit", "OEE", "Energy", "Orders", "What-if")
LISTS = ("Alarms", "Units", "Sources")
TIMELINE = "Plant timeline"


def build_plant(size: imgui.ImVec2) -> None:
    """Lay out the panels for the first time."""
    dock = imgui.internal
    dock.dock_builder_remove_node(DOCK_ID)
    dock.dock_builder_add_node(DOCK_ID, imgui.internal.DockNodeFlagsPrivate_.dock_space.value)
    dock.dock_builder_set_node_size(DOCK_ID, size)
    timeline, rest = split(DOCK_ID, imgui.Dir.down, min(TIMELINE_PX / max(size.y, 1.0), 0.4))
    side, rest = split(rest, imgui.Dir.right, min(SIDE_PX / max(size.x, 1.0), 0.5))
    lists, _scene = split(rest, imgui.Dir.down, min(LISTS_PX / max(size.y - TIMELINE_PX, 1.0), 0.4))
    # The last to be docked would be in front.
    for names, node in ((SIDE, side), (LISTS, lists), ((TIMELINE,), timeline)):
        for name in names:
            dock.dock_builder_dock_window(name, node)
    dock.dock_builder_finish(DOCK_ID)
