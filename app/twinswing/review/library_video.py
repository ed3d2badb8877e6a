"""When a video was filmed, as it says itself."""

from datetime import UTC, datetime
from pathlib import Path

import av
from av.error import FFmpegError

# Cameras whose clock was never set say 1904 or 1970; phones that film swings are younger than this.
_EARLIEST = datetime(1995, 1, 1, tzinfo=UTC)
# Apple's has the zone in which was filmed; the container's own is in UTC.
_TAGS = ("com.apple.quicktime.creationdate", "creation_time", "date")


def filmed_unix_ns(path: Path, now_unix_ns: int) -> int | None:
    """Return when a video was begun, Unix nanoseconds; None where it does not say, or says what cannot be.

    now_unix_ns: a video from the future has a wrong clock; a day is forgiven, for clocks set to another zone.
    """
    try:
        with av.open(str(path)) as container:
            told = dict(container.metadata)
            for stream in container.streams.video:
                told |= {key: value for key, value in stream.metadata.items() if key not in told}
    except (FFmpegError, OSError, ValueError):
        return None  # the analysis says what is wrong with it
    for tag in _TAGS:
        try:
            moment = datetime.fromisoformat(str(told[tag]))
        except (KeyError, ValueError):
            continue
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        unix_ns = int(moment.timestamp() * 1e9)
        if moment >= _EARLIEST and unix_ns <= now_unix_ns + 86_400 * 10**9:
            return unix_ns
    return None
