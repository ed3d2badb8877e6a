"""The pictures of docs/sending.md: a coach's remarks in a film, over the video with the face covered, on a phone.

    python -m twinswing.report.sending_pictures docs/pictures

Made of the bundled recordings; the voice is a swelling tone. The phone's picture wants a browser (chromium).
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from twinswing.errors import InputError
from twinswing.plant.recorded import RecordedHistory
from twinswing.report.film import FilmSize, Moment
from twinswing.report.film_swing import FilmLook, SwingShot
from twinswing.report.folder import FolderLook, write_folder
from twinswing.report.notes import load_notes
from twinswing.report.stills import PlantStills
from twinswing.resources import bundled_recording
from twinswing.review.document import ReviewDocument
from twinswing.review.model import Annotation, OnJoint, OnMachine, OnVideo, Span
from twinswing.review.storage import load_document, save_document
from twinswing.review.voice import VoiceNote, encode_voice
from twinswing.stage.annotation_shapes import Around, aspects_of, shapes_at
from twinswing.stage.snapshot import save_png
from twinswing.swing.model import SwingSession
from twinswing.swing.session_io import load_session
from twinswing.timeline.clock import NS_PER_S

RgbImage = NDArray[np.uint8]

SWING, PLANT = "driver-face-on.mcap", "club-works-shift.mcap"
_BROWSERS = ("chromium", "chromium-browser", "google-chrome")
_PHONE = (390, 844)
_GAP_PX = 12


def voice() -> VoiceNote:
    """Return a voice note of a tone that swells as speech does."""
    t = np.arange(2 * 16_000) / 16_000
    swell = np.abs(np.sin(2.3 * t) * np.sin(11.0 * t)) * (0.4 + 0.6 * np.sin(1.1 * t) ** 2)
    return encode_voice((0.8 * swell * np.sin(2 * np.pi * 210 * t)).astype(np.float32), 16_000)


def annotate_swing(path: Path) -> SwingSession:
    """Add a coach's remarks to a copy of the bundled swing; return the session."""
    session = load_session(path)
    at = {name: Span.moment(round(event.t_s * NS_PER_S)) for name, event in session.events.items()}
    spoken = voice()
    document = ReviewDocument()

    def add(ident: str, kind: str, event: str, **fields: object) -> None:
        document.add(Annotation(ident=ident, kind=kind, author="Coach", time=at[event], **fields))  # type: ignore[arg-type]

    add("ball", "arrow", "address", points=((0.85, 0.25, 0.45), (0.12, 0.03, 0.06)), text="Ball off the lead heel")
    add("arm", "voice", "top", anchor=OnJoint("left_wrist"), points=((0.0, 0.0, 0.08),), media=spoken.media,
        text="Keep this arm long")  # fmt: skip
    add("head", "circle", "impact", anchor=OnVideo(), points=((0.47, 0.36), (0.47, 0.43)), text="The head stays behind")
    add("knee", "angle", "impact", anchor=OnVideo(), colour="#35c8f0", text="Trail knee",
        points=((0.445, 0.60), (0.42, 0.70), (0.365, 0.81)))  # fmt: skip
    add("drill", "drill", "finish", text="Turn against the wall")
    save_document(path, document, {spoken.media.sha256: spoken.data})
    return session


def film_picture(session: SwingSession, annotations: list[Annotation], look: FilmLook, event: str) -> RgbImage:
    """Return a film's picture at an event with these annotations; a voice is half heard."""
    t_s = session.events[event].t_s
    played = {a.ident: 0.5 * a.media.duration_s for a in annotations if a.media is not None}
    around = Around(body=session.body, aspects=aspects_of(session), played_s=played)
    size = FilmSize.of(look.size or (960, 540))
    with SwingShot(session, look, size, around) as shot:
        return shot.draw(Moment(t_s, 0.0), shapes_at(annotations, round(t_s * NS_PER_S), around))


def phone_picture(recording: Path, folder: Path) -> RgbImage | None:
    """Return what a phone shows of a folder, three screens side by side; None without a browser."""
    browser = next((found for name in _BROWSERS if (found := shutil.which(name))), None)
    if browser is None:
        return None
    out = folder / "sent"
    write_folder(recording, out, load_notes(recording), FolderLook(size=(720, 720), fps=6.0, blur_face=True))
    shot = folder / "phone.png"
    size, profile = f"--window-size={_PHONE[0]},{3 * _PHONE[1]}", f"--user-data-dir={folder / 'profile'}"
    asked = [browser, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", size,
             profile, f"--screenshot={shot}", (out / "index.html").as_uri()]  # fmt: skip
    subprocess.run(asked, check=True, capture_output=True, timeout=120)
    bgr = cv2.imread(str(shot))
    if bgr is None:
        raise InputError(f"expected a picture of the page at {shot}, found none")
    screens = [bgr[i * _PHONE[1] : (i + 1) * _PHONE[1], :, ::-1] for i in range(3)]
    return beside([np.ascontiguousarray(s, dtype=np.uint8) for s in screens])


def beside(pictures: list[RgbImage]) -> RgbImage:
    """Return pictures of one height side by side."""
    gap = np.full((pictures[0].shape[0], _GAP_PX, 3), 255, np.uint8)
    return np.hstack([part for picture in pictures for part in (picture, gap)][:-1])


def plant_picture(path: Path) -> RgbImage:
    """Return a remark on a press of the bundled plant."""
    with RecordedHistory(path) as history:
        unit = next(u for u in history.plant.units if u.path.endswith("press_1"))
        start = Span.moment(history.span_ns[0] + 3600 * NS_PER_S)
        width, depth, height = unit.size_m
        rim = ((0.0, -depth / 2, 0.5 * height), (0.22 * width, -depth / 2, 0.5 * height))
        note = Annotation("press", "circle", "Maintenance", start, OnMachine(unit.path), rim,
                          text="Die worn on this side: change it at the shift's end")  # fmt: skip
        with PlantStills(history) as stills:
            return stills.picture(note)


def main(arguments: list[str] | None = None) -> int:
    """Write the pictures into a folder."""
    out = Path((arguments or sys.argv[1:] or ["docs/pictures"])[0])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        recording = folder / SWING
        shutil.copy(bundled_recording(SWING), recording)
        session = annotate_swing(recording)
        notes = load_document(recording).all()
        by_event = {e: [a for a in notes if a.time.start_ns == round(session.events[e].t_s * NS_PER_S)]
                    for e in ("address", "top", "impact")}  # fmt: skip
        scene = [film_picture(session, by_event[e], FilmLook(size=(640, 480)), e) for e in ("address", "top")]
        save_png(out / "send-film.png", beside(scene))
        video = FilmLook(view="video", size=(480, 640), blur_face=True)
        pictures = [film_picture(session, by_event[e], video, e) for e in ("top", "impact")]
        save_png(out / "send-over-the-video.png", beside(pictures))
        save_png(out / "send-plant.png", plant_picture(bundled_recording(PLANT)))
        phone = phone_picture(recording, folder)
        if phone is not None:
            save_png(out / "send-phone.png", phone)
    return 0


if __name__ == "__main__":
    sys.exit(main())
