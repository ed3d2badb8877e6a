"""GLB (glTF 2.0, Khronos): the swing as moving balls, bones and a club, for any 3D viewer. Metres, Y up."""

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from twinswing import __version__
from twinswing.body.skeleton import JOINT_NAMES
from twinswing.club.model import ClubMotion
from twinswing.report.export_bvh import least_turn
from twinswing.report.export_motion import EvenMotion, club_of, even_motion, write_bytes, y_up
from twinswing.report.export_shapes import Shape, ball, box, rod
from twinswing.stage.skeleton import bones
from twinswing.swing.model import SwingSession

FloatArray = NDArray[np.float64]

_MOST_RATE_HZ = 120.0  # by default: viewers draw no faster, and files stay small
_JOINT_RADIUS_M, _BONE_RADIUS_M, _HEAD_RADIUS_M, _SHAFT_RADIUS_M = 0.026, 0.018, 0.10, 0.006
_STEEL, _DARK = (0.62, 0.64, 0.67), (0.06, 0.07, 0.08)
_DRIVER_HEAD_M, _IRON_HEAD_M = (0.115, 0.105, 0.06), (0.075, 0.025, 0.05)
_Y_TO_Z = (float(np.sqrt(0.5)), 0.0, 0.0, float(np.sqrt(0.5)))  # quaternion (x, y, z, w): a rod along Y to Z
_TO_Y_UP = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]])
_FLOAT, _USHORT = 5126, 5123
_VERTICES, _INDICES = 34962, 34963


class GlbFile:
    """A glTF document and its binary part while they are put together."""

    def __init__(self) -> None:
        self.json: dict[str, Any] = {
            "asset": {"version": "2.0", "generator": f"Twinswing {__version__}"},
            "scene": 0,
            "scenes": [{"nodes": []}],
            "nodes": [], "meshes": [], "materials": [], "accessors": [], "bufferViews": [],
            "animations": [{"name": "swing", "channels": [], "samplers": []}],
        }  # fmt: skip
        self._data = bytearray()

    def accessor(self, values: NDArray[Any], kind: str, target: int | None = None) -> int:
        """Add an array as float32 (or uint16 for indices) and return its number; always with its least and greatest."""
        component, dtype = (_USHORT, np.uint16) if target == _INDICES else (_FLOAT, np.float32)
        stored = np.ascontiguousarray(values, dtype=dtype)
        view: dict[str, Any] = {"buffer": 0, "byteOffset": len(self._data), "byteLength": stored.nbytes}
        if target is not None:
            view["target"] = target
        self._data += stored.tobytes()
        self._data += bytes(-len(self._data) % 4)
        self.json["bufferViews"].append(view)
        rows = stored.reshape(len(stored), -1)
        self.json["accessors"].append({
            "bufferView": len(self.json["bufferViews"]) - 1, "componentType": component, "count": len(stored),
            "type": kind, "min": rows.min(axis=0).tolist(), "max": rows.max(axis=0).tolist(),
        })  # fmt: skip
        return len(self.json["accessors"]) - 1

    def mesh(self, name: str, shape: Shape, rgb: tuple[float, float, float]) -> int:
        """Add a shape in a colour (display rgb) and return the mesh's number."""
        linear = [((c + 0.055) / 1.055) ** 2.4 if c > 0.04045 else c / 12.92 for c in rgb]  # IEC 61966-2-1
        self.json["materials"].append({
            "name": name,
            "pbrMetallicRoughness": {
                "baseColorFactor": [*linear, 1.0], "metallicFactor": 0.0, "roughnessFactor": 0.6,
            },
        })  # fmt: skip
        attributes = {
            "POSITION": self.accessor(shape.vertices, "VEC3", _VERTICES),
            "NORMAL": self.accessor(shape.normals, "VEC3", _VERTICES),
        }
        indices = self.accessor(shape.triangles.ravel(), "SCALAR", _INDICES)
        material = len(self.json["materials"]) - 1
        primitive = {"attributes": attributes, "indices": indices, "material": material}
        self.json["meshes"].append({"name": name, "primitives": [primitive]})
        return len(self.json["meshes"]) - 1

    def node(self, name: str, *, top: bool = True, **fields: Any) -> int:
        """Add a node, to the scene itself if `top`, and return its number."""
        self.json["nodes"].append({"name": name, **fields})
        number = len(self.json["nodes"]) - 1
        if top:
            self.json["scenes"][0]["nodes"].append(number)
        return number

    def animate(self, node: int, path: str, times: int, values: FloatArray) -> None:
        """Move a node: `times` is an accessor of seconds, values are those of the path ("translation" ...)."""
        animation = self.json["animations"][0]
        output = self.accessor(values, "VEC4" if path == "rotation" else "VEC3")
        animation["samplers"].append({"input": times, "output": output, "interpolation": "LINEAR"})
        sampler = len(animation["samplers"]) - 1
        animation["channels"].append({"sampler": sampler, "target": {"node": node, "path": path}})

    def packed(self) -> bytes:
        """Return the whole file (glTF 2.0, "GLB File Format Specification")."""
        document = dict(self.json, buffers=[{"byteLength": len(self._data)}])
        text = json.dumps(document, separators=(",", ":")).encode()
        text += b" " * (-len(text) % 4)
        chunks = struct.pack("<II", len(text), 0x4E4F534A) + text
        chunks += struct.pack("<II", len(self._data), 0x004E4942) + bytes(self._data)
        return struct.pack("<III", 0x46546C67, 2, 12 + len(chunks)) + chunks


def write_glb(session: SwingSession, out: Path, rate_hz: float | None = None) -> None:
    """Write body and club, whichever there are, as one animation that starts at 0; events are in its `extras`.

    Nodes named after joints stand exactly at the joints. Between frames viewers interpolate.
    """
    motion = even_motion(session, "a GLB file", rate_hz)
    if rate_hz is None and motion.rate_hz > _MOST_RATE_HZ:
        motion = even_motion(session, "a GLB file", _MOST_RATE_HZ)
    file = GlbFile()
    times = file.accessor(motion.t_s - motion.t_s[0], "SCALAR")
    if motion.joints_m is not None:
        _add_body(file, y_up(motion.joints_m), motion.handed, times)
    club = club_of(session)
    if club is not None:
        _add_club(file, motion, club)
    file.json["animations"][0]["extras"] = {
        "start_s": float(motion.t_s[0]),
        "events_s": {name: t - float(motion.t_s[0]) for name, t in motion.events_s.items()},
    }
    write_bytes(out, file.packed())


def _add_body(file: GlbFile, joints: FloatArray, handed: str, times: int) -> None:
    lines = bones(handed)
    colours = {end: rgb for a, b, rgb in lines for end in (b, a)}
    balls = {rgb: file.mesh("joint", ball(_JOINT_RADIUS_M), rgb) for rgb in dict.fromkeys(colours.values())}
    rods = {rgb: file.mesh("bone", rod(), rgb) for rgb in balls}
    skull = file.mesh("head", ball(_HEAD_RADIUS_M), colours[JOINT_NAMES.index("head")])
    for i, name in enumerate(JOINT_NAMES):
        node = file.node(name, mesh=skull if name == "head" else balls[colours[i]])
        file.animate(node, "translation", times, joints[:, i])
    starts = np.stack([joints[:, a] for a, _, _ in lines], axis=1)
    along = np.stack([joints[:, b] for _, b, _ in lines], axis=1) - starts
    turns = carried(along)
    lengths = np.linalg.norm(along, axis=2)
    for i, (a, b, rgb) in enumerate(lines):
        node = file.node(f"{JOINT_NAMES[a]} to {JOINT_NAMES[b]}", mesh=rods[rgb])
        file.animate(node, "translation", times, starts[:, i])
        file.animate(node, "rotation", times, turns[:, i])
        width = np.full(len(joints), _BONE_RADIUS_M)
        file.animate(node, "scale", times, np.stack([width, lengths[:, i], width], axis=1))


def carried(directions: FloatArray) -> FloatArray:
    """Return quaternions (x, y, z, w) that turn +Y onto directions, shape (n, m, 3) to (n, m, 4), without spin.

    Each is the one before, carried on by the least turn between neighbours: a rod that points straight down, where a
    turn from +Y is not settled, does not whirl.
    """
    n, m = directions.shape[:2]
    up = np.broadcast_to(np.array([0.0, 1.0, 0.0]), (m, 3))
    first = Rotation.from_matrix(least_turn(up, directions[0]))
    steps = least_turn(directions[:-1].reshape(-1, 3), directions[1:].reshape(-1, 3)).reshape(n - 1, m, 3, 3)
    out = np.empty((n, m, 4))
    now = first
    out[0] = now.as_quat()
    for k in range(1, n):
        now = Rotation.from_matrix(steps[k - 1]) * now
        quaternion = now.as_quat()
        flip = np.sum(quaternion * out[k - 1], axis=1) < 0.0
        out[k] = np.where(flip[:, None], -quaternion, quaternion)
    return out


def _add_club(file: GlbFile, motion: EvenMotion, club: ClubMotion) -> None:
    """Add the club where it is known; before and after, viewers hold its first and last pose."""
    assert motion.club_m is not None
    assert motion.quaternion is not None
    known = np.isfinite(motion.club_m).all(axis=(1, 2)) & np.isfinite(motion.quaternion).all(axis=1)
    if not known.any():
        return
    turn = Rotation.from_quat(motion.quaternion[known], scalar_first=True)
    butt, head = motion.club_m[known, 0], motion.club_m[known, 1]
    centre = np.median(turn.inv().apply(head - butt), axis=0)
    size = _DRIVER_HEAD_M if club.spec.kind in {"driver", "wood", "hybrid"} else _IRON_HEAD_M
    shaft = file.node(
        "shaft", top=False, mesh=file.mesh("shaft", rod(), _STEEL), rotation=list(_Y_TO_Z),
        scale=[_SHAFT_RADIUS_M, float(centre[2]), _SHAFT_RADIUS_M],
    )  # fmt: skip
    head_node = file.node("club_head", top=False, mesh=file.mesh("club head", box(size), _DARK),
                          translation=centre.tolist())  # fmt: skip
    node = file.node("club_butt", children=[shaft, head_node])
    times = file.accessor((motion.t_s - motion.t_s[0])[known], "SCALAR")
    file.animate(node, "translation", times, y_up(butt))
    quaternion = (Rotation.from_matrix(_TO_Y_UP) * turn).as_quat()
    flips = np.sum(quaternion[1:] * quaternion[:-1], axis=1) < 0.0
    sign = np.cumprod(np.concatenate([[1.0], np.where(flips, -1.0, 1.0)]))
    file.animate(node, "rotation", times, quaternion * sign[:, None])
