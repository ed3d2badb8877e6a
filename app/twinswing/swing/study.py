"""From what was captured (landmarks, a club's samples) to a swing session: pure, for clips and live capture alike."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from twinswing.align.fuse import fuse_club
from twinswing.align.hinge import swing_times
from twinswing.align.offset import align_club
from twinswing.align.result import AlignmentRefusedError
from twinswing.align.sense import SensedClub, sense_club
from twinswing.body.ball import BallDeparture
from twinswing.body.camera import PinholeCamera
from twinswing.body.fit import Film, FittedSwing, fit_swing
from twinswing.body.fit_solve import FitRule
from twinswing.body.fit_sync import fit_together
from twinswing.body.landmarks import FrameState, PoseTrack
from twinswing.body.lens import diagonal_fov_rad, straight_shaft, straight_track, through_lens
from twinswing.body.lift import lift
from twinswing.body.motion import PictureMotion
from twinswing.body.shaft import ShaftTrack
from twinswing.club.model import ClubSpec, ImuSamples
from twinswing.errors import InputError
from twinswing.swing.events import FoundSwing, find_events
from twinswing.swing.events_club import refine_events
from twinswing.swing.measures import measured_swing
from twinswing.swing.model import Alignment, GolferInfo, SecondView, SwingSession, VideoInfo
from twinswing.timeline.clock import ClockMap

# How far a stated clock offset may be off before the search would miss the swing: a person reads two clocks.
HINT_SIGMA_S = 0.5

# A club's hand path decides so much that the fit comes to rest sooner.
WITH_CLUB = FitRule(iterations=12)

Report = Callable[[str, float], None]


def study(
    video: VideoInfo | None,
    pose: PoseTrack,
    *,
    motion: PictureMotion | None = None,
    imu: ImuSamples | None = None,
    hint: ClockMap | None = None,
    club: ClubSpec | None = None,
    height_m: float | None = None,
    lens: PinholeCamera | None = None,
    warnings: tuple[str, ...] = (),
    look_for_ball: Callable[[PoseTrack, float], BallDeparture | None] | None = None,
    look_for_shaft: Callable[[PoseTrack, float], ShaftTrack | None] | None = None,
    second: PoseTrack | None = None,
    report: Report = lambda _stage, _fraction: None,
) -> SwingSession:
    """Find events, body, club and measures of one swing.

    motion : what moved in the pictures (`body.motion`), where they were looked at.
    hint   : the club's clock, where it is known from elsewhere.
    club   : the club that is swung, where its own stream does not say.
    lens   : the camera's focal length, centre and distortion where it was calibrated, for pictures of this size.
    look_for_ball : finds when the ball leaves near a guessed impact (`body.ball`), where the pictures are at hand;
             asked only where a club's stream is to be laid on the video. look_for_shaft: the same for the shaft's
             lines (`body.shaft`).
    second : another camera's landmarks of the same swing, on its own clock.
    report : told (stage, fraction 0 to 1 of this function's work).
    Raises InputError where the landmarks hold no swing. A club's stream that is not of this swing is kept, without an
    alignment and with a warning.
    """
    report("Finding the swing", 0.0)
    swing = find_events(pose, motion)
    said = [*warnings]
    report("Lifting the body", 0.1)
    view = swing.viewpoint
    address = swing.events["address"].t_s if "address" in swing.events else None
    spec = imu.spec if imu is not None and imu.spec is not None else club
    kind = spec.kind if spec is not None else ClubSpec().kind
    # Everything that measures works on what a straight lens would have seen; what was seen is kept as it was.
    seen = pose if lens is None else straight_track(pose, lens)
    film = Film(seen, view.view, None if lens is None else diagonal_fov_rad(lens))
    other: _Other | None = None
    if second is None:
        body, camera = lift(
            seen, view=view.view, handed=view.handed, height_m=height_m, address_t_s=address, club_kind=kind,
            diagonal_fov_rad=film.diagonal_fov_rad,
        )  # fmt: skip
    else:
        report("Joining the cameras", 0.3)
        other, fitted = _Other.of(second, swing).join(film, height_m, address, kind)
        body, camera, said = fitted.body, fitted.cameras[0], [*said, *fitted.doubts]
    session = SwingSession(
        video=video,
        golfer=GolferInfo(
            frames_with_pose=int(np.count_nonzero(pose.state == FrameState.DETECTED)),
            handed=view.handed,
            view=view.view,
            height_m=height_m,
        ),
        pose=seen,
        camera=camera,
        body=body,
        imu=imu,
    )
    sensed: SensedClub | None = None
    if imu is not None:
        report("Aligning the club", 0.6)
        guess = swing.events.get("impact")
        ball = look_for_ball(pose, guess.t_s) if look_for_ball is not None and guess is not None else None
        shaft = look_for_shaft(pose, guess.t_s) if look_for_shaft is not None and guess is not None else None
        if shaft is not None and lens is not None:
            shaft = straight_shaft(shaft, lens)
        session, swing, sensed, notes = _lay_club(session, swing, imu, hint, spec, ball, shaft)
        said += notes
    times = {name: e.t_s for name, e in swing.events.items()}
    if sensed is not None:
        report("Joining body and club", 0.7)
        films = [film] if other is None else [film, other.film()]
        fitted = fit_swing(
            films, handed=view.handed, height_m=height_m, address_t_s=times.get("address"), club_kind=kind,
            grip=sensed.grip(view.handed), rule=WITH_CLUB,
        )  # fmt: skip
        body, camera = fitted.body, fitted.cameras[0]
        other = None if other is None else replace(other, camera=fitted.cameras[1])
        said += [sentence for sentence in fitted.doubts if sentence not in said]
    report("Moving the club", 0.8)
    moved = fuse_club(body, spec, sensed, events=times)
    if lens is not None:
        camera = through_lens(camera, lens)
    session = replace(
        session, body=body, camera=camera, club=moved, pose=pose, second=None if other is None else other.shown(),
        delivery=None if sensed is None else sensed.delivery,
    )  # fmt: skip
    said += swing.warnings
    report("Measuring", 0.95)
    clock_sigma_s = session.alignment.sigma_s if session.alignment is not None else None
    found = measured_swing(swing, body, session.club, read=session.delivery, clock_sigma_s=clock_sigma_s)
    return replace(session, events=swing.events, measures=found.measures, missing=found.missing, warnings=tuple(said))


@dataclass(frozen=True)
class _Other:
    """A second camera's part of the study: its landmarks on its own clock, and what was found of it."""

    pose: PoseTrack
    view: str
    handed: str
    late_s: float
    sigma_s: float = float("nan")
    camera: PinholeCamera | None = None

    @classmethod
    def of(cls, pose: PoseTrack, swing: FoundSwing) -> "_Other":
        """Look at its swing; raises InputError where it shows none that can be the first one's."""
        theirs = find_events(pose)
        if "impact" not in swing.events or "impact" not in theirs.events:
            raise InputError("Expected impact in both films to bring them together, found it in one at most.")
        if theirs.viewpoint.handed != swing.viewpoint.handed:
            raise InputError(
                f"Expected two films of one swing, found a {swing.viewpoint.handed}-handed golfer in the first and a"
                f" {theirs.viewpoint.handed}-handed one in the second."
            )
        late_s = swing.events["impact"].t_s - theirs.events["impact"].t_s
        return cls(pose, theirs.viewpoint.view, theirs.viewpoint.handed, late_s)

    def film(self) -> Film:
        """Return it on the session's clock."""
        return Film(replace(self.pose, t_s=self.pose.t_s + self.late_s), self.view)

    def shown(self) -> SecondView | None:
        """Return what a session keeps of it."""
        if self.camera is None:
            return None
        return SecondView("second", self.view, self.camera, self.late_s, self.sigma_s)

    def join(
        self, first: Film, height_m: float | None, address_t_s: float | None, kind: str
    ) -> "tuple[_Other, FittedSwing]":
        """Fit both films; returns this with its camera and its clock, and the fit."""
        found = fit_together(
            first, Film(self.pose, self.view), self.late_s, handed=self.handed, height_m=height_m,
            address_t_s=address_t_s, club_kind=kind,
        )  # fmt: skip
        camera = found.fitted.cameras[1]
        return replace(self, late_s=found.late_s, sigma_s=found.sigma_s, camera=camera), found.fitted


def _lay_club(
    session: SwingSession, swing: FoundSwing, imu: ImuSamples, hint: ClockMap | None, spec: ClubSpec | None,
    ball: BallDeparture | None, shaft: ShaftTrack | None,
) -> tuple[SwingSession, FoundSwing, SensedClub | None, list[str]]:  # fmt: skip
    """Lay the club's stream on the video and look at the events again with it.

    Returns the session with its alignment, the swing, the club's own swing and what is to be said; the first two as
    they were and no club for a stream that is not of this swing.
    """
    assert session.pose is not None
    assert session.body is not None
    said = list(imu.warnings)
    if spec is None:
        said.append(f"The club's kind was not stated; a {ClubSpec().name} was assumed.")
    try:
        result = align_club(session.pose, imu, session.camera, hint, ball=ball, shaft=shaft)
    except AlignmentRefusedError as refused:
        said.append(f"The club's stream was not laid on the video: {str(refused).rstrip('.')}.")
        return session, swing, None, said
    said += list(result.notes)
    clock = result.clock_map()
    found = Alignment(result.offset_s, result.drift_ppm, result.sigma_s, result.confidence, result.method)
    body = session.body
    times = {name: e.t_s for name, e in swing.events.items()}
    sensed = sense_club(imu, clock, spec or ClubSpec(), body.handed, swing_times(body, times))
    if sensed is not None:
        moved = fuse_club(body, spec, sensed, events=times)
        swing = refine_events(swing, moved, clock_sigma_s=result.sigma_s, shock_s=result.impact_s)
    return replace(session, alignment=found), swing, sensed, said
