"""What is measured, declared once in `assets/measures.toml`: labels, definitions, units, worth and ranges."""

from functools import cache
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from twinswing.resources import asset
from twinswing.swing.declared import read_toml, validated
from twinswing.swing.positions import POSITIONS

_SUFFIX = {"rad": "_rad", "m": "_m", "m/s": "_mps", "s": "_s", "rad/s": "_radps", "1": ""}


class Range(BaseModel):
    """What a measure is held against: bounds or an average, SI, of whom, and from where.

    at: the position that it holds for. club: the kind of club; both None for any.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    low: float | None = None
    high: float | None = None
    average: float | None = None
    who: str = Field(min_length=1)
    source: str = Field(alias="from", min_length=1)
    at: str | None = None
    club: str | None = None

    @model_validator(mode="after")
    def _says_something(self) -> "Range":
        if self.average is None and self.low is None and self.high is None:
            raise ValueError("a range has an average, a low or a high value")
        if self.low is not None and self.high is not None and self.low > self.high:
            raise ValueError(f"a range's low value {self.low} is above its high value {self.high}")
        return self


class MeasureSpec(BaseModel):
    """One measure: see the comment at the head of `assets/measures.toml` for its fields."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    group: str
    label: str
    definition: str
    unit: Literal["rad", "m", "m/s", "s", "rad/s", "1"]
    show: Literal["", "ratio", "times", "tenths", "metres", "yards", "ms", "rpm"] = ""
    needs: Literal["camera", "club", "both", "either"]
    at: tuple[str, ...] = ()
    worth: float | None = Field(default=None, gt=0.0)
    why: str = ""
    words: tuple[str, str] | None = None
    range: tuple[Range, ...] = ()

    @model_validator(mode="after")
    def _positions_are_known(self) -> "MeasureSpec":
        unknown = [n for n in (*self.at, *(r.at for r in self.range if r.at)) if n not in POSITIONS]
        if unknown:
            raise ValueError(f"no position is called {', '.join(unknown)}")
        if self.worth is not None and not self.why:
            raise ValueError("a limit of worth needs its reason")
        return self


class Listed(BaseModel):
    """A measure by the name that results carry: its declaration, and the position that it is taken at."""

    model_config = ConfigDict(frozen=True)

    name: str
    key: str
    spec: MeasureSpec
    position: str | None = None

    @property
    def label(self) -> str:
        """What a person calls it: "Pelvis turn, top (P4)"."""
        if self.position is None:
            return self.spec.label
        words = self.position.replace("_", "-")
        number = POSITIONS[self.position]
        return f"{self.spec.label}, {number if words.upper() == number else f'{words} ({number})'}"

    def range_for(self, club: str | None = None) -> Range | None:
        """Return what the measure is held against at its position and for a kind of club; None where nothing is."""
        for candidate in self.spec.range:
            if (candidate.at in (None, self.position)) and (candidate.club in (None, club)):
                return candidate
        return None


def parse_table(document: dict[str, Any], where: str) -> dict[str, Listed]:
    """Return every measure by name; raises InputError for a declaration that says something impossible."""
    listed: dict[str, Listed] = {}
    for key, values in document.items():
        spec = validated(MeasureSpec, values, where, key)
        for position in spec.at or (None,):
            name = key + (f"_{position}" if position else "") + _SUFFIX[spec.unit]
            listed[name] = Listed(name=name, key=key, spec=spec, position=position)
    return listed


def read_table(path: Path) -> dict[str, Listed]:
    """Read a table of measures; raises InputError where it is no TOML or says something impossible."""
    return parse_table(read_toml(path, "a table of measures"), path.name)


@cache
def measure_table() -> dict[str, Listed]:
    """Return the declared measures by the names that results carry, in the table's order."""
    return read_table(asset("measures.toml"))
