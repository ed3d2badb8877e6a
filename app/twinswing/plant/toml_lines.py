"""On which line of a TOML file each key stands, which the standard reader does not tell.

Only for text that the standard reader has accepted: what is not TOML is its business to refuse, with its own line.
"""

import re

Key = tuple[str | int, ...]

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_SKIP = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)*")
_SCALAR = re.compile(r"[^,\]}#\n]*")
_BASIC = re.compile(r'"((?:[^"\\\n]|\\.)*)"')
_LITERAL = re.compile(r"'([^'\n]*)'")
_LONG = (re.compile(r'"""(?:[^\\]|\\.)*?"{3,5}', re.DOTALL), re.compile(r"'''.*?'{3,5}", re.DOTALL))
_ESCAPE = re.compile(r"\\(u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|.)")
_ESCAPED = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r", '"': '"', "\\": "\\", "e": "\x1b"}


def key_lines(text: str) -> dict[Key, int]:
    """Return the 1-based line of every key and of every element of an array, by its path of names and indices.

    A table that several headers open, or that only deeper headers name, stands where it is first named.
    """
    return _Scan(text).document()


class _Scan:
    """Walks accepted TOML once, from front to back, and notes where keys stand."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.lines: dict[Key, int] = {}
        self.counts: dict[Key, int] = {}  # elements so far of an array of tables
        self._line = 1
        self._counted = 0

    def document(self) -> dict[Key, int]:
        table: Key = ()
        while self._peek():
            if self.text[self.at] == "[":
                table = self._header()
            else:
                self._pair(table)
        return self.lines

    def _peek(self) -> str:
        """Skip blanks, line ends and comments; give the next character, or nothing at the end."""
        found = _SKIP.match(self.text, self.at)
        assert found is not None
        self.at = found.end()
        return self.text[self.at : self.at + 1]

    def _here(self) -> int:
        self._line += self.text.count("\n", self._counted, self.at)
        self._counted = self.at
        return self._line

    def _note(self, key: Key, line: int) -> None:
        self.lines.setdefault(key, line)

    def _header(self) -> Key:
        line = self._here()
        array = self.text.startswith("[[", self.at)
        self.at += 2 if array else 1
        parts = self._dotted()
        self._peek()
        self.at += 2 if array else 1
        table: Key = ()
        for depth, part in enumerate(parts):
            table = (*table, part)
            last = depth == len(parts) - 1
            self._note(table, line)
            if array and last:
                self.counts[table] = self.counts.get(table, 0) + 1
            if table in self.counts:
                table = (*table, self.counts[table] - 1)
                self._note(table, line)
        if not array:
            # A header that opens a table is a better place than an earlier, deeper one that merely named it.
            self.lines[table] = line
        return table

    def _dotted(self) -> list[str]:
        parts = []
        while True:
            self._peek()
            parts.append(self._name())
            if self._peek() != ".":
                return parts
            self.at += 1

    def _name(self) -> str:
        for pattern in (_BASIC, _LITERAL, _BARE):
            found = pattern.match(self.text, self.at)
            if found is None:
                continue
            self.at = found.end()
            if pattern is _BASIC:
                return _ESCAPE.sub(_unescape, found[1])
            return found[1] if pattern is _LITERAL else found[0]
        raise ValueError(f"no key at character {self.at}")

    def _pair(self, table: Key) -> None:
        line = self._here()
        key = table
        for part in self._dotted():
            key = (*key, part)
            self._note(key, line)
        self._peek()
        self.at += 1  # the equals sign
        self._value(key)

    def _value(self, key: Key) -> None:
        first = self._peek()
        if first == "{":
            self.at += 1
            while self._peek() not in ("}", ""):
                if self.text[self.at] == ",":
                    self.at += 1
                else:
                    self._pair(key)
            self.at += 1
        elif first == "[":
            self.at += 1
            index = 0
            while self._peek() not in ("]", ""):
                if self.text[self.at] == ",":
                    self.at += 1
                    continue
                self._note((*key, index), self._here())
                self._value((*key, index))
                index += 1
            self.at += 1
        else:
            self._scalar()

    def _scalar(self) -> None:
        for pattern in (*_LONG, _BASIC, _LITERAL, _SCALAR):
            found = pattern.match(self.text, self.at)
            if found is not None:
                self.at = max(found.end(), self.at + 1)
                return


def _unescape(found: re.Match[str]) -> str:
    what = found[1]
    return chr(int(what[1:], 16)) if what[0] in "uU" and len(what) > 1 else _ESCAPED.get(what, what)
