"""What a panel sees, and how it says what the user wants."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from twinswing.desk.actions import Action
from twinswing.desk.addons import PictureRect, TimelineLane
from twinswing.desk.jobs import AnalysisJob
from twinswing.swing.measure_parts import Measured
from twinswing.swing.measure_table import Range
from twinswing.swing.model import SwingSession
from twinswing.swing.series import SpeedSeries


@dataclass
class PanelContext:
    """The window's state for one frame.

    t_s, span_s : playhead and the session's first and last time, seconds of session time.
    loop        : looped interval, seconds, or None.
    show        : what is shown, by name.
    draw_on_picture, draw_on_timeline : let the window's tools draw there. more_actions : what they can do.
    toolbar_px, draw_on_toolbar : how much of the toolbar they need; lets them draw there from a place on.
    do          : tells the window an action's name (see actions.py).
    seek        : moves the playhead, seconds.
    video       : (texture reference, width, height) of the current frame, or None.
    video_scale : pixels of that frame for one of the original's, in which landmarks are given.
    """

    session: SwingSession
    t_s: float = 0.0
    span_s: tuple[float, float] = (0.0, 1.0)
    playing: bool = False
    speed: float = 1.0
    loop: tuple[float, float] | None = None
    loop_name: str = "off"
    view: str = "face-on"
    show: dict[str, bool] = field(default_factory=dict)
    fonts: dict[str, Any] = field(default_factory=dict)
    body_speeds: dict[str, SpeedSeries] = field(default_factory=dict)
    measured: Measured | None = None
    own_ranges: dict[str, Range] = field(default_factory=dict)
    head_speed: SpeedSeries | None = None
    hand_speed: SpeedSeries | None = None
    video: tuple[Any, int, int] | None = None
    video_scale: float = 1.0
    job: AnalysisJob | None = None
    notice: str = ""
    do: Callable[[str], None] = lambda _: None
    seek: Callable[[float], None] = lambda _: None
    open_path: Callable[[Path], None] = lambda _: None
    recent: tuple[str, ...] = ()
    draw_on_picture: Callable[[PictureRect], None] = lambda _: None
    draw_on_timeline: Callable[[TimelineLane], None] = lambda _: None
    toolbar_px: float = 0.0
    draw_on_toolbar: Callable[[float], None] = lambda _: None
    more_actions: tuple[Action, ...] = ()

    def shows(self, name: str) -> bool:
        """Tell whether a part is shown."""
        return self.show.get(name, True)
