"""Two windows in two processes review one recording: drawings, playheads, cameras, a line that is cut, the end."""

import asyncio
import os
import queue
import shutil
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from tests.conftest import ROOT, wait_until
from tests.desk.window import write_recording
from tests.review.test_share import Line
from twinswing.desk.settings import Settings, save_settings
from twinswing.review.document import ReviewDocument
from twinswing.review.model import Annotation, Span
from twinswing.review.share_line import HostLine
from twinswing.review.storage import load_document


class End:
    """A window in a process, that obeys and tells."""

    def __init__(self, folder: Path, home: Path, *words: str) -> None:
        environment = {**os.environ, "XDG_CONFIG_HOME": str(home), "PYTHONPATH": str(ROOT)}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.desk.together_probe", *words, "--offscreen", "--seconds", "200"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=(folder / "errors").open("wb"),
            env=environment,
            cwd=folder,
            text=True,
            bufsize=1,
        )
        self._errors = folder / "errors"
        self._news: queue.Queue[str] = queue.Queue()
        self.told: list[str] = []
        threading.Thread(target=self._hear, daemon=True).start()

    def _hear(self) -> None:
        for line in self.process.stdout:
            self._news.put(line.strip())
        self._news.put("")

    def order(self, *words: object) -> None:
        self.process.stdin.write(" ".join(map(str, words)) + "\n")

    def hears(self, *words: str, timeout_s: float = 60.0) -> tuple[float, str]:
        """Wait for news that hold these words; return when they were seen, and all of them."""
        end = time.monotonic() + timeout_s
        while True:
            try:
                line = self._news.get(timeout=max(end - time.monotonic(), 0.01))
            except queue.Empty:
                pytest.fail(f"{words} was not told; but: {self.told} {self._errors.read_text()[-2000:]}")
            assert line or self.process.poll() is None, f"{words}: {self.told} {self._errors.read_text()[-2000:]}"
            self.told.append(line)
            if all(word in line for word in words):
                return (float(line.split()[0]) if line[:1].isdigit() else 0.0), line

    def close(self) -> None:
        self.order("close")
        assert self.process.wait(60) == 0, self._errors.read_text()[-2000:]


class Cable:
    """A line between two processes that can be cut, carried by a loop on a thread of its own."""

    def __init__(self, port: int) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._line = self._do(self._make(port))
        self.port = self._do(self._line.start())

    @staticmethod
    async def _make(port: int) -> Line:
        return Line(port)

    def _do(self, work):
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10.0)

    def cut(self) -> None:
        self._loop.call_soon_threadsafe(self._line.cut)

    def mend(self) -> None:
        self._loop.call_soon_threadsafe(setattr, self._line, "up", True)

    def close(self) -> None:
        self._do(self._line.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    home = tmp_path_factory.mktemp("home")
    save_settings(home / "twinswing" / "desk.json", Settings(640, 480))
    return home


@pytest.fixture
def ends(tmp_path: Path, home: Path):
    """Two windows in one session, the second over a cable."""
    hosts, joins = tmp_path / "host", tmp_path / "join"
    hosts.mkdir()
    joins.mkdir()
    swing = write_recording(hosts / "swing.mcap")
    host = End(hosts, home, "share", str(swing), "--listen", "127.0.0.1:0", "--name", "Hans")
    _, coach = host.hears("coach:")
    port = int(coach.split("127.0.0.1:")[1].split()[0])
    cable = Cable(port)
    started = [host]

    def join(name: str) -> End:
        token = coach.split()[-1]
        folder = joins / name
        folder.mkdir()
        words = ("join", f"ws://127.0.0.1:{cable.port}", "--token", token, "--name", name, "--to", str(folder))
        started.append(End(folder, home, *words))
        return started[-1]

    try:
        yield host, join, cable, swing
    finally:
        for end in started:
            end.process.kill()
            end.process.wait()
        cable.close()
        shutil.rmtree(joins)


def test_two_windows_review_together(ends) -> None:
    """Drawings appear as they are drawn, one goes where the other goes, a cut line merges, the end keeps all."""
    host, join, cable, swing = ends
    ann = join("Ann")
    host.hears("people", "Ann")
    ann.hears("phase", "open")
    # As it is drawn, and when it is done.
    took, shown = [], []
    for i in range(6):
        for order, said, came, seen in (
            (("draw", f"d{i}"), ("drawn", f"d{i}"), ("came", f"d{i}"), ("passing", f"d{i}")),
            (("done",), (), ("came update",), ("notes", f"d{i}=")),
            (("add", f"n{i}", "stay low"), ("added", f"n{i}"), ("came update",), ("notes", f"n{i}=stay")),
        ):
            ann.order(*order)
            at_s = ann.hears(*said)[0] if said else None
            came_s, _ = host.hears(*came)
            seen_s, line = host.hears(*seen)
            if at_s is not None:
                took.append(came_s - at_s)
                shown.append((seen_s - came_s) / float(line.rsplit("(", 1)[1].rstrip(")")))
    print("from one window to the other, ms:", sorted(round(t * 1e3, 1) for t in took))
    assert statistics.median(took) < 0.1
    # The first frame that begins after it came shows it, however long frames take.
    assert statistics.median(shown) < 1.5
    # Going along, in time and with the eyes, until one moves oneself.
    ann.order("do", "together:playhead")
    ann.order("do", "together:camera")
    host.order("seek", 1_200_000_000)
    host.order("do", "view:top")

    def same_place() -> bool:
        places = []
        for end in (host, ann):
            end.order("tell")
            places.append(end.hears("here")[1].split()[2:6])
        (t0, *eye0), (t1, *eye1) = places
        away = max(abs(float(a) - float(b)) for a, b in zip(eye0, eye1, strict=True))
        return t0 == t1 == "1200000000" and away < 0.01 and float(eye0[2]) > 3.0

    end_s = time.monotonic() + 20.0
    while not same_place():
        assert time.monotonic() < end_s, "Ann is where Hans is"
    ann.order("seek", 300_000_000)
    ann.order("tell")
    assert ann.hears("here")[1].split()[2] == "300000000"
    # A cut line: both go on, and have all of each other when it is back.
    cable.cut()
    ann.hears("phase", "cut")
    ann.order("edit", "n0", "Anns")
    ann.order("add", "alone", "alone")
    host.order("add", "meanwhile", "meanwhile")
    host.hears("notes", "meanwhile")
    cable.mend()
    ann.hears("phase", "open")
    ann.hears("notes", "alone=alone", "meanwhile=meanwhile")
    host.hears("notes", "alone=alone", "n0=Anns")
    # The end: said, and kept in both files.
    host.close()
    ann.hears("phase", "over")
    ann.close()
    (copy,) = Path(ann._errors.parent).glob("swing-*.mcap")
    kept = load_document(swing)
    assert kept.all() == load_document(copy).all()
    assert len(kept) == 14
    assert kept.get("n0").text == "Anns"


def test_a_guest_sees_everything_and_is_told_why_nothing_can_be_drawn(tmp_path: Path, home: Path) -> None:
    swing = write_recording(tmp_path / "swing.mcap")
    line, document = HostLine("Hans", swing, ("127.0.0.1", 0), 60.0), ReviewDocument()
    document.add(Annotation("before", "text", "Hans", Span.moment(0), text="first"))
    line.start(document.update())
    document.on_update(line.mail.send)
    words = ("join", line.url, "--token", line.guest.token, "--name", "Zoe", "--to", str(tmp_path))
    zoe = End(tmp_path, home, *words)
    try:
        zoe.hears("phase", "open")
        zoe.hears("notes", "before=first")
        zoe.order("tell")
        assert "You are a guest here" in zoe.hears("here")[1]
        zoe.order("draw", "forbidden")
        zoe.hears("drawn")
        document.add(Annotation("after", "text", "Hans", Span.moment(0), text="second"))
        zoe.hears("notes", "after=second")
        wait_until(lambda: "Zoe" in line.seen(), 20.0, "Zoe is seen")
        assert not line.seen()["Zoe"].presence.drawing
        assert line.state.phase == "open"
    finally:
        line.stop()
        zoe.process.kill()
        zoe.process.wait()
