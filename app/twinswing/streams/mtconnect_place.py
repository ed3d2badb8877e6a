"""Where a client stands in an agent's numbered stream, and what a gap or a restart means for it. No socket here."""

from dataclasses import dataclass, field, replace

from twinswing.errors import InputError
from twinswing.streams.mtconnect import Header
from twinswing.streams.mtconnect_streams import Streams
from twinswing.streams.observations import ConditionLevel, Observation
from twinswing.streams.stamps import iso_ns

_ACTIVE = frozenset({ConditionLevel.WARNING.value, ConditionLevel.FAULT.value})


@dataclass
class Place:
    """The next sequence number that is wanted of which instance of the agent, and what is known of its items.

    Sequence numbers run within an instance; a new `instanceId` means that they began anew and that the old buffer is
    gone. Nothing is delivered twice: what `current` and the stream both hold is taken from the stream.
    """

    instance_id: int = 0
    next_sequence: int = 0
    active: dict[str, dict[str, str]] = field(default_factory=dict)  # condition item to code to level
    _last: dict[tuple[str, str], Observation] = field(default_factory=dict)

    @property
    def begun(self) -> bool:
        """Whether it has been at an agent at all."""
        return self.instance_id != 0 or self.next_sequence != 0

    def begin(self, current: Streams, history: bool) -> list[Observation]:
        """Take the first `current`: all of it, or with `history` what lies before the agent's buffer."""
        header = current.header
        self.instance_id = header.instance_id
        self.next_sequence = header.first_sequence if history else header.next_sequence
        return self._note([said for number, said in _pairs(current) if not history or number < self.next_sequence])

    def restarted(self, header: Header) -> bool:
        """Whether a document comes of another instance, or of one whose numbers have gone back."""
        if header.instance_id != self.instance_id:
            return True
        return 0 < header.next_sequence < self.next_sequence

    def begin_again(self, current: Streams) -> list[Observation]:
        """Take the first `current` after a restart: go on from the first that the agent still has.

        The state that `current` gives is delivered where it is not in the buffer any more and not what we last heard.
        """
        header = current.header
        self.instance_id = header.instance_id
        self.next_sequence = header.first_sequence or header.next_sequence
        old = [said for number, said in _pairs(current) if number < self.next_sequence]
        fresh = [said for said in old if self._last.get((said.item, said.code)) != said]
        return self._note(self._cleared(current) + fresh)

    def skip(self, current: Streams) -> tuple[list[Observation], int]:
        """Go on after the agent has dropped what was wanted next.

        Returns what `current` still tells of the gap (the last value of each item that changed in it) and how many
        observations are gone for good, at most: an agent counts those of its other devices as well.
        """
        wanted, first = self.next_sequence, current.header.first_sequence
        told = [(number, said) for number, said in _pairs(current) if wanted <= number < first]
        self.next_sequence = max(first, wanted)
        lost = max(0, first - wanted - len({number for number, _ in told}))
        return self._note(self._cleared(current) + [said for _, said in told]), lost

    def go_on(self, streams: Streams) -> list[Observation]:
        """Take a part of the stream; what was had already is left out."""
        fresh = [said for number, said in _pairs(streams) if number >= self.next_sequence]
        newest = max(streams.sequences, default=0)
        self.next_sequence = max(self.next_sequence, streams.header.next_sequence, newest + 1)
        return self._note(fresh)

    def _note(self, observations: list[Observation]) -> list[Observation]:
        for said in observations:
            self._last[said.item, said.code] = said
            if said.value in _ACTIVE:
                self.active.setdefault(said.item, {})[said.code] = str(said.value)
            elif said.item in self.active:
                if said.code and said.value is not None:
                    self.active[said.item].pop(said.code, None)
                else:
                    del self.active[said.item]
        return observations

    def _cleared(self, current: Streams) -> list[Observation]:
        """Return the end of each condition that was active before a gap and is not any more.

        When in the gap it ended is not known: it is told as of the agent's present time.
        """
        if not self.active:
            return []
        listed = {(said.item, said.code) for said in current.observations}
        t_ns = _made_ns(current)
        normal = Observation("", t_ns, ConditionLevel.NORMAL.value)
        return [
            replace(normal, item=item, code=code)
            for item, codes in self.active.items()
            for code in codes
            if (item, code) not in listed and any(said.item == item for said in current.observations)
        ]


def _pairs(streams: Streams) -> list[tuple[int, Observation]]:
    return list(zip(streams.sequences, streams.observations, strict=True))


def _made_ns(streams: Streams) -> int:
    newest = max((said.t_ns for said in streams.observations), default=0)
    try:
        return max(newest, iso_ns(streams.header.creation_time))
    except InputError:
        return newest
