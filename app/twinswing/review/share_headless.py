"""Being in a shared session without a window: a recording is served, or a copy kept in step, until told to stop."""

import time
from collections.abc import Callable
from pathlib import Path

from twinswing.review import journal
from twinswing.review.share_line import ShareLine
from twinswing.review.storage import load_document, save_document

_LOOK_S = 0.02
_JOURNAL_S = 2.0


def stay(
    line: ShareLine, path: Path, stopped: Callable[[], bool], say: Callable[[str], None] = lambda _line: None
) -> int:
    """Stay until told to stop or the session is over, then save; return how many annotations the recording has.

    line    : started with the recording's annotations. say: called with a sentence about who comes and goes.
    Raises InputError if the recording cannot be read or written.
    """
    document = load_document(path)
    kept = journal.journal_of(path)
    found = journal.read(kept) if line.serves else None
    if found is not None:
        document.apply(found[0])
    document.on_update(line.mail.send)
    line.mail.send(document.update())
    here: set[str] = set()
    phase = ""
    written_s = time.monotonic()
    changed = False
    try:
        while not stopped() and not line.state.ended:
            line.check()
            changed |= line.mail.exchange(document)
            state = line.state
            people = {person.name for person in state.people} - {state.name}
            for name in sorted(people - here):
                say(f"{name} is here.")
            for name in sorted(here - people):
                say(f"{name} has left.")
            here = people
            if state.phase != phase and state.phase in ("open", "cut") and phase:
                say("The line is cut; trying again." if state.phase == "cut" else "Connected.")
            phase = state.phase
            if line.serves and changed and time.monotonic() - written_s > _JOURNAL_S:
                journal.keep(kept, document.update(), {})
                written_s, changed = time.monotonic(), False
            time.sleep(_LOOK_S)
    finally:
        try:
            line.stop()
        finally:
            # However the line ended, what was said is kept.
            line.mail.exchange(document)
            save_document(path, document, {} if found is None else found[1])
            if line.serves:
                kept.unlink(missing_ok=True)
    return len(document)
