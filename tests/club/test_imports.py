"""Logs as they come: real ones, our own, other people's units, and every kind of damage."""

import io
from pathlib import Path

import numpy as np
import pytest
import scipy.io
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from twinswing.club.imports import parse_club_log, read_club_log
from twinswing.club.log_table import column_kind, split_name
from twinswing.club.orientation_log import read_orientation_log
from twinswing.errors import InputError
from twinswing.truth.generate import write_club_csv

DATA = Path(__file__).parents[3] / "shared" / "data" / "imu"
real_data = pytest.mark.skipif(not DATA.is_dir(), reason="real logs are not on this machine")
G, DEG = 9.80665, np.pi / 180


@pytest.fixture(scope="module")
def swing(truth):
    return truth.samples(1)


def table_text(samples, *, header="time,ax,ay,az,gx,gy,gz", time=1.0, accel=1.0, gyro=1.0, whole=False) -> bytes:
    """Write samples as another program would: times, accelerations and rates divided by its units."""
    values = np.column_stack([samples.t_s / time, samples.accel_mps2 / accel, samples.gyro_radps / gyro])
    if whole:
        values[:, 1:] = np.rint(values[:, 1:])
    out = io.StringIO()
    np.savetxt(out, values, delimiter=",", fmt="%.7g", header=header, comments="")
    return out.getvalue().encode()


def assert_same_swing(found, samples, accel=0.02, gyro=0.02) -> None:
    assert len(found.t_s) == len(samples.t_s)
    np.testing.assert_allclose(np.diff(found.t_s), np.diff(samples.t_s), atol=2e-6)
    np.testing.assert_allclose(found.accel_mps2, samples.accel_mps2, atol=accel)
    np.testing.assert_allclose(found.gyro_radps, samples.gyro_radps, atol=gyro)


# ------------------------------------------------------------------------------------------------------- what is right
def test_own_log_needs_no_guess(swing, tmp_path) -> None:
    write_club_csv(tmp_path / "club.csv", swing)
    found = read_club_log(tmp_path / "club.csv")
    np.testing.assert_allclose(found.t_s, swing.t_s, atol=1e-6)
    assert_same_swing(found, swing)
    assert not any("taken to be" in warning for warning in found.warnings)


@pytest.mark.parametrize(
    ("header", "time", "accel", "gyro"),
    [
        ("time,ax,ay,az,gx,gy,gz", 1.0, 1.0, 1.0),
        ("time,Ax,Ay,Az,Gx,Gy,Gz", 1.0, G, DEG),
        ("t_ms,acc_x,acc_y,acc_z,gyr_x,gyr_y,gyr_z", 1e-3, G, DEG),
        ("timestamp,accel_x,accel_y,accel_z,gyro_x,gyro_y,gyro_z", 1e-6, 1.0, DEG),
        ("Time (s),Accelerometer X (g),Accelerometer Y (g),Accelerometer Z (g),"
         "Gyroscope X (deg/s),Gyroscope Y (deg/s),Gyroscope Z (deg/s)", 1.0, G, DEG),
        ("t,ax_mps2,ay_mps2,az_mps2,gx_radps,gy_radps,gz_radps", 1.0, 1.0, 1.0),
        ("millis,AcX,AcY,AcZ,wx,wy,wz", 1e-3, G, 1.0),
        ("time,ax [m/s²],ay [m/s²],az [m/s²],gx [°/s],gy [°/s],gz [°/s]", 1.0, 1.0, DEG),
    ],
)  # fmt: skip
def test_units_are_recognised(swing, header, time, accel, gyro) -> None:
    found = parse_club_log(table_text(swing, header=header, time=time, accel=accel, gyro=gyro), "log.csv")
    assert_same_swing(found, swing)


@pytest.mark.parametrize(("accel_g", "gyro_dps"), [(16, 4000), (32, 2000)])
def test_raw_counts_are_recognised_or_asked_for(truth, accel_g, gyro_dps) -> None:
    samples = truth.samples(1)
    accel, gyro = accel_g * G / 32768, gyro_dps * DEG / 32768
    text = table_text(samples, accel=accel, gyro=gyro, whole=True)
    units = f"accel=counts:{accel_g},gyro=counts:{gyro_dps}"
    stated = parse_club_log(text, "raw.csv", units=units)
    assert_same_swing(stated, samples, accel=accel, gyro=gyro)
    try:
        guessed = parse_club_log(text, "raw.csv")
    except InputError as error:
        assert "counts:FULL_SCALE" in str(error)  # noqa: PT017  either answer is right, a wrong scale is not
    else:
        np.testing.assert_allclose(guessed.accel_mps2, stated.accel_mps2, rtol=1e-9)
        np.testing.assert_allclose(guessed.gyro_radps, stated.gyro_radps, rtol=1e-9)


@pytest.mark.parametrize("change", [(";", ";"), (",", "\t"), (",", ", "), (",", ";")])
def test_separators(swing, change) -> None:
    text = table_text(swing).decode().replace(*change)
    assert_same_swing(parse_club_log(text.encode(), "log.txt"), swing)


def test_byte_order_mark_comments_quotes_and_windows_lines(swing) -> None:
    body = table_text(swing).decode().replace("\n", "\r\n")
    header, rest = body.split("\r\n", 1)
    text = (
        "\ufeff# made by a logger\r\n# Rate: 500\r\n"
        + ",".join(f'"{name}"' for name in header.split(","))
        + "\r\n"
        + rest
    )
    assert_same_swing(parse_club_log(text.encode("utf-8"), "log.csv"), swing)
    assert_same_swing(parse_club_log(table_text(swing).decode().encode("utf-16"), "log.csv"), swing)


def test_columns_in_any_order_with_others_between(swing) -> None:
    rows = [line.split(",") for line in table_text(swing).decode().splitlines()]
    mixed = "\n".join(",".join(["7", r[4], r[3], "x" if k else "note", r[0], r[1], r[2], r[6], r[5]]) if k else
                      "temp,gx,az,note,time,ax,ay,gz,gy" for k, r in enumerate(rows))  # fmt: skip
    assert_same_swing(parse_club_log(mixed.encode(), "log.csv"), swing)


def test_magnetometer_comes_along(swing) -> None:
    lines = table_text(swing).decode().splitlines()
    text = "\n".join([lines[0] + ",mx,my,mz"] + [line + ",1,2,3" for line in lines[1:]])
    found = parse_club_log(text.encode(), "log.csv")
    assert found.mag is not None
    np.testing.assert_array_equal(found.mag[5], [1, 2, 3])


def test_clipping_is_seen_and_told(truth) -> None:
    samples = truth.samples(0)
    found = parse_club_log(table_text(samples, accel=G, gyro=DEG), "log.csv")
    assert found.accel_range_mps2 == pytest.approx(16 * G)
    assert found.clipped.sum() >= 0.8 * samples.clipped.sum()
    assert any("clipped at 16 g" in warning for warning in found.warnings)


def test_equal_stamps_are_spread(swing) -> None:
    """Arrival times in whole milliseconds at 2 kHz: two samples share each."""
    text = ["time_ms,ax,ay,az,gx,gy,gz"]
    text += [f"{k // 2},0.1,0.2,9.8,{0.1 * k:.2f},0,{3 * (k % 7)}" for k in range(400)]
    found = parse_club_log("\n".join(text).encode(), "log.csv", units="accel=m/s2,gyro=deg/s")
    assert (np.diff(found.t_s) > 0).all()
    assert found.rate_hz == pytest.approx(2000, rel=0.01)
    assert any("share a time stamp" in warning for warning in found.warnings)


# -------------------------------------------------------------------------------------------------------------- damage
def damaged(swing, change) -> bytes:
    lines = table_text(swing).decode().splitlines()
    change(lines)
    return "\n".join(lines).encode()


def put(row, column, value):
    def change(lines):
        fields = lines[row].split(",")
        fields[column] = value
        lines[row] = ",".join(fields)

    return change


@pytest.mark.parametrize("value", ["NaN", "nan", "", "inf", "-Infinity"])
def test_absent_value_is_named_by_line_and_column(swing, value) -> None:
    with pytest.raises(InputError, match=r"log\.csv line 51 .*column gy"):
        parse_club_log(damaged(swing, put(50, 5, value)), "log.csv")


def test_backward_time_is_named_by_line(swing) -> None:
    with pytest.raises(InputError, match=r"goes back .* at line 101"):
        parse_club_log(damaged(swing, put(100, 0, "0.0001")), "log.csv")


@pytest.mark.parametrize("gone", ["gz", "time", "ax"])
def test_missing_column_is_named(swing, gone) -> None:
    header = ",".join("other" if name == gone else name for name in ["time", "ax", "ay", "az", "gx", "gy", "gz"])
    with pytest.raises(InputError, match="has no t" if gone == "time" else f"has no {gone}"):
        parse_club_log(table_text(swing, header=header), "log.csv")


def test_damaged_lines_are_skipped_counted_and_told(swing) -> None:
    def change(lines):
        lines[40] = lines[40][:17]
        lines[90] = "0.18,1.0,#!garbage,2,3,4,5"
        lines[300] += ",99,99"
        lines.insert(500, "\x07\x08 lost sync")

    found = parse_club_log(damaged(swing, change), "log.csv")
    assert len(found.t_s) == len(swing.t_s) - 3
    assert any(warning.startswith("4 of") and "41" in warning for warning in found.warnings)


def test_mostly_damaged_log_is_refused(swing) -> None:
    def change(lines):
        for k in range(1, len(lines), 3):
            lines[k] = "?"

    with pytest.raises(InputError, match="cannot be read"):
        parse_club_log(damaged(swing, change), "log.csv")


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "is empty"),
        (b"  \n\n", "is empty"),
        (bytes(range(256)) * 40, "binary"),
        (b"\x89PNG\r\n\x1a\n" + bytes(500), "binary"),
        (b"time,ax,ay,az,gx,gy,gz\n", "0 readable lines"),
        (b"time,ax,ay,az,gx,gy,gz\n1,2,3,4,5,6,7\n", "at least 8 samples"),
        (b"1,2,3,4,5,6,7\n" * 50, "numbers already"),
        (b"Dear golfer,\nthank you for your letter.\n" * 20, "header"),
        (b'{"a": [1, 2]}', "JSON"),
        (b"MATLAB 5.0 MAT-file, garbage" + bytes(200), "damaged"),
        (b"MATLAB 7.3 MAT-file, Platform" + bytes(200), "-v7"),
    ],
)
def test_hopeless_input_is_one_sentence(data, says) -> None:
    with pytest.raises(InputError, match=says) as caught:
        parse_club_log(data, "log.csv")
    assert "\n" not in str(caught.value)
    assert "log.csv" in str(caught.value)


def test_missing_file_and_folder(tmp_path) -> None:
    for path in (tmp_path / "no.csv", tmp_path):
        with pytest.raises(InputError, match="cannot read"):
            read_club_log(path)


@pytest.mark.parametrize(
    "units", ["accel", "accel=", "speed=3", "accel=furlong", "gyro=counts:x", "gyro=counts:-1", "time=h"]
)
def test_wrong_units_option_is_explained(swing, units) -> None:
    with pytest.raises(InputError, match=r"unit|given as"):
        parse_club_log(table_text(swing), "log.csv", units=units)


def test_unclear_accelerometer_is_asked_for(swing) -> None:
    text = table_text(swing, accel=G / 50)
    with pytest.raises(InputError, match="give accel=g"):
        parse_club_log(text, "log.csv")


def test_unclear_gyro_is_asked_for() -> None:
    rows = [f"{k * 0.01:.2f},0,0,9.81,0.01,{0.001 * (k % 5)},0" for k in range(300)]
    text = "\n".join(["time,ax,ay,az,gx,gy,gz", *rows]).encode()
    with pytest.raises(InputError, match="give gyro="):
        parse_club_log(text, "log.csv")
    assert parse_club_log(text, "log.csv", units="gyro=rad/s").gyro_radps[0, 0] == 0.01


def test_accelerometer_that_is_off_is_told(swing) -> None:
    found = parse_club_log(table_text(swing, accel=2.0 * G, gyro=DEG), "log.csv")
    assert any("1 g is expected" in warning for warning in found.warnings)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=400) | st.text(max_size=400).map(lambda text: text.encode("utf-8", "surrogatepass")))
@example(b"MATLAB 5.0 MAT-file" + b"\x00" * 128)
@example(b"t,ax,ay,az,gx,gy,gz\n" + b"1e308,1e308,1e308,1e308,1,1,1\n" * 9)
def test_no_bytes_raise_anything_but_input_error(data) -> None:
    try:
        found = parse_club_log(data, "log")
    except InputError:
        return
    assert np.isfinite(found.accel_mps2).all()


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_no_damage_raises_anything_but_input_error(swing, data) -> None:
    text = bytearray(table_text(swing)[:6000])
    for _ in range(data.draw(st.integers(1, 12))):
        text[data.draw(st.integers(0, len(text) - 1))] = data.draw(st.integers(0, 255))
    try:
        found = parse_club_log(bytes(text[: data.draw(st.integers(0, len(text)))]), "log")
    except InputError:
        return
    assert (np.diff(found.t_s) > 0).all()
    assert np.isfinite(found.gyro_radps).all()


# ------------------------------------------------------------------------------------------------------------ real logs
@real_data
@pytest.mark.parametrize("path", sorted(DATA.glob("*.csv")), ids=lambda path: path.stem)
def test_real_logs_import_as_they_are(path) -> None:
    found = read_club_log(path)
    assert (np.diff(found.t_s) > 0).all()
    assert 40 < found.rate_hz < 1000
    assert 2.0 < np.abs(found.gyro_radps).max() < 60.0  # somebody swung, and no hand swings faster
    rest = np.median(np.linalg.norm(found.accel_mps2, axis=1))
    assert abs(rest / G - 1) < 0.15 or any("1 g is expected" in warning for warning in found.warnings)


@real_data
def test_real_damage_is_counted() -> None:
    found = read_club_log(DATA / "corrupt_serial.csv")
    lines = (DATA / "corrupt_serial.csv").read_text(errors="replace").splitlines()
    short = sum(1 for line in lines[6:] if line.count(",") != 7)
    assert short > 0
    assert any(warning.startswith(f"{short} of {len(lines) - 6} lines") for warning in found.warnings)


@real_data
def test_real_mat_file_asks_for_its_rate_and_takes_the_shaft() -> None:
    path = DATA / "putt_two_imus.mat"
    with pytest.raises(InputError, match="rate=HZ"):
        read_club_log(path)
    found = read_club_log(path, units="rate=100")
    assert found.rate_hz == pytest.approx(100)
    assert np.median(np.linalg.norm(found.accel_mps2, axis=1)) == pytest.approx(G, rel=0.05)
    assert found.mag is not None
    assert any("imu_head" in warning for warning in found.warnings)
    other = read_club_log(path, units="rate=100,sensor=head")
    assert not np.allclose(other.accel_mps2, found.accel_mps2)
    with pytest.raises(InputError, match="imu_shaft"):
        read_club_log(path, units="rate=100,sensor=putter")


@real_data
def test_real_wrist_log_is_an_orientation_track() -> None:
    log = read_orientation_log(DATA / "wrist_790hz_labelled.json")
    assert set(log.quaternion) == {"lowerArm", "palm"}
    assert log.labels["address"] < log.labels["top"] < log.labels["p5"] < log.labels["impact"] < log.labels["p9"]
    for q in log.quaternion.values():
        np.testing.assert_allclose(np.linalg.norm(q, axis=1), 1.0, atol=1e-12)
    with pytest.raises(InputError, match="JSON"):
        read_club_log(DATA / "wrist_790hz_labelled.json")


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"quaternions": {"a": [[1,2]]}}', '{"quaternions": {"a": "x"}}', "[" * 9999]
)
def test_wrong_orientation_log_is_one_sentence(tmp_path, text) -> None:
    (tmp_path / "log.json").write_text(text)
    with pytest.raises(InputError):
        read_orientation_log(tmp_path / "log.json")


def test_mat_file_with_its_own_times(tmp_path, swing) -> None:
    record = {"time": swing.t_s, "acc": swing.accel_mps2, "gyr": swing.gyro_radps.T}
    scipy.io.savemat(tmp_path / "log.mat", {"data": {"club": record}})
    assert_same_swing(read_club_log(tmp_path / "log.mat"), swing)


@pytest.mark.parametrize(
    ("name", "kind"),
    [("Ax", "ax"), ("acc_y", "ay"), ("Gyro Z (dps)", "gz"), ("AcX", "ax"), ("GyY", "gy"), ("timestamp", "t"),
     ("wx", "gx"), ("magX", "mx"), ("yaw", None), ("vib", None), ("Tmp", None), ("angle_x", None)],
)  # fmt: skip
def test_column_names(name, kind) -> None:
    assert column_kind(split_name(name)[0]) == kind
