"""What a recording's annotations bring along when it leaves the machine: themselves and their voices."""

from dataclasses import dataclass, field
from pathlib import Path

from twinswing.errors import InputError
from twinswing.review.model import Annotation
from twinswing.review.storage import load_document, load_voice
from twinswing.review.voice import decode_voice


@dataclass(frozen=True)
class Notes:
    """Annotations in order of time, and the files of their voices by SHA-256.

    missing : hashes of voices that the recording names and does not hold, or holds as something that is no voice.
    """

    annotations: tuple[Annotation, ...] = ()
    voices: dict[str, bytes] = field(default_factory=dict)
    missing: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.annotations)


def load_notes(path: Path | None) -> Notes:
    """Read a recording's annotations that this program can show; none for a session that was never stored.

    Raises InputError where they are damaged. A voice that cannot be heard is missing: it may be a stranger's, and must
    not keep everything else from being sent.
    """
    if path is None:
        return Notes()
    annotations = tuple(a for a in load_document(path).all() if a.drawable)
    hashes = {a.media.sha256 for a in annotations if a.media is not None}
    voices = {digest: data for digest in sorted(hashes) if (data := _voice(path, digest)) is not None}
    return Notes(annotations, voices, frozenset(hashes - voices.keys()))


def _voice(path: Path, digest: str) -> bytes | None:
    try:
        data = load_voice(path, digest)
        if data is not None:
            decode_voice(data)
    except InputError:
        return None
    return data
