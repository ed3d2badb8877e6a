"""From the command line to a plant's window: what is left behind when it does not end in order."""

from pathlib import Path

import pytest

from twinswing.desk import plant_run
from twinswing.desk.open_review import OpenReview
from twinswing.desk.plant_run import LivePlant, run_live
from twinswing.plant.load import find_plant, load_plant
from twinswing.review.model import Annotation, InWorld, Span
from twinswing.review.storage import load_document


def test_what_was_annotated_live_is_kept_when_an_interrupt_ends_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, live: LivePlant, **__: object) -> None:
        live.review = OpenReview("Ana")
        live.review.document.add(
            Annotation("note-1", "text", "Ana", Span.moment(0), InWorld(), points=((1.0, 2.0, 0.0),), text="Coolant")
        )
        raise KeyboardInterrupt

    monkeypatch.setattr(plant_run, "_show", interrupted)
    file = find_plant("club_works")
    path = tmp_path / "shift.mcap"
    with pytest.raises(KeyboardInterrupt):
        run_live(load_plant(file), file.parent, file=file.name, record=path, offscreen=True)
    assert [a.text for a in load_document(path).all()] == ["Coolant"]
