"""Commands with streams: capture, hub, play-club."""

import argparse
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, TextIO

from twinswing.cli.replay import existing
from twinswing.errors import InputError, MissingPartError

if TYPE_CHECKING:
    from twinswing.streams.hub import HubSettings, HubThread
    from twinswing.swing.capture import CaptureSession, CaptureView
    from twinswing.swing.capture_clubs import ClubLine, ClubRecorder

_TELL_EVERY_S = 2.0
# Seven seconds in all: a capture that was started a moment ago is listening by then.
_ATTEMPTS = 7


def session_clock() -> tuple[Callable[[], int], int]:
    """Return a session clock that starts now (monotonic, ns), and the Unix time of its zero (ns)."""
    start = time.monotonic_ns()
    return (lambda: time.monotonic_ns() - start), time.time_ns()


@cache
def _stderr() -> TextIO:
    """Return a stderr of our own.

    The pose model's chatter is kept away by turning file descriptor 2 elsewhere for moments, on another thread: a line
    that is written to it then would be lost.
    """
    return os.fdopen(os.dup(sys.stderr.fileno()), "w", encoding="utf-8", errors="replace")


def say(text: str) -> None:
    """Write a line of progress on stderr at once."""
    print(text, file=_stderr(), flush=True)


@contextmanager
def stop_on_signals(stop: Callable[[], None]) -> Iterator[None]:
    """Turn the first Ctrl-C or SIGTERM into a clean end; the second one interrupts that too."""
    asked = threading.Event()

    def handle(_number: int, _frame: FrameType | None) -> None:
        if asked.is_set():
            raise KeyboardInterrupt
        asked.set()
        stop()

    numbers = (signal.SIGINT, signal.SIGTERM)
    former = [signal.signal(number, handle) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, former, strict=True):
            signal.signal(number, handler)


def hub_settings(arguments: argparse.Namespace) -> "HubSettings | None":
    """Return where to listen, None where the command line does not ask for it."""
    from twinswing.streams.hub import HubSettings, parse_listen

    if arguments.listen is None:
        if arguments.token or arguments.tls_cert or arguments.tls_key:
            raise InputError("--token, --tls-cert and --tls-key need --listen HOST:PORT, which was not given")
        return None
    host, port = parse_listen(arguments.listen)
    return HubSettings(
        host=host,
        port=port,
        token=arguments.token or "",
        tls_cert=Path(arguments.tls_cert) if arguments.tls_cert else None,
        tls_key=Path(arguments.tls_key) if arguments.tls_key else None,
    )


def say_listening(hub: "HubThread | None", settings: "HubSettings | None") -> None:
    """Tell where clubs can connect."""
    if hub is not None and settings is not None:
        scheme = "wss" if settings.tls_cert else "ws"
        host = f"[{settings.host}]" if ":" in settings.host else settings.host
        say(f"Listening for clubs on {scheme}://{host}:{hub.port}")


def capture(arguments: argparse.Namespace) -> int:
    """`twinswing capture`: record a camera and clubs, with or without a window."""
    from twinswing.platform import has_display

    if arguments.headset:
        raise MissingPartError("a headset was asked for, and capture shows on a desktop only; leave out --headset")
    if arguments.seconds is not None and not arguments.seconds > 0.0:
        raise InputError(f"--seconds: expected more than 0, found {arguments.seconds:g}")
    from twinswing.swing.capture_clubs import Intake

    # One sentence of ours says why a camera cannot be opened; OpenCV and FFmpeg would put ten before it.
    os.environ.setdefault("OPENCV_LOG_LEVEL", "SILENT")
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
    if not arguments.camera.isdecimal() and "://" not in arguments.camera:
        existing(arguments.camera, "a camera's number, its URL or a video file to play as one")
    _stderr()  # before the pose model is loaded
    listen = hub_settings(arguments)
    out = Path(arguments.out)
    intake = Intake(out, listen, *session_clock())
    say_listening(intake.hub, listen)
    # Clubs are received and recorded from here on: what follows takes seconds to load.
    try:
        from twinswing.swing.capture import CaptureSession, CaptureSettings

        settings = CaptureSettings(
            camera=arguments.camera, seconds=arguments.seconds, wait_club_s=arguments.wait_club
        )  # fmt: skip
        session = CaptureSession(settings, intake)
    except BaseException:
        intake.close()
        raise
    teller = _Teller(session)
    with stop_on_signals(session.stop):
        session.start()
        if has_display() and not (arguments.no_window or arguments.offscreen):
            from twinswing.desk.live import run_live_window

            try:
                run_live_window(session, teller.tell)
            finally:
                session.stop()
        while not session.wait(0.1):
            teller.tell()
        teller.tell()
    view = session.view()
    if view.trouble:
        say(view.trouble)
    say(summary(view, out))
    return 0


class _Teller:
    """Tells on stderr what happens in a capture: each state, each swing, and the counters every two seconds."""

    def __init__(self, session: "CaptureSession") -> None:
        self._session = session
        self._state = ""
        self._at_s = -_TELL_EVERY_S
        self._swings = 0

    def tell(self) -> None:
        """Say what is new; cheap enough for every frame of a window."""
        view = self._session.view()
        finished = [s for s in view.swings if s.session is not None or s.refused]
        for swing in finished[self._swings :]:
            at = f"Swing {swing.swing.number} at {swing.swing.impact_s:.2f} s, found by {swing.swing.found_by}"
            say(f"{at}: {f'not in 3D: {swing.refused}' if swing.refused else 'in 3D'}")
        self._swings = len(finished)
        if view.state != self._state or view.t_s - self._at_s >= _TELL_EVERY_S:
            self._state, self._at_s = view.state, view.t_s
            say(progress_line(view))


def progress_line(view: "CaptureView") -> str:
    """Return one line about this moment."""
    parts = [f"{view.t_s:6.1f} s", view.state, f"{view.counts.recorded} frames ({view.counts.lost} lost)"]
    parts += [_club_text(club) for club in view.clubs]
    return "  ".join(parts)


def _club_text(club: "ClubLine") -> str:
    battery = "" if club.battery is None else f", battery {club.battery:.0%}"
    return f"{club.name}: {club.samples} samples ({club.lost_batches} batches lost{battery})"


def summary(view: "CaptureView", out: Path) -> str:
    """Return what a capture came to, one line."""
    shown = sum(1 for s in view.swings if s.session is not None)
    what = "no swing was found" if not shown else f"{shown} swing{'s' if shown > 1 else ''} in 3D"
    clubs = "".join(f", {_club_text(club)}" for club in view.clubs)
    if not view.counts.recorded and not any(club.samples for club in view.clubs):
        return "Nothing was recorded."
    return f"{out}: {view.counts.recorded} frames ({view.counts.lost} lost){clubs}; {what}"


def hub(arguments: argparse.Namespace) -> int:
    """`twinswing hub`: receive clubs only."""
    from twinswing.streams.hub import ClubJoined, ClubLeft, Fault, SinkEvent
    from twinswing.swing.capture_clubs import Intake

    settings = hub_settings(arguments)

    def told(event: SinkEvent) -> None:
        match event:
            case ClubJoined(hello=hello, resumed=resumed):
                rate = f"{hello.rate_hz:.0f} Hz, firmware {hello.firmware}"
                say(f"{hello.serial} {'is back' if resumed else 'joined'}: {rate}")
            case ClubLeft(serial=serial, reason=reason):
                say(f"{serial} left: {reason}")
            case Fault(serial=serial, message=message):
                say(f"{serial or 'a stranger'}: {message}")
            case _:
                pass

    intake = Intake(Path(arguments.out) if arguments.out else None, settings, *session_clock(), told)
    stop = threading.Event()
    try:
        with stop_on_signals(stop.set):
            say_listening(intake.hub, settings)
            assert intake.hub is not None
            _tell_clubs(intake.hub, intake.clubs, stop, arguments.seconds)
    finally:
        intake.close()
    for club in intake.clubs.lines():
        say(_club_text(club))
    return 0


def _tell_clubs(receiver: "HubThread", clubs: "ClubRecorder", stop: threading.Event, seconds: float | None) -> None:
    """Tell the counters every two seconds while they change, until the end."""
    end = None if seconds is None else time.monotonic() + seconds
    told = ""
    while receiver.running and not stop.is_set():
        left = _TELL_EVERY_S if end is None else end - time.monotonic()
        if left <= 0.0:
            return
        stop.wait(min(left, _TELL_EVERY_S))
        text = "  ".join(_club_text(club) for club in clubs.lines())
        if text and text != told:
            told = text
            say(text)


def play_club(arguments: argparse.Namespace) -> int:
    """`twinswing play-club`: stream a club's log as its firmware would."""
    from twinswing.club.wire import play_club as play
    from twinswing.streams.club_client import PlayOptions
    from twinswing.streams.hub import run_async

    file = existing(arguments.file, "a club's samples")
    if arguments.rate < 0.0:
        raise InputError(f"--rate: expected 0 (as fast as possible) or more, found {arguments.rate:g}")
    if not 0.0 <= arguments.drop < 1.0:
        raise InputError(f"--drop: expected a share from 0 to below 1, found {arguments.drop:g}")
    if arguments.jitter_ms < 0.0:
        raise InputError(f"--jitter-ms: expected 0 or more, found {arguments.jitter_ms:g}")
    options = PlayOptions(
        rate=arguments.rate, attempts=_ATTEMPTS, jitter_ms=arguments.jitter_ms, drop=arguments.drop, seed=arguments.seed
    )  # fmt: skip
    said: list[str] = []

    async def main() -> None:
        report = await play(
            file, arguments.to, options, token=arguments.token or "", units=arguments.club_units or ""
        )  # fmt: skip
        said.append(
            f"{file.name}: {report.samples} samples in {report.batches} batches sent to {arguments.to}, "
            f"{report.dropped} batches dropped on purpose, {report.resent} sent again, "
            f"{report.connections} connection{'s' if report.connections != 1 else ''}"
        )

    run_async(main())
    print(said[0])
    return 0
