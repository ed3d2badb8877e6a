"""Twinswing: a golf swing and the plant that makes the club, as twins on one timeline."""

__version__ = "0.1.0"
