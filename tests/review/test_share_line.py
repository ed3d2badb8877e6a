"""Shared sessions on threads of their own, with a document on each window's thread."""

import hashlib
import time
from pathlib import Path

import pytest

from tests.conftest import wait_until
from twinswing.errors import InputError
from twinswing.recording.writer import RecordingWriter
from twinswing.review import journal, mailbox
from twinswing.review.document import ReviewDocument
from twinswing.review.model import Annotation, Span
from twinswing.review.share import ShareServer
from twinswing.review.share_headless import stay
from twinswing.review.share_line import HostLine, JoinLine
from twinswing.review.share_protocol import Presence
from twinswing.review.storage import load_document


def note(ident: str, author: str = "Ann", text: str = "stay low") -> Annotation:
    return Annotation(ident, "text", author, Span.moment(0), text=text)


class End:
    """A window's side of a line: its own document, exchanged whenever somebody looks."""

    def __init__(self, line) -> None:
        self.line, self.document = line, ReviewDocument()
        line.start(self.document.update())
        self.document.on_update(line.mail.send)

    def look(self) -> set[str]:
        self.line.check()
        self.line.mail.exchange(self.document)
        return {a.ident for a in self.document.all()}

    def leave(self) -> None:
        self.line.stop()
        self.look()


@pytest.fixture
def host(tmp_path: Path):
    recording = tmp_path / "swing.mcap"
    recording.write_bytes(b"a recording")
    end = End(HostLine("Hans", recording, ("127.0.0.1", 0), 60.0))
    yield end
    end.leave()


def joined(host: End, name: str, role: str = "coach") -> End:
    invitation = host.line.coach if role == "coach" else host.line.guest
    end = End(JoinLine(name, host.line.url, invitation.token))
    wait_until(lambda: end.line.state.phase == "open", 10.0, f"{name} has joined")
    return end


def test_what_is_said_at_one_end_is_at_all_others_and_people_are_known(host: End) -> None:
    host.document.add(note("before", "Hans"))
    ann, zoe = joined(host, "Ann"), joined(host, "Zoe", "guest")
    again = joined(host, "Ann")
    try:
        wait_until(lambda: ann.look() == zoe.look() == {"before"}, 10.0, "late joiners have what was said")
        ann.document.add(note("a1"))
        wait_until(lambda: {"before", "a1"} == host.look() == zoe.look() == again.look(), 10.0, "all have Ann's")
        wait_until(lambda: len(zoe.line.state.people) == 4, 10.0, "Zoe knows who is there")
        people = {p.name: p for p in zoe.line.state.people}
        assert {n: p.role for n, p in people.items()} == {
            "Hans": "host",
            "Ann": "coach",
            "Zoe": "guest",
            "Ann 2": "coach",
        }
        assert len({p.colour for p in people.values()}) == 4
        assert (again.line.state.name, zoe.line.state.role) == ("Ann 2", "guest")
        host.line.tell(Presence(7, True, (1.0, 2.0, 3.0, 0.0, 0.0, 1.0), speed=0.25))
        wait_until(lambda: "Hans" in zoe.line.seen(), 10.0, "Zoe sees Hans")
        assert zoe.line.seen()["Hans"].presence.speed == 0.25
        wait_until(lambda: all(p.rtt_s for p in zoe.line.state.people[1:]), 10.0, "the round trip is measured")
        assert all(0.0 < p.rtt_s < 1.0 for p in zoe.line.state.people[1:])
    finally:
        for end in (ann, zoe, again):
            end.leave()


def test_a_guests_own_remarks_stay_with_the_guest(host: End) -> None:
    ann, zoe = joined(host, "Ann"), joined(host, "Zoe", "guest")
    zoe.document.add(note("mine", "Zoe"))
    ann.document.add(note("hers"))
    wait_until(lambda: zoe.look() == {"mine", "hers"}, 10.0, "Zoe has both")
    assert host.look() == {"hers"}
    zoe.leave()
    ann.leave()


def test_the_end_is_said_and_what_was_said_last_is_kept(host: End, tmp_path: Path) -> None:
    ann = joined(host, "Ann")
    for i in range(50):
        host.document.add(note(f"h{i}", "Hans", "z" * 4000))
    host.leave()
    wait_until(lambda: ann.line.state.phase == "over", 10.0, "Ann knows that it is over")
    ann.leave()
    assert ann.look() == {f"h{i}" for i in range(50)}


def test_leaving_at_once_loses_nothing(host: End) -> None:
    ann = joined(host, "Ann")
    for i in range(50):
        ann.document.add(note(f"a{i}", text="z" * 4000))
    ann.leave()
    wait_until(lambda: len(host.look()) == 50, 10.0, "the host has all of it")
    assert ann.line.state.phase == "over"


def test_who_is_not_invited_is_told_and_a_port_that_is_taken_is_said(host: End, tmp_path: Path) -> None:
    eve = End(JoinLine("Eve", host.line.url, "guess"))
    wait_until(lambda: eve.line.state.phase == "refused", 10.0, "Eve is refused")
    assert "not known" in eve.line.state.reason
    eve.document.add(note("alone"))
    eve.leave()
    assert host.look() == set()
    with pytest.raises(InputError, match="cannot listen"):
        End(HostLine("Hans", tmp_path / "swing.mcap", ("127.0.0.1", host.line.port), 60.0))
    for line in (host.line, eve.line):
        assert host.line.coach.token not in repr(line)
        assert "guess" not in repr(line)


def test_a_mailbox_that_overflows_loses_nothing() -> None:
    near, far = mailbox.pair(limit_bytes=2000)
    here, there = ReviewDocument(), ReviewDocument()
    here.on_update(near.send)
    for i in range(200):
        here.add(note(f"n{i}"))
        if i == 150:
            far.exchange(there)
    end = time.monotonic() + 5.0
    while far.exchange(there) | near.exchange(here):
        assert time.monotonic() < end
    assert there.all() == here.all()
    assert len(there) == 200


def test_what_was_said_is_kept_though_the_line_fails_at_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "swing.mcap"
    with RecordingWriter(path) as writer:
        writer.add_metadata("nothing", {})
    said = ReviewDocument()
    said.add(note("said", text="before a crash"))
    journal.keep(journal.journal_of(path), said.update(), {})
    stop = ShareServer.stop

    async def fail(server: ShareServer) -> None:
        await stop(server)
        raise OSError("the network went")

    monkeypatch.setattr(ShareServer, "stop", fail)
    line = HostLine("Hans", path, ("127.0.0.1", 0), 60.0)
    line.start(ReviewDocument().update())
    with pytest.raises(OSError, match="the network went"):
        stay(line, path, lambda: True)
    assert [a.text for a in load_document(path).all()] == ["before a crash"]
    assert not journal.journal_of(path).exists()


def test_a_journal_with_any_byte_spoiled_is_whole_or_a_sentence(tmp_path: Path) -> None:
    path = journal.journal_of(tmp_path / "swing.mcap")
    voice = b"OggS" * 3
    held = b"all that was said", {hashlib.sha256(voice).hexdigest(): voice}
    journal.keep(path, *held)
    assert journal.read(path) == held
    whole = path.read_bytes()
    refused = 0
    for at in range(len(whole)):
        # These bits make another way of packing out of none.
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0x0E]) + whole[at + 1 :])
        try:
            found = journal.read(path)
        except InputError:
            refused += 1
        else:
            assert found is not None
            assert found[0] == held[0]
            assert found[1] in (held[1], {})
    assert refused > len(whole) / 2
