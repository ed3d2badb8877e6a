"""The usual clubs: every kind is there, and they follow one another as a bag's do."""

import math

import pytest

from twinswing.club.catalogue import CLUB_KINDS, standard_club
from twinswing.errors import InputError


def test_longer_clubs_have_less_loft_and_lie_flatter() -> None:
    bag = [standard_club(kind) for kind in CLUB_KINDS if kind != "putter"]
    assert [c.length_m for c in bag] == sorted((c.length_m for c in bag), reverse=True)
    assert [c.loft_rad for c in bag] == sorted(c.loft_rad for c in bag)
    assert [c.lie_rad for c in bag] == sorted(c.lie_rad for c in bag)


@pytest.mark.parametrize("kind", CLUB_KINDS)
def test_every_club_is_one_that_rules_allow(kind: str) -> None:
    club = standard_club(kind, serial="A1")
    assert (club.kind, club.serial) == (kind, "A1")
    # Rules of Golf, equipment rule 2.1c: 18 to 48 inches, a putter's length has no upper bound.
    assert 18 * 0.0254 <= club.length_m <= 48 * 0.0254
    assert 0 < club.loft_rad < math.radians(65)


def test_another_kind_is_answered_with_those_there_are() -> None:
    with pytest.raises(InputError, match="driver, wood"):
        standard_club("spoon")
