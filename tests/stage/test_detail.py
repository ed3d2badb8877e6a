"""Lighter and reordered meshes are still the golfer."""

import numpy as np
import pytest

from twinswing.errors import InputError
from twinswing.stage import geom
from twinswing.stage.appearance import Appearance
from twinswing.stage.detail import MeshArrays, in_local_order, lighter, with_details
from twinswing.stage.figure import GolferFigure
from twinswing.stage.material import PICTURE_MASK, SHADOW_MASK


@pytest.fixture(scope="module")
def mesh() -> MeshArrays:
    return MeshArrays.of(GolferFigure(Appearance()).node.node().get_geom(0))


def corners(mesh):
    """Each triangle's three places, turned so that equal triangles compare equal, sorted."""
    flat = mesh.column("vertex")[mesh.triangles]
    first = np.lexsort(flat.transpose(2, 0, 1).reshape(3, -1)).argsort().reshape(-1, 3).argmin(1)
    turned = np.take_along_axis(flat, ((np.arange(3) + first[:, None]) % 3)[..., None], 1).reshape(-1, 9)
    return turned[np.lexsort(turned.T)]


def test_a_new_order_keeps_every_triangle(mesh):
    again = in_local_order(mesh)
    assert np.array_equal(corners(mesh), corners(again))
    jump = np.abs(np.diff(again.triangles[:, 0]))
    assert np.median(jump) < 20, "neighbours in the list are neighbours in the vertex store"


def test_arrays_survive_the_way_through_panda(mesh):
    again = MeshArrays.of(mesh.geom())
    assert np.array_equal(again.rows, mesh.rows)
    assert np.array_equal(again.triangles, mesh.triangles)


def test_a_lighter_golfer_keeps_its_extent_and_its_surface(mesh):
    from scipy.spatial import cKDTree

    light = lighter(mesh, 0.03, sheets=False)
    assert len(light.triangles) < 0.4 * len(mesh.triangles)
    full, few = mesh.column("vertex"), light.column("vertex")
    assert np.abs(full.min(0) - few.min(0)).max() < 0.03
    assert np.abs(full.max(0) - few.max(0)).max() < 0.03
    assert cKDTree(full).query(few)[0].max() < 0.03
    assert cKDTree(few).query(full)[0].max() < 0.052  # the diagonal of a cube
    weights = light.column("bone_weight")
    assert np.allclose(weights.sum(1), 1.0, atol=1e-4)
    assert np.allclose(np.linalg.norm(light.column("normal"), axis=1), 1.0, atol=1e-3)


def test_a_mesh_of_more_than_16_bits_of_vertices_is_drawn_whole():
    side = 300
    grid = np.stack(np.meshgrid(np.arange(side), np.arange(side), [0.0]), -1).reshape(-1, 3)
    first = (np.arange(side - 1)[:, None] * side + np.arange(side - 1)).ravel()
    node = geom.triangles("grid", {"vertex": grid}, geom.faces(first, ((0, 1, side), (1, side + 1, side))))
    arrays = MeshArrays.of(node.get_geom(0))
    assert arrays.triangles.max() == side * side - 1
    assert node.get_geom(0).check_valid()


def test_an_index_past_the_vertices_is_refused():
    with pytest.raises(InputError, match="indices"):
        geom.triangles("bad", {"vertex": np.zeros((3, 3))}, np.array([[0, 1, 3]]))


def test_the_shadow_is_cast_by_a_lighter_copy_that_moves_with_the_golfer(mesh):
    figure = GolferFigure(Appearance())
    both = with_details(figure.node, light=False)
    caster = next(child for child in both.get_children() if child != figure.node)
    assert caster.node().get_geom(0).get_primitive(0).get_num_faces() < len(mesh.triangles) / 4
    shared = "bone_matrices"
    assert caster.get_shader_input(shared).get_name().get_name() == shared
    picture, shadow = PICTURE_MASK, SHADOW_MASK
    assert caster.is_hidden(picture)
    assert figure.node.is_hidden(shadow)
