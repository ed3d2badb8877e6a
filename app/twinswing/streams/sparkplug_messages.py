"""Sparkplug B's payload as protobuf messages, built from a table when the module is loaded.

The numbers are those of the Sparkplug specification, version 3.0, chapter 6. What a host does not read (metadata,
parameters of templates, rows of data sets) is not described: protobuf keeps such fields aside unread.
"""

from enum import IntEnum
from typing import Any

from google.protobuf import message_factory
from google.protobuf.descriptor_pb2 import FieldDescriptorProto, FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool

PACKAGE = "twinswing.sparkplug"


class DataType(IntEnum):
    """Types of a metric, of a property and of a template's member."""

    UNKNOWN = 0
    INT8 = 1
    INT16 = 2
    INT32 = 3
    INT64 = 4
    UINT8 = 5
    UINT16 = 6
    UINT32 = 7
    UINT64 = 8
    FLOAT = 9
    DOUBLE = 10
    BOOLEAN = 11
    STRING = 12
    DATETIME = 13
    TEXT = 14
    UUID = 15
    DATASET = 16
    BYTES = 17
    FILE = 18
    TEMPLATE = 19
    PROPERTY_SET = 20
    PROPERTY_SET_LIST = 21
    INT8_ARRAY = 22
    INT16_ARRAY = 23
    INT32_ARRAY = 24
    INT64_ARRAY = 25
    UINT8_ARRAY = 26
    UINT16_ARRAY = 27
    UINT32_ARRAY = 28
    UINT64_ARRAY = 29
    FLOAT_ARRAY = 30
    DOUBLE_ARRAY = 31
    BOOLEAN_ARRAY = 32
    STRING_ARRAY = 33
    DATETIME_ARRAY = 34


# message: fields as "number type name"; * repeats, | is one of the choices for the value.
_MESSAGES: dict[str, str] = {
    "Payload": "1 uint64 timestamp, 2 *Metric metrics, 3 uint64 seq, 4 string uuid, 5 bytes body",
    "Metric": (
        "1 string name, 2 uint64 alias, 3 uint64 timestamp, 4 uint32 datatype, 5 bool is_historical, "
        "6 bool is_transient, 7 bool is_null, 9 PropertySet properties, 10 |uint32 int_value, 11 |uint64 long_value, "
        "12 |float float_value, 13 |double double_value, 14 |bool boolean_value, 15 |string string_value, "
        "16 |bytes bytes_value, 17 |DataSet dataset_value, 18 |Template template_value"
    ),
    "PropertySet": "1 *string keys, 2 *PropertyValue values",
    "PropertyValue": (
        "1 uint32 type, 2 bool is_null, 3 |uint32 int_value, 4 |uint64 long_value, 5 |float float_value, "
        "6 |double double_value, 7 |bool boolean_value, 8 |string string_value"
    ),
    "DataSet": "1 uint64 num_of_columns, 2 *string columns, 3 *uint32 types",
    "Template": "1 string version, 2 *Metric metrics, 4 string template_ref, 5 bool is_definition",
}

_TYPES = {
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
    file = FileDescriptorProto(name=f"{PACKAGE}.proto", package=PACKAGE, syntax="proto2")
    for message, fields in _MESSAGES.items():
        described = file.message_type.add(name=message)
        for text in fields.split(", "):
            number, kind, name = text.split(" ")
            label = FieldDescriptorProto.LABEL_REPEATED if kind[0] == "*" else FieldDescriptorProto.LABEL_OPTIONAL
            field = described.field.add(name=name, number=int(number), label=label)
            if kind[0] == "|":
                if not described.oneof_decl:
                    described.oneof_decl.add(name="value")
                field.oneof_index = 0
            plain = kind.lstrip("*|")
            if plain in _TYPES:
                field.type = _TYPES[plain]
            else:
                field.type = FieldDescriptorProto.TYPE_MESSAGE
                field.type_name = f".{PACKAGE}.{plain}"
    pool.Add(file)
    return pool


_POOL = _pool()


def _message(name: str) -> Any:
    return message_factory.GetMessageClass(_POOL.FindMessageTypeByName(f"{PACKAGE}.{name}"))


Payload = _message("Payload")
Metric = _message("Metric")


def rebirth_command(now_ns: int) -> bytes:
    """Return the payload of an NCMD that asks an edge node for new births."""
    payload = Payload(timestamp=now_ns // 1_000_000)
    payload.metrics.add(
        name="Node Control/Rebirth", timestamp=payload.timestamp, datatype=DataType.BOOLEAN, boolean_value=True
    )
    return bytes(payload.SerializeToString())
