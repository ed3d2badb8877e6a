"""Clubs: exact in the club frame, lie and loft honoured, sizes as the Rules and the catalogues have them."""

import numpy as np
import pytest

from twinswing.club.model import ClubSpec
from twinswing.errors import InputError
from twinswing.stage.club_model import ClubNode
from twinswing.stage.club_model_geometry import (
    SHAPES,
    face_normal_club_frame,
    head_axes,
    head_centre_club_frame,
    head_to_club,
)
from twinswing.stage.club_model_head import head_metal, head_painted
from twinswing.stage.club_model_mesh import club_dull, club_metal, grip_radius_m
from twinswing.stage.mesh import merge

RAD = np.pi / 180
# Kind, length (m), lie and loft (degrees): catalogue values.
CLUBS = {
    "driver": ClubSpec("driver", "Driver", 1.143, 57 * RAD, 10.5 * RAD),
    "wood": ClubSpec("wood", "3 wood", 1.092, 57.5 * RAD, 15 * RAD),
    "hybrid": ClubSpec("hybrid", "4 hybrid", 1.003, 59.5 * RAD, 22 * RAD),
    "iron": ClubSpec("iron", "7 iron", 0.940, 62.5 * RAD, 33 * RAD),
    "wedge": ClubSpec("wedge", "Sand wedge", 0.895, 64 * RAD, 56 * RAD),
    "putter": ClubSpec("putter", "Putter", 0.864, 71 * RAD, 3 * RAD),
}
each_club = pytest.mark.parametrize("spec", CLUBS.values(), ids=CLUBS)


def in_head_frame(spec: ClubSpec, points: np.ndarray, handed: str = "right") -> np.ndarray:
    return (points - [0, 0, spec.length_m]) @ head_axes(spec, handed)


@each_club
@pytest.mark.parametrize("handed", ["right", "left"])
def test_at_the_stated_lie_the_sole_lies_on_the_ground(spec, handed):
    """Stood up as at address, shaft at the lie and toe level, the head rests on the ground and goes no deeper."""
    head = merge([head_metal(spec), head_painted(spec)]).moved(head_axes(spec, handed), (0, 0, spec.length_m))
    down_shaft = np.array([0.0, -np.cos(spec.lie_rad), -np.sin(spec.lie_rad)])  # a right-hander's hands are at +Y
    toe = np.array([0.0, -np.sin(spec.lie_rad), np.cos(spec.lie_rad)])
    to_world = np.stack([toe, np.cross(down_shaft, toe), down_shaft], -1)
    butt = -to_world @ [0, 0, spec.length_m]
    height = (head.positions @ to_world.T + butt)[:, 2]
    assert height.min() == pytest.approx(0.0, abs=0.0025)
    assert butt[2] == pytest.approx(spec.length_m * np.sin(spec.lie_rad))


@each_club
def test_the_face_looks_at_the_target_at_address(spec):
    """A right-hander's face looks along +X, tilted up by the loft; a left-hander's looks back."""
    down_shaft = np.array([0.0, -np.cos(spec.lie_rad), -np.sin(spec.lie_rad)])
    toe = np.array([0.0, -np.sin(spec.lie_rad), np.cos(spec.lie_rad)])
    to_world = np.stack([toe, np.cross(down_shaft, toe), down_shaft], -1)
    for handed, sign in (("right", 1.0), ("left", -1.0)):
        normal = to_world @ face_normal_club_frame(spec, handed)
        assert normal == pytest.approx([sign * np.cos(spec.loft_rad), 0.0, np.sin(spec.loft_rad)], abs=1e-9)


@each_club
def test_the_drawn_face_has_the_stated_loft(spec):
    """The largest nearly flat patch of the drawn head faces where the face's normal says."""
    head = head_metal(spec)
    a, b, c = (head.positions[head.triangles[:, k]] for k in range(3))
    face = np.cross(b - a, c - a) / 2
    want = np.array([0.0, np.cos(spec.loft_rad), np.sin(spec.loft_rad)])
    area = np.linalg.norm(face, axis=1)
    middle = (a + b + c) / 3
    shape = SHAPES[spec.kind]
    front = (middle[:, 0] > shape.heel_m + 0.015) & (face @ want > 0.9 * area)
    assert area[front].sum() > 4e-4  # 4 cm2 at least
    mean = face[front].sum(0) / np.linalg.norm(face[front].sum(0))
    assert np.degrees(np.arccos(np.clip(mean @ want, -1, 1))) < 3.0


@each_club
def test_the_heads_centre_is_the_middle_of_what_is_drawn(spec):
    """Within a centimetre of the middle of the drawn head's body (without the hosel)."""
    head = (
        head_metal(spec).positions
        if spec.kind in {"iron", "wedge"}
        else merge([head_metal(spec), head_painted(spec)]).positions
    )
    shape = SHAPES[spec.kind]
    up_shaft = np.array([-np.cos(spec.lie_rad), 0.0, np.sin(spec.lie_rad)])
    off_axis = np.linalg.norm(head - np.outer(head @ up_shaft, up_shaft), axis=1)
    body = head[(off_axis > 0.011) & (head[:, 2] < shape.height_m + 0.003)]
    middle = (body.min(0) + body.max(0)) / 2
    centre = in_head_frame(spec, head_centre_club_frame(spec))
    assert np.abs(middle - centre)[[0, 2]].max() < 0.010
    assert abs(middle[1] - centre[1]) < 0.012


def test_a_driver_is_as_big_as_the_rules_allow_and_no_bigger():
    """Equipment Rules, part 2, 4b: at most 460 cm3 (and 10 more for error), 5 inches (127 mm) from heel to toe."""
    spec = CLUBS["driver"]
    head = merge([head_metal(spec), head_painted(spec)])
    assert 300e-6 < head.volume_m3() < 470e-6
    heel = head.positions[head.positions[:, 2] < 0.0222][:, 0].min()  # measured where it is 0.875 inches high
    assert head.positions[:, 0].max() - heel < 0.127
    assert head.positions[:, 2].max() < 0.095


@each_club
def test_a_club_is_as_long_as_said_and_its_butt_is_the_origin(spec):
    parts = [club_metal(spec), club_dull(spec)]
    points = np.concatenate([m.positions for m in parts])
    assert all(np.isfinite(m.positions).all() and np.isfinite(m.normals).all() for m in parts)
    near_axis = points[np.hypot(points[:, 0], points[:, 1]) < 0.02]
    assert -0.012 < near_axis[:, 2].min() < 0.0  # the sensor sits on the butt
    # The sole crosses the shaft's axis at the stated length.
    assert near_axis[:, 2].max() == pytest.approx(spec.length_m, abs=0.022)
    # Shaft and grip run unbroken along the axis.
    z = np.sort(near_axis[:, 2])
    assert np.diff(z[z < spec.length_m - 0.09]).max() < 0.5 * spec.length_m


@each_club
def test_a_left_handed_club_is_the_mirror_image(spec):
    right, left = club_metal(spec, "right"), club_metal(spec, "left")
    assert np.allclose(np.sort(right.positions[:, 1]), np.sort(-left.positions[:, 1]), atol=1e-9)
    assert right.volume_m3() == pytest.approx(left.volume_m3(), rel=1e-9)
    assert head_centre_club_frame(spec, "left") == pytest.approx(head_centre_club_frame(spec) * [1, -1, 1])


def test_the_head_lies_toward_the_toe_and_near_the_ground():
    for spec in CLUBS.values():
        x, _, z = head_centre_club_frame(spec)
        assert 0.02 < x < 0.09
        assert abs(z - spec.length_m) < 0.03


def test_the_shafts_axis_meets_the_sole_at_the_origin_of_the_head_frame():
    spec = CLUBS["iron"]
    assert head_to_club(spec, np.zeros(3)) == pytest.approx([0, 0, spec.length_m])
    up_shaft = np.array([-np.cos(spec.lie_rad), 0.0, np.sin(spec.lie_rad)])
    assert head_to_club(spec, 0.1 * up_shaft) == pytest.approx([0, 0, spec.length_m - 0.1])
    axes = head_axes(spec)
    assert axes.T @ axes == pytest.approx(np.eye(3))


def test_a_grip_tapers_from_butt_to_mouth():
    spec = CLUBS["iron"]
    radii = [grip_radius_m(z, spec) for z in np.linspace(0, 0.26, 9)]
    assert (np.diff(radii) < 0).all()
    assert radii[0] < 0.0225  # no grip may measure more than 45 mm across


def test_a_kind_that_is_not_known_is_refused_and_named():
    with pytest.raises(InputError, match="chipper"):
        ClubNode(ClubSpec(kind="chipper"))


def test_a_node_goes_where_its_pose_says():
    club = ClubNode(CLUBS["iron"])
    half = np.sqrt(0.5)
    club.set_pose(np.array([1.0, 2.0, 3.0]), np.array([half, half, 0.0, 0.0]))  # a quarter turn about X
    head = club.node.get_mat().xform_point((0, 0, 0.94))
    assert tuple(head) == pytest.approx((1.0, 2.0 - 0.94, 3.0), abs=1e-6)
    assert [c.get_name() for c in club.node.children] == ["metal", "grip"]
