"""Declarations in TOML, read with their place said where they are wrong: measures, faults, drills."""

import tomllib
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from twinswing.errors import InputError

Model = TypeVar("Model", bound=BaseModel)


def read_toml(path: Path, what: str) -> dict[str, Any]:
    """Return a file's document; raises InputError where it can't be read or is no TOML. what: what was expected."""
    try:
        with path.open("rb") as file:
            return tomllib.load(file)
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path.name}: expected {what} in TOML, found that {error}.") from error


def validated(kind: type[Model], values: Any, where: str, name: str = "") -> Model:
    """Return a declaration of a kind; raises InputError that says which field of which name is wrong, and how."""
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in (*([name] if name else ()), *first["loc"]))
        raise InputError(f"{where}: {place}: {first['msg'].removeprefix('Value error, ')}.") from error
