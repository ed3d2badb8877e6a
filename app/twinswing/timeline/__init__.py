"""Clocks, clock maps, playhead, resampling."""
