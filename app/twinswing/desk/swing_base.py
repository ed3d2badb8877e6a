"""What the windows of swings have in common: a playhead over a swing's seconds."""

from twinswing.desk.base import BaseDesk
from twinswing.desk.playback import Playback
from twinswing.timeline.clock import to_ns, to_s


class SwingBase(BaseDesk):
    """A window whose time is that of `playback`."""

    playback: Playback

    @property
    def t_ns(self) -> int:
        """Where the playhead is, nanoseconds of session time."""
        return to_ns(self.playback.t_s)

    @property
    def playing(self) -> bool:
        """Whether time runs."""
        return self.playback.head.playing

    def seek_ns(self, t_ns: int) -> None:
        """Move the playhead to a session time, nanoseconds."""
        self.playback.seek(to_s(t_ns))
