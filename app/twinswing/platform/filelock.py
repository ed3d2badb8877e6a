"""A lock on an open file that other programs respect and that ends with the file, however its owner ends."""

import sys
import time
from io import FileIO

_TRY_AGAIN_S = 0.02
# Windows locks ranges of bytes and keeps others from reading them: a byte that no recording reaches.
_FAR_BYTE = 1 << 62


def lock_file(file: FileIO, wait_s: float) -> bool:
    """Keep a file that is open for writing to this handle until it is closed; return whether that was possible.

    Another handle's lock is waited for, up to wait_s seconds. A file system without locks says that it is possible.
    """
    end = time.monotonic() + wait_s
    while not _try_lock(file):
        if time.monotonic() >= end:
            return False
        time.sleep(_TRY_AGAIN_S)
    return True


if sys.platform == "win32":
    import msvcrt

    def _try_lock(file: FileIO) -> bool:
        at = file.tell()
        try:
            file.seek(_FAR_BYTE)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        finally:
            file.seek(at)
        return True

else:
    import errno
    import fcntl

    def _try_lock(file: FileIO) -> bool:
        try:
            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            # Network file systems may have no locks; a recording there is as safe as it was without them.
            return error.errno not in (errno.EWOULDBLOCK, errno.EAGAIN)
        return True
