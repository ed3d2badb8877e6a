"""Voice notes in a window: recorded, taken from a file, coded on a thread of their own, and heard."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twinswing.desk.annotate_board import Board
from twinswing.desk.annotate_site import Spot
from twinswing.desk.annotate_voice import Loudspeaker, Microphone
from twinswing.errors import TwinswingError
from twinswing.review.model import Annotation
from twinswing.review.storage import load_voice
from twinswing.review.voice import VoiceNote, decode_voice, encode_voice, encode_voice_file, peaks

SOUND_ENDINGS = {".wav", ".ogg", ".opus", ".oga", ".mp3", ".m4a", ".flac", ".aac"}
_BARS = 60  # of the waveform while one speaks
_RECENT_S = 6.0
_SHORTEST_S = 0.3  # a key pressed twice is no voice note

Sound = tuple[NDArray[np.float32], int]


def is_sound(path: Path) -> bool:
    """Tell whether a file may be a sound, by its ending."""
    return path.suffix.lower() in SOUND_ENDINGS


@dataclass
class Recording:
    """What is being spoken: since when on the timeline, and where."""

    microphone: Microphone
    t_ns: int
    spots: list[Spot]


class Voices:
    """The voice notes of a window."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="voice notes")
        self._jobs: list[tuple[Future[Any], Callable[[Any], None]]] = []
        self.recording: Recording | None = None
        self.loudspeaker = Loudspeaker()
        self.choosing_file = False
        self._decoded: tuple[str, Sound] | None = None
        self._heard_ns: int | None = None

    @property
    def busy(self) -> bool:
        """Whether a voice is being coded or fetched."""
        return bool(self._jobs)

    def _later(self, work: Callable[[], Any], then: Callable[[Any], None]) -> None:
        self._jobs.append((self._worker.submit(work), then))

    # -- recording -----------------------------------------------------------------------------------------------

    def start(self) -> bool:
        """Begin to record at the playhead; say why it cannot be, and offer a file instead."""
        board = self._board
        if not board.may():
            return False
        microphone = Microphone()
        try:
            microphone.start()
        except TwinswingError as error:
            board.desk.notify_user(f"{error}.")
            self.choosing_file = True
            return False
        self.loudspeaker.stop()
        self.recording = Recording(microphone, board.desk.t_ns, list(board.hand.spots))
        return True

    def stop(self, *, keep: bool) -> None:
        """End recording; keep what was said, or drop it."""
        recording, self.recording = self.recording, None
        if recording is None:
            return
        sound = recording.microphone.stop()
        self._board.hand.take("")
        if not keep:
            self._board.desk.notify_user("The voice note was dropped.")
        elif len(sound) < _SHORTEST_S * Microphone.rate_hz:
            self._board.desk.notify_user("That was too short for a voice note.")
        else:
            self._take(lambda: encode_voice(sound, Microphone.rate_hz), recording.t_ns, recording.spots)

    def from_file(self, path: Path) -> None:
        """Take a sound file as a voice note at the playhead."""
        if self._board.may():
            self.choosing_file = False
            spots = list(self._board.hand.spots)
            self._board.hand.take("")
            self._take(lambda: encode_voice_file(path), self._board.desk.t_ns, spots)

    def _take(self, code: Callable[[], VoiceNote], t_ns: int, spots: list[Spot]) -> None:
        self._later(code, lambda note: self._board.voice(note.media, note.data, t_ns, spots))

    def bars(self) -> tuple[float, ...]:
        """Return the waveform of the last seconds that were spoken."""
        assert self.recording is not None
        return peaks(self.recording.microphone.recent(_RECENT_S), _BARS)

    # -- hearing -------------------------------------------------------------------------------------------------

    @property
    def played_s(self) -> dict[str, float]:
        """How far the voice that is heard has come, by its annotation."""
        return {self.loudspeaker.ident: self.loudspeaker.played_s} if self.loudspeaker.ident else {}

    def toggle(self, annotation: Annotation) -> None:
        """Let a voice be heard, or end it."""
        if self.loudspeaker.ident == annotation.ident:
            self.loudspeaker.stop()
        else:
            self.hear(annotation)

    def hear(self, annotation: Annotation) -> None:
        """Let a voice note be heard from its beginning."""
        media = annotation.media
        if media is None:
            return
        if self._decoded is not None and self._decoded[0] == media.sha256:
            self._play(annotation, self._decoded[1])
            return
        held, path, digest = self._board.review.voices.get(media.sha256), self._board.desk.path, media.sha256

        def fetch() -> Sound | None:
            data = held if held is not None or path is None else load_voice(path, digest)
            return None if data is None else decode_voice(data)

        def play(sound: Sound | None) -> None:
            if sound is None:
                self._board.desk.notify_user("The sound of this voice note has not come yet.")
                return
            self._decoded = (digest, sound)
            self._play(annotation, sound)

        self._later(fetch, play)

    def _play(self, annotation: Annotation, sound: Sound) -> None:
        try:
            self.loudspeaker.play(annotation.ident, *sound)
        except TwinswingError as error:
            self._board.desk.notify_user(f"{error}.")

    def follow(self, t_ns: int, *, playing: bool) -> None:
        """Let the voices be heard whose time the playhead passes while it plays."""
        before, self._heard_ns = self._heard_ns, t_ns if playing else None
        if not playing or before is None or not before < t_ns or self.recording is not None:
            return
        for annotation in self._board.review.document.all():
            passed = before < annotation.time.start_ns <= t_ns
            if annotation.media is not None and passed and annotation.layer not in self._board.hidden:
                self.hear(annotation)

    def poll(self) -> None:
        """Take in what the worker has done, and note that a voice has ended."""
        self.loudspeaker.poll()
        if self.recording is not None and self.recording.microphone.full:
            self.stop(keep=True)
            self._board.desk.notify_user("Ten minutes are the longest voice note: it was kept.")
        while self._jobs and self._jobs[0][0].done():
            future, then = self._jobs.pop(0)
            try:
                then(future.result())
            except (TwinswingError, OSError) as error:
                self._board.desk.notify_user(str(error))

    def settle(self) -> None:
        """Wait for what is being coded, and take it in: the recording is about to be left."""
        self.stop(keep=True)
        for future, _ in self._jobs:
            future.exception()
        self.poll()
        self.loudspeaker.stop()  # last: a voice that was fetched meanwhile began just now
        self._decoded = None

    def close(self) -> None:
        """End the threads."""
        self.settle()
        self._worker.shutdown()
