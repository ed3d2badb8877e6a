"""Writes what a live history accepts into a recording, on a thread of its own or when told."""

import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from twinswing.errors import InputError
from twinswing.plant.journal import Action, LinkEvent
from twinswing.plant.store import LiveHistory
from twinswing.recording.plant import PLANT_CHUNKS, PlantWriter
from twinswing.recording.plant_rows import Rows
from twinswing.recording.writing import RecordingFile

# How much a crash may cost, at the price of one chunk each time.
COMMIT_EVERY_S = 1.0


class PlantRecorder:
    """Records a history from its beginning until `close`, which finishes the file.

    With `start`, a thread writes once a second; without, whoever feeds the history calls `step` now and then (a
    simulation that runs faster than the clock). The file is begun when the history knows its zero.
    A disk that is full ends the recording, not the history: `error` then says why, `failed` is called with it once, and
    `close` raises it.
    """

    def __init__(
        self,
        history: LiveHistory,
        path: str | Path,
        *,
        overwrite: bool = False,
        fsync: bool = False,
        failed: Callable[[InputError], None] | None = None,
    ) -> None:
        """Raise InputError if the file exists and may not be overwritten, or cannot be written."""
        self._history = history
        self.path = Path(path)
        if self.path.exists() and not overwrite:
            raise InputError(f"{self.path} exists already and is not overwritten.")
        if not self.path.parent.is_dir():
            raise InputError(f"{self.path} could not be written: there is no folder {self.path.parent}.")
        self._overwrite = overwrite
        self._fsync = fsync
        self._failed = failed
        self._tap = history.tap()
        self._file: RecordingFile | None = None
        self._writer: PlantWriter | None = None
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._step_lock = threading.Lock()
        self.error: InputError | None = None

    @property
    def rows(self) -> int:
        """Rows written so far."""
        return self._writer.rows if self._writer is not None else 0

    def start(self) -> Self:
        """Write on a thread from now on."""
        self._thread = threading.Thread(target=self._run, name="plant recorder", daemon=True)
        self._thread.start()
        return self

    def step(self) -> None:
        """Write all that was accepted so far, and hand it to the operating system; after an error, do nothing."""
        with self._step_lock:
            if self.error is not None:
                return
            try:
                self._write()
            except InputError as error:
                self.error = error
                self._tap.close()
                if self._failed is not None:
                    self._failed(error)

    def close(self) -> None:
        """Write what is left and finish the file; raises InputError if any of it could not be written."""
        self._stop.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()
        self.step()
        self._tap.close()
        self._history.untap(self._tap)
        with self._step_lock:
            writer, file = self._writer, self._file
            self._writer = self._file = None
            if file is not None:
                try:
                    if writer is not None and self.error is None:
                        writer.close()
                finally:
                    file.close()
        if self.error is not None:
            raise self.error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _run(self) -> None:
        while not self._stop.wait(COMMIT_EVERY_S):
            self.step()
            if self.error is not None:
                return

    def _write(self) -> None:
        entries = self._tap.take()
        if not entries and self._writer is not None:
            return
        if self._writer is None:
            if not self._history.zero_is_known:
                # Nothing but what people did can have come: it waits for a beginning.
                for entry in entries:
                    self._tap.put(entry)
                return
            self._writer = self._begin()
        for entry in entries:
            if isinstance(entry, Rows):
                self._writer.add(entry)
            elif isinstance(entry, LinkEvent):
                said = (entry.t_ns, entry.source, entry.state.value, entry.message, entry.items, entry.lost)
                self._writer.add_link(*said)
            elif isinstance(entry, Action):
                self._writer.add_action(entry.t_ns, entry.kind, entry.author, entry.to_json())
        self._writer.commit()

    def _begin(self) -> PlantWriter:
        plant = self._history.plant
        self._file = RecordingFile(
            self.path,
            zero_unix_ns=self._history.zero_unix_ns,
            overwrite=self._overwrite,
            fsync=self._fsync,
            limits=PLANT_CHUNKS,
        )
        items = [(item.path, item.unit) for item in plant.items]
        return PlantWriter(self._file, items, self._history.texts, name=plant.name, text=plant.text)
