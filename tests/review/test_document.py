"""Copies of a document that are edited apart, cut, reordered, fed rubbish, and merge all the same."""

import contextlib
import json
import random
import time
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pycrdt import Array, Doc, Map

from twinswing.errors import InputError
from twinswing.review import document as document_module
from twinswing.review.checks import to_fields
from twinswing.review.document import REMOTE, ReviewDocument, new_ident
from twinswing.review.model import Annotation, OnVideo, Span
from twinswing.review.updates import UpdateLimits, check_state, read_reach


def note(ident: str = "n1", text: str = "stay low", author: str = "Ann", t_ns: int = 0, **more) -> Annotation:
    return Annotation(ident, "text", author, Span.moment(t_ns), text=text, **more)


def twins(*annotations: Annotation) -> tuple[ReviewDocument, ReviewDocument]:
    first = ReviewDocument()
    for annotation in annotations:
        first.add(annotation)
    return first, ReviewDocument(first.update())


def together(a: ReviewDocument, b: ReviewDocument) -> None:
    a.merge(b)
    b.merge(a)


# --------------------------------------------------------------------------------------------------- editing and undo
def test_changes_of_different_fields_both_survive() -> None:
    a, b = twins(note())
    a.edit("n1", by="Ann", text="stay lower")
    b.edit("n1", by="Bob", colour="#00ff00")
    together(a, b)
    assert a.all() == b.all() == (note(text="stay lower", colour="#00ff00"),)


def test_a_move_and_a_redraw_made_apart_never_mix() -> None:
    line = Annotation("l1", "line", "Ann", Span.moment(0), points=((0.0, 0.0, 0.0), (1.0, 1.0, 1.0)))
    a, b = twins(line)
    on_video = {"anchor": OnVideo("main"), "points": ((0.1, 0.1), (0.9, 0.9))}
    a.edit("l1", by="Ann", **on_video)
    b.edit("l1", by="Bob", points=((0.0, 0.0, 0.0), (2.0, 2.0, 2.0)))
    together(a, b)
    assert a.all() == b.all()
    assert a.get("l1") in (replace(line, **on_video), replace(line, points=((0.0, 0.0, 0.0), (2.0, 2.0, 2.0))))


def test_undo_takes_back_ones_own_steps_and_leaves_others() -> None:
    a, b = twins(note())
    a.edit("n1", by="Ann", text="one")
    a.edit("n1", by="Ann", text="two")
    b.add(note("n2", author="Bob"))
    together(a, b)
    assert a.undo("Ann")
    assert a.get("n1").text == "one"
    assert a.undo("Ann")
    assert a.get("n1").text == "stay low"
    assert a.undo("Ann")
    assert [x.ident for x in a.all()] == ["n2"]
    assert not a.undo("Ann")
    assert a.redo("Ann")
    assert a.redo("Ann")
    assert a.get("n1").text == "one"
    together(a, b)
    assert a.all() == b.all()
    assert not a.undo("Bob"), "what came from elsewhere is no step of this copy"


def test_undo_of_a_deletion_brings_back_what_was_changed_meanwhile() -> None:
    a, b = twins(note())
    a.delete("n1", by="Ann")
    b.edit("n1", by="Bob", text="better said")
    together(a, b)
    assert a.all() == b.all() == ()
    assert a.undo("Ann")
    together(a, b)
    assert a.get("n1").text == b.get("n1").text == "better said"


def test_a_growing_drawing_is_one_step() -> None:
    drawn = ReviewDocument()
    stroke = Annotation("s", "freehand", "Ann", Span.moment(0), points=((0.0, 0.0, 0.0), (0.0, 0.0, 0.1)))
    drawn.add(note())
    drawn.add(stroke)
    for n in range(3, 20):
        points = tuple((0.0, 0.0, 0.1 * i) for i in range(n))
        drawn.edit("s", by="Ann", same_step=True, points=points)
    assert len(drawn.get("s").points) == 19
    drawn.undo("Ann")
    assert [a.ident for a in drawn.all()] == ["n1"]
    drawn.redo("Ann")
    assert len(drawn.get("s").points) == 19


def test_viewers_hear_what_became_different_and_who_did_it() -> None:
    a, b = twins()
    heard = []
    stop = a.listen(heard.append)
    b.add(note())
    a.merge(b)
    a.merge(b)
    a.edit("n1", by="Ann", text="other")
    a.delete("n1", by="Ann")
    stop()
    a.undo("Ann")
    assert [(c.added, c.edited, c.removed, c.by) for c in heard] == [
        (("n1",), (), (), REMOTE),
        ((), ("n1",), (), "Ann"),
        ((), (), ("n1",), "Ann"),
    ]


def test_updates_of_own_changes_are_handed_out_as_they_happen() -> None:
    a, b = twins()
    a.on_update(b.apply)
    a.add(note())
    a.edit("n1", by="Ann", text="x")
    a.undo("Ann")
    a.delete("n1", by="Ann")
    a.undo("Ann")
    assert b.all() == a.all() == (note(),)


def test_searching_filtering_and_jumping() -> None:
    held, _ = twins(
        note("n1", "Left arm straight", t_ns=300),
        note("n2", "hips first", author="Bob", t_ns=100),
        Annotation("n3", "rating", "Bob", Span(200, 900), rating=4),
    )
    assert [a.ident for a in held.all()] == ["n2", "n3", "n1"]
    assert [a.ident for a in held.search("ARM left")] == ["n1"]
    assert [a.ident for a in held.search(authors=["Bob"], kinds=["rating"])] == ["n3"]
    assert [a.ident for a in held.search(rating=5)] == []
    assert held.authors == ("Ann", "Bob")
    assert held.after(100).ident == "n3"
    assert held.before(200).ident == "n2"
    assert held.after(300) is None
    assert held.before(100) is None
    assert [a.ident for a in held.at(500, hidden=["Ann"])] == ["n2", "n3"]


def test_a_wrong_id_or_a_second_of_the_same_is_refused() -> None:
    held, _ = twins(note())
    for wrong in (lambda: held.add(note()), lambda: held.edit("no", by="Ann"), lambda: held.delete("no", by="Ann")):
        with pytest.raises(InputError):
            wrong()
    assert held.all() == (note(),)
    assert new_ident() != new_ident()


# ----------------------------------------------------------------------------------------------------------- merging
EDITS = st.tuples(
    st.integers(0, 2),  # whose copy
    st.sampled_from(["add", "text", "colour", "time", "delete", "undo", "redo", "send", "send"]),
    st.integers(0, 3),  # which annotation, or which copy it is sent to
)


@settings(max_examples=120, deadline=None)
@given(st.lists(EDITS, max_size=40), st.integers(0, 2**32))
def test_any_edits_cuts_and_orders_of_delivery_converge(steps, seed) -> None:
    chance = random.Random(seed)
    copies = [ReviewDocument(client=1 + n) for n in range(3)]
    mail: list[list[bytes]] = [[], [], []]
    for who, copy in enumerate(copies):
        for other in {0, 1, 2} - {who}:
            copy.on_update(mail[other].append)
    for number, (who, what, which) in enumerate(steps):
        _step(copies, mail, chance, number, who, what, which)
    for who, copy in enumerate(copies):  # what is left arrives in any order, some twice, some never
        late = mail[who] + mail[who][: len(mail[who]) // 3]
        chance.shuffle(late)
        for update in late[: chance.randint(0, len(late))]:
            copy.apply(update)
    for who in (1, 2):  # the line is back: states are compared and what is missing is sent
        together(copies[0], copies[who])
    together(copies[0], copies[1])
    assert copies[0].all() == copies[1].all() == copies[2].all()
    assert copies[0].refused == copies[1].refused == copies[2].refused == {}


def _step(copies, mail, chance, number, who, what, which) -> None:
    copy, name = copies[who], f"author {who}"
    here = [a.ident for a in copy.all()]
    target = here[which % len(here)] if here else None
    if what == "add":
        copy.add(note(f"n{number}", f"note {number}", name, number))
    elif what == "undo":
        copy.undo(name)
    elif what == "redo":
        copy.redo(name)
    elif what == "send" and mail[who]:
        copy.apply(mail[who].pop(chance.randrange(len(mail[who]))))
    elif target is not None and what == "text":
        copy.edit(target, by=name, text=f"changed {number}")
    elif target is not None and what == "colour":
        copy.edit(target, by=name, colour=f"#{number:06x}")
    elif target is not None and what == "time":
        copy.edit(target, by=name, time=Span(number, number + 5))
    elif target is not None and what == "delete":
        copy.delete(target, by=name)


def test_a_part_that_comes_too_early_waits_for_what_it_builds_on() -> None:
    a, b = twins()
    parts = []
    a.on_update(parts.append)
    a.add(note())
    a.edit("n1", by="Ann", text="second")
    b.apply(parts[1])
    assert b.all() == ()
    b.apply(parts[0])
    assert b.all() == a.all()


# ----------------------------------------------------------------------------------------------------------- hostile
def test_what_another_program_wrote_is_refused_whole() -> None:
    held, _ = twins(note())
    before = held.update()
    for write in (
        lambda doc: doc.get("annotations", type=Map).update({"x/shape": 5}),
        lambda doc: doc.get("annotations", type=Map).update({"x/shape": {"deep": [1]}}),
        lambda doc: doc.get("annotations", type=Map).update({"x/shape": Map({"a": "b"})}),
        lambda doc: doc.get("other", type=Map).update({"x/shape": "1"}),
        lambda doc: doc.get("annotations", type=Array).append("1"),
        lambda doc: doc.get("annotations", type=Map).update({"k" * 300: "1"}),
        lambda doc: doc.get("annotations", type=Map).update({"x/shape": "1" * 300_000}),
    ):
        doc = Doc()
        write(doc)
        with pytest.raises(InputError, match="cannot be read at byte"):
            held.apply(doc.get_update())
    assert held.update() == before


def test_a_text_that_is_no_annotation_is_told_and_not_shown() -> None:
    doc = Doc()
    fields = {f"bad/{k}": v for k, v in to_fields(note("bad")).items()} | {"bad/time": "[NaN,0,0]"}
    doc.get("annotations", type=Map).update({**fields, "no slash": "1", "../x/shape": "1"})
    held, other = twins(note())
    held.apply(doc.get_update())
    assert held.all() == (note(),)
    assert list(held.refused) == ["bad"]
    assert "NaN" in held.refused["bad"]
    other.merge(held)
    assert other.refused == held.refused, "it is passed on all the same"


def test_a_newer_programs_kind_is_passed_on_and_not_redrawn() -> None:
    doc = Doc()
    shape = json.dumps({"kind": "hologram", "depth": 3})
    fields = {**to_fields(note("h")), "shape": shape, "mood": '"good"'}
    doc.get("annotations", type=Map).update({f"h/{k}": v for k, v in fields.items()})
    held = ReviewDocument(doc.get_update())
    assert not held.get("h").drawable
    held.edit("h", by="Ann", text="what is this?")
    with pytest.raises(InputError, match="newer"):
        held.edit("h", by="Ann", points=((0.0, 0.0, 0.0),))
    newer = Doc()
    newer.apply_update(held.update())
    kept = newer.get("annotations", type=Map).to_py()
    assert (kept["h/shape"], kept["h/mood"]) == (shape, '"good"')


DAMAGE = st.tuples(st.floats(0, 1), st.sampled_from(["set", "insert", "cut", "drop"]), st.integers(0, 255))


@settings(max_examples=400, deadline=None)
@given(st.lists(DAMAGE, min_size=1, max_size=5))
def test_damaged_updates_are_refused_or_harmless(damages) -> None:
    held = ReviewDocument(client=1)
    held.add(note())
    other = ReviewDocument(held.update(), client=2)
    other.edit("n1", by="Bob", text="changed")
    other.add(note("n2", "hips"))
    other.delete("n2", by="Bob")
    data = other.update()
    for where, what, byte in damages:
        at = round(where * len(data))
        middle = {"set": bytes([byte]) + data[at + 1 :], "insert": bytes([byte]) + data[at:], "cut": b""}
        data = data[:at] + middle.get(what, data[at + byte :])
    with contextlib.suppress(InputError):
        held.apply(data)
    # Whatever happened, it is a whole document that others can take over, and that goes on working.
    held.add(note("n9"))
    assert ReviewDocument(held.update()).get("n9") == note("n9")


@given(st.binary(max_size=200))
def test_any_bytes_are_refused_or_read(data) -> None:
    for check in (read_reach, check_state):
        try:
            check(data)
        except InputError:
            continue


def test_every_update_that_the_library_makes_of_texts_passes() -> None:
    a, b = twins(*(note(f"n{i}", "x" * i) for i in range(1, 50)))
    for i in range(1, 50, 3):
        a.delete(f"n{i}", by="Ann")
        b.edit(f"n{i}", by="Bob", text="é" * 200)
    a.undo("Ann")
    together(a, b)
    assert read_reach(a.update()).ends == check_state(a.state())


def test_a_document_does_not_grow_without_end(monkeypatch) -> None:
    monkeypatch.setattr(document_module, "UPDATE_LIMITS", UpdateLimits(update_bytes=20_000))
    held = ReviewDocument()
    for i in range(24):
        held.add(note(f"n{i}", "x" * 500))
    with pytest.raises(InputError, match="20000 is the most"):
        held.add(note("straw", "x" * 7900))
    assert len(held) == 24
    sender = ReviewDocument()
    monkeypatch.undo()
    sender.add(note("big", "y" * 7000))
    sender.add(note("big2", "y" * 7000))
    monkeypatch.setattr(document_module, "UPDATE_LIMITS", UpdateLimits(update_bytes=20_000))
    before = held.all()
    with pytest.raises(InputError):
        held.apply(sender.update())
    assert held.all() == before


def test_redrawing_for_hours_is_not_mistaken_for_growth(monkeypatch) -> None:
    a, b = twins(note())
    parts = []
    a.on_update(parts.append)
    for i in range(300):
        a.edit("n1", by="Ann", same_step=True, text=f"{i} " + "z" * 1000)
    monkeypatch.setattr(document_module, "UPDATE_LIMITS", UpdateLimits(update_bytes=60_000))
    for part in parts:
        b.apply(part)
    assert b.get("n1") == a.get("n1")
    assert len(b.update()) < 5_000, "what was overwritten is not kept where nobody can undo it"


def test_updates_that_wait_for_ever_are_limited(monkeypatch) -> None:
    monkeypatch.setattr(document_module, "UPDATE_LIMITS", UpdateLimits(waiting_bytes=5_000))
    held, parts = ReviewDocument(), []
    sender = ReviewDocument()
    sender.on_update(parts.append)
    for i in range(20):
        sender.add(note(f"n{i}", "w" * 900))
    for part in parts[1:5]:
        held.apply(part)
    with pytest.raises(InputError, match="never came"):
        held.apply(parts[6])
    held.apply(sender.update())
    assert held.all() == sender.all(), "what fills the gap is let in"


@pytest.mark.parametrize("seed", [24, 37, 58, 66, *range(6)])
def test_what_comes_in_any_order_is_shown_as_a_new_copy_shows_it(seed) -> None:
    """Deletions before what they delete, steps without their predecessors: none ends, none shows other things."""
    chance = random.Random(seed)
    copies = [ReviewDocument(client=i + 1) for i in range(3)]
    updates: list[bytes] = []
    for copy in copies:
        copy.on_update(updates.append)
    watcher = ReviewDocument(client=50)
    for step in range(80):
        who = chance.randrange(3)
        copy, here = copies[who], copies[who].all()
        match chance.choice(["add", "edit", "edit", "delete", "undo", "undo", "redo", "merge", "watch", "watch"]):
            case "add":
                copy.add(Annotation(f"n{step}", "text", f"p{who}", Span.moment(step), text="x"))
            case "edit" if here:
                with contextlib.suppress(InputError):  # an undo can leave a note without its text
                    copy.edit(chance.choice(here).ident, by=f"p{who}", text=f"{step}")
            case "delete" if here:
                copy.delete(chance.choice(here).ident, by=f"p{who}")
            case "undo":
                copy.undo(f"p{who}")
            case "redo":
                copy.redo(f"p{who}")
            case "merge":
                copy.merge(chance.choice(copies))
            case "watch" if updates:
                watcher.apply(chance.choice(updates))
    for update in chance.sample(updates, len(updates)):
        watcher.apply(update)
        again = ReviewDocument(watcher.update(), client=60)
        assert (watcher.all(), watcher.refused) == (again.all(), again.refused)
    for copy in copies:
        copy.merge(watcher)
        assert copy.all() == watcher.all()


def test_taking_an_update_does_not_grow_with_the_document() -> None:
    """A tenth of a second would not do for every remark in a long session."""

    def cost_s(notes: int) -> float:
        far, near = ReviewDocument(client=1), ReviewDocument(client=2)
        for i in range(notes):
            far.add(Annotation(f"n{i}", "text", "Ann", Span.moment(i), text="stay low"))
        near.apply(far.update())
        updates: list[bytes] = []
        far.on_update(updates.append)
        for i in range(40):
            far.edit(f"n{i}", by="Ann", text=f"lower {i}")
        start = time.process_time()
        for update in updates:
            near.apply(update)
        assert near.all() == far.all()
        return time.process_time() - start

    assert cost_s(1600) < 4.0 * min(cost_s(160) for _ in range(3)) + 0.01
