"""A golfer's generalised coordinates over time: what turns, shifts, swings and hinges, and when.

All in the right-handed golfer's frame, about the middle of the stance: X toward the target, Y away from the ball, Z up.
"""

from dataclasses import dataclass, replace

import numpy as np

from twinswing.club.model import ClubSpec
from twinswing.truth.golfer import DEG, GolferSpec
from twinswing.truth.profile import Coasting, Profile, Step, bump, downswing

# Where the hands hold the club, from the butt along the shaft to the middle of each fist, metres.
LEAD_GRIP_M = 0.06
TRAIL_GRIP_M = 0.138

# When each segment's speed peaks, as a part of the downswing, and how long before the top its downswing starts,
# seconds: the order of the kinematic sequence.
_PEAK_AT = {"pelvis": 0.46, "thorax": 0.60, "arm": 0.72}
_LEAD_S = {"pelvis": 0.09, "thorax": 0.06, "arm": 0.045, "club": 0.05}
# What becomes of each peak speed: a part is handed on to the next segment and, the club's, to the ball; the rest fades
# through the follow-through, the club's sooner than the body's, which it pulls along. The pelvis, which peaks first,
# has given most of its speed away by impact.
_COASTING = {
    "pelvis": Coasting(brake_s=0.16, fade=3.0, most=0.6),
    "thorax": Coasting(brake_s=0.12, fade=3.0, most=0.8),
    "arm": Coasting(brake_s=0.10, fade=2.2),
    "club": Coasting(brake_s=0.05, fade=4.2),
}


@dataclass(frozen=True)
class Phases:
    """Nominal times of a swing, seconds from the start of the motion."""

    start_s: float
    top_s: float
    impact_s: float
    finish_s: float
    end_s: float

    @classmethod
    def of(cls, golfer: GolferSpec) -> "Phases":
        """Return the times that a golfer's tempo gives."""
        start = golfer.hold_s + 0.9 * golfer.waggles
        top = start + golfer.tempo_ratio * golfer.downswing_s
        impact = top + golfer.downswing_s
        finish = impact + golfer.follow_through_s
        return cls(start, top, impact, finish, finish + golfer.finish_hold_s)


@dataclass(frozen=True)
class Unknowns:
    """What is solved for, so that the club is at the ball at address and meets it as asked at impact.

    shift_m       : how much farther toward the target the golfer stands, and hangs at impact, than the golfer's habit.
    stance_y_m    : middle of the stance from the ball, away from it.
    rise_m        : how much higher the shoulders are carried at impact than by habit, by legs and back together.
    arm_impact_rad, azimuth_rad, roll_impact_rad : lead arm in its plane, the plane's direction, face about the shaft.
    club_rate_radps : greatest rate of the shaft.
    arm_address_rad, arm_plane_rad, club_plane_rad : lead arm and shaft at address.
    trail_reach_rad : how far the trail shoulder comes forward and down to the grip at address.
    """

    shift_m: float
    stance_y_m: float
    rise_m: float
    arm_impact_rad: float
    azimuth_rad: float
    roll_impact_rad: float
    club_rate_radps: float
    arm_address_rad: float
    arm_plane_rad: float
    club_plane_rad: float
    trail_reach_rad: float


@dataclass(frozen=True)
class Coordinates:
    """Every generalised coordinate as a function of time; angles in radians, lengths in metres."""

    pelvis_turn: Profile
    pelvis_tilt: Profile
    pelvis_x: Profile
    pelvis_y: Profile
    pelvis_z: Profile
    neck_x: Profile
    neck_y: Profile
    thorax_turn: Profile
    lead_protraction: Profile
    trail_protraction: Profile
    arm: Profile
    arm_plane: Profile
    arm_extension: Profile
    azimuth: Profile
    club: Profile
    club_plane: Profile
    roll: Profile
    elbow_fold: Profile
    head_turn: Profile
    head_lift: Profile
    heel_lift: Profile
    foot_pivot: Profile


@dataclass(frozen=True)
class Setup:
    """The address posture that a golfer takes to a club."""

    pelvis_z_m: float
    pelvis_y_m: float
    spine_bend_rad: float
    hand_height_m: float
    arm_plane_rad: float
    club_plane_rad: float

    @classmethod
    def of(cls, golfer: GolferSpec, club: ClubSpec) -> "Setup":
        """Return the posture: hands at their natural height, and the spine bent so that the arms hang there."""
        p = golfer.proportions
        longer = (club.length_m - 0.94) / 0.2
        hand = 0.425 * golfer.height_m + 0.04 * longer
        arm_plane = (75.0 - 5.0 * longer) * DEG
        reach = 0.985 * (p.upper_arm_m + p.forearm_m) + p.fist_m
        neck_z = hand + reach * np.sin(arm_plane) - 0.03 + 0.045
        pelvis_z = p.ankle_height_m + 0.955 * (p.thigh_m + p.shank_m)
        bend = float(np.arccos(np.clip((neck_z - pelvis_z) / p.trunk_m, 0.70, 0.93)))
        shaft = float(np.arcsin(np.clip((hand - 0.02) / (club.length_m - LEAD_GRIP_M), 0.5, 0.95)))
        return cls(pelvis_z, 0.085 * golfer.height_m / 1.78, bend, hand, float(arm_plane), shaft)


def coordinates(golfer: GolferSpec, club: ClubSpec, unknowns: Unknowns) -> Coordinates:
    """Return a golfer's coordinates for one swing."""
    phases = Phases.of(golfer)
    setup = Setup.of(golfer, club)
    return Coordinates(
        **_trunk(golfer, phases, setup, unknowns),
        **_arms(golfer, phases, setup, unknowns),
        **_club(golfer, phases, unknowns),
        **_head_and_feet(phases),
    )


def _trunk(golfer: GolferSpec, ph: Phases, setup: Setup, u: Unknowns) -> dict[str, Profile]:
    down = golfer.downswing_s
    back_end = ph.top_s - 0.05 * down
    over, flat = golfer.fault("over_the_top"), golfer.fault("flat_shoulder_plane")
    sway = golfer.sway_m + 0.07 * golfer.fault("sway")
    shift = golfer.shift_m - 0.11 * golfer.fault("hanging_back") + 0.10 * golfer.fault("slide")
    thrust = 0.10 * golfer.fault("early_extension")
    posture = golfer.fault("loss_of_posture")
    pelvis = downswing(
        at_top=golfer.pelvis_top_rad,
        at_impact=golfer.pelvis_impact_rad,
        at_finish=golfer.pelvis_finish_rad,
        start_s=ph.top_s - _LEAD_S["pelvis"],
        peak_s=ph.top_s + _PEAK_AT["pelvis"] * down,
        impact_s=ph.impact_s,
        finish_s=ph.finish_s - 0.05,
        peak_rate=golfer.pelvis_peak_radps,
        coasting=_COASTING["pelvis"],
    )
    thorax = downswing(
        at_top=golfer.thorax_top_rad,
        at_impact=golfer.thorax_impact_rad,
        at_finish=golfer.thorax_finish_rad,
        start_s=ph.top_s - _LEAD_S["thorax"] - 0.04 * over,
        peak_s=ph.top_s + (_PEAK_AT["thorax"] - 0.22 * over) * down,
        impact_s=ph.impact_s,
        finish_s=ph.finish_s,
        peak_rate=golfer.thorax_peak_radps,
        coasting=_COASTING["thorax"],
    )
    reach = golfer.proportions.trunk_m * np.sin(setup.spine_bend_rad)
    finish_x = 0.5 * golfer.stance_m - 0.09 - 0.16 * golfer.fault("hanging_back")
    neck_y = setup.pelvis_y_m - reach
    straighten = 0.03 - 0.05 * flat - 0.10 * posture - 0.9 * u.rise_m + 0.05 * over
    lean = -0.045 * (1.0 - 0.4 * flat)
    return {
        "pelvis_turn": Profile(0.0, (Step(ph.start_s + 0.06, back_end, golfer.pelvis_top_rad), *pelvis)),
        "pelvis_tilt": Profile(0.5 * setup.spine_bend_rad).plus(
            Step(ph.top_s, ph.finish_s - 0.1, -0.42 * setup.spine_bend_rad)
        ),
        "pelvis_x": Profile(0.0).plus(
            Step(ph.start_s + 0.05, ph.top_s - 0.1, -sway),
            Step(ph.top_s - 0.14, ph.impact_s + 0.02, sway + shift),
            Step(ph.impact_s - 0.02, ph.finish_s, finish_x - shift),
        ),
        "pelvis_y": Profile(setup.pelvis_y_m).plus(
            Step(ph.top_s - 0.1, ph.impact_s + 0.02, 0.02 - thrust),
            Step(ph.impact_s - 0.05, ph.finish_s, thrust - setup.pelvis_y_m - 0.01),
        ),
        "pelvis_z": Profile(setup.pelvis_z_m).plus(
            *bump(ph.start_s + 0.3, ph.impact_s + 0.03, -0.035, peak_s=ph.top_s + 0.4 * down),
            Step(ph.top_s + 0.35 * down, ph.impact_s + 0.45 * down, 0.4 * u.rise_m / 0.7),
            Step(ph.impact_s, ph.finish_s, -0.005 - 0.15 * (golfer.stance_m - 0.46) - 0.4 * u.rise_m / 0.7),
        ),
        "neck_x": Profile(lean).plus(
            Step(ph.start_s + 0.1, ph.top_s - 0.05, -0.02 - 0.3 * (sway - 0.03) + 0.16 * golfer.fault("reverse_spine")),
            Step(ph.top_s, ph.impact_s, 0.035 + 0.5 * u.shift_m + 0.03 * over - 0.16 * golfer.fault("reverse_spine")),
            Step(ph.impact_s - 0.01, ph.finish_s, finish_x - 0.03 - lean - 0.015 - 0.5 * u.shift_m - 0.03 * over),
        ),
        "neck_y": Profile(neck_y).plus(
            Step(ph.start_s + 0.1, ph.top_s, 0.05 * flat + 0.05 * posture),
            Step(ph.top_s, ph.impact_s + 0.02, -0.05 + 0.9 * u.rise_m - 0.05 * over + 0.05 * posture),
            Step(
                ph.impact_s - 0.02,
                ph.finish_s,
                straighten - neck_y,
            ),
        ),
        "thorax_turn": Profile(0.0, (Step(ph.start_s + 0.02, ph.top_s, golfer.thorax_top_rad), *thorax)),
    }


def _arms(golfer: GolferSpec, ph: Phases, setup: Setup, u: Unknowns) -> dict[str, Profile]:
    down = golfer.downswing_s
    wing = golfer.fault("chicken_wing")
    over = golfer.fault("over_the_top")
    swing = downswing(
        at_top=golfer.arm_top_rad,
        at_impact=u.arm_impact_rad,
        at_finish=162.0 * DEG,
        start_s=ph.top_s - _LEAD_S["arm"],
        peak_s=ph.top_s + _PEAK_AT["arm"] * down,
        impact_s=ph.impact_s,
        finish_s=ph.finish_s,
        peak_rate=golfer.arm_peak_radps,
        coasting=_COASTING["arm"],
    )
    top_plane = golfer.arm_plane_top_rad - u.arm_plane_rad
    impact_plane = setup.arm_plane_rad - 4.0 * DEG - golfer.arm_plane_top_rad
    return {
        "arm": Profile(
            u.arm_address_rad,
            (Step(ph.start_s, ph.top_s + 0.02, golfer.arm_top_rad - u.arm_address_rad), *swing),
        ),
        "arm_plane": Profile(u.arm_plane_rad).plus(
            Step(ph.start_s, ph.top_s - 0.05, top_plane),
            Step(ph.top_s, ph.impact_s, impact_plane),
            Step(ph.impact_s, ph.finish_s - 0.1, 78.0 * DEG - golfer.arm_plane_top_rad - impact_plane),
            *bump(ph.top_s - 0.05, ph.impact_s - 0.02, 12.0 * DEG * over),
        ),
        "arm_extension": Profile(0.985).plus(
            Step(ph.top_s + 0.1 * down, ph.impact_s - 0.04, -0.06 * wing),
            Step(ph.impact_s - 0.01, ph.impact_s + 0.09, -0.12 * wing),
            Step(ph.impact_s + 0.10, ph.impact_s + 0.30, 0.18 * wing),
            # The arms stay long through mid-follow-through and fold as the trail arm can reach no farther.
            Step(ph.impact_s + 0.03 - 0.05 * wing, ph.impact_s + 0.72 * golfer.follow_through_s, -0.48),
        ),
        "lead_protraction": Profile(0.14).plus(
            Step(ph.start_s, ph.top_s, 0.26),
            Step(ph.top_s, ph.impact_s + 0.1, -0.26),
        ),
        "trail_protraction": Profile(u.trail_reach_rad).plus(
            Step(ph.start_s + 0.1, ph.top_s, -u.trail_reach_rad),
            Step(ph.top_s + 0.4 * down, ph.impact_s + 0.12, 0.78),
            Step(ph.impact_s + 0.15, ph.finish_s, -0.3),
        ),
        "elbow_fold": Profile(0.0).plus(Step(ph.impact_s, ph.finish_s - 0.1, 1.0)),
        "azimuth": Profile(0.0).plus(Step(ph.top_s, ph.impact_s - 0.01, u.azimuth_rad)),
    }


def _club(golfer: GolferSpec, ph: Phases, u: Unknowns) -> dict[str, Profile]:
    down = golfer.downswing_s
    cast = golfer.fault("casting")
    over = golfer.fault("over_the_top")
    address = golfer.address_lean_rad
    release = downswing(
        at_top=golfer.club_top_rad,
        at_impact=-golfer.shaft_lean_rad,
        at_finish=314.0 * DEG,
        start_s=ph.top_s - _LEAD_S["club"],
        peak_s=ph.impact_s - 0.008 - 0.020 * cast,
        impact_s=ph.impact_s,
        finish_s=ph.finish_s,
        peak_rate=u.club_rate_radps,
        coasting=replace(_COASTING["club"], brake_s=_COASTING["club"].brake_s + 0.06 * cast),
    )
    waggle: list[Step] = []
    for i in range(golfer.waggles):
        begin = ph.start_s - golfer.hold_s - 0.9 * (golfer.waggles - i)
        waggle += bump(begin, begin + 0.8, -17.0 * DEG)
    top_plane = golfer.club_plane_top_rad
    impact_plane = u.club_plane_rad + 5.0 * DEG
    return {
        "club": Profile(
            address, (*waggle, Step(ph.start_s - 0.02, ph.top_s + 0.05, golfer.club_top_rad - address), *release)
        ),
        "club_plane": Profile(u.club_plane_rad).plus(
            Step(ph.start_s, ph.top_s, top_plane - u.club_plane_rad),
            Step(ph.top_s - 0.02, ph.impact_s - 0.02, impact_plane - top_plane),
            Step(ph.impact_s + 0.02, ph.finish_s, 60.0 * DEG - impact_plane),
            *bump(ph.top_s - 0.04, ph.impact_s - 0.03, 14.0 * DEG * over),
        ),
        "roll": Profile(0.0).plus(
            Step(ph.start_s, ph.top_s - 0.15, golfer.face_roll_top_rad),
            Step(ph.top_s + 0.3 * down, ph.impact_s + 0.7 * down, 2.0 * (u.roll_impact_rad - golfer.face_roll_top_rad)),
            Step(
                ph.impact_s + 0.2 * down,
                ph.finish_s,
                -80.0 * DEG - (2.0 * u.roll_impact_rad - golfer.face_roll_top_rad),
            ),
        ),
    }


def _head_and_feet(ph: Phases) -> dict[str, Profile]:
    return {
        "head_turn": Profile(0.0).plus(
            Step(ph.start_s + 0.1, ph.top_s, -12.0 * DEG),
            Step(ph.top_s, ph.impact_s, 8.0 * DEG),
            Step(ph.impact_s + 0.08, ph.finish_s - 0.05, 92.0 * DEG),
        ),
        "head_lift": Profile(0.0).plus(Step(ph.impact_s + 0.08, ph.finish_s - 0.05, 1.0)),
        "heel_lift": Profile(0.0).plus(
            Step(ph.top_s + 0.06, ph.impact_s + 0.10, 28.0 * DEG),
            Step(ph.impact_s, ph.finish_s - 0.08, 47.0 * DEG),
        ),
        "foot_pivot": Profile(0.0).plus(Step(ph.impact_s - 0.06, ph.finish_s - 0.1, 62.0 * DEG)),
    }
