"""Tables of history: both layouts, all times, and rows that are damaged."""

import math
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinswing.errors import InputError
from twinswing.streams.observations import LinkState, LinkStatus, Observation, Quality
from twinswing.streams.stamps import iso_ns
from twinswing.streams.table_source import TableReader, TableSettings, TableSource

T0 = 1709287200 * 10**9


class Heard:
    def __init__(self) -> None:
        self.all: list[Observation] = []
        self.links: list[LinkStatus] = []

    def observed(self, source: str, observations: Sequence[Observation]) -> None:
        self.all.extend(observations)

    def linked(self, source: str, status: LinkStatus) -> None:
        self.links.append(status)

    @property
    def told(self) -> list[tuple[str, int, float | str | None]]:
        return [(said.item, said.t_ns - T0, said.value) for said in self.all]


async def read(path: Path, **settings) -> Heard:
    heard = Heard()
    await TableSource("t", path, TableSettings(**settings)).run(heard)
    assert heard.links[-1].state is LinkState.ENDED
    return heard


def written(folder: Path, text: str, name: str = "t.csv") -> Path:
    path = folder / name
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    ("head", "settings"),
    [
        ("1709287200,1709287201.5", {}),
        ("1709287200000,1709287201500", {}),
        ("1709287200000,1709287201500", {"time_format": "ms"}),
        ("1709287200000000,1709287201500000", {"time_format": "us"}),
        ("1709287200000000000,1709287201500000000", {"time_format": "ns"}),
        ("2024-03-01T10:00:00Z,2024-03-01T10:00:01.5Z", {"time_format": "iso"}),
        ("2024-03-01 10:00:00,2024-03-01 10:00:01.500", {}),
        ("2024-03-01T12:00:00+02:00,2024-03-01T12:00:01.5+0200", {}),
    ],
)
async def test_every_form_of_time_is_the_same_moment(tmp_path: Path, head: str, settings: dict):
    first, second = head.split(",")
    heard = await read(written(tmp_path, f"time,load,mode\n{first},1.5,AUTO\n{second},,MANUAL\n"), **settings)
    assert heard.told == [("load", 0, 1.5), ("mode", 0, "AUTO"), ("mode", 1_500_000_000, "MANUAL")]


async def test_long_tables_and_other_delimiters(tmp_path: Path):
    heard = await read(written(tmp_path, "Timestamp;Item;Value\n1709287200;a;1\n1709287201;b;UNAVAILABLE\n"))
    assert heard.told == [("a", 0, 1.0), ("b", 10**9, None)]
    assert heard.all[1].quality is Quality.UNAVAILABLE
    heard = await read(
        written(tmp_path, "when\twhat\thow\n1709287200\ta\tx\n"), layout="long", time="when", item="what", value="how"
    )
    assert heard.told == [("a", 0, "x")]


async def test_bad_rows_are_counted_and_told(tmp_path: Path):
    heard = await read(written(tmp_path, "time,a,b\n1709287200,1,2\nnever,3,4\n1709287201,5\n\n1709287202,6,7,8\n"))
    assert [value for _, _, value in heard.told] == [1.0, 2.0, 5.0, 6.0, 7.0]
    assert (
        "3 rows not read whole (the first is line 3: expected an ISO 8601 time, found 'never')"
        in heard.links[-1].message
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "found an empty file"),
        ("a,b\n1,2\n", "expected a column of times"),
        ("time\n1\n", "expected a column beside the times"),
        ("time,a,a\n1,2,3\n", "columns of different names"),
        ("time,a\n", "expected values, found no row"),
        ("time,a\nx,1\n", "expected values, found 1 row not read whole"),
        ('time,a\n1,"' + "x" * (2 << 20) + "\n", "expected a row of a CSV"),
    ],
)
async def test_what_is_no_table_is_one_sentence(tmp_path: Path, text: str, told: str):
    with pytest.raises(InputError, match=told):
        await read(written(tmp_path, text))
    with pytest.raises(InputError, match="found none"):
        await read(tmp_path / "missing.csv")


@given(st.lists(st.one_of(st.none(), st.text(), st.floats(), st.integers(), st.booleans()), max_size=5))
def test_no_row_breaks_the_reader(cells: list):
    reader = TableReader(["time", "a", "b"], TableSettings(), "t")
    for said in reader.row(cells, 2):
        assert said.value is None or isinstance(said.value, str) or math.isfinite(said.value)


async def test_parquet_keeps_nanoseconds_and_texts(tmp_path: Path):
    arrow = pytest.importorskip("pyarrow", reason="pyarrow is an option (pip install 'twinswing[parquet]')")
    import pyarrow.parquet as pq

    table = arrow.table(
        {
            "time": arrow.array([T0 + 1, T0 + 10**9], arrow.timestamp("ns", tz="UTC")),
            "load": arrow.array([1.5, None]),
            "mode": arrow.array(["AUTO", "MANUAL"]),
        }
    )
    path = tmp_path / "t.parquet"
    pq.write_table(table, path)
    heard = await read(path)
    assert heard.told == [("load", 1, 1.5), ("mode", 1, "AUTO"), ("mode", 10**9, "MANUAL")]
    broken = written(tmp_path, "PAR1 no more", "b.parquet")
    with pytest.raises(InputError, match="expected a Parquet file"):
        await read(broken)


async def test_the_real_machines_temperature_is_read_whole(shared_data: Path):
    path = shared_data / "plant" / "machine_temperature.csv"
    heard = await read(path)
    assert len(heard.all) == 22_695
    rows = path.read_text().splitlines()
    assert heard.all[0].t_ns == iso_ns(rows[1].split(",")[0])
    assert heard.all[-1].value == float(rows[-1].split(",")[1])
    assert TableSource("t", path).earliest_ns() == heard.all[0].t_ns
