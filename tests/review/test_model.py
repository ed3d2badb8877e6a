"""Annotations as values, and what of others' is refused."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinswing.errors import InputError
from twinswing.review.checks import LIMITS, from_fields, to_fields
from twinswing.review.model import KINDS, Annotation, InWorld, Media, OnJoint, OnMachine, OnVideo, Span

VOICE = Media("ab" * 32, 1000, 1.5, (0.0, 0.5, 1.0), "keep the left arm straight")


def example(kind: str, ident: str = "x1") -> Annotation:
    """One valid annotation of a kind."""
    return Annotation(
        ident,
        kind,
        "Ann",
        Span.moment(1_500_000_000),
        points=tuple((0.1 * i, 0.2, 1.0) for i in range(KINDS[kind].least)),
        text="stay low",
        rating=4 if kind == "rating" else 0,
        pair_ns=250 if kind == "pair" else None,
        media=VOICE if kind == "voice" else None,
    )


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_comes_back_as_it_was(kind) -> None:
    assert from_fields("x1", to_fields(example(kind))) == example(kind)


@pytest.mark.parametrize("anchor", [OnVideo("left"), InWorld(), OnJoint("left_wrist"), OnMachine("shop/lathe 1")])
def test_each_anchor_comes_back_as_it_was(anchor) -> None:
    points = ((0.25, 0.75),) if isinstance(anchor, OnVideo) else ((1.0, -2.0, 0.5),)
    note = replace(example("text"), anchor=anchor, points=points)
    assert from_fields("x1", to_fields(note)) == note


def test_a_moment_shows_for_a_while_and_a_span_while_it_lasts() -> None:
    moment, span = Span.moment(10**9, shown_s=0.5), Span(10**9, 3 * 10**9)
    assert [moment.shows_at(t) for t in (10**9 - 1, 10**9, 15 * 10**8, 15 * 10**8 + 1)] == [False, True, True, False]
    assert [span.shows_at(t) for t in (10**9 - 1, 10**9, 3 * 10**9, 3 * 10**9 + 1)] == [False, True, True, False]


def test_an_unknown_kind_is_kept_and_not_drawn() -> None:
    fields = to_fields(example("line"))
    shape = json.loads(fields["shape"])
    fields["shape"] = json.dumps({**shape, "kind": "hologram", "points": [[1, 2, 3]] * 7, "depth": [1]})
    found = from_fields("x1", {**fields, "mood": '"good"'})
    assert (found.kind, found.drawable, len(found.points)) == ("hologram", False, 7)


HOSTILE = {
    "points": [
        "[[NaN,0,0],[1,1,1]]",
        "[[Infinity,0,0],[1,1,1]]",
        "[[1e999,0,0],[1,1,1]]",
        "[[1e6,0,0],[1,1,1]]",
        "[[0,0],[1,1]]",
        "[[true,0,0],[1,1,1]]",
        '[["1",0,0],[1,1,1]]',
        "[[0,0,0]]",
        "[" + "[0,0,0]," * 5000 + "[0,0,0]]",
        "{}",
        "[" * 5000,
        "[[" + "9" * 5000 + ",0,0],[1,1,1]]",
    ],
    "anchor": ['["nowhere"]', '["joint",""]', '["video","' + "x" * 500 + '"]', '["joint",7]', "null", '["world",1]'],
    "pins": ['["left_wrist"]', '["a","b","c","d"]', '[["a"],["b"]]'],
    "kind": ['""', '"<b>"', "7", '"' + "k" * 99 + '"'],
    "pair": ['[1,"../../etc/passwd"]', '[1,"C:\\\\x"]', '[1.5,""]', "[1]", '[1,".hidden"]'],
    "media": ['{"sha256":"../x","size_bytes":1,"duration_s":1}', "[]", "{}"],
    "rating": ["6", "-1", "1.5", "true"],
}


@pytest.mark.parametrize(("name", "text"), [(n, t) for n, texts in HOSTILE.items() for t in texts])
def test_hostile_shapes_are_refused_in_a_sentence(name, text) -> None:
    fields = to_fields(example("line"))
    shape = json.loads(fields["shape"])
    parts = {k: json.dumps(v) for k, v in shape.items()} | {name: text}
    fields["shape"] = "{" + ",".join(f'"{k}":{v}' for k, v in parts.items()) + "}"
    with pytest.raises(InputError) as refused:
        from_fields("x1", fields)
    assert "x1" in str(refused.value)
    assert len(str(refused.value)) < 400


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("time", "[5,4,1]"),
        ("time", "[0,1e300,1]"),
        ("time", "[0,0,-1]"),
        ("time", f"[0,{1 << 62},1]"),
        ("author", '""'),
        ("author", '"a\\u0000b"'),
        ("author", '"two\\nlines"'),
        ("text", '"\\u001b[31m"'),
        ("text", '"\\ud800"'),
        ("text", json.dumps("x" * (LIMITS.text_chars + 1))),
        ("colour", '"red"'),
        ("colour", '"#12345g"'),
        ("shape", "[]"),
        ("shape", " " * (LIMITS.field_chars + 1)),
    ],
)
def test_hostile_fields_are_refused(name, text) -> None:
    with pytest.raises(InputError, match=name):
        from_fields("x1", {**to_fields(example("line")), name: text})


@pytest.mark.parametrize("ident", ["", "a/b", "x" * 65, "é", "a\n"])
def test_ids_that_could_be_something_else_are_refused(ident) -> None:
    with pytest.raises(InputError):
        from_fields(ident, to_fields(example("line")))


def test_a_note_without_words_cannot_be_written() -> None:
    with pytest.raises(InputError, match="needs a text"):
        to_fields(replace(example("text"), text="  "))


def test_pins_stand_in_place_of_points() -> None:
    pinned = replace(example("angle"), points=(), pins=("left_shoulder", "left_elbow", "left_wrist"))
    assert from_fields("x1", to_fields(pinned)) == pinned
    with pytest.raises(InputError, match="pinned"):
        to_fields(replace(pinned, pins=("left_shoulder",)))
    with pytest.raises(InputError, match="pinned"):
        to_fields(replace(pinned, points=example("angle").points))


@given(st.dictionaries(st.sampled_from(["shape", "author", "time", "text", "colour"]), st.text(max_size=60)))
def test_any_text_is_read_or_refused(fields) -> None:
    given_fields = {**to_fields(example("line")), **fields}
    try:
        found = from_fields("x1", given_fields)
    except InputError:
        return
    assert from_fields("x1", given_fields) == found
    assert set(to_fields(found)) == {"shape", "author", "time", "text", "colour"}
