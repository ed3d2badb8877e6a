"""multipart/x-mixed-replace as it arrives: bytes in pieces of any size in, whole parts out."""

import re

from twinswing.errors import InputError

_HEADER_BYTES = 8192
_LENGTH = re.compile(rb"^content-length\s*:\s*(\d{1,12})\s*$", re.IGNORECASE | re.MULTILINE)
_BOUNDARY = re.compile(r'boundary\s*=\s*(?:"([^"]{1,200})"|([^\s;,]{1,200}))', re.IGNORECASE)


def boundary_of(content_type: str) -> str:
    """Return the boundary that a Content-Type names; empty where it is no multipart."""
    found = _BOUNDARY.search(content_type)
    if not content_type.lower().lstrip().startswith("multipart/") or found is None:
        return ""
    # Some agents write the two dashes that stand before a boundary into its name as well; see `MultipartParser`.
    return found[1] or found[2]


class MultipartParser:
    """Cuts a stream into the bodies of its parts.

    A part with a Content-Length ends there; one without ends at the next boundary. `ended` after the closing boundary.
    """

    def __init__(self, boundary: str, max_part_bytes: int = 64 << 20) -> None:
        self._mark = b"--" + boundary.encode("latin-1", "replace").removeprefix(b"--")
        self._max = max_part_bytes
        self._data = bytearray()
        self._length: int | None = None
        self._in_body = False
        self._searched = 0
        self.ended = False

    def feed(self, data: bytes) -> list[bytes]:
        """Return the bodies that the bytes complete; raises InputError where this is no multipart stream."""
        self._data += data
        parts: list[bytes] = []
        while not self.ended and (self._body(parts) if self._in_body else self._header()):
            pass
        return parts

    def _header(self) -> bool:
        """Find the next boundary and the blank line after its header; False until they are there."""
        at = self._data.find(self._mark)
        if at < 0:
            self._bound(_HEADER_BYTES, "a boundary")
            return False
        after = at + len(self._mark)
        if self._data[after : after + 2] == b"--":
            self.ended = True
            return False
        found = re.search(rb"\r?\n\r?\n", self._data[after : after + _HEADER_BYTES])
        if found is None:
            self._bound(at + _HEADER_BYTES, "the end of a part's header")
            return False
        length = _LENGTH.search(self._data[after : after + found.start()].replace(b"\r", b""))
        self._length = int(length[1]) if length is not None else None
        if self._length is not None and self._length > self._max:
            raise InputError(f"expected a part of at most {self._max} bytes, found one of {self._length}")
        del self._data[: after + found.end()]
        self._in_body, self._searched = True, 0
        return True

    def _body(self, parts: list[bytes]) -> bool:
        if self._length is not None:
            end = self._length
            if len(self._data) < end:
                return False
        else:
            # Only what is new is searched, and as much before it as a boundary may have begun in.
            end = self._data.find(b"\n" + self._mark, max(0, self._searched - len(self._mark) - 1))
            self._searched = len(self._data)
            if end < 0:
                self._bound(self._max, "the end of a part")
                return False
        parts.append(bytes(self._data[:end]).rstrip(b"\r"))
        del self._data[:end]
        self._in_body, self._length = False, None
        return True

    def _bound(self, most: int, expected: str) -> None:
        if len(self._data) > most:
            raise InputError(f"expected {expected} within {most} bytes of a multipart stream, found none")
