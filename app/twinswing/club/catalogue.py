"""What clubs of each kind usually are, for when a club is named and not described: `assets/clubs/standard.toml`."""

import math
import tomllib
from functools import cache
from typing import Any

from twinswing.club.model import ClubSpec, Mount
from twinswing.errors import InputError
from twinswing.resources import asset

CLUB_KINDS: tuple[str, ...] = ("driver", "wood", "hybrid", "iron", "wedge", "putter")


@cache
def _standard() -> dict[str, dict[str, Any]]:
    with asset("clubs", "standard.toml").open("rb") as file:
        return tomllib.load(file)


def standard_club(kind: str, *, serial: str = "", mount: Mount | None = None) -> ClubSpec:
    """Return the usual club of a kind out of CLUB_KINDS; raises InputError for another one."""
    if kind not in CLUB_KINDS:
        raise InputError(f'expected a club out of {", ".join(CLUB_KINDS)}, found "{kind}"')
    usual = _standard()[kind]
    return ClubSpec(
        kind=kind,
        name=str(usual["name"]),
        length_m=float(usual["length_m"]),
        lie_rad=math.radians(usual["lie_deg"]),
        loft_rad=math.radians(usual["loft_deg"]),
        mount=mount,
        serial=serial,
    )
