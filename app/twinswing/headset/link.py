"""The link to a headset: made when a runtime is there, kept to its end, made anew when the runtime was lost."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import panda3d.core as p3d
import xr  # type: ignore[import-untyped,unused-ignore]

from twinswing.errors import MissingPartError
from twinswing.headset.card import Card
from twinswing.headset.frames import FloatArray, Fov, View
from twinswing.headset.hands import Hand
from twinswing.headset.lifecycle import BackOff, Do
from twinswing.headset.passthrough import Passthrough
from twinswing.headset.stereo import StereoPicture, StereoSettings
from twinswing.headset.xr_input import Input
from twinswing.headset.xr_instance import Instance
from twinswing.headset.xr_panels import REFUSED, Panels
from twinswing.headset.xr_session import Frame, Session
from twinswing.stage.material import Quality

_SAME: FloatArray = np.eye(4)
# What a runtime answers when it, or the connection to it, is gone; anything else is a mistake of ours and is raised.
LOST = (
    xr.exception.InstanceLostError,
    xr.exception.SessionLostError,
    xr.exception.RuntimeFailureError,
    xr.exception.RuntimeUnavailableError,
    xr.exception.HandleInvalidError,
    xr.exception.SessionNotRunningError,
    MissingPartError,
)


@dataclass(frozen=True)
class LinkSettings:
    """How a headset is drawn for, and how often a lost runtime is looked for.

    layers: names of OpenXR API layers, such as the validation layers. single_pass: None takes it where the driver can.
    largest_eye_px: a side of one eye's picture, so that no runtime's wish takes all of the memory. panels: whether
    cards are layers of their own where the runtime takes them.
    """

    quality: Quality = field(default_factory=Quality)
    layers: tuple[str, ...] = ()
    single_pass: bool | None = None
    near_m: float = 0.05
    far_m: float = 500.0
    largest_eye_px: int = 4096
    panels: bool = True
    back_off: BackOff = field(default_factory=BackOff)


class Link:
    """At most one instance and one session on the context of `host`.

    Use it from the thread that draws, between frames. `leaving` is set when the user ended the session in the headset.
    """

    def __init__(self, host: p3d.GraphicsOutput, settings: LinkSettings) -> None:
        self._host, self._settings = host, settings
        self._back_off = settings.back_off
        self.instance: Instance | None = None
        self.session: Session | None = None
        self.input: Input | None = None
        self.passthrough: Passthrough | None = None
        self.panels: Panels | None = None
        self.picture: StereoPicture | None = None
        self.leaving = False
        self.losses = 0
        self.sessions = 0
        self._frame: Frame | None = None

    def open(self, instance: Instance | None = None) -> None:
        """Connect now, by this instance or a new one; raises MissingPartError when there is no runtime or headset."""
        instance = instance or Instance.open(self._settings.layers)
        try:
            self._open_session(instance)
        except BaseException:
            self._drop()
            if self.instance is None:
                instance.close()
            raise

    def _open_session(self, instance: Instance) -> None:
        self.instance = instance
        settings, limit = self._settings, self._settings.largest_eye_px
        width, height = (min(side, limit) for side in instance.offer.eye_px)
        width = min(width, instance.offer.max_image_px[0] // 2)
        if self.picture is None or self.picture.eye_px != (width, height):
            if self.picture is not None:
                self.picture.close()
            self.picture = StereoPicture(
                self._host, (width, height),
                StereoSettings(settings.quality, settings.near_m, settings.far_m, settings.single_pass, depth=True),
            )  # fmt: skip
            # One frame, so that its textures exist.
            self.picture.set_active(True)
            self._host.engine.render_frame()
            self.picture.set_active(False)
        self.session = Session(instance, self.picture)
        self.input = Input(instance, self.session)
        self.passthrough = Passthrough(instance, self.session)
        self.panels = Panels(self.session) if settings.panels else None
        self.sessions += 1

    def poll(self, now_s: float) -> bool:
        """Follow the runtime; return whether frames are to be drawn for the headset now."""
        if self.session is None:
            if not self.leaving and self._back_off.is_due(now_s):
                self._try_again(now_s)
            return False
        try:
            do = self.session.poll()
        except LOST:
            self.lost(now_s)
            return False
        if do is Do.LEAVE:
            self.leaving = True
            self._drop()
        elif do is Do.GIVE_BACK:
            self.lost(now_s)
        return self.session is not None and self.session.life.running

    def _try_again(self, now_s: float) -> None:
        try:
            self.open()
        except LOST:
            self._back_off = self._back_off.failed(now_s)
        else:
            self._back_off = self._back_off.succeeded()

    def lost(self, now_s: float) -> None:
        """Give up a runtime that went away, and look for it again after a while."""
        self.losses += 1
        self._drop()
        self._back_off = self._back_off.failed(now_s)

    def begin(self, now_s: float) -> Frame | None:
        """Wait for the next frame; None when the runtime went away meanwhile."""
        assert self.session is not None
        try:
            self._frame = self.session.wait()
        except LOST:
            self.lost(now_s)
            return None
        return self._frame

    def views(self, now_s: float) -> Sequence[View]:
        """Return the eyes of the frame that was begun; the last known ones when the runtime went away."""
        assert self.session is not None
        assert self._frame is not None
        try:
            return self.session.locate(self._frame)
        except LOST:
            views = self.session.views
            self.lost(now_s)
            return views

    def hands(self, now_s: float) -> tuple[Hand, Hand]:
        """Return both hands at the frame's time."""
        if self.input is None or self._frame is None:
            return Hand(), Hand()
        try:
            return self.input.read(self._frame)
        except LOST:
            self.lost(now_s)
            return Hand(), Hand()

    def end(
        self, now_s: float, *, drawn: bool, cards: Sequence[Card] = (), world_from_play: FloatArray = _SAME
    ) -> None:
        """Hand the frame over, with the cards that are layers of their own, farthest first."""
        if self.session is None or self._frame is None:
            return
        frame, self._frame = self._frame, None
        try:
            self._end(self.session, frame, cards if drawn else (), world_from_play, drawn=drawn)
        except LOST:
            self.lost(now_s)

    def _end(
        self, session: Session, frame: Frame, cards: Sequence[Card], world_from_play: FloatArray, *, drawn: bool
    ) -> None:
        if self.panels is not None and cards:
            try:
                session.end(frame, drawn=drawn, under=self.panels.layers(cards, world_from_play))
            except REFUSED:
                self.panels.refuse()  # from the next frame on they are in the picture
            else:
                return
        session.end(frame, drawn=drawn)

    def hum(self, side: int, strength: float = 0.3) -> None:
        """Let a controller hum; nothing happens without one."""
        if self.input is None:
            return
        try:
            self.input.hum(side, strength)
        except LOST:
            return  # the next frame will find out and say so

    def field_of_view(self) -> tuple[Fov, ...]:
        """Return the fields of the eyes as they were last."""
        return () if self.session is None else tuple(view.fov for view in self.session.views)

    def _drop(self) -> None:
        self._frame = None
        if self.session is not None:
            self.session.close()
        if self.instance is not None:
            self.instance.close()
        self.input = self.session = self.instance = self.passthrough = self.panels = None

    def close(self) -> None:
        """Take a running session to its end and give everything back."""
        session = self.session
        if session is not None and session.life.running:
            try:
                self._end_session(session)
            except LOST:
                self.losses += 1
        self._drop()
        if self.picture is not None:
            self.picture.close()
            self.picture = None

    @staticmethod
    def _end_session(session: Session) -> None:
        """Follow the states to the end; a runtime that does not answer within 200 frames is left as it is."""
        session.request_exit()
        for _ in range(200):
            if session.poll() is not Do.NOTHING or not session.life.running:
                return
            session.end(session.wait(), drawn=False)
