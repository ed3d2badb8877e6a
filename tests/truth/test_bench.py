"""The benches as one command: each by its name, and what is kept when one of them cannot be run here."""

import json

import pytest

from twinswing.errors import InputError, MissingPartError
from twinswing.truth import bench
from twinswing.truth.bench import Figure, run_benches


def _lacking(full: bool) -> list[Figure]:
    raise MissingPartError("a synthesiser was expected and none is installed; apt install one")


def _found(full: bool) -> list[Figure]:
    return [Figure("found", "frames", 300.0 if full else 60.0, "1", ">= 50", "", "counted")]


def test_a_bench_that_lacks_a_part_does_not_lose_what_the_others_found(monkeypatch, tmp_path) -> None:
    monkeypatch.setattr(bench, "BENCHES", {"voice": _lacking, "found": _found})
    out = tmp_path / "bench.json"
    with pytest.raises(MissingPartError, match="synthesiser"):
        run_benches(out)
    written = json.loads(out.read_text())
    assert [figure["value"] for figure in written["figures"]] == [60.0]
    assert "synthesiser" in written["missing"]["voice"]


def test_every_bench_is_run_by_its_name_and_alone(monkeypatch, tmp_path) -> None:
    ran: list[str] = []

    def kept(name: str) -> bench.Bench:
        def run(full: bool) -> list[Figure]:
            ran.append(name)
            return _found(full)

        return run

    names = list(bench.BENCHES)
    monkeypatch.setattr(bench, "BENCHES", {name: kept(name) for name in names})
    for name in names:
        assert run_benches(tmp_path / "bench.json", only=name) == 0
    assert ran == names
    with pytest.raises(InputError, match="--only"):
        run_benches(tmp_path / "bench.json", only="none of them")
