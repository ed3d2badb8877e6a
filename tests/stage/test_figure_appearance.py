"""A golfer's looks survive a recording, and nonsense in one is refused with a sentence."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinswing.errors import InputError
from twinswing.stage.appearance import Appearance, linear, srgb

COLOUR = st.from_regex(r"#[0-9a-f]{6}", fullmatch=True)


@given(
    st.builds(
        Appearance,
        height_m=st.floats(1.2, 2.3),
        build=st.floats(0, 1),
        skin=COLOUR,
        cap=st.one_of(COLOUR, st.just("")),
        glove=st.one_of(COLOUR, st.just("")),
        shorts=st.booleans(),
        handed=st.sampled_from(["right", "left"]),
    )
)
def test_what_was_written_is_read_back(look):
    stored = look.to_dict()
    assert all(isinstance(k, str) and isinstance(v, str) for k, v in stored.items())
    assert Appearance.from_dict(stored) == look


def test_missing_fields_keep_their_defaults_and_unknown_ones_are_passed_over():
    assert Appearance.from_dict({"shirt": "#102030", "hat": "a feather"}) == Appearance(shirt="#102030")
    assert Appearance.from_dict({}) == Appearance()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("height_m", "tall"), ("height_m", "17.8"), ("height_m", "nan"), ("height_m", ""), ("build", "-0.1"),
        ("build", "inf"), ("skin", "brown"), ("skin", ""), ("skin", "#12345g"), ("skin", "#１２３４５６"),
        ("handed", "both"), ("shorts", "perhaps"), ("cap", "#fff"),
    ],
)  # fmt: skip
def test_nonsense_is_refused_and_named(field, value):
    with pytest.raises(InputError, match=field):
        Appearance.from_dict({field: value})


def test_golfers_vary_and_a_seed_is_a_golfer():
    golfers = [Appearance.varied(seed) for seed in range(40)]
    assert golfers[7] == Appearance.varied(7)
    assert len(set(golfers)) == 40
    assert max(g.height_m for g in golfers) - min(g.height_m for g in golfers) > 0.15
    assert {g.shorts for g in golfers} == {True, False}
    assert "" in {g.cap for g in golfers}
    assert Appearance.varied(7, "left").handed == "left"


def test_colours_are_linear_light():
    assert srgb("#ff8000") == pytest.approx((1.0, 128 / 255, 0.0))
    assert linear("#bcbcbc")[0] == pytest.approx(0.5029, abs=1e-4)  # the published mid-grey of sRGB
    assert linear("#000000") == (0.0, 0.0, 0.0)
