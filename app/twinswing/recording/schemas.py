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
    "PlantSample",
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

# Schema name to class, for whoever reads.
BY_NAME: dict[str, Any] = {
    kind.DESCRIPTOR.full_name: kind
    for kind in (
        CameraCalibration, CompressedVideo, FrameTransform, PoseInFrame, PosesInFrame, SceneUpdate,
        PoseFrame, ImuBatch, BodySigma, ClubHead, Event, Annotation, PlantSample,
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
