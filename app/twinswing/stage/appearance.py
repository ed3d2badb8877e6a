"""What a golfer looks like, as a few plain values that a recording can keep."""

from dataclasses import dataclass, fields

import numpy as np

from twinswing.errors import InputError


@dataclass(frozen=True)
class Appearance:
    """How a golfer is drawn. Colours are sRGB as "#rrggbb"; an empty `cap` or `glove` means none is worn.

    height_m : standing height without shoes and cap, metres.
    build    : 0 lean to 1 heavy.
    shorts   : shorts instead of trousers.
    handed   : "right" or "left": the side that the golfer plays from; the glove is on the lead hand.
    """

    height_m: float = 1.78
    build: float = 0.4
    skin: str = "#c98f6b"
    hair: str = "#2e1f16"
    shirt: str = "#e9edf2"
    trousers: str = "#26324a"
    shoes: str = "#f2f2f0"
    cap: str = "#1d2d50"
    glove: str = "#f4f4f2"
    belt: str = "#2a1c14"
    shorts: bool = False
    handed: str = "right"

    def __post_init__(self) -> None:
        """Check the ranges that the geometry can honour."""
        if not 1.2 <= self.height_m <= 2.3:
            raise InputError(f"appearance: height_m must lie between 1.2 and 2.3 m, found {self.height_m}.")
        if not 0.0 <= self.build <= 1.0:
            raise InputError(f"appearance: build must lie between 0 and 1, found {self.build}.")
        if self.handed not in {"right", "left"}:
            raise InputError(f'appearance: handed must be "right" or "left", found {self.handed!r}.')
        for name in _COLOURS:
            value = getattr(self, name)
            if not (value == "" and name in _OPTIONAL):
                srgb(value, name)

    def to_dict(self) -> dict[str, str]:
        """Return every field as text, as a recording stores it."""
        out = {}
        for f in fields(self):
            value = getattr(self, f.name)
            out[f.name] = str(int(value)) if isinstance(value, bool) else str(value)
        return out

    @classmethod
    def from_dict(cls, values: dict[str, str]) -> "Appearance":
        """Read what `to_dict` wrote; missing fields keep their defaults and unknown ones are passed over.

        Raises InputError where a value cannot be read.
        """
        known: dict[str, object] = {}
        for f in fields(cls):
            if f.name not in values:
                continue
            text = values[f.name]
            try:
                if f.name in {"height_m", "build"}:
                    known[f.name] = float(text)
                else:
                    known[f.name] = _flag(text) if f.name == "shorts" else text
            except ValueError as error:
                raise InputError(f"appearance: {f.name} must be a number, found {text!r}.") from error
        return cls(**known)  # type: ignore[arg-type]

    @classmethod
    def varied(cls, seed: int, handed: str = "right") -> "Appearance":
        """Return one of many plausible golfers; the same seed always gives the same one."""
        rng = np.random.default_rng(seed)

        def pick(options: tuple[str, ...]) -> str:
            return options[int(rng.integers(len(options)))]

        height = float(np.clip(rng.normal(1.75, 0.08), 1.52, 1.98))
        return cls(
            height_m=round(height, 3),
            build=round(float(rng.beta(2.2, 2.8)), 3),
            skin=pick(_SKINS),
            hair=pick(_HAIRS),
            shirt=pick(_SHIRTS),
            trousers=pick(_TROUSERS),
            shoes=pick(_SHOES),
            cap=pick(_CAPS),
            belt=pick(_BELTS),
            shorts=bool(rng.random() < 0.25),
            handed=handed,
        )


_COLOURS = ("skin", "hair", "shirt", "trousers", "shoes", "cap", "glove", "belt")
_OPTIONAL = ("cap", "glove")
_SKINS = ("#f0c7a8", "#e3b08c", "#c98f6b", "#a86f4c", "#84543a", "#5d3a29")
_HAIRS = ("#1c1512", "#2e1f16", "#4a3020", "#7a5230", "#b08a55", "#8c8a88")
_SHIRTS = ("#e9edf2", "#c9342f", "#2f6fb5", "#2c7a55", "#f0b43c", "#23262d", "#8fb8de", "#e28ea0")
_TROUSERS = ("#26324a", "#3a3d42", "#cbb994", "#e4e2dc", "#5a5f66", "#6b5d4a")
_SHOES = ("#f2f2f0", "#23252a", "#8a8d92", "#5b3b26")
_CAPS = ("#1d2d50", "#f3f3f3", "#b3262b", "#202226", "")
_BELTS = ("#2a1c14", "#17181b", "#e8e6e0")


def _flag(text: str) -> bool:
    """Read a yes or no."""
    low = text.strip().lower()
    if low in {"1", "true", "yes"}:
        return True
    if low in {"0", "false", "no", ""}:
        return False
    raise InputError(f"appearance: shorts must be 0 or 1, found {text!r}.")


def srgb(colour: str, name: str = "colour") -> tuple[float, float, float]:
    """Read "#rrggbb" as three values from 0 to 1; raises InputError for anything else."""
    if len(colour) != 7 or colour[0] != "#" or any(c not in "0123456789abcdefABCDEF" for c in colour[1:]):
        raise InputError(f'appearance: {name} must look like "#rrggbb", found {colour!r}.')
    return (int(colour[1:3], 16) / 255.0, int(colour[3:5], 16) / 255.0, int(colour[5:7], 16) / 255.0)


def linear(colour: str) -> tuple[float, float, float]:
    """Read "#rrggbb" as linear light (IEC 61966-2-1 transfer function)."""
    r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in srgb(colour))
    return (r, g, b)
