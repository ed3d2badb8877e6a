"""What sources say becomes what was known when, whatever the order and whichever thread."""

import threading
from collections.abc import Sequence

import numpy as np
import pytest

from twinswing.plant.history import NO_TEXT
from twinswing.plant.journal import Action
from twinswing.plant.model import DataItem, Plant, Role, Unit, UnitKind
from twinswing.plant.store import LiveHistory, StoreLimits
from twinswing.recording.plant_rows import Rows
from twinswing.streams.observations import ItemKind, LinkState, LinkStatus, Observation, Quality

S = 1_000_000_000
ZERO = 1_700_000_000 * S


def plant_of(kinds: Sequence[ItemKind], source: str = "m") -> Plant:
    """A plant of one unit, whose items are bound to the addresses a0, a1 ... of a source."""
    items = tuple(
        DataItem(f"line/u/i{n}", f"i{n}", kind, Role.OTHER, "1", source, f"a{n}") for n, kind in enumerate(kinds)
    )
    unit = Unit("line/u", "u", "U", UnitKind.MILL, (0.0, 0.0, 0.0), 0.0, (1.0, 1.0, 1.0), items)
    return Plant("p", "P", "s", "e", (10.0, 10.0, 5.0), (), (unit,))


TWO = plant_of([ItemKind.SAMPLE, ItemKind.EVENT])


def said(t_s: float, value: float | str | None, address: str = "a0", **more: str) -> Observation:
    return Observation(address, ZERO + round(t_s * S), value, **more)


def link(state: LinkState, t_s: float, items: tuple[str, ...] = (), lost: int = 0) -> LinkStatus:
    return LinkStatus(state, "a word", ZERO + round(t_s * S), items, lost)


def history(plant: Plant = TWO, **more: object) -> LiveHistory:
    return LiveHistory(plant, ZERO, **more)  # type: ignore[arg-type]


def number_at(live: LiveHistory, t_s: float, item: int = 0) -> tuple[float, Quality]:
    snapshot = live.at(round(t_s * S))
    return float(snapshot.number[item]), Quality(snapshot.quality[item])


def test_values_hold_until_the_next_and_nothing_is_known_before_the_first() -> None:
    live = history()
    assert live.span_ns == (0, 0)
    assert live.at(5 * S).quality.tolist() == [Quality.UNAVAILABLE] * 2
    live.observed("m", [said(1, 2.5), said(2, "ACTIVE", "a1"), said(3, 4.5)])
    assert live.span_ns == (0, 3 * S)
    early = live.at(S // 2)
    assert np.isnan(early.number[0])
    assert early.since_ns.tolist() == [-1, -1]
    middle = live.at(2 * S + 1)
    assert middle.number[0] == 2.5
    assert live.texts[middle.text[1]] == "ACTIVE"
    assert (middle.text[0], middle.since_ns[0]) == (NO_TEXT, S)
    assert number_at(live, 99) == (4.5, Quality.GOOD)


def test_factor_offset_and_several_items_of_one_address() -> None:
    celsius = DataItem("u/k", "k", ItemKind.SAMPLE, Role.TEMPERATURE, "K", "m", "t", offset=273.15)
    percent = DataItem("u/p", "p", ItemKind.SAMPLE, Role.LOAD, "%", "m", "t", factor=100.0)
    unit = Unit("u", "u", "U", UnitKind.MILL, (0.0, 0.0, 0.0), 0.0, (1.0, 1.0, 1.0), (celsius, percent))
    live = history(Plant("p", "P", "s", "e", (1.0, 1.0, 1.0), (), (unit,)))
    live.observed("m", [said(1, 0.5, "t"), said(1, 3.0, "of nobody")])
    assert live.at(S).number.tolist() == [273.65, 50.0]
    assert live.stats.unbound == 1


def test_late_values_go_into_the_past_and_repeated_ones_are_kept_once() -> None:
    live = history()
    live.observed("m", [said(1, 1.0), said(5, 5.0)])
    live.observed("m", [said(3, 3.0)])
    live.observed("m", [said(3, 3.0), said(1, 1.0), said(5, 5.0), said(6, 6.0)])
    live.observed("m", [said(7, 7.0), said(7, 7.0)])
    assert live.changes(0, 0, 9 * S).number.tolist() == [1.0, 3.0, 5.0, 6.0, 7.0]
    assert number_at(live, 4)[0] == 3.0
    assert (live.stats.late, live.stats.repeated, live.stats.accepted) == (1, 4, 5)


def test_codes_of_one_moment_are_all_kept_however_often_they_are_told() -> None:
    live = history(plant_of([ItemKind.CONDITION]))
    early = [said(1, "WARNING", code="3")]
    both = [said(5, "WARNING", code="1"), said(5, "WARNING", code="2")]
    for tell in (both, early, both[::-1], both):
        live.observed("m", tell)
    assert {c.code for c in live.conditions(0, 9 * S)} == {"1", "2", "3"}
    assert live.stats.accepted == 3


def test_of_two_values_of_one_moment_the_later_told_holds_and_both_are_kept() -> None:
    live = history()
    live.observed("m", [said(1, 1.0), said(1, 2.0)])
    live.observed("m", [said(1, 3.0)])
    assert live.changes(0, 0, S).number.tolist() == [1.0, 2.0, 3.0]
    assert number_at(live, 1)[0] == 3.0


def test_a_lost_link_greys_the_last_value_out_until_the_next() -> None:
    live = history()
    live.observed("m", [said(1, 1.0), said(1, "ACTIVE", "a1")])
    live.linked("m", link(LinkState.DOWN, 4))
    live.linked("m", link(LinkState.DOWN, 5))
    assert number_at(live, 4) == (1.0, Quality.STALE)
    assert number_at(live, 3.9) == (1.0, Quality.GOOD)
    assert live.at(4 * S).since_ns.tolist() == [S, S]
    live.observed("m", [said(8, 2.0)])
    assert number_at(live, 7) == (1.0, Quality.STALE)
    assert number_at(live, 8) == (2.0, Quality.GOOD)
    assert Quality(live.at(8 * S).quality[1]) is Quality.STALE
    assert live.changes(0, 0, 9 * S).quality.tolist() == [0, Quality.STALE, 0]
    assert live.links_at(9 * S)["m"].state is LinkState.DOWN


def test_a_links_later_word_holds_although_it_carries_an_earlier_time() -> None:
    live = history()
    live.observed("m", [said(1, 1.0)])
    live.linked("m", link(LinkState.CONNECTING, 4))
    live.linked("m", link(LinkState.LIVE, 2))  # the plant's own time, where ours about it was the clock's
    assert live.links_at(9 * S)["m"].state is LinkState.LIVE


def test_only_the_items_that_the_link_names_are_greyed_out() -> None:
    live = history()
    live.observed("m", [said(1, 1.0), said(1, "ACTIVE", "a1")])
    live.linked("m", link(LinkState.STALE, 4, ("a1", "of nobody")))
    assert live.at(5 * S).quality.tolist() == [Quality.GOOD, Quality.STALE]
    live.linked("m", link(LinkState.ENDED, 5))
    assert live.at(5 * S).quality.tolist() == [Quality.GOOD, Quality.STALE]


def test_a_peer_that_tells_its_newest_value_again_takes_the_mark_back() -> None:
    live = history()
    live.observed("m", [said(1, 1.0), said(2, 2.0)])
    live.linked("m", link(LinkState.DOWN, 4))
    live.linked("m", link(LinkState.LIVE, 9))
    live.observed("m", [said(1, 1.0)])  # older than the newest: says nothing of now
    assert number_at(live, 9) == (2.0, Quality.STALE)
    live.observed("m", [said(2, 2.0)])
    assert number_at(live, 9) == (2.0, Quality.GOOD)
    live.observed("m", [said(12, 3.0)])
    assert [number_at(live, t) for t in (5, 11, 12)] == [(2.0, 0), (2.0, 0), (3.0, 0)]


def test_what_a_peer_has_lost_stays_unknown_up_to_its_return() -> None:
    live = history()
    live.observed("m", [said(2, 2.0)])
    live.linked("m", link(LinkState.DOWN, 4))
    live.linked("m", link(LinkState.LIVE, 9, lost=100))
    live.observed("m", [said(2, 2.0)])
    assert [number_at(live, t)[1] for t in (3, 4, 8.9, 9)] == [0, Quality.STALE, Quality.STALE, 0]


def test_what_a_peer_kept_during_a_break_fills_it() -> None:
    live = history()
    live.observed("m", [said(2, 2.0)])
    live.linked("m", link(LinkState.DOWN, 4))
    live.observed("m", [said(3, 3.0), said(6, 6.0)])
    assert [number_at(live, t) for t in (2.5, 3.5, 5, 6)] == [(2.0, 0), (3.0, 0), (3.0, 0), (6.0, 0)]


def test_the_worst_active_code_of_a_condition_holds() -> None:
    live = history(plant_of([ItemKind.CONDITION]))
    tell = [
        said(1, "NORMAL"),
        said(2, "WARNING", code="17", message="coolant low"),
        said(3, "FAULT", code="2041", message="spindle overload"),
        said(4, "NORMAL", code="2041"),
        said(5, "NORMAL"),
    ]
    live.observed("m", tell)
    levels = [live.texts[c] for c in live.changes(0, 0, 9 * S).text]
    assert levels == ["NORMAL", "WARNING", "FAULT", "WARNING", "NORMAL"]
    assert [(c.code, c.message, c.t_ns) for c in live.conditions(0, 3 * S)] == [
        ("17", "coolant low", 2 * S),
        ("2041", "spindle overload", 3 * S),
    ]
    assert live.conditions(0, 5 * S) == ()
    live.observed("m", tell)  # told again after a break: nothing comes back
    assert live.stats.accepted == 5
    assert live.texts[live.at(9 * S).text[0]] == "NORMAL"
    live.linked("m", link(LinkState.DOWN, 6))
    live.observed("m", [said(5, "NORMAL")])
    assert live.at(9 * S).quality[0] == Quality.GOOD


def test_an_unavailable_condition_knows_of_no_code() -> None:
    live = history(plant_of([ItemKind.CONDITION]))
    live.observed("m", [said(1, "FAULT", code="1"), said(2, None), said(3, "WARNING", code="2")])
    assert live.at(2 * S).quality[0] == Quality.UNAVAILABLE
    assert [c.code for c in live.conditions(0, 3 * S)] == ["2"]
    assert live.texts[live.at(3 * S).text[0]] == "WARNING"


@pytest.mark.parametrize(
    ("value", "t_ns"),
    [(1.0, -1), (1.0, 1 << 80), (float("inf"), ZERO), ("never heard of", ZERO)],
)
def test_nonsense_is_counted_and_changes_nothing(value: float | str, t_ns: int) -> None:
    live = history(plant_of([ItemKind.CONDITION if isinstance(value, str) else ItemKind.SAMPLE]))
    live.observed("m", [Observation("a0", t_ns, value)])
    assert live.stats.refused == 1
    assert live.at(S).quality[0] == Quality.UNAVAILABLE


def test_a_time_from_the_future_is_brought_back_to_the_clock_and_counted() -> None:
    live = history(clock=lambda: ZERO + 10 * S)
    live.observed("m", [said(69, 1.0), said(80_000, "ACTIVE", "a1")])
    assert live.at(69 * S).since_ns.tolist() == [69 * S, 10 * S]
    assert live.stats.future == 1


def test_endless_texts_and_codes_stay_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("twinswing.plant.intake.TEXTS_LIMIT", 50)
    live = history()
    live.observed("m", [said(n, f"{n}" * 600, "a1") for n in range(1, 100)])
    live.settle()
    assert len(live.texts) == 51
    assert max(map(len, live.texts)) <= 1000
    assert "too many" in live.texts[live.at(99 * S).text[1]]


def test_the_oldest_rows_are_let_go_and_the_span_says_so() -> None:
    live = history(limits=StoreLimits(rows=4_000))
    for start in range(0, 20_000, 500):
        t = np.arange(start, start + 500) * S
        live.feed(np.zeros(500), t, t / S)
    first, last = live.span_ns
    assert last == 19_999 * S
    assert live.stats.dropped_rows > 10_000
    assert 15_000 * S < first < 17_500 * S
    for t_s in (first // S, 18_123):
        assert number_at(live, t_s) == (float(t_s), Quality.GOOD)
    assert live.changes(0, first, last).number[0] == first / S


def test_many_threads_lose_nothing_and_the_queue_stays_bounded() -> None:
    plant = plant_of([ItemKind.SAMPLE] * 8)
    live = history(plant, limits=StoreLimits(queue=2_000, drain=500))
    each, threads = 200, 8

    def tell(n: int) -> None:
        for k in range(each):
            live.observed("m", [said(k + j / 20, float(k * 20 + j), f"a{n}") for j in range(20)])

    workers = [threading.Thread(target=tell, args=(n,)) for n in range(threads)]
    for worker in workers:
        worker.start()
    while any(worker.is_alive() for worker in workers):
        live.at(live.span_ns[1])
    stats = live.stats
    assert stats.received == stats.accepted == each * threads * 20
    assert stats.queue_peak < 2_000 + threads * 20
    for n in range(threads):
        assert live.changes(n, 0, each * S).number.tolist() == list(range(each * 20))


def test_a_full_tap_makes_the_sources_wait_and_says_how_long() -> None:
    live = history(limits=StoreLimits(pending=100))
    tap = live.tap()
    live.feed(np.zeros(150), np.arange(150), np.arange(150.0))
    done = threading.Event()

    def tell() -> None:
        live.observed("m", [said(1, 1.0)])
        done.set()

    worker = threading.Thread(target=tell)
    worker.start()
    assert not done.wait(0.2)
    assert sum(len(e) for e in tap.take() if isinstance(e, Rows)) == 150
    assert done.wait(5)
    worker.join()
    assert live.stats.waited_s > 0.1
    assert sum(len(e) for e in tap.take() if isinstance(e, Rows)) == 1


def test_trends_are_raw_where_few_and_bins_where_many() -> None:
    live = history()
    live.observed("m", [said(t, float(t)) for t in range(1, 11)])
    raw = live.trend(0, 3 * S, 8 * S, 100)
    assert raw.raw
    assert raw.t_ns.tolist() == [t * S for t in range(3, 9)]
    binned = live.trend(0, S, 10 * S, 3)
    assert not binned.raw
    assert binned.least.tolist() == [1.0, 5.0, 8.0]
    assert binned.mean.tolist() == [2.5, 6.0, 9.0]
    assert binned.greatest.tolist() == [4.0, 7.0, 10.0]


def test_a_trend_holds_on_through_silence_and_breaks_where_nothing_was_known() -> None:
    live = history()
    live.observed("m", [said(60.0 * m + s, 10.0 * m + s) for m in (0, 1, 5) for s in range(1, 11)])
    live.linked("m", link(LinkState.DOWN, 60 * 7))
    live.observed("m", [said(60.0 * 9 + s, 1.0) for s in range(1, 11)] + [said(60 * 12, 1.0)])
    trend = live.trend(0, 0, 60 * 12 * S, 13)
    assert trend.least.tolist()[:6] == [1.0, 11.0, 20.0, 20.0, 20.0, 51.0]
    assert trend.greatest.tolist()[:2] == [10.0, 20.0]
    assert trend.mean[0] == pytest.approx(5.5)
    assert trend.mean[6] == 60.0
    assert np.isnan(trend.mean[7])
    assert np.isnan(trend.mean[8])
    assert trend.mean[9] == 1.0


def test_actions_are_kept_and_must_be_of_jsons_types() -> None:
    live = history()
    live.act(Action(5, "acknowledge", "Ann", {"alarm": "u/i0/high"}))
    live.act(Action(3, "shelve", "Ann", {"minutes": 30}))
    assert [a.kind for a in live.actions(0, 10)] == ["shelve", "acknowledge"]
    assert live.actions(4, 10)[0].document == {"alarm": "u/i0/high"}
    with pytest.raises(TypeError):
        live.act(Action(5, "x", "", {"a": object()}))


def test_the_first_thing_heard_makes_the_zero_where_none_was_given() -> None:
    live = LiveHistory(TWO)
    live.linked("m", LinkStatus(LinkState.LIVE, "", 2 * ZERO))
    assert not live.zero_is_known
    live.observed("m", [said(0, 1.0), said(7, 2.0)])
    assert live.zero_unix_ns == ZERO
    assert live.span_ns == (0, 7 * S)
    assert live.links()[0].t_ns == ZERO


def test_wrong_arrays_are_refused() -> None:
    live = history()
    with pytest.raises(ValueError, match="items 0 to 1"):
        live.feed([2], [0], [1.0])
    with pytest.raises(ValueError, match="shapes"):
        live.feed([0, 1], [0], [1.0])
    with pytest.raises(ValueError, match="does not exist"):
        live.feed([0], [0], texts=[5])
