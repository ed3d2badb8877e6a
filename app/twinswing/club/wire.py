"""Between the club's samples and the batches that a hub receives."""

import re
import secrets
import ssl
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from twinswing.club.impact import find_impacts
from twinswing.club.imports import read_club_log
from twinswing.club.log_units import ACCEL_RANGES_G, DEG, G_MPS2, GYRO_RANGES_DPS
from twinswing.club.model import ClubSpec, ImuSamples, Mount
from twinswing.errors import InputError
from twinswing.streams.club_client import ClubStream, PlayOptions, PlayReport, play
from twinswing.streams.club_protocol import BatchArrived
from twinswing.streams.club_wire import Batch, Hello, Impact

FIRMWARE = "twinswing-play 1"


def _full_scale(peak: float, known: float, ranges: tuple[float, ...], unit: float) -> float:
    """Return the stated full scale, or the smallest that parts have and that holds the peak."""
    if np.isfinite(known):
        return known
    return next((full * unit for full in ranges if peak < 0.995 * full * unit), peak * 1.01)


def stream_from_samples(samples: ImuSamples, *, serial: str = "", boot: int | None = None) -> ClubStream:
    """Return what the club's firmware would send for these samples."""
    serial = serial or samples.serial or "twinswing-play"
    t_ns = np.rint((samples.t_s - min(0.0, float(samples.t_s[0]))) * 1e9).astype(np.int64)
    accel_range = _full_scale(float(np.abs(samples.accel_mps2).max()), samples.accel_range_mps2, ACCEL_RANGES_G, G_MPS2)
    gyro_range = _full_scale(float(np.abs(samples.gyro_radps).max()), samples.gyro_range_radps, GYRO_RANGES_DPS, DEG)
    spec, mount = samples.spec, samples.spec.mount if samples.spec else None
    club: tuple[tuple[str, str | float], ...] = ()
    if spec is not None:
        club = (
            ("kind", spec.kind),
            ("name", spec.name),
            ("length_m", spec.length_m),
            ("lie_rad", spec.lie_rad),
            ("loft_rad", spec.loft_rad),
        )
    hello = Hello(
        serial=serial,
        # Each playing is a power-on of its own: a log may be played twice to one hub and is recorded twice.
        boot=secrets.randbits(32) if boot is None else boot,
        firmware=FIRMWARE,
        rate_hz=float(np.clip(samples.rate_hz, 1.0, 10_000.0)),
        accel_range_mps2=accel_range,
        gyro_range_radps=gyro_range,
        mount_position_m=mount.position_m if mount else None,
        mount_quaternion=mount.quaternion if mount else None,
        club=club,
    )
    shift = min(0.0, float(samples.t_s[0]))
    # Firmware reports the shock's peak as its sensor saw it: the largest force within the few samples after it.
    impacts = tuple(
        Impact(round((shock.t_s - shift) * 1e9), _peak_after(samples, shock.t_s)) for shock in find_impacts(samples)
    )
    return ClubStream(hello, t_ns, samples.accel_mps2, samples.gyro_radps, samples.clipped, impacts)


def _peak_after(samples: ImuSamples, t_s: float) -> float:
    near = (samples.t_s >= t_s - 0.002) & (samples.t_s <= t_s + 0.008)
    return float(np.linalg.norm(samples.accel_mps2[near], axis=1).max(initial=0.0))


def spec_from_hello(hello: Hello) -> ClubSpec | None:
    """Return what a club said of itself, or None where it said nothing."""
    mount = None
    if hello.mount_position_m is not None and hello.mount_quaternion is not None:
        mount = Mount(hello.mount_position_m, hello.mount_quaternion)
    if not hello.club and mount is None:
        return None
    said = dict(hello.club)
    default = ClubSpec()
    return ClubSpec(
        kind=str(said.get("kind", default.kind)),
        name=str(said.get("name", said.get("kind", default.name))),
        length_m=float(said.get("length_m", default.length_m)),
        lie_rad=float(said.get("lie_rad", default.lie_rad)),
        loft_rad=float(said.get("loft_rad", default.loft_rad)),
        mount=mount,
        serial=hello.serial,
    )


def samples_from_batches(hello: Hello, batches: Iterable[Batch | BatchArrived]) -> ImuSamples:
    """Join the batches of one club and power-on into samples in order of sequence; holes stay holes and are told."""
    found = [each.batch if isinstance(each, BatchArrived) else each for each in batches]
    ordered = sorted({batch.sequence: batch for batch in found}.values(), key=lambda batch: batch.sequence)
    if not ordered:
        raise InputError(f"the club {hello.serial} sent no samples")
    numbers = np.array([batch.sequence for batch in ordered])
    lost = int(numbers[-1] - numbers[0] + 1 - len(numbers))
    t_ns = np.concatenate([batch.t_ns for batch in ordered])
    return ImuSamples(
        t_s=t_ns * 1e-9,
        accel_mps2=np.concatenate([batch.accel_mps2 for batch in ordered]),
        gyro_radps=np.concatenate([batch.gyro_radps for batch in ordered]),
        clipped=np.concatenate([batch.clipped for batch in ordered]),
        accel_range_mps2=hello.accel_range_mps2,
        gyro_range_radps=hello.gyro_range_radps,
        serial=hello.serial,
        spec=spec_from_hello(hello),
        warnings=(f"{lost} batches of club {hello.serial} never arrived",) if lost else (),
    )


async def play_club(
    file: Path,
    url: str,
    options: PlayOptions | None = None,
    *,
    token: str = "",
    serial: str = "",
    units: str = "",
    context: ssl.SSLContext | None = None,
) -> PlayReport:
    """Stream a club's log to a hub as its firmware would; raises InputError for an unusable log or no hub."""
    stream = stream_from_samples(read_club_log(file, units=units), serial=serial or _serial_of(file))
    return await play(stream, url, options, token=token, context=context)


def _serial_of(file: Path) -> str:
    return re.sub(r"[^A-Za-z0-9._:-]", "-", file.stem)[:32] or "club"
