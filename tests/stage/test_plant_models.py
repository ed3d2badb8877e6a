"""Models stretch without squeezing what is fixed, wind outward, keep to their floor space; a user's GLB is fitted."""

import json
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twinswing.errors import InputError
from twinswing.plant.model import Unit, UnitKind
from twinswing.stage.plant_mesh import Build, Part
from twinswing.stage.plant_models import MODELS, Model, ModelKey, key_of, least_size_m, mesh_of
from twinswing.stage.plant_user_model import user_mesh

KEYS = [ModelKey(kind, 0 if isinstance(MODELS[kind], Model) else 3) for kind in UnitKind]
NAMES = [str(key.kind) for key in KEYS]


def built(key: ModelKey, size: tuple[float, float, float]) -> np.ndarray:
    """The vertices as the builder itself puts them at a size."""
    model, build = MODELS[key.kind], Build()
    (model.builder if isinstance(model, Model) else model.make(key.bays))(build, *size)
    return np.concatenate([piece.points for piece in build.pieces])


@pytest.mark.parametrize("key", KEYS, ids=NAMES)
@settings(max_examples=8, deadline=None)
@given(size=st.tuples(*[st.floats(0.5, 9.0)] * 3))
def test_a_mesh_at_any_size_is_what_its_builder_makes_of_that_size(key, size):
    assert np.allclose(mesh_of(key).at(size), built(key, size), atol=1e-6)


@pytest.mark.parametrize("key", KEYS, ids=NAMES)
def test_triangles_wind_outward_and_stay_in_place(key):
    mesh = mesh_of(key)
    size = np.maximum(least_size_m(key), (2.6, 2.0, 2.4))
    corners = mesh.at(size)[mesh.triangles]
    face = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    facing = (face * mesh.normals[mesh.triangles].mean(1)).sum(1)
    assert (facing > -1e-9).all()
    assert np.allclose(np.linalg.norm(mesh.normals, axis=1), 1.0)
    low, high = corners.reshape(-1, 3).min(0), corners.reshape(-1, 3).max(0)
    assert low[2] >= -1e-9
    assert high[2] < size[2] + 0.65  # a state light stands on it
    assert (np.abs([low[:2], high[:2]]) < np.array(size[:2]) / 2 + 0.16).all()


@pytest.mark.parametrize("key", KEYS, ids=NAMES)
def test_every_unit_has_a_state_light_of_three_lamps(key):
    assert {Part.LAMP_RED, Part.LAMP_AMBER, Part.LAMP_WHITE} <= set(mesh_of(key).part[:, 0])


def unit(model: str, size=(2.0, 1.0, 3.0)) -> Unit:
    return Unit("a/l/u", "u", "U", UnitKind.GENERIC, (0, 0, 0), 0.0, size, (), model=model)


def test_a_bundled_models_name_wins_over_the_kind():
    assert key_of(unit("mill")).kind is UnitKind.MILL
    assert key_of(unit("")).kind is UnitKind.GENERIC


def glb(places, normals=None, colour=(0.8, 0.1, 0.1, 1.0)) -> bytes:
    """A glTF 2.0 binary of one mesh of separate triangles."""
    arrays = [np.array(places, np.float32)] + ([] if normals is None else [np.array(normals, np.float32)])
    indices = np.arange(len(places), dtype=np.uint16)
    data = b"".join(a.tobytes() for a in arrays) + indices.tobytes()
    views, start = [], 0
    for a in [*arrays, indices]:
        views.append({"buffer": 0, "byteOffset": start, "byteLength": a.nbytes})
        start += a.nbytes
    low, high = arrays[0].min(0).tolist(), arrays[0].max(0).tolist()
    accessors = [
        {"bufferView": 0, "componentType": 5126, "count": len(places), "type": "VEC3", "min": low, "max": high}
    ]
    attributes = {"POSITION": 0}
    if normals is not None:
        accessors.append({"bufferView": 1, "componentType": 5126, "count": len(places), "type": "VEC3"})
        attributes["NORMAL"] = 1
    accessors.append({"bufferView": len(arrays), "componentType": 5123, "count": len(indices), "type": "SCALAR"})
    document = {
        "asset": {"version": "2.0"}, "scene": 0, "scenes": [{"nodes": [0]}], "nodes": [{"mesh": 0}],
        "meshes": [{"primitives": [{"attributes": attributes, "indices": len(accessors) - 1, "material": 0}]}],
        "materials": [{"pbrMetallicRoughness": {"baseColorFactor": colour, "roughnessFactor": 0.4}}],
        "accessors": accessors, "bufferViews": views, "buffers": [{"byteLength": len(data)}],
    }  # fmt: skip
    text = json.dumps(document).encode()
    text += b" " * (-len(text) % 4)
    data += b"\0" * (-len(data) % 4)
    chunks = struct.pack("<II", len(text), 0x4E4F534A) + text + struct.pack("<II", len(data), 0x004E4942) + data
    return struct.pack("<III", 0x46546C67, 2, 12 + len(chunks)) + chunks


def test_a_users_glb_stands_on_the_floor_within_its_size_with_its_up_as_ours(tmp_path):
    path = tmp_path / "fan.glb"
    # Two triangles, 1 wide, 4 high along the file's Y, 0.5 deep, far off its origin.
    path.write_bytes(glb([[5, 7, 0], [6, 7, 0], [6, 11, 0], [5, 7, 0.5], [6, 11, 0.5], [5, 11, 0]]))
    mesh = user_mesh(str(path), (2.0, 1.0, 3.0))
    body = mesh.at((2.0, 1.0, 3.0))[mesh.part[:, 0] == Part.BODY]
    assert body[:, 2].min() == pytest.approx(0.0, abs=1e-6)
    assert body[:, 2].max() == pytest.approx(3.0, abs=1e-5)
    assert np.allclose(body[:, :2].min(0) + body[:, :2].max(0), 0.0, atol=1e-6)
    assert np.ptp(body[:, 0]) == pytest.approx(0.75, abs=1e-5)
    assert {Part.LAMP_RED, Part.LAMP_AMBER, Part.LAMP_WHITE} <= set(mesh.part[:, 0])
    red = mesh.surface[mesh.part[:, 0] == Part.BODY][:, :3]
    assert np.allclose(red, (0.8, 0.1, 0.1), atol=1e-3)


@pytest.mark.parametrize("content", [b"", b"glTF", b"not a model at all" * 50, glb([[0, 0, 0]] * 3)[:60]])
def test_a_file_that_is_no_model_is_one_sentence(tmp_path, content):
    path = tmp_path / "broken.glb"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"broken\.glb"):
        user_mesh(str(path), (1.0, 1.0, 1.0))


def test_a_model_that_is_not_there_is_named(tmp_path):
    with pytest.raises(InputError, match=r"gone\.glb"):
        user_mesh(str(tmp_path / "gone.glb"), (1.0, 1.0, 1.0))
