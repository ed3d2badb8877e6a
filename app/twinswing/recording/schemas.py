"""The protobuf messages of a recording: Foxglove's where one fits, and our own where none does.

Our own are described here as text, one line a message, and built into descriptors when the module is loaded; the
descriptors go into the recording, so that any MCAP tool decodes them without this program.
"""

from typing import Any

from foxglove_schemas_protobuf.CameraCalibration_pb2 import CameraCalibration
from foxglove_schemas_protobuf.CompressedVideo_pb2 import CompressedVideo
from foxglove_schemas_protobuf.FrameTransform_pb2 import FrameTransform
from foxglove_schemas_protobuf.LinePrimitive_pb2 import LinePrimitive
from foxglove_schemas_protobuf.PoseInFrame_pb2 import PoseInFrame
from foxglove_schemas_protobuf.PosesInFrame_pb2 import PosesInFrame
from foxglove_schemas_protobuf.SceneUpdate_pb2 import SceneUpdate
from google.protobuf import message_factory
from google.protobuf.descriptor import FileDescriptor
from google.protobuf.descriptor_pb2 import FieldDescriptorProto, FileDescriptorProto, FileDescriptorSet
from google.protobuf.descriptor_pool import DescriptorPool

__all__ = [
    "BY_NAME",
    "Annotation",
    "BodySigma",
    "CameraCalibration",
    "ClubHead",
    "CompressedVideo",
    "Event",
    "FrameTransform",
    "ImuBatch",
    "LinePrimitive",
    "PlantAction",
    "PlantBatch",
    "PlantIndex",
    "PlantKeyframe",
    "PlantLink",
    "PlantMinutes",
    "PlantSample",
    "PlantSeries",
    "PoseFrame",
    "PoseInFrame",
    "PosesInFrame",
    "SceneUpdate",
    "descriptor_set",
]

PACKAGE = "twinswing"

# name: fields as `type name`, numbered in this order from 1; `*` repeats. Never renumber: only append.
_MESSAGES: dict[str, str] = {
    # image_px is x, y and world_m x, y, z of each landmark in turn; a missing landmark is NaN.
    "PoseFrame": (
        "int64 t_ns, uint32 frame, uint32 state, bool swapped, uint32 width_px, uint32 height_px, "
        "*float image_px, *float world_m, *float visibility"
    ),
    # data holds count rows of ax ay az gx gy gz, little-endian, of NumPy type dtype ("<i2" or "<f4"); times the scale
    # they are m/s2 and rad/s. device_t_ns is the first sample's; offset_ns each sample's after that. clipped has one
    # byte a sample, or none where it is not known by sample.
    "ImuBatch": (
        "int64 device_t_ns, uint64 sequence, uint32 count, *int64 offset_ns, string dtype, bytes data, "
        "double accel_scale, double gyro_scale, uint32 clip_count, bytes clipped"
    ),
    "BodySigma": "int64 t_ns, *double sigma_m",
    "ClubHead": "int64 t_ns, double x_m, double y_m, double z_m, double sigma_m, double sigma_rad",
    "Event": "int64 t_ns, string name, int32 frame, double confidence, string source",
    # document is JSON, whose form the kind decides.
    "Annotation": "int64 t_ns, string id, string kind, string author, bool deleted, string document",
    "PlantSample": "int64 t_ns, double number, string text, uint32 quality, string unit",
    # One item's values in the order in which they arrived, t_ns + offset_ns each; quality is observations.Quality, all
    # good where it is empty; text and detail are places in texts, -1 for none, all none where they are empty; number is
    # empty where all are text. detail, of conditions: "level<TAB>native code<TAB>message" of what came or went.
    "PlantSeries": (
        "int64 t_ns, uint32 item, uint64 sequence, string unit, *int64 offset_ns, *double number, *int32 text, "
        "*uint32 quality, *int32 detail, *string texts"
    ),
    # All items' values in the order in which they arrived, as `plant_rows.Rows.pack` writes them; texts are the new
    # ones of the recording's table, from code first_text on.
    "PlantBatch": "int64 t_ns, uint64 sequence, uint32 count, bytes rows, uint32 first_text, *string texts",
    # All items as they stood before the batch of that number, as `plant_rows.PlantState.pack` writes them. settled_*:
    # the rows of the batches before the first of these numbers are all in the series and minutes before the others.
    "PlantKeyframe": (
        "int64 t_ns, uint64 batch, uint32 items, bytes state, uint64 settled_batch, uint64 settled_series, "
        "uint64 settled_minutes"
    ),
    # Minutes of 64 items, as `plant_levels.Minutes.pack` writes them.
    "PlantMinutes": "int64 t_ns, uint32 group, uint64 sequence, uint32 count, bytes rows",
    # Where all of the above lie, tables of `plant_index`, in a recording that was closed; chunk is this one's own.
    "PlantIndex": (
        "int64 t_ns, uint32 chunk, bytes batches, bytes keyframes, bytes series, bytes minutes, bytes journal, "
        "*string texts"
    ),
    "PlantLink": "int64 t_ns, string source, string state, string message, *string items, uint64 lost",
    # document is JSON, whose form the kind decides.
    "PlantAction": "int64 t_ns, string kind, string author, string document",
}

_TYPES = {
    "int64": FieldDescriptorProto.TYPE_INT64,
    "int32": FieldDescriptorProto.TYPE_INT32,
    "uint32": FieldDescriptorProto.TYPE_UINT32,
    "uint64": FieldDescriptorProto.TYPE_UINT64,
    "bool": FieldDescriptorProto.TYPE_BOOL,
    "float": FieldDescriptorProto.TYPE_FLOAT,
    "double": FieldDescriptorProto.TYPE_DOUBLE,
    "string": FieldDescriptorProto.TYPE_STRING,
    "bytes": FieldDescriptorProto.TYPE_BYTES,
}


def _pool() -> DescriptorPool:
    pool = DescriptorPool()
    for message, fields in _MESSAGES.items():
        file = FileDescriptorProto(name=f"{PACKAGE}/{message}.proto", package=PACKAGE, syntax="proto3")
        described = file.message_type.add(name=message)
        for number, text in enumerate(fields.split(", "), start=1):
            kind, name = text.split(" ")
            label = FieldDescriptorProto.LABEL_REPEATED if kind[0] == "*" else FieldDescriptorProto.LABEL_OPTIONAL
            described.field.add(name=name, number=number, type=_TYPES[kind.lstrip("*")], label=label)
        pool.Add(file)
    return pool


_POOL = _pool()


def _message(name: str) -> Any:
    return message_factory.GetMessageClass(_POOL.FindMessageTypeByName(f"{PACKAGE}.{name}"))


PoseFrame = _message("PoseFrame")
ImuBatch = _message("ImuBatch")
BodySigma = _message("BodySigma")
ClubHead = _message("ClubHead")
Event = _message("Event")
Annotation = _message("Annotation")
PlantSample = _message("PlantSample")
PlantSeries = _message("PlantSeries")
PlantBatch = _message("PlantBatch")
PlantKeyframe = _message("PlantKeyframe")
PlantMinutes = _message("PlantMinutes")
PlantIndex = _message("PlantIndex")
PlantLink = _message("PlantLink")
PlantAction = _message("PlantAction")

# Schema name to class, for whoever reads.
BY_NAME: dict[str, Any] = {
    kind.DESCRIPTOR.full_name: kind
    for kind in (
        CameraCalibration, CompressedVideo, FrameTransform, PoseInFrame, PosesInFrame, SceneUpdate,
        PoseFrame, ImuBatch, BodySigma, ClubHead, Event, Annotation, PlantSample,
        PlantSeries, PlantBatch, PlantKeyframe, PlantMinutes, PlantIndex, PlantLink, PlantAction,
    )
}  # fmt: skip


def descriptor_set(message_class: Any) -> bytes:
    """Return the serialised FileDescriptorSet of a message class with all that it depends on, for an MCAP schema."""
    found: dict[str, FileDescriptor] = {}

    def visit(file: FileDescriptor) -> None:
        if file.name not in found:
            for dependency in file.dependencies:
                visit(dependency)
            found[file.name] = file

    visit(message_class.DESCRIPTOR.file)
    out = FileDescriptorSet()
    for file in found.values():
        file.CopyToProto(out.file.add())
    return out.SerializeToString(deterministic=True)
