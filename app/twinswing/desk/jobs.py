"""Analysis beside the window: a process of its own, so that neither pose nor codec can hold up a frame."""

import multiprocessing
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from multiprocessing.synchronize import Event as ProcessEvent
from pathlib import Path
from typing import Any

from twinswing.errors import TwinswingError


@dataclass
class AnalysisJob:
    """One running analysis as the window sees it; poll() moves what arrived into the fields.

    state: "running", "done", "failed" or "cancelled"; `fraction` is 0 to 1 of the whole; `error` a sentence.
    """

    video: Path
    out: Path
    stage: str = "Starting"
    fraction: float = 0.0
    state: str = "running"
    error: str = ""
    _process: BaseProcess | None = field(default=None, repr=False)
    _messages: "Connection[object, object] | None" = field(default=None, repr=False)
    _cancel: ProcessEvent | None = field(default=None, repr=False)

    def start(self, club: Path | None = None, *, club_kind: str = "", height_m: float | None = None) -> "AnalysisJob":
        """Start the process and return self; the arguments are those of `swing.analysis.analyze`."""
        # spawn, because a forked copy of a process with a GL context and threads is undefined.
        context = multiprocessing.get_context("spawn")
        receive, send = context.Pipe(duplex=False)
        self._messages = receive
        self._cancel = context.Event()
        about: dict[str, Any] = {"club": club, "club_kind": club_kind, "height_m": height_m}
        self._process = context.Process(
            target=_work, args=(self.video, self.out, about, send, self._cancel), name="twinswing-analysis", daemon=True
        )
        self._process.start()
        send.close()
        return self

    def poll(self) -> bool:
        """Take in what the process said; return whether anything changed. Never waits."""
        if self._messages is None or self._process is None or self.state != "running":
            return False
        changed = False
        try:
            while self._messages.poll():
                self._take(self._messages.recv())
                changed = True
        except (EOFError, OSError):
            if self.state == "running":
                self.state = "failed"
                self.error = f"The analysis of {self.video.name} ended without an answer; try it again."
            changed = True
        return changed

    def _take(self, message: object) -> None:
        match message:
            case ("progress", str(stage), float(fraction)):
                self.stage, self.fraction = stage, fraction
            case ("done",):
                self.state, self.fraction = "done", 1.0
            case ("cancelled",):
                self.state = "cancelled"
            case ("failed", str(error)):
                self.state, self.error = "failed", error

    def cancel(self) -> None:
        """Ask the process to stop at the next frame."""
        if self._cancel is not None:
            self._cancel.set()

    def close(self, timeout_s: float = 3.0) -> None:
        """Cancel and end the process, by force after the timeout."""
        self.cancel()
        if self._process is not None:
            self._process.join(timeout_s)
            if self._process.is_alive():
                self._process.terminate()
                self._process.join()
        if self._messages is not None:
            self.poll()  # what it said last: it may have been done before it was asked to stop
            self._messages.close()


def _work(
    video: Path, out: Path, about: dict[str, Any], send: "Connection[object, object]", cancel: ProcessEvent
) -> None:
    from twinswing.swing.analysis import Cancelled, analyze  # noqa: PLC0415  (only the child pays for the model)

    try:
        analyze(
            video,
            out,
            **about,
            progress=lambda stage, fraction: send.send(("progress", str(stage), float(fraction))),
            cancel=cancel.is_set,
        )
    except Cancelled:
        send.send(("cancelled",))
    except TwinswingError as error:
        send.send(("failed", str(error)))
    else:
        send.send(("done",))
    finally:
        send.close()
