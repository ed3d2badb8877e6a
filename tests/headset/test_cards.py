"""Cards: what is painted can be read at arm's length and pressed where it is seen."""

from itertools import combinations

import numpy as np
import pytest

from twinswing.headset.air_pen import Mark
from twinswing.headset.canvas import ACCENT, LEAST_EM_PX, PANEL, PX_PER_M, Canvas
from twinswing.headset.card import Card, Pin, before_head
from twinswing.headset.frames import ZUP_FROM_XR, forward_of
from twinswing.headset.swing_visit import SwingVisit, time_of_club


@pytest.fixture(scope="module")
def visit(swing) -> SwingVisit:
    return SwingVisit(swing)


def test_all_text_on_all_cards_is_large_enough_to_be_read_at_a_metre(visit):
    for card in visit.cards:
        card.paint()
        assert card.canvas.smallest_em_px >= LEAST_EM_PX, card.name
    # 24 mm at 1 m: the em's angle in a headset with 20 pixels a degree is 27 pixels high.
    assert np.degrees(LEAST_EM_PX / PX_PER_M) * 20 > 27


def test_every_measure_is_shown_with_its_uncertainty(visit, monkeypatch):
    written = []
    real = Canvas.text
    monkeypatch.setattr(
        Canvas, "text", lambda self, text, *a, **k: (written.append(text), real(self, text, *a, **k))[1]
    )
    card = next(card for card in visit.cards if card.name == "measures")
    card._painted = None
    card.paint()
    values = [text for text in written if any(c.isdigit() for c in text) and not text.startswith("±")]
    assert len([text for text in written if text.startswith("±")]) >= 5
    assert len(values) >= 5


def test_a_button_is_pressed_where_it_is_painted(visit):
    card = next(card for card in visit.cards if card.name == "time")
    card.paint()
    for name, (x0, y0, x1, y1) in card.canvas.buttons.items():
        at = ((x0 + x1) / 2 / card.canvas.width, (y0 + y1) / 2 / card.canvas.height)
        assert card.canvas.button_at(*at) == name
        assert 0 <= x0 < x1 <= card.canvas.width
    assert card.canvas.button_at(0.999, 0.02) is None


@pytest.mark.parametrize(("name", "tool"), [("time", "freehand"), ("notes", "freehand"), ("notes", "tag")])
def test_no_two_buttons_lie_over_each_other(swing, name, tool):
    visit = SwingVisit(swing)
    for number in range(7):  # more than there is room for
        mark = Mark((0.1 * number, -1.0, 1.0))
        visit.notes.document.add(visit.notes.pen.with_tool("tag").annotation(f"n{number}", "a", [mark], 0))
    visit.notes.press(f"tool {tool}")
    visit.head = visit.head.seek(visit.head.span_s[0])
    card = next(card for card in visit.cards if card.name == name)
    visit.offers_real_world = True
    card.paint()
    boxes = list(card.canvas.buttons.values())
    assert len(boxes) >= 8
    for a, b in combinations(boxes, 2):
        assert a[2] < b[0] or b[2] < a[0] or a[3] < b[1] or b[3] < a[1], (a, b)
    assert all(x0 >= 0 and x1 <= card.canvas.width and y0 >= 0 and y1 <= card.canvas.height for x0, y0, x1, y1 in boxes)


def test_a_card_is_painted_only_when_it_says_something_else():
    said = {"text": "one"}
    card = Card("c", 0.3, 0.1, lambda: said["text"], lambda canvas, _: canvas.text(said["text"], 10, 60) and None)
    assert card.paint()
    assert not card.paint()
    said["text"] = "two"
    assert card.paint()


def test_a_text_is_painted_where_it_is_asked_for():
    canvas = Canvas(0.3, 0.1)
    width = canvas.text("Hhg", 20, 60, 30, ACCENT)
    inked = np.argwhere((canvas.picture != PANEL).any(-1))
    assert inked[:, 1].min() >= 20
    assert inked[:, 1].max() <= 20 + width
    assert 60 - 30 <= inked[:, 0].min() < 50
    assert 60 < inked[:, 0].max() <= 70  # the g hangs below the baseline


def test_a_card_before_the_head_faces_it():
    head = ZUP_FROM_XR.copy()
    head[:3, 3] = (1.0, 2.0, 1.7)
    pose = before_head(head, 0.4, 0.3, 1.0)
    away = pose[:3, 3] - head[:3, 3]
    assert np.linalg.norm(away) == pytest.approx(1.0)
    assert -forward_of(pose) == pytest.approx(-away)
    assert pose[2, 0] == pytest.approx(0.0)  # level
    assert away[0] > 0  # to the right of +Y
    assert np.linalg.det(pose[:3, :3]) == pytest.approx(1.0)


def test_a_pinned_card_follows_its_hand_and_waits_for_it(visit):
    card = visit.cards[0]
    card.pin = Pin("world", before_head(ZUP_FROM_XR, 0.0, 0.0, 1.0))
    hand = np.eye(4)
    hand[:3, 3] = (0.2, 0.8, -0.1)
    card.place({"left": hand})
    before = card.pose.copy()
    card.pin_to("left", {"left": hand})
    moved = hand.copy()
    moved[:3, 3] += [0.3, 0.0, 0.1]
    card.place({"left": moved})
    assert card.pose[:3, 3] == pytest.approx(before[:3, 3] + [0.3, 0.0, 0.1])
    card.place({})
    assert card.pose is None
    assert card.node.is_hidden()


def test_time_follows_a_hand_along_the_club_and_not_across_to_the_way_back(swing):
    club, top, impact = swing.club, swing.events["top"].t_s, swing.events["impact"].t_s
    t_s = top
    for wanted in np.linspace(top, impact, 8)[1:]:
        hand = np.array([np.interp(wanted, club.t_s, club.head_m[:, i]) for i in range(3)])
        t_s = time_of_club(club, hand, 1.0, t_s)
        assert t_s == pytest.approx(wanted, abs=0.01)
