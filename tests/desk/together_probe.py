"""A window of a shared session as its command opens it, that a test can talk to: commands on stdin, news on stdout.

    python -m tests.desk.together_probe share FILE ... | join URL ...

Every line of news begins with the time it was seen, seconds of the monotonic clock that all processes share.
"""

import queue
import sys
import threading
import time
from dataclasses import replace

from twinswing.cli.main import main
from twinswing.desk import together
from twinswing.review.mailbox import Mailbox
from twinswing.review.model import Annotation, Span
from twinswing.review.share_line import ShareLine


class Probed(together.Together):
    """The tool of the command, with an ear and a mouth."""

    def attached(self, desk) -> None:
        super().attached(desk)
        self._mine = None
        self._last_s = self._frame_s = 0.0
        self._orders: queue.Queue[list[str]] = queue.Queue()
        self._known = ("", (), (), ())
        threading.Thread(target=self._hear, daemon=True).start()
        self.say("attached")

    def _hear(self) -> None:
        for line in sys.stdin:
            self._orders.put(line.split())

    @staticmethod
    def say(*words: object) -> None:
        print(f"{time.monotonic():.6f}", *words, flush=True)

    def advance(self, dt_s: float) -> None:
        review = self._review
        now_s = time.monotonic()
        self._frame_s, self._last_s = now_s - self._last_s, now_s
        while not self._orders.empty():
            self._obey(*self._orders.get())
        if self._mine is not None:
            review.drawing = self._mine  # as the hand that draws does in every frame
        super().advance(dt_s)
        now = (
            self.line.state.phase,
            tuple(sorted(p.name for p in self.line.state.people)),
            tuple(a.ident for a in review.passing),
            tuple((a.ident, a.text) for a in review.document.all()),
        )
        if now != self._known:
            before, self._known = self._known, now
            for what, old, new in zip(("phase", "people", "passing", "notes"), before, now, strict=True):
                if old != new:
                    words = new if isinstance(new, str) else " ".join(
                        x if isinstance(x, str) else "=".join(x) for x in new
                    )  # fmt: skip
                    self.say(what, words, f"({self._frame_s:.3f})")

    def _obey(self, order: str, *words: str) -> None:
        review, desk = self._review, self._desk
        if order == "add":
            note = Annotation(words[0], "text", review.author, Span.moment(desk.t_ns), text=" ".join(words[1:]))
            self.say("added", words[0])
            review.document.add(note)
        elif order == "edit":
            review.document.edit(words[0], by=review.author, text=" ".join(words[1:]))
        elif order == "draw":
            line = Annotation(
                words[0], "line", review.author, Span.moment(0), points=((0.0, 0.0, 0.0), (0.0, 0.0, 1.0))
            )
            self.say("drawn", words[0])
            self._mine = line
        elif order == "grow":
            self._mine = replace(self._mine, points=((0.0, 0.0, 0.0), (0.0, 0.0, float(words[0]))))
        elif order == "done":
            drawing, self._mine = self._mine, None
            review.document.add(drawing)
        elif order == "seek":
            desk.seek_ns(int(words[0]))
        elif order == "do":
            desk.do(words[0])
        elif order == "tell":
            eye = together.look_of(desk.viewport)[:3]
            self.say("here", desk.t_ns, *[f"{x:.3f}" for x in eye], review.refusal or "-")
        elif order == "close":
            desk.closed = True


def listen_to_the_line() -> None:
    """Tell when something came, on the line's own thread: frames of the software renderer take what they take."""
    saw, send = ShareLine._saw, Mailbox.send

    def heard(line, name, presence) -> None:
        if presence.drawing:
            Probed.say("came", presence.drawing["id"])
        saw(line, name, presence)

    def posted(box, update) -> None:
        if threading.current_thread() is not threading.main_thread():
            Probed.say("came update")
        send(box, update)

    ShareLine._saw, Mailbox.send = heard, posted


if __name__ == "__main__":
    listen_to_the_line()
    together.Together = Probed  # type: ignore[misc]
    sys.exit(main(sys.argv[1:]))
