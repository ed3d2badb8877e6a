"""Everything drawn with Panda3D, as functions of (recording, time)."""
