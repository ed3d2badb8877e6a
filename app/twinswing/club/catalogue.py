"""What clubs of each kind usually are, for when a club is named and not described."""

from dataclasses import dataclass

from twinswing.club.model import ClubSpec, Mount
from twinswing.errors import InputError

_DEG = 0.017453292519943295


@dataclass(frozen=True)
class _Usual:
    name: str
    length_m: float
    lie_deg: float
    loft_deg: float


# Lengths, lies and lofts as makers' catalogues have them for men's standard clubs.
_USUAL: dict[str, _Usual] = {
    "driver": _Usual("driver", 1.143, 56.0, 10.5),
    "wood": _Usual("3 wood", 1.092, 56.5, 15.0),
    "hybrid": _Usual("hybrid", 1.016, 58.0, 20.0),
    "iron": _Usual("7 iron", 0.940, 62.5, 33.0),
    "wedge": _Usual("pitching wedge", 0.902, 64.0, 46.0),
    "putter": _Usual("putter", 0.864, 70.0, 3.5),
}
CLUB_KINDS: tuple[str, ...] = tuple(_USUAL)


def standard_club(kind: str, *, serial: str = "", mount: Mount | None = None) -> ClubSpec:
    """Return the usual club of a kind out of CLUB_KINDS; raises InputError for another one."""
    usual = _USUAL.get(kind)
    if usual is None:
        raise InputError(f'expected a club out of {", ".join(CLUB_KINDS)}, found "{kind}"')
    return ClubSpec(
        kind, usual.name, usual.length_m, usual.lie_deg * _DEG, usual.loft_deg * _DEG, mount=mount, serial=serial
    )
