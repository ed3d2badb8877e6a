"""One program at a time adds to a recording: what it read is still so when it writes."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from io import FileIO
from pathlib import Path

from twinswing.errors import InputError
from twinswing.platform.filelock import lock_file

# Adding remarks takes milliseconds; who holds a recording longer is capturing into it.
WAIT_S = 5.0
_holders: dict[Path, int] = {}  # path to the thread that holds it by `exclusive`


@contextmanager
def exclusive(path: str | Path) -> Iterator[None]:
    """Let nobody else add to a recording meanwhile; `RecordingWriter.extend` in this thread may.

    Raises InputError where the file cannot be opened for writing, or another program keeps it.
    """
    key = Path(path).absolute()
    if _holders.get(key) == threading.get_ident():
        yield
        return
    try:
        file = FileIO(key, "rb+")
    except OSError as error:
        raise InputError(f"{path} could not be opened for writing: {error.strerror}.") from error
    with file:
        hold(file, key)
        _holders[key] = threading.get_ident()
        try:
            yield
        finally:
            del _holders[key]


def hold(file: FileIO, path: Path) -> None:
    """Keep an open file to its handle until it is closed, unless this thread has the recording to itself already.

    Raises InputError where another program keeps it.
    """
    if _holders.get(path.absolute()) == threading.get_ident():
        return
    if not lock_file(file, WAIT_S):
        raise InputError(f"{path} is being written by another program; try again when that has ended.")
