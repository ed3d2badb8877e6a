"""The drills that one can give, by name."""

import tomllib

from twinswing.resources import asset


def drill_names() -> tuple[str, ...]:
    """Return the names of the drills that come with the program, sorted; none where there are none."""
    names: set[str] = set()
    for path in sorted(asset("drills").glob("*.toml")):
        try:
            found = tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, tomllib.TOMLDecodeError):
            continue
        names |= set(_names(found))
    return tuple(sorted(names))


def _names(found: object) -> list[str]:
    if isinstance(found, dict):
        own = [found["name"]] if isinstance(found.get("name"), str) else []
        return own + [name for value in found.values() for name in _names(value)]
    if isinstance(found, list):
        return [name for value in found for name in _names(value)]
    return []
