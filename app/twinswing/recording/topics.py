"""Names of the topics in a recording, and which of them hold results that a later analysis replaces."""

import re

EVENTS = "/events"
ANNOTATIONS = "/annotations"
SCENE = "/scene"
TRANSFORMS = "/tf"
BODY_POSE = "/body/pose"
BODY_SIGMA = "/body/sigma"

# What an analysis found out; all else was captured, or was said by a person, and only accumulates.
_RESULT = re.compile(r"/(events|scene|tf|body/.+|camera/[^/]+/(pose|calibration)|club/[^/]+/(pose|head))")
_UNSAFE = re.compile(r"[^\w.:-]+")


def part(name: str) -> str:
    """Make one part of a topic out of a name: letters, digits and `_ . : -` stay, anything else becomes `_`."""
    return _UNSAFE.sub("_", name).strip("_") or "unnamed"


def camera(name: str, what: str) -> str:
    """Return the topic of a camera's "video", "calibration" or "pose"."""
    return f"/camera/{part(name)}/{what}"


def club(serial: str, what: str) -> str:
    """Return the topic of a club's "imu", "pose" or "head"."""
    return f"/club/{part(serial)}/{what}"


def plant(path: str, item: str) -> str:
    """Return the topic of one data item of a piece of equipment, whose path is divided by slashes."""
    return "/plant/" + "/".join(part(p) for p in (*path.strip("/").split("/"), item))


def is_result(topic: str) -> bool:
    """Tell whether a topic holds results, of which a reader shows the latest revision only."""
    return _RESULT.fullmatch(topic) is not None
