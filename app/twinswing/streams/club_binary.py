"""The binary frames of `twinswing.club.v1`: fixed little-endian layouts, given in `docs/club-protocol.md`.

The parser raises WireError and nothing else, whatever the bytes.
"""

import struct

import numpy as np

from twinswing.streams.club_messages import (
    ACK,
    ACK_FRAME,
    BATCH,
    BATCH_HEADER,
    FLAG_RESENT,
    FLAG_TIMED,
    MAX_BATCH_SAMPLES,
    MAX_BINARY_BYTES,
    MAX_SCALE,
    MAX_SEQUENCE,
    MAX_TIME_NS,
    PING,
    PING_FRAME,
    PONG,
    PONG_FRAME,
    SAMPLE_BYTES,
    Ack,
    Batch,
    BinaryMessage,
    Ping,
    Pong,
    WireError,
)


def encode_batch(batch: Batch) -> bytes:
    """Lay a batch out; times that one period describes exactly need no times of their own."""
    count = len(batch.t_ns)
    steps = np.diff(batch.t_ns)
    even = count < 2 or bool((steps == steps[0]).all())
    flags = (FLAG_RESENT if batch.resent else 0) | (0 if even else FLAG_TIMED)
    first = int(batch.t_ns[0])
    period = int(steps[0]) if even and count > 1 else 0
    header = BATCH_HEADER.pack(
        BATCH,
        flags,
        count,
        batch.sequence,
        first,
        period,
        batch.accel_scale_mps2,
        batch.gyro_scale_radps,
        batch.clip_count,
        0,
    )
    times = b"" if even else (batch.t_ns - first).astype("<u4").tobytes()
    return header + times + np.ascontiguousarray(batch.counts, dtype="<i2").tobytes()


def batch_size(samples: int, *, timed: bool = False) -> int:
    """Return how many bytes a batch takes on the wire (before WebSocket's own 4 to 8)."""
    return BATCH_HEADER.size + samples * (SAMPLE_BYTES + (4 if timed else 0))


def _batch_header(data: bytes) -> tuple[int, int, int, int, int, float, float, int]:
    if len(data) < BATCH_HEADER.size:
        raise WireError("bad-frame", f"a batch needs at least {BATCH_HEADER.size} bytes, got {len(data)}")
    _, flags, count, sequence, first, period, accel, gyro, clips, reserved = BATCH_HEADER.unpack_from(data)
    if flags & ~(FLAG_RESENT | FLAG_TIMED) or reserved:
        raise WireError("bad-frame", f"a batch's unused bits must be 0, got flags {flags:#x}, reserved {reserved}")
    if not 1 <= count <= MAX_BATCH_SAMPLES:
        raise WireError("bad-frame", f"a batch holds 1 to {MAX_BATCH_SAMPLES} samples, got {count}")
    want = batch_size(count, timed=bool(flags & FLAG_TIMED))
    if len(data) != want:
        raise WireError("bad-frame", f"a batch of {count} samples takes {want} bytes, got {len(data)}")
    if not (0 < accel < MAX_SCALE and 0 < gyro < MAX_SCALE):
        raise WireError("bad-frame", f"a batch's scales must be positive and finite, got {accel} and {gyro}")
    if sequence > MAX_SEQUENCE:
        raise WireError("bad-frame", f"a batch's sequence number must be at most {MAX_SEQUENCE:#x}")
    if clips > count:
        raise WireError("bad-frame", f"a batch of {count} samples cannot have clipped {clips} times")
    if first > MAX_TIME_NS - (1 << 48):
        raise WireError("bad-frame", f"a batch's device time must stay below 2^63 - 2^48 ns, got {first}")
    return flags, count, sequence, first, period, accel, gyro, clips


def _decode_batch(data: bytes) -> Batch:
    flags, count, sequence, first, period, accel, gyro, clips = _batch_header(data)
    offset = BATCH_HEADER.size
    if flags & FLAG_TIMED:
        relative = np.frombuffer(data, "<u4", count, offset).astype(np.int64)
        offset += 4 * count
    else:
        relative = np.arange(count, dtype=np.int64) * period
    t_ns = first + relative
    if count > 1 and not (np.diff(t_ns) > 0).all():
        raise WireError("bad-time", f"device times within batch {sequence} must increase")
    counts = np.frombuffer(data, "<i2", count * 6, offset).reshape(count, 6)
    return Batch(sequence, t_ns, counts, accel, gyro, clips, bool(flags & FLAG_RESENT))


def encode_ping(ping: Ping) -> bytes:
    """Lay a ping out, 16 bytes."""
    return PING_FRAME.pack(PING, 0, 0, ping.number, ping.t0_ns)


def encode_pong(pong: Pong) -> bytes:
    """Lay a pong out, 32 bytes."""
    return PONG_FRAME.pack(PONG, 0, 0, pong.number, pong.t0_ns, pong.t1_ns, pong.t2_ns)


def encode_ack(ack: Ack) -> bytes:
    """Lay an acknowledgement out, 8 bytes."""
    return ACK_FRAME.pack(ACK, 0, 0, ack.next_sequence)


def _fixed(data: bytes, layout: struct.Struct, name: str) -> tuple[int, ...]:
    if len(data) != layout.size:
        raise WireError("bad-frame", f"a {name} takes {layout.size} bytes, got {len(data)}")
    _, zero8, zero16, *values = layout.unpack(data)
    if zero8 or zero16:
        raise WireError("bad-frame", f"a {name}'s unused bytes must be 0")
    if any(value > MAX_TIME_NS for value in values):
        raise WireError("bad-frame", f"a {name}'s times must stay below 2^63 ns")
    return tuple(values)


def decode_binary(data: bytes) -> BinaryMessage:
    """Parse a binary frame; WireError says what was wrong with it."""
    if len(data) > MAX_BINARY_BYTES:
        raise WireError("too-big", f"a binary frame holds at most {MAX_BINARY_BYTES} bytes, got {len(data)}")
    kind = data[0] if data else -1
    if kind == BATCH:
        return _decode_batch(data)
    if kind == PING:
        return Ping(*_fixed(data, PING_FRAME, "ping"))
    if kind == PONG:
        return Pong(*_fixed(data, PONG_FRAME, "pong"))
    if kind == ACK:
        return Ack(*_fixed(data, ACK_FRAME, "ack"))
    found = f"type {kind:#04x}" if data else "no byte"
    raise WireError("bad-frame", f"a binary frame starts with a type of 0x01 to 0x04, got {found}")
