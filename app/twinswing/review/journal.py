"""What was said while a recording may not be written, in a file beside it: a crash costs two seconds of remarks.

A recording that others are fetching must stay as it is until the session is over; only then are the annotations added.
"""

import hashlib
import zipfile
from collections.abc import Mapping
from pathlib import Path

from twinswing.errors import InputError
from twinswing.review.checks import LIMITS
from twinswing.review.updates import UPDATE_LIMITS

_DOCUMENT, _VOICES = "annotations", "voice/"
_MOST_VOICES = 1000


def journal_of(recording: Path) -> Path:
    """Return where a recording's journal lies."""
    return recording.with_name(recording.name + ".unsaved")


def keep(path: Path, update: bytes, voices: Mapping[str, bytes]) -> None:
    """Write a document and the voices that go with it, by SHA-256; a crash in between leaves the former journal."""
    part = path.with_name(path.name + ".part")
    with zipfile.ZipFile(part, "w") as file:
        file.writestr(_DOCUMENT, update)
        for digest, data in voices.items():
            file.writestr(_VOICES + digest, data)
    part.replace(path)


def read(path: Path) -> tuple[bytes, dict[str, bytes]] | None:
    """Return a journal's document and voices; None where there is none; raises InputError for one that is damaged.

    A voice that is not what its hash says is left out.
    """
    if not path.exists():
        return None
    try:
        with zipfile.ZipFile(path) as file:
            sizes = {info.filename: info.file_size for info in file.infolist()}
            if any(info.compress_type != zipfile.ZIP_STORED for info in file.infolist()):
                raise InputError(f"{path.name} is damaged: what is in it was not written by this program.")
            if sizes.get(_DOCUMENT, 0) > UPDATE_LIMITS.update_bytes or len(sizes) > _MOST_VOICES:
                raise InputError(f"{path.name} is damaged: it claims to be larger than remarks can be.")
            update = file.read(_DOCUMENT)
            voices = {
                name.removeprefix(_VOICES): file.read(name)
                for name, size in sizes.items()
                if name.startswith(_VOICES) and size <= LIMITS.voice_bytes
            }
    except (zipfile.BadZipFile, EOFError, KeyError, OSError, NotImplementedError, RuntimeError) as error:
        raise InputError(f"{path.name}, what was said and not saved yet, cannot be read: {error}.") from error
    return update, {digest: data for digest, data in voices.items() if hashlib.sha256(data).hexdigest() == digest}
