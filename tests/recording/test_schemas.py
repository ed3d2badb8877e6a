"""Our messages are what other programs take them for."""

from pathlib import Path

import foxglove.messages
import pytest
from google.protobuf.descriptor_pb2 import FileDescriptorSet
from google.protobuf.descriptor_pool import DescriptorPool

from twinswing.recording import schemas

FOXGLOVE = ["CameraCalibration", "CompressedVideo", "FrameTransform", "PoseInFrame", "PosesInFrame", "SceneUpdate"]


def fields(descriptor_set: bytes, message: str) -> dict[str, tuple[int, int, bool, str]]:
    """Return number, type, repetition and message type of each field of a message and of those below it."""
    pool = DescriptorPool()
    for file in FileDescriptorSet.FromString(descriptor_set).file:
        pool.Add(file)  # fails if a dependency does not come first
    found: dict[str, tuple[int, int, bool, str]] = {}

    def visit(name: str) -> None:
        for field in pool.FindMessageTypeByName(name).fields:
            inner = field.message_type.full_name if field.message_type else ""
            found[f"{name}.{field.name}"] = (field.number, field.type, field.is_repeated, inner)
            if inner and f"{inner}." not in "".join(found):
                visit(inner)

    visit(message)
    return found


@pytest.mark.parametrize("name", FOXGLOVE)
def test_foxglove_messages_are_those_of_foxgloves_own_sdk(name: str) -> None:
    theirs = getattr(foxglove.messages, name).get_schema()
    kind = getattr(schemas, name)
    assert (kind.DESCRIPTOR.full_name, "protobuf") == (theirs.name, theirs.encoding)
    ours, published = fields(schemas.descriptor_set(kind), theirs.name), fields(theirs.data, theirs.name)
    assert ours.items() <= published.items()  # a newer SDK may have added fields


@pytest.mark.parametrize("name", sorted(schemas.BY_NAME))
def test_each_schema_is_complete_by_itself(name: str) -> None:
    assert fields(schemas.descriptor_set(schemas.BY_NAME[name]), name)


def test_field_numbers_never_change() -> None:
    """Recordings that exist are read by these numbers; a new field goes to the end."""
    pinned = {
        "PoseFrame": "t_ns frame state swapped width_px height_px image_px world_m visibility",
        "ImuBatch": "device_t_ns sequence count offset_ns dtype data accel_scale gyro_scale clip_count clipped",
        "BodySigma": "t_ns sigma_m",
        "ClubHead": "t_ns x_m y_m z_m sigma_m sigma_rad",
        "Event": "t_ns name frame confidence source",
        "Annotation": "t_ns id kind author deleted document",
        "PlantSample": "t_ns number text quality unit",
        "PlantSeries": "t_ns item sequence unit offset_ns number text quality detail texts",
        "PlantBatch": "t_ns sequence count rows first_text texts",
        "PlantKeyframe": "t_ns batch items state settled_batch settled_series settled_minutes",
        "PlantMinutes": "t_ns group sequence count rows",
        "PlantIndex": "t_ns chunk batches keyframes series minutes journal texts",
        "PlantLink": "t_ns source state message items lost",
        "PlantAction": "t_ns kind author document",
    }
    for name, names in pinned.items():
        found = getattr(schemas, name).DESCRIPTOR.fields
        assert [f.name for f in sorted(found, key=lambda f: f.number)][: len(names.split())] == names.split()
        assert sorted(f.number for f in found) == list(range(1, len(found) + 1))


def test_foxgloves_own_writer_and_ours_agree_on_a_message(tmp_path: Path) -> None:
    from mcap.reader import make_reader

    path = tmp_path / "sdk.mcap"
    with foxglove.open_mcap(str(path)):
        video = foxglove.messages.CompressedVideo(frame_id="camera/main", data=b"abc", format="h264")
        foxglove.channels.CompressedVideoChannel("/camera/main/video").log(video)
    with path.open("rb") as file:
        ((schema, channel, message),) = make_reader(file).iter_messages("/camera/main/video")
    decoded = schemas.BY_NAME[schema.name].FromString(message.data)
    assert channel.message_encoding == "protobuf"
    assert (decoded.frame_id, decoded.data, decoded.format) == ("camera/main", b"abc", "h264")
