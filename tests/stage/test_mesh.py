"""Shapes: closed where they say so, the right size, and turned outward."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinswing.stage.mesh import Mesh, bare_mesh, clip, ellipsoid, lathe, merge, sheet, tube
from twinswing.stage.mesh_field import (
    ball,
    blend,
    chain,
    cut,
    gradient,
    grown,
    half_space,
    limb,
    loft,
    mirrored,
    surface,
    trim,
)


def faces_follow_normals(mesh: Mesh) -> float:
    """Return the share of triangles whose winding agrees with their vertices' normals."""
    a, b, c = (mesh.positions[mesh.triangles[:, k]] for k in range(3))
    face = np.cross(b - a, c - a)
    area = np.linalg.norm(face, axis=1)
    mean = mesh.normals[mesh.triangles].mean(1)
    agree = np.einsum("ij,ij->i", face, mean) > 0
    return float((agree * area).sum() / area.sum())


def area_m2(mesh: Mesh) -> float:
    a, b, c = (mesh.positions[mesh.triangles[:, k]] for k in range(3))
    return float(np.linalg.norm(np.cross(b - a, c - a), axis=1).sum() / 2)


def test_a_straight_tube_holds_the_volume_of_a_cylinder():
    mesh = tube([[0, 0, 0], [0.1, 0.2, 0.3], [0.2, 0.4, 0.6]], np.full(3, 0.05), sides=64)
    assert mesh.volume_m3() == pytest.approx(np.pi * 0.05**2 * np.sqrt(0.56), rel=5e-3)
    assert faces_follow_normals(mesh) == pytest.approx(1.0)


def test_an_elliptic_tube_is_wide_where_its_hint_points():
    mesh = tube([[0, 0, 0], [0, 0, 1]], [[0.3, 0.1]] * 2, sides=32, hint=(0, 1, 0))
    assert np.abs(mesh.positions[:, 1]).max() == pytest.approx(0.3)
    assert np.abs(mesh.positions[:, 0]).max() == pytest.approx(0.1, rel=0.02)


def test_an_ellipsoid_is_closed_and_as_big_as_its_formula():
    mesh = ellipsoid((1, 2, 3), (0.1, 0.2, 0.3), rows=40, sides=64)
    assert mesh.is_closed()
    assert mesh.volume_m3() == pytest.approx(4 / 3 * np.pi * 0.006, rel=1e-2)
    assert (np.einsum("ij,ij->i", mesh.normals, mesh.positions - [1, 2, 3]) > 0).all()


def test_a_turned_cone_faces_outward_and_keeps_its_edge():
    mesh = lathe([[0, 0], [0.1, 0], [0.0, 0.3]], sides=96, crease_rad=0.5)
    assert mesh.volume_m3() == pytest.approx(np.pi * 0.01 * 0.1, rel=5e-3)
    at_rim = np.abs(np.hypot(*mesh.positions[:, :2].T) - 0.1) < 1e-9
    assert mesh.normals[at_rim, 2].min() == pytest.approx(-1.0)  # the bottom's own edge, not a mean with the side's
    assert mesh.normals[at_rim, 2].max() > 0.2


def test_a_mirror_keeps_the_outside_outside():
    mesh = ellipsoid((0.5, 0, 0), (0.1, 0.1, 0.2)).moved(np.diag([-1.0, 1.0, 1.0]))
    assert mesh.positions[:, 0].mean() == pytest.approx(-0.5)
    assert mesh.volume_m3() > 0
    assert faces_follow_normals(mesh) == pytest.approx(1.0)


def test_merged_meshes_keep_their_own_triangles():
    a, b = ellipsoid((0, 0, 0), (1, 1, 1)), ellipsoid((5, 0, 0), (1, 1, 1))
    both = merge([a, b])
    assert both.is_closed()
    assert both.volume_m3() == pytest.approx(a.volume_m3() + b.volume_m3())
    assert both.triangles.dtype == np.uint32


def test_an_open_sheet_is_not_called_closed():
    assert not sheet(np.dstack([*np.meshgrid([0, 1.0], [0, 1.0]), np.zeros((2, 2))])).is_closed()


@given(st.integers(0, 10_000))
def test_a_clip_and_its_counterpart_make_up_the_whole(seed):
    rng = np.random.default_rng(seed)
    mesh = ellipsoid((0, 0, 0), (0.1, 0.15, 0.2), rows=8, sides=12)
    values = rng.normal(size=len(mesh.positions))
    inner, outer = clip(mesh, values), clip(mesh, -values)
    assert area_m2(inner) + area_m2(outer) == pytest.approx(area_m2(mesh), rel=1e-9)
    for part in (inner, outer):
        assert part.triangles.max(initial=0) < len(part.positions)
        assert faces_follow_normals(part) > 0.999


def test_a_clip_cuts_on_the_line_itself():
    mesh = trim(ellipsoid((0, 0, 0), (1, 1, 1), rows=9, sides=11), half_space((0, 0, 0.31), (0, 0, 1)))
    assert mesh.positions[:, 2].max() == pytest.approx(0.31, abs=1e-12)
    assert trim(mesh, half_space((0, 0, -9), (0, 0, 1))).triangles.size == 0


def test_a_sphere_out_of_a_field_is_round_closed_and_smooth():
    field = ball((0.01, 0.02, 0.03), 0.1)
    mesh = surface(field, (-0.15,) * 3, (0.16,) * 3, 0.02)
    assert mesh.is_closed()
    assert np.abs(np.linalg.norm(mesh.positions - [0.01, 0.02, 0.03], axis=1) - 0.1).max() < 1e-4
    assert np.einsum("ij,ij->i", mesh.normals, mesh.positions - [0.01, 0.02, 0.03]).min() > 0.0999
    assert mesh.volume_m3() == pytest.approx(4 / 3 * np.pi * 1e-3, rel=0.03)


def test_a_blend_has_no_crease_where_its_parts_meet():
    parts = ball((-0.06, 0, 0), 0.08), ball((0.06, 0, 0), 0.08)
    waist = np.array([[-0.0015, 0, 0.0529], [0.0015, 0, 0.0529]])  # the spheres meet in a circle 53 mm across the axis
    for field, sharp in ((blend(1e-4, *parts), True), (blend(0.06, *parts), False)):
        n = gradient(field, waist, step=1e-5)
        turn = np.degrees(np.arccos(np.clip(n[0] @ n[1] / np.linalg.norm(n[0]) / np.linalg.norm(n[1]), -1, 1)))
        assert turn > 60 if sharp else turn < 10


def test_fields_are_negative_inside_and_metric_near_their_surface():
    for field, inside in (
        (limb((0, 0, 0), (0, 0, 1), 0.1, 0.1), (0, 0, 0.5)),
        (chain([(0, 0, 0), (0, 0, 0.5), (0, 0, 1)], [0.1, 0.1, 0.1]), (0, 0, 0.4)),
        (loft([[0, 0.1, 0.1, 0.1, 0, 2], [1, 0.1, 0.1, 0.1, 0, 2]]), (0, 0, 0.5)),
    ):
        assert field(np.array([inside]))[0] < 0
        assert field(np.array([[0.15, 0.0, 0.5]]))[0] == pytest.approx(
            0.05, abs=3e-3
        )  # a chain swells by a quarter of its k
    hollow = cut(ball((0, 0, 0), 0.1), ball((0, 0, 0), 0.05), 1e-4)
    assert hollow(np.array([[0.0, 0, 0]]))[0] > 0 > hollow(np.array([[0.07, 0, 0]]))[0]
    assert grown(ball((0, 0, 0), 0.1), 0.02)(np.array([[0.11, 0, 0]]))[0] < 0
    pair = mirrored(ball((0.5, 0, 0), 0.1))
    assert pair(np.array([[-0.5, 0, 0]]))[0] == pytest.approx(pair(np.array([[0.5, 0, 0]]))[0])


def test_a_field_without_a_surface_gives_an_empty_mesh():
    mesh = surface(ball((9, 9, 9), 0.1), (-0.1,) * 3, (0.1,) * 3, 0.05)
    assert mesh.triangles.shape == (0, 3)
    assert bare_mesh(np.zeros((0, 3)), np.zeros((0, 3)), []).triangles.shape == (0, 3)
