"""Exports as other programs read them: FFmpeg's subtitles, Foxglove's own event type, Python's CSV."""

import csv
import io
import json
from dataclasses import replace
from pathlib import Path

import av
import pytest
from foxglove.messages import Event
from google.protobuf.descriptor_pb2 import FileDescriptorSet

from twinswing.review.export import foxglove_events, table, web_vtt
from twinswing.review.model import Annotation, Media, OnJoint, OnVideo, Span
from twinswing.timeline.clock import ClockMap

NOTE = Annotation("n1", "text", "Ann", Span.moment(1_500_000_000, 1.0), OnVideo("main"), text="stay <low> & turn")
ALL = (
    Annotation("r", "rating", "Bob", Span(3_000_000_000, 5_000_000_000), OnJoint("head"), rating=4),
    NOTE,
    replace(NOTE, ident="n0", time=Span.moment(-9_000_000_000, 1.0), text="before the video"),
    Annotation("v", "voice", "Bob", Span.moment(3_661_007_000_000), media=Media("ab" * 32, 9, 3.2, (), "hips first")),
)


def cues(text: str, path: Path) -> list[tuple[float, float, str]]:
    """Read subtitles with FFmpeg."""
    path.write_text(text, "utf-8")
    with av.open(str(path)) as file:
        packets = [p for p in file.demux(file.streams[0]) if p.size]
        return [(float(p.pts * p.time_base), float(p.duration * p.time_base), bytes(p).decode()) for p in packets]


def test_subtitles_come_at_the_videos_own_times(tmp_path) -> None:
    found = cues(web_vtt(ALL), tmp_path / "a.vtt")
    assert [t for t, _, _ in found] == pytest.approx([1.5, 3.0, 3661.007])
    assert [d for _, d, _ in found] == pytest.approx([1.0, 2.0, 2.0])
    assert "stay &lt;low&gt; &amp; turn" in found[0][2]
    assert "4 of 5" in found[1][2]
    assert "hips first" in found[2][2]
    late = cues(web_vtt(ALL, ClockMap(offset_s=1.0, drift_ppm=1000.0)), tmp_path / "b.vtt")
    assert late[0][0] == pytest.approx(0.5 / 1.001, abs=1e-3)


def test_a_hostile_note_cannot_forge_a_cue(tmp_path) -> None:
    forged = "fine\n\n00:00:09.000 --> 00:00:10.000\n<c.red>forged"
    found = cues(web_vtt([replace(NOTE, text=forged, author="A>\u2028B")]), tmp_path / "a.vtt")
    assert len(found) == 1
    assert "-->" not in web_vtt([replace(NOTE, text=forged)]).split("\n", 3)[3]


def test_events_are_foxgloves() -> None:
    events = json.loads(foxglove_events(ALL, 10**18, lambda a: "12 deg" if a.ident == "n1" else ""))
    assert len(events) == 4
    first = events[1]
    assert first["start_time"] == {"sec": 1_000_000_001, "nsec": 500_000_000}
    assert {m["key"]: m["value"] for m in first["metadata"]}["text"] == "stay <low> & turn\n12 deg"
    files = FileDescriptorSet.FromString(Event.get_schema().data).file
    fields = {f.name for file in files for kind in file.message_type if kind.name == "Event" for f in kind.field}
    assert set(first) == fields
    assert json.loads(foxglove_events(ALL, 0))[0]["start_time"] == {"sec": 0, "nsec": 0}, "no time before 1970"


def test_the_table_has_a_row_each_and_runs_nothing() -> None:
    evil = replace(NOTE, text='=HYPERLINK("x")', author="@Bob", time=Span.moment(-1))
    rows = list(csv.DictReader(io.StringIO(table([*ALL, replace(evil, ident="e")]))))
    assert [r["id"] for r in rows] == ["n0", "e", "n1", "r", "v"]
    assert (rows[1]["text"], rows[1]["author"], rows[1]["start_s"]) == ('\'=HYPERLINK("x")', "'@Bob", "-0.000000001")
    assert (rows[3]["rating"], rows[3]["place"], rows[3]["end_s"]) == ("4", "joint head", "5.000000000")
    assert (rows[4]["voice_sha256"], rows[4]["voice_s"]) == ("ab" * 32, "3.2")
