"""Annotations, shared sessions, and the library of recordings."""
