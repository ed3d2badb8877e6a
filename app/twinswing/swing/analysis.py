"""A clip, and a club's log where there is one, to a recording with the swing in it."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path

from twinswing.body.ball import find_ball
from twinswing.body.calibration import load_calibration
from twinswing.body.landmarks import PoseTrack
from twinswing.body.motion import MotionMeter, PictureMotion
from twinswing.body.pose import ExtractionCancelledError, extract_pose
from twinswing.body.shaft import find_shaft
from twinswing.body.video import ClipInfo, VideoFrame
from twinswing.club.catalogue import standard_club
from twinswing.club.imports import read_club_log
from twinswing.recording.video import VideoEncoder, copied_pictures, copyable_codec
from twinswing.recording.writer import RecordingWriter
from twinswing.swing.model import SwingSession, VideoInfo
from twinswing.swing.session_io import write_session
from twinswing.swing.study import HINT_SIGMA_S, Report, study
from twinswing.timeline.clock import ClockMap, to_ns

# What the caller meets when its `cancel` said True.
Cancelled = ExtractionCancelledError

# Shares of the whole that a user waits for.
_POSE, _STUDY = 0.85, 0.95


def analyze(
    video: Path,
    out: Path,
    *,
    club: Path | None = None,
    club_units: str = "",
    club_kind: str = "",
    clock_hint_s: float | None = None,
    height_m: float | None = None,
    calibration: Path | None = None,
    second: Path | None = None,
    progress: Report | None = None,
    cancel: Callable[[], bool] | None = None,
) -> SwingSession:
    """Analyse one swing and write it to a recording.

    club         : a log of the club's samples; `club_units` states what it doesn't (see `read_club_log`).
    club_kind    : what club it is ("driver", "iron" ...), where its log does not say.
    clock_hint_s : about what has to be added to club time to get video time.
    calibration  : the camera's file as `twinswing calibrate` wrote it; without one a phone's field of view is assumed.
    second       : another camera's clip of the same swing, started at any time; it is used for the body and attached.
    progress     : told (stage, fraction 0 to 1 of the whole).
    cancel       : asked now and then; True stops with Cancelled.

    Raises InputError for a clip or log that can't be used. `out` appears whole or not at all; whatever lay there stays
    until then.
    """
    report = progress or (lambda _stage, _fraction: None)
    stop = cancel or (lambda: False)
    report("Reading", 0.0)
    imu = read_club_log(club, units=club_units) if club is not None else None
    spec = standard_club(club_kind) if club_kind else None
    lens = load_calibration(calibration) if calibration is not None else None
    hint = None if clock_hint_s is None else ClockMap(clock_hint_s, sigma_s=HINT_SIGMA_S, source="stated")
    part = out.with_name(out.name + ".analysis")
    part.unlink(missing_ok=True)  # left by an analysis that was killed; the clip it came from is still there
    with ExitStack() as undo:
        undo.callback(part.unlink, missing_ok=True)
        with RecordingWriter(part) as writer:
            seen = _POSE if second is None else 0.5 * _POSE
            info, pose, motion = _watch(video, writer, _followed(report, 0.0, seen), stop)
            other, warnings, label = None, info.warnings, ""
            if second is not None:
                theirs, other = extract_pose(second, progress=_followed(report, seen, _POSE), cancel=stop)
                label = second.name if second.name != video.name else f"second-{second.name}"
                warnings += tuple(f"{label}: {sentence}" for sentence in theirs.warnings)
            session = study(
                _video_info(info),
                pose,
                motion=motion,
                imu=imu,
                hint=hint,
                club=spec,
                height_m=height_m,
                lens=None if lens is None else lens.camera(info.width_px, info.height_px),
                warnings=warnings,
                look_for_ball=partial(find_ball, video),
                look_for_shaft=partial(find_shaft, video),
                second=other,
                report=lambda stage, share: _checked(report, stop, stage, _POSE + share * (_STUDY - _POSE)),
            )
            if session.second is not None:
                session = replace(session, second=replace(session.second, name=label))
            _checked(report, stop, "Writing", _STUDY)
            write_session(writer, session)
            writer.attach_file(video, media_type="video/mp4")
            if second is not None:
                writer.attach_file(second, name=label, media_type="video/mp4")
        part.replace(out)
        undo.pop_all()
    report("Done", 1.0)
    return replace(session, path=out)


def _checked(report: Report, stop: Callable[[], bool], stage: str, fraction: float) -> None:
    if stop():
        raise Cancelled(f"Stopped while {stage.lower()}.")
    report(stage, fraction)


def _followed(report: Report, first: float, last: float) -> Callable[[int, int | None], None]:
    """Return what tells of one clip's frames as the part of the whole from `first` to `last`."""

    def tell(done: int, expected: int | None) -> None:
        share = done / expected if expected else 1.0 - 1.0 / (1.0 + done / 300.0)
        report("Following the golfer", first + (last - first) * min(share, 1.0))

    return tell


def _watch(
    video: Path, writer: RecordingWriter, tell: Callable[[int, int | None], None], stop: Callable[[], bool]
) -> tuple[ClipInfo, PoseTrack, PictureMotion]:
    """Decode, detect, measure motion and record at once.

    A clip that viewers can step through as it is goes into the recording as it is, without being coded again.
    """
    codec = copyable_codec(video)
    encoder = VideoEncoder()
    meter = MotionMeter()

    def look(frame: VideoFrame) -> None:
        meter.feed(frame.rgb)
        if not codec:
            source, turns = (frame.rgb, 0) if frame.coded is None else (frame.coded, frame.turns)
            for picture in encoder.encode(source, to_ns(frame.t_s), turns=turns):
                writer.write_video(picture.t_ns, picture.data, codec=encoder.codec)

    info, pose = extract_pose(video, progress=tell, cancel=stop, on_frame=look)
    if codec:
        for _, picture in copied_pictures(video):
            writer.write_video(picture.t_ns, picture.data, codec=codec)
    else:
        for picture in encoder.flush():
            writer.write_video(picture.t_ns, picture.data, codec=encoder.codec)
    return info, pose, meter.result()


def _video_info(info: ClipInfo) -> VideoInfo:
    return VideoInfo(
        name=info.name,
        frames=info.frames,
        duration_s=info.duration_s,
        rate_hz=info.rate_hz,
        variable_rate=info.variable_rate,
        width_px=info.width_px,
        height_px=info.height_px,
    )
