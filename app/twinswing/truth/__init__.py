"""Exact synthetic swings, so that every claim can be checked against a known answer."""
