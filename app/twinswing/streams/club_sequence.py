"""Which batches of a club arrived, which are missing, and which come again."""

from dataclasses import dataclass, field
from typing import Literal

Verdict = Literal["new", "late", "duplicate"]

# More holes than this are counted but no longer asked for again: memory stays bounded against a hostile sender.
MAX_RANGES = 256


@dataclass
class SequenceTracker:
    """The state of one club since its power-on.

    next_sequence : the lowest number that was never seen nor skipped.
    missing       : closed ranges [first, last] below it that have not arrived, ascending.
    received, duplicates, late : batches counted; lost : numbers still missing, including forgotten ranges.
    """

    next_sequence: int = 0
    missing: list[tuple[int, int]] = field(default_factory=list)
    received: int = 0
    duplicates: int = 0
    late: int = 0
    lost: int = 0

    def offer(self, sequence: int) -> Verdict:
        """Count a batch in and say whether it is new, fills a hole, or was here before."""
        if sequence >= self.next_sequence:
            if sequence > self.next_sequence:
                self.missing.append((self.next_sequence, sequence - 1))
                self.lost += sequence - self.next_sequence
                del self.missing[:-MAX_RANGES]
            self.next_sequence = sequence + 1
            self.received += 1
            return "new"
        for index, (first, last) in enumerate(self.missing):
            if first <= sequence <= last:
                rest = [(first, sequence - 1), (sequence + 1, last)]
                self.missing[index : index + 1] = [(a, b) for a, b in rest if a <= b]
                self.received += 1
                self.late += 1
                self.lost -= 1
                return "late"
        self.duplicates += 1
        return "duplicate"
