"""Which model stands for which kind of unit, buffer or piece, and the least size at which it still looks right."""

import functools
from collections.abc import Callable
from dataclasses import dataclass

from twinswing.plant.model import Unit, UnitKind
from twinswing.stage import plant_models_machines as machines
from twinswing.stage import plant_models_moving as moving
from twinswing.stage import plant_models_stations as stations
from twinswing.stage.plant_mesh import Builder, FlexMesh, flex
from twinswing.stage.plant_user_model import user_mesh

Size = tuple[float, float, float]


@dataclass(frozen=True)
class Model:
    """A model: its builder and the least size (metres) below which it is shrunk as a whole instead of squeezed."""

    builder: Builder
    least_m: Size


@dataclass(frozen=True)
class Repeated:
    """A model that repeats a bay along its width: how wide one is, how many at most, and what builds `n` of them."""

    make: Callable[[int], Builder]
    bay_m: float
    most: int
    least_m: Size


MODELS: dict[UnitKind, Model | Repeated] = {
    UnitKind.PRESS: Model(machines.press, (1.8, 1.6, 2.4)),
    UnitKind.FURNACE: Model(machines.furnace, (1.6, 1.6, 1.9)),
    UnitKind.MILL: Model(machines.mill, (1.8, 1.6, 2.0)),
    UnitKind.LATHE: Model(machines.lathe, (2.0, 1.3, 1.7)),
    UnitKind.POLISHER: Model(machines.polisher, (1.0, 0.9, 1.9)),
    UnitKind.INSERT: Model(stations.insert, (1.3, 0.8, 1.8)),
    UnitKind.SAW: Model(stations.saw, (1.5, 0.7, 1.5)),
    UnitKind.EMBED: Model(stations.embed, (1.3, 0.8, 1.7)),
    UnitKind.CALIBRATE: Model(stations.calibrate, (1.6, 1.2, 1.9)),
    UnitKind.ASSEMBLY: Model(stations.assembly, (1.5, 0.7, 1.9)),
    UnitKind.BENDING: Model(stations.bending, (1.2, 0.9, 1.6)),
    UnitKind.INSPECTION: Model(stations.inspection, (1.8, 1.0, 1.9)),
    UnitKind.PACKING: Model(stations.packing, (1.7, 1.0, 1.8)),
    UnitKind.ROBOT: Model(moving.robot, (1.6, 1.6, 1.9)),
    UnitKind.CONVEYOR: Repeated(moving.conveyor, 1.0, 24, (0.8, 0.4, 0.6)),
    UnitKind.STORE: Repeated(moving.store, 1.5, 12, (1.0, 0.7, 1.6)),
    UnitKind.WASHER: Model(machines.washer, (1.8, 0.9, 1.7)),
    UnitKind.GENERIC: Model(machines.generic, (1.0, 0.8, 1.5)),
}


@dataclass(frozen=True)
class ModelKey:
    """Names one mesh: a kind, how many bays it has (zero where it repeats none), or the user's file and its size."""

    kind: UnitKind
    bays: int = 0
    path: str = ""
    size_m: Size = (0.0, 0.0, 0.0)


def key_of(unit: Unit) -> ModelKey:
    """Return which mesh a unit is drawn with; a bundled model's name in `unit.model` wins over its kind."""
    if unit.model.lower().endswith((".glb", ".gltf")):
        return ModelKey(unit.kind, path=unit.model, size_m=unit.size_m)
    kind = UnitKind(unit.model) if unit.model in set(UnitKind) else unit.kind
    model = MODELS[kind]
    if isinstance(model, Model):
        return ModelKey(kind)
    bays = max(1, min(round(unit.size_m[0] / model.bay_m), model.most))
    return ModelKey(kind, bays if bays <= 4 else 2 * round(bays / 2))  # fewer meshes, fewer draw calls


def least_size_m(key: ModelKey) -> Size:
    """Return the least size at which a mesh looks right, metres."""
    return (0.0, 0.0, 0.0) if key.path else MODELS[key.kind].least_m


@functools.cache
def mesh_of(key: ModelKey) -> FlexMesh:
    """Return the mesh of a key."""
    if key.path:
        return user_mesh(key.path, key.size_m)
    model = MODELS[key.kind]
    builder = model.builder if isinstance(model, Model) else model.make(key.bays)
    return flex(builder)
