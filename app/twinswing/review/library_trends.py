"""How a measure went over time: per golfer and club, with its uncertainty, the best, and this month beside the last."""

from dataclasses import dataclass
from math import isfinite

import numpy as np
from numpy.typing import NDArray

from twinswing.review.library_index import LibraryIndex
from twinswing.review.library_query import NOBODY

# Of these more is better, whoever swings; of an angle or a tempo nobody's best is known without a coach.
MORE_IS_BETTER = frozenset({"head_speed_mps", "hand_speed_peak_mps", "club_turn_peak_radps", "ball_speed_mps"})


@dataclass(frozen=True)
class TrendParams:
    """How a trend is summed up.

    window_s  : "the last month" is this long; the one before it is as long.
    enough    : swings that a scatter needs to be one; with fewer the stated sigmas speak.
    """

    window_s: float = 30 * 86_400.0
    enough: int = 4


PARAMS = TrendParams()


@dataclass(frozen=True)
class Series:
    """A measure of one golfer with one club, in order of time.

    ident: rows of the recordings, shape (n,). unix_s: when, seconds, shape (n,). value, sigma: SI, shape (n,); sigma is
    NaN where the recording does not say. sources: what the values are from, each once.
    """

    measure: str
    unit: str
    person: str
    person_name: str
    club: str
    ident: NDArray[np.int64]
    unix_s: NDArray[np.float64]
    value: NDArray[np.float64]
    sigma: NDArray[np.float64]
    sources: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """Whose it is, and with which club."""
        return ", ".join(part for part in (self.person_name or "no golfer named", self.club) if part)


@dataclass(frozen=True)
class Mean:
    """The mean of a span of time: value and standard error, SI, and of how many swings."""

    value: float
    sigma: float
    count: int


@dataclass(frozen=True)
class Summary:
    """What a series comes to.

    best   : place of the personal best in the series; None where no value can be called the best.
    latest, before : means of the last `window_s` before `now` and of the window before that; None without a swing.
    change : latest minus before, and its 1 sigma; None without both.
    """

    best: int | None
    latest: Mean | None
    before: Mean | None
    change: tuple[float, float] | None


def load_series(index: LibraryIndex, measure: str, *, person: str = "", club: str = "") -> list[Series]:
    """Return a measure's series, one for each golfer and club, the longest first.

    person, club: only theirs; `NOBODY`: only of recordings that are nobody's. Copies of one capture count once.
    """
    conditions, values = ["m.name = ?"], [measure]
    if person == NOBODY:
        conditions.append("p.ident IS NULL")
    elif person:
        conditions.append("r.person = ?")
        values.append(person)
    if club:
        conditions.append("r.club = ?")
        values.append(club)
    rows = index.db.execute(
        "SELECT coalesce(p.ident, ''), coalesce(p.name, ''), r.club, r.id, r.recorded_ns, m.value, m.sigma, m.unit, "  # noqa: S608
        "m.source, r.fingerprint FROM measures AS m JOIN recordings AS r ON r.id = m.recording "
        f"LEFT JOIN people AS p ON p.ident = r.person WHERE {' AND '.join(conditions)} ORDER BY r.recorded_ns, r.id",
        values,
    ).fetchall()
    groups: dict[tuple[str, str, str], list[tuple[object, ...]]] = {}
    seen: set[str] = set()
    for row in rows:
        mark = row[9]
        if mark and mark in seen:
            continue
        seen.add(mark)
        # Another unit is another measure of the same name.
        groups.setdefault((row[0], row[2], row[7]), []).append(row)
    found = [_series(measure, unit, club_name, members) for (_, club_name, unit), members in groups.items()]
    return sorted(found, key=lambda s: (-len(s.value), s.label))


def _series(measure: str, unit: str, club: str, rows: "list[tuple[object, ...]]") -> Series:
    columns = list(zip(*rows, strict=True))
    sigma = [np.nan if s is None else s for s in columns[6]]
    return Series(
        measure=measure,
        unit=unit,
        person=str(columns[0][0]),
        person_name=str(columns[1][0]),
        club=club,
        ident=np.array(columns[3], dtype=np.int64),
        unix_s=np.array(columns[4], dtype=np.float64) * 1e-9,
        value=np.array(columns[5], dtype=np.float64),
        sigma=np.array(sigma, dtype=np.float64),
        sources=tuple(sorted({str(source) for source in columns[8]})),
    )


def summed(series: Series, now_unix_s: float, params: TrendParams = PARAMS) -> Summary:
    """Sum a series up as of a moment, Unix seconds."""
    latest = mean_between(series, now_unix_s - params.window_s, now_unix_s, params)
    before = mean_between(series, now_unix_s - 2 * params.window_s, now_unix_s - params.window_s, params)
    change = None
    if latest is not None and before is not None:
        change = (latest.value - before.value, float(np.hypot(latest.sigma, before.sigma)))
    return Summary(best_of(series), latest, before, change)


def best_of(series: Series) -> int | None:
    """Return the place of the personal best; None where it is nobody's, more is not better, or no sigma is stated.

    The best is the value that is highest less its own sigma: of many noisy values the highest is mostly noise.
    """
    sure = np.where(np.isfinite(series.sigma), series.value - series.sigma, -np.inf)
    if not series.person or series.measure not in MORE_IS_BETTER or not np.isfinite(sure).any():
        return None
    return int(np.argmax(sure))


def mean_between(series: Series, start_s: float, end_s: float, params: TrendParams = PARAMS) -> Mean | None:
    """Return the mean of the values with `start_s < t <= end_s`; None where there is none.

    Its standard error is the larger of what the values' scatter says and what their stated sigmas say: a camera that
    stands askew is wrong by the same amount in every swing of a session, so stated sigmas are not taken as independent
    and are not divided by the root of their number.
    """
    inside = (series.unix_s > start_s) & (series.unix_s <= end_s)
    values, sigmas = series.value[inside], series.sigma[inside]
    if not len(values):
        return None
    stated = float(np.sqrt(np.mean(sigmas**2))) if np.isfinite(sigmas).all() else float("nan")
    scatter = float(np.std(values, ddof=1) / np.sqrt(len(values))) if len(values) >= params.enough else float("nan")
    spreads = [spread for spread in (stated, scatter) if isfinite(spread)]
    return Mean(float(values.mean()), max(spreads, default=float("nan")), len(values))
