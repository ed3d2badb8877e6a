"""The inside of a chunk: unpacking it with care, and going through its records."""

import struct
import zlib
from collections.abc import Iterator
from struct import Struct, unpack_from

import zstandard
from mcap.opcode import Opcode

# No chunk of this program's is larger; a damaged or hostile length is refused before memory is asked for.
CHUNK_LIMIT_BYTES = 256 * 1024 * 1024

RECORD = Struct("<BQ")
MESSAGE = Struct("<HIQQ")


def unpack_chunk(record: bytes, zstd: zstandard.ZstdDecompressor) -> bytes | None:
    """Return the records inside a chunk record, or None if it is cut off, damaged or too large."""
    try:
        opcode, length = RECORD.unpack_from(record)
        _, _, size, crc, name_length = unpack_from("<QQQII", record, 9)
        at = 41 + name_length
        name = record[41:at]
        packed_length = int.from_bytes(record[at : at + 8], "little")
        packed = record[at + 8 : at + 8 + packed_length]
        if opcode != Opcode.CHUNK or len(record) != 9 + length or at + 8 + packed_length != len(record):
            return None
        if size > CHUNK_LIMIT_BYTES or name not in (b"zstd", b""):
            return None
        data = zstd.decompress(packed, max_output_size=size) if name else packed
    except (struct.error, zstandard.ZstdError):
        return None
    if len(data) != size or (crc and zlib.crc32(data) != crc):
        return None
    return data


def scan_records(chunk: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield (opcode, body) of the records in a chunk that are no messages."""
    at = 0
    while at + RECORD.size <= len(chunk):
        opcode, length = RECORD.unpack_from(chunk, at)
        at += RECORD.size
        if opcode != Opcode.MESSAGE:
            yield opcode, chunk[at : at + length]
        at += length


def scan_messages(chunk: bytes) -> Iterator[tuple[int, int, int, bytes]]:
    """Yield (offset, channel, log time, bytes) of the messages in a chunk."""
    at = 0
    end = len(chunk)
    while at + RECORD.size <= end:
        opcode, length = RECORD.unpack_from(chunk, at)
        if opcode == Opcode.MESSAGE and length >= MESSAGE.size and at + 9 + length <= end:
            ident, _, log_time, _ = MESSAGE.unpack_from(chunk, at + 9)
            yield at, ident, log_time, chunk[at + 9 + MESSAGE.size : at + 9 + length]
        at += 9 + length


def chunk_payload_size(record: bytes) -> int:
    """Return how many compressed bytes a chunk record holds."""
    (name_length,) = unpack_from("<I", record, 37)
    return int.from_bytes(record[41 + name_length :][:8], "little")
