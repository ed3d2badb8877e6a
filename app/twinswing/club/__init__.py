"""Sensor samples to orientation, path and speed."""
