"""Who swings: the parameters of a synthetic golfer, and a body's proportions.

Angles are radians, positive as a right-handed golfer opens toward the target; a left-handed golfer is the mirror image.
"""

from dataclasses import dataclass, field, replace

import numpy as np

from twinswing.club.catalogue import standard_club
from twinswing.club.model import ClubSpec, Mount
from twinswing.errors import InputError

DEG = np.pi / 180.0
MPH = 0.44704

# The faults that can be asked for, by the names of the Titleist Performance Institute's list.
FAULTS: tuple[str, ...] = (
    "sway", "slide", "early_extension", "over_the_top", "casting", "reverse_spine", "chicken_wing", "hanging_back",
    "loss_of_posture", "flat_shoulder_plane", "s_posture", "c_posture",
)  # fmt: skip


@dataclass(frozen=True)
class Proportions:
    """Bone lengths in metres for a stature, after Drillis and Contini's body segment table (Winter, 2009).

    Hip and shoulder widths are between joint centres, which are narrower than the outer breadths of that table.
    """

    upper_arm_m: float
    forearm_m: float
    fist_m: float
    thigh_m: float
    shank_m: float
    ankle_height_m: float
    foot_m: float
    hip_width_m: float
    shoulder_width_m: float
    trunk_m: float
    neck_m: float
    nose_m: float

    @classmethod
    def of(cls, height_m: float, build: float) -> "Proportions":
        """Return the proportions of a body; `build` widens hips and shoulders (1 is average)."""
        h = height_m
        return cls(
            upper_arm_m=0.175 * h,
            forearm_m=0.149 * h,
            fist_m=0.045 * h,
            thigh_m=0.245 * h,
            shank_m=0.246 * h,
            ankle_height_m=0.042 * h,
            foot_m=0.152 * h,
            hip_width_m=0.104 * h * (0.6 + 0.4 * build),
            shoulder_width_m=0.195 * h * (0.6 + 0.4 * build),
            trunk_m=0.320 * h,
            neck_m=0.098 * h,
            nose_m=0.066 * h,
        )


@dataclass(frozen=True)
class GolferSpec:
    """A golfer and how this golfer swings.

    Peak rates are of the downswing in rad/s; the club's follows from `head_speed_mps`. Turns are from address. `ball_m`
    is how far the ball lies toward the target from the middle of the stance. The leans are of the shaft: at address
    positive with the hands behind the head, at impact positive with the hands ahead. `faults` maps a name of FAULTS to
    a severity (1 is plain to see).
    """

    height_m: float = 1.78
    build: float = 1.0
    handed: str = "right"
    tempo_ratio: float = 3.0
    downswing_s: float = 0.25
    follow_through_s: float = 0.75
    hold_s: float = 0.8
    finish_hold_s: float = 0.6
    waggles: int = 0
    pelvis_top_rad: float = -45.0 * DEG
    pelvis_impact_rad: float = 38.0 * DEG
    pelvis_finish_rad: float = 92.0 * DEG
    thorax_top_rad: float = -92.0 * DEG
    thorax_impact_rad: float = 30.0 * DEG
    thorax_finish_rad: float = 118.0 * DEG
    arm_top_rad: float = -132.0 * DEG
    club_top_rad: float = -258.0 * DEG
    arm_plane_top_rad: float = 50.0 * DEG
    club_plane_top_rad: float = 55.0 * DEG
    face_roll_top_rad: float = 78.0 * DEG
    shaft_lean_rad: float = 4.9 * DEG
    address_lean_rad: float = -2.0 * DEG
    ball_m: float = 0.03
    pelvis_peak_radps: float = 495.0 * DEG
    thorax_peak_radps: float = 720.0 * DEG
    arm_peak_radps: float = 1040.0 * DEG
    stance_m: float = 0.46
    sway_m: float = 0.03
    shift_m: float = 0.10
    head_speed_mps: float = 40.0
    attack_rad: float = -4.0 * DEG
    path_rad: float = 0.0
    face_rad: float = 0.0
    faults: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        unknown = sorted(set(self.faults) - set(FAULTS))
        if unknown:
            raise InputError(f"expected a fault out of {', '.join(FAULTS)}, found {', '.join(unknown)} in the golfer")
        if self.handed not in ("right", "left"):
            raise InputError(f'expected a golfer to be "right" or "left" handed, found "{self.handed}"')

    @property
    def proportions(self) -> Proportions:
        """Bone lengths of this golfer."""
        return Proportions.of(self.height_m, self.build)

    def fault(self, name: str) -> float:
        """Return the severity of a fault, 0 when the golfer does not have it."""
        return self.faults.get(name, 0.0)


@dataclass(frozen=True)
class _Kind:
    speed_mph: float
    attack_deg: float
    lean_deg: float
    stance_m: float
    tee_m: float
    ball_m: float
    address_lean_deg: float


# How each club is swung: speeds and attack angles are TrackMan's tour averages.
_KINDS: dict[str, _Kind] = {
    "driver": _Kind(113.0, -1.3, 1.2, 0.55, 0.030, 0.12, 2.0),
    "wood": _Kind(107.0, -2.9, 3.5, 0.52, 0.010, 0.09, 1.0),
    "hybrid": _Kind(100.0, -3.5, 4.3, 0.50, 0.0, 0.06, 0.0),
    "iron": _Kind(90.0, -4.3, 4.9, 0.46, 0.0, 0.03, -2.0),
    "wedge": _Kind(83.0, -5.0, 4.9, 0.40, 0.0, 0.02, -2.0),
}
CLUB_KINDS: tuple[str, ...] = tuple(_KINDS)


def club_of(kind: str, *, serial: str = "", mount: Mount | None = None) -> ClubSpec:
    """Return a club of a kind out of CLUB_KINDS with a sensor at the end of its grip."""
    if kind not in _KINDS:
        raise InputError(f'expected a club out of {", ".join(CLUB_KINDS)}, found "{kind}"')
    return standard_club(kind, serial=serial, mount=mount or Mount())


def tee_height_m(kind: str) -> float:
    """Return the height of the ball's underside above the ground for a kind of club, metres."""
    return _KINDS[kind].tee_m


def tour_golfer(kind: str = "iron", **changes: object) -> GolferSpec:
    """Return a tour-like golfer with a club's average speed, attack angle, shaft lean and stance."""
    k = _KINDS[kind]
    base = GolferSpec(
        head_speed_mps=k.speed_mph * MPH,
        attack_rad=k.attack_deg * DEG,
        shaft_lean_rad=k.lean_deg * DEG,
        stance_m=k.stance_m,
        ball_m=k.ball_m,
        address_lean_rad=k.address_lean_deg * DEG,
    )
    return replace(base, **changes)  # type: ignore[arg-type]


def random_golfer(rng: np.random.Generator, kind: str = "iron", **changes: object) -> GolferSpec:
    """Return a golfer drawn around the tour's average and down to a fair amateur; `changes` are kept as they are.

    One number for skill moves all of the speeds together, as they do in people: an amateur's downswing is slower and
    its peaks lower (Cheetham 2008: pelvis 395 against 477 deg/s).
    """
    skill = float(rng.uniform(0.0, 1.0))
    tour = tour_golfer(kind)
    speed = 0.80 + 0.20 * skill + float(rng.normal(0.0, 0.015))
    attack = float(rng.normal(0.0, 1.0)) * DEG
    drawn: dict[str, object] = {
        "height_m": float(np.clip(rng.normal(1.77, 0.07), 1.60, 1.93)),
        "build": float(rng.uniform(0.9, 1.15)),
        "tempo_ratio": float(rng.uniform(2.7, 3.6)),
        "downswing_s": 0.25 / speed * float(rng.uniform(0.98, 1.04)),
        "follow_through_s": float(rng.uniform(0.68, 0.9)),
        "hold_s": float(rng.uniform(0.4, 1.5)),
        "finish_hold_s": float(rng.uniform(0.4, 0.8)),
        "waggles": int(rng.integers(0, 3)),
        "pelvis_top_rad": tour.pelvis_top_rad + float(rng.normal(0.0, 4.0)) * DEG,
        "pelvis_impact_rad": (22.0 + 16.0 * skill + float(rng.normal(0.0, 3.0))) * DEG,
        "thorax_top_rad": tour.thorax_top_rad + float(rng.normal(0.0, 5.0)) * DEG,
        "arm_top_rad": tour.arm_top_rad + float(rng.normal(0.0, 6.0)) * DEG,
        "club_top_rad": tour.club_top_rad + float(rng.normal(0.0, 9.0)) * DEG,
        "arm_plane_top_rad": tour.arm_plane_top_rad + float(rng.normal(0.0, 3.0)) * DEG,
        "pelvis_peak_radps": tour.pelvis_peak_radps * (0.85 + 0.15 * skill) * float(rng.normal(1.0, 0.03)),
        "thorax_peak_radps": tour.thorax_peak_radps * speed * float(rng.normal(1.0, 0.02)),
        "arm_peak_radps": tour.arm_peak_radps * speed * float(rng.normal(1.0, 0.02)),
        "head_speed_mps": tour.head_speed_mps * speed,
        "attack_rad": tour.attack_rad + attack,
        # A steeper strike comes with more lean; left apart, the two would move the ball about in the stance.
        "shaft_lean_rad": tour.shaft_lean_rad - attack + float(rng.normal(0.0, 0.3)) * DEG,
        "path_rad": float(rng.normal(0.0, 2.5)) * DEG,
        "face_rad": float(rng.normal(0.0, 2.0)) * DEG,
        "stance_m": tour.stance_m * float(rng.uniform(0.93, 1.07)),
    }
    return replace(tour, **{**drawn, **changes})  # type: ignore[arg-type]


def with_fault_strike(golfer: GolferSpec) -> GolferSpec:
    """Return the golfer with the strike that the golfer's faults lead to.

    An early release lifts the head past the hands; hanging back lifts it as well; coming over the top cuts across the
    ball from outside; a bent lead arm and an early release cost speed.
    """
    flip = 6.0 * DEG * golfer.fault("casting") + 2.0 * DEG * golfer.fault("hanging_back")
    slower = 0.05 * golfer.fault("chicken_wing") + 0.10 * golfer.fault("casting")
    across = 5.0 * DEG * golfer.fault("over_the_top")
    left = 1.0 if golfer.handed == "left" else -1.0
    return replace(
        golfer,
        attack_rad=golfer.attack_rad + flip,
        shaft_lean_rad=golfer.shaft_lean_rad - flip,
        path_rad=golfer.path_rad + left * across,
        head_speed_mps=golfer.head_speed_mps * (1.0 - slower),
    )
