"""Write exact sessions as folders: `video.mp4`, `club.csv`, `truth.json`, `truth.npz`."""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twinswing.body.camera import PinholeCamera
from twinswing.body.skeleton import JOINT_NAMES
from twinswing.club.model import ImuSamples, Mount
from twinswing.errors import InputError
from twinswing.stage.appearance import Appearance
from twinswing.timeline.clock import ClockMap
from twinswing.truth.build import make_swing
from twinswing.truth.camera import FilmSpec, frame_times, place_camera
from twinswing.truth.golfer import club_of, random_golfer
from twinswing.truth.imu import SensorSpec, simulate
from twinswing.truth.sequence import kinematic_sequence
from twinswing.truth.session import session_of
from twinswing.truth.swing import TruthSwing
from twinswing.truth.video import film_swing

FloatArray = NDArray[np.float64]

# Clocks as they are met: a club that was switched on within seconds of the video, crystals within 50 ppm.
OFFSET_S = 5.0
DRIFT_PPM = 50.0
_ATTEMPTS = 20  # a drawn golfer may not reach the ball; draw again


@dataclass(frozen=True)
class Scenario:
    """One session: a swing, its club's samples, and how it is filmed."""

    swing: TruthSwing
    imu: ImuSamples
    clock: ClockMap
    sensor: SensorSpec
    film: FilmSpec
    camera: PinholeCamera
    times_s: FloatArray
    appearance: Appearance


def write_truth(
    out_dir: Path,
    *,
    swings: int = 1,
    seed: int = 0,
    fps: float = 60.0,
    view: str = "face-on",
    from_c3d: Path | None = None,
    club: str = "driver",
    handed: str = "right",
    faults: tuple[str, ...] = (),
    readout_s: float = 0.0,
    size: tuple[int, int] = (480, 640),
    variable_rate: bool = False,
    offset_s: float | None = None,
    drift_ppm: float | None = None,
    video: bool = True,
    progress: Callable[[str, float], None] | None = None,
) -> list[Path]:
    """Write `swings` sessions below `out_dir` as `000/`, `001/` ... and return their folders.

    The same arguments and seed write the same swings. `offset_s` and `drift_ppm` fix the club's clock, which is drawn
    within OFFSET_S and DRIFT_PPM otherwise. `video=False` leaves the picture out. Raises InputError for a setting that
    cannot be used.
    """
    if swings < 1:
        raise InputError(f"expected at least one swing to write, found {swings}")
    folders = []
    for i in range(swings):
        film = FilmSpec(view, *size, rate_hz=fps, readout_s=readout_s, variable_rate=variable_rate)
        scene = draw_scenario(
            seed, i, film=film, club=club, handed=handed, faults=faults, from_c3d=from_c3d,
            offset_s=offset_s, drift_ppm=drift_ppm,
        )  # fmt: skip
        folder = out_dir / f"{i:03d}"
        folder.mkdir(parents=True, exist_ok=True)

        def report(part: float, i: int = i) -> None:
            if progress is not None:
                progress(f"Swing {i + 1} of {swings}", (i + part) / swings)

        write_scenario(folder, scene, np.random.default_rng((seed, i, 3)), video=video, progress=report)
        folders.append(folder)
    return folders


def draw_scenario(
    seed: int,
    index: int,
    *,
    film: FilmSpec,
    club: str = "driver",
    handed: str = "right",
    faults: tuple[str, ...] = (),
    from_c3d: Path | None = None,
    offset_s: float | None = None,
    drift_ppm: float | None = None,
    sensor: SensorSpec | None = None,
) -> Scenario:
    """Draw one session of a seed: golfer, clocks, mount, camera, shutter and clothes vary with seed and index."""
    rng = np.random.default_rng((seed, index))
    serial = f"TW-{seed:04d}-{index:03d}"
    mount = random_mount(rng)
    if from_c3d is None:
        swing = _draw_swing(rng, club, handed, faults, serial, mount)
    else:
        from twinswing.truth.mocap import swing_from_c3d  # noqa: PLC0415 - ezc3d is slow to load and seldom needed

        swing = swing_from_c3d(from_c3d, serial=serial, mount=mount)
    clock = ClockMap(
        float(rng.uniform(-OFFSET_S, OFFSET_S)) if offset_s is None else offset_s,
        float(rng.uniform(-DRIFT_PPM, DRIFT_PPM)) if drift_ppm is None else drift_ppm,
        0.0,
        "truth",
    )
    sensor = SensorSpec(rate_hz=float(rng.choice([400.0, 500.0, 800.0, 1000.0]))) if sensor is None else sensor
    imu = simulate(swing, sensor=sensor, clock=clock, rng=rng)
    film = replace(film, shutter_s=min(float(rng.choice([1 / 1000, 1 / 500, 1 / 250])), 0.9 / film.rate_hz))
    look = Appearance.varied(int(rng.integers(1 << 31)), swing.handed)
    if swing.golfer is not None:
        look = replace(look, height_m=round(swing.golfer.height_m, 3))
    camera = place_camera(film, swing.handed, rng)
    times = frame_times(film, swing.duration_s, rng)
    return Scenario(swing, imu, clock, sensor, film, camera, times, look)


def random_mount(rng: np.random.Generator) -> Mount:
    """Return a sensor at the end of the grip, turned about the shaft anyhow, and a little out of line."""
    about, tilt, where = rng.uniform(-np.pi, np.pi), rng.normal(0.0, 0.02, 2), rng.uniform(0.0, 2.0 * np.pi)
    w, x, y, z = np.cos(about / 2.0), 0.5 * tilt[0], 0.5 * tilt[1], np.sin(about / 2.0)
    q = np.array([w, x, y, z]) / np.linalg.norm([w, x, y, z])
    radius = 0.004
    position = (float(radius * np.cos(where)), float(radius * np.sin(where)), float(rng.uniform(0.0, 0.03)))
    return Mount(position, (float(q[0]), float(q[1]), float(q[2]), float(q[3])))


def _draw_swing(
    rng: np.random.Generator, club: str, handed: str, faults: tuple[str, ...], serial: str, mount: Mount
) -> TruthSwing:
    spec = club_of(club, serial=serial, mount=mount)
    for attempt in range(_ATTEMPTS):
        golfer = random_golfer(rng, club, handed=handed, faults=dict.fromkeys(faults, 1.0))
        try:
            return make_swing(golfer, spec)
        except InputError:
            if attempt == _ATTEMPTS - 1:
                raise
    raise AssertionError("unreachable")


def write_scenario(
    folder: Path,
    scene: Scenario,
    rng: np.random.Generator,
    *,
    video: bool = True,
    progress: Callable[[float], None] | None = None,
) -> None:
    """Write one session's four files into a folder that exists."""
    write_club_csv(folder / "club.csv", scene.imu)
    write_npz(folder / "truth.npz", scene.swing)
    text = json.dumps(truth_document(scene), indent=1)
    (folder / "truth.json").write_text(text + "\n", encoding="utf-8")
    if video:
        session = session_of(
            scene.swing, camera=scene.camera, frame_times_s=scene.times_s, view=scene.film.view,
            appearance=scene.appearance.to_dict(),
        )  # fmt: skip
        film_swing(folder / "video.mp4", scene.swing, session, scene.camera, scene.film, scene.times_s, rng, progress)


def write_club_csv(path: Path, imu: ImuSamples) -> None:
    """Write a club's samples: `t_s` on its own clock, `ax ay az` in m/s2, `gx gy gz` in rad/s."""
    rows = np.column_stack([imu.t_s, imu.accel_mps2, imu.gyro_radps])
    header = "t_s,ax,ay,az,gx,gy,gz"
    np.savetxt(path, rows, fmt=["%.6f", *["%.5f"] * 3, *["%.6f"] * 3], delimiter=",", header=header, comments="")


def write_npz(path: Path, swing: TruthSwing) -> None:
    """Write the motion: arrays on the video's clock and the world frame, each with its name, unit and frame."""
    arrays: dict[str, Any] = {
        "t_s": swing.t_s,
        "joints_m": swing.body.joints_m,
        "joint_names": np.array(JOINT_NAMES),
        "butt_m": swing.club.butt_m,
        "club_quaternion": swing.club.quaternion,
        "head_m": swing.club.head_m,
        "head_speed_mps": swing.head_speed(),
    }
    described = {
        "t_s": ("s", "video clock"),
        "joints_m": ("m", "world"),
        "butt_m": ("m", "world"),
        "club_quaternion": ("1", "club to world, w x y z"),
        "head_m": ("m", "world"),
        "head_speed_mps": ("m/s", "world"),
    }
    arrays["described"] = np.array([(name, unit, frame) for name, (unit, frame) in described.items()])
    np.savez_compressed(path, **arrays)


def truth_document(scene: Scenario) -> dict[str, Any]:
    """Return `truth.json`: what `analyze --json` should find, and what the session was made from."""
    swing, film, camera = scene.swing, scene.film, scene.camera
    mount = swing.spec.mount or Mount()
    golfer = {} if swing.golfer is None else asdict(swing.golfer)
    return {
        "alignment": {"offset_s": scene.clock.offset_s, "drift_ppm": scene.clock.drift_ppm},
        "events": {
            name: {"t_s": t, "frame": int(np.argmin(np.abs(scene.times_s - t)))}
            for name, t in swing.events_s.items()
            if t <= scene.times_s[-1] + 0.5 / film.rate_hz
        },
        "golfer": {**golfer, "handed": swing.handed, "view": film.view, "source": swing.source},
        "club": {
            "kind": swing.spec.kind,
            "name": swing.spec.name,
            "serial": swing.spec.serial,
            "length_m": swing.spec.length_m,
            "lie_rad": swing.spec.lie_rad,
            "loft_rad": swing.spec.loft_rad,
            "mount": {"position_m": list(mount.position_m), "quaternion": list(mount.quaternion)},
            "sensor": asdict(scene.sensor),
            "clipped_samples": int(scene.imu.clipped.sum()),
        },
        "camera": {
            "view": film.view,
            "width_px": camera.width_px,
            "height_px": camera.height_px,
            "focal_px": camera.focal_px,
            "centre_px": list(camera.centre_px),
            "position_m": camera.position_m.tolist(),
            "rotation": camera.rotation.tolist(),
            "rate_hz": film.rate_hz,
            "variable_rate": film.variable_rate,
            "shutter_s": film.shutter_s,
            "readout_s": film.readout_s,
            "pts": "middle of the exposure of the first row; row r of h is readout_s * r / h later",
        },
        "delivery": swing.delivery.as_dict(),
        "sequence": {name: asdict(peak) for name, peak in kinematic_sequence(swing).items()},
        "appearance": scene.appearance.to_dict(),
    }
