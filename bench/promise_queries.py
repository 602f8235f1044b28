"""What questions cost: last values, a day, a fleet, a year, on 50 million readings in day files.

The readings are data set B: 30 machines with 20 signals each, a day at 1 Hz, and beside it a year
of one more signal. Files, manifest and roll-ups are made by the historian's own writers; only the
sealing of segments is left out. Each question to the fleet is put in turn to DuckDB, on a native
table of the same rows in the same order with as many threads; both must give the same answer.
"""

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from bench.records import Promise
from lineshaft.core.period import Instant, Period
from lineshaft.core.reading import RecordKind, SignalId, SourceId
from lineshaft.core.value import Columns
from lineshaft.platform.historian.files import columns
from lineshaft.platform.historian.files.writing import Shape
from lineshaft.platform.historian.model import NewStoreFile, StoredReading
from lineshaft.platform.historian.queries.fleet import THREADS
from lineshaft.platform.historian.queries.model import FleetQuery
from lineshaft.platform.historian.rollups.writer import DayRollups
from tests.platform.historian.house import ACTOR, House

FLEET = {"counter": 1.3, "mean": 1.3, "hourly": 2.0}
ROLLUPS_RATIO_MAX = 0.3
NAMES = (
    "query_last",
    "query_day",
    "query_year",
    *(f"query_fleet_{name}{kind}" for name in FLEET for kind in ("", "_ms", "_rollups")),
)
LAST_MS_MAX, DAY_MS_MAX, YEAR_MS_MAX = 5, 15, 50
MACHINES, SIGNALS, SECONDS = 30, 20, 86_400
DAY = 20_600
DAY_US, HOUR_US, SECOND_US = 86_400_000_000, 3_600_000_000, 1_000_000
YEAR_DAYS = 365
POINTS = 1_000
FILE_SERIES, PART_SERIES = 23, 5
REPETITIONS = 7
HEAT, ENERGY = 0, 14
STATES = np.array(["OFF", "READY", "ACTIVE", "ALARM"])
YEAR_SIGNAL = SignalId("year/heat")
THE_DAY = Period(Instant(DAY * DAY_US), Instant((DAY + 1) * DAY_US))


@dataclass(frozen=True)
class Values:
    """The values of one series on a day: the columns that they fill."""

    mantissa: NDArray[np.int64] | None = None
    exponent: int | None = None
    text: NDArray[Any] | None = None


def measure() -> list[Promise]:
    """Build the store once and ask everything, warm: medians."""
    with tempfile.TemporaryDirectory(prefix="lineshaft-bench-") as name:
        house = build(Path(name))
        native = native_copy(house, Path(name))
        return [*single(house), *fleet(house, native)]


# ---- questions


def single(house: House) -> list[Promise]:
    """Ask for one machine and one signal."""
    last = [signal(7, number) for number in range(SIGNALS)]
    year = Period(Instant(THE_DAY.end - YEAR_DAYS * DAY_US), THE_DAY.end)

    def day() -> int:
        return downsampled(house, signal(11, HEAT), THE_DAY, SECONDS)

    def whole_year() -> int:
        return downsampled(house, YEAR_SIGNAL, year, YEAR_DAYS * SECONDS)

    last_ms = median_ms(lambda: len(house.historian.latest(ACTOR, last)))
    return [
        Promise.at_most("query_last", last_ms, "ms", LAST_MS_MAX),
        Promise.at_most("query_day", median_ms(day), "ms", DAY_MS_MAX),
        Promise.at_most("query_year", median_ms(whole_year), "ms", YEAR_MS_MAX),
    ]


def downsampled(house: House, one: SignalId, period: Period, readings: int) -> int:
    table = house.historian.downsample(ACTOR, one, period, POINTS)
    counted = sum(table["count"].to_pylist())
    assert counted == readings, counted
    return counted


def fleet(house: House, native: duckdb.DuckDBPyConnection) -> list[Promise]:
    """Ask for the fleet: of the rows, of DuckDB and of the roll-ups in turn."""
    found = []
    for name, ratio_max in FLEET.items():
        ours = {rows_only: ask(house, name, rows_only=rows_only) for rows_only in (True, False)}
        peer = lambda name=name: PEERS[name](native)  # noqa: E731
        assert ours[True]() == ours[False](), name
        same(ours[True](), peer())
        times: dict[str, list[float]] = {"rows": [], "duckdb": [], "rollups": []}
        for _ in range(REPETITIONS):
            for kind, work in (("rows", ours[True]), ("duckdb", peer), ("rollups", ours[False])):
                start = time.perf_counter()
                work()
                times[kind].append((time.perf_counter() - start) * 1_000)
        rows, duckdb_ms, rollups = (statistics.median(one) for one in times.values())
        title, unit = f"query_fleet_{name}", "times DuckDB"
        engine = f"DuckDB {duckdb.__version__}"
        found += [
            Promise.at_most(title, rows / duckdb_ms, unit, ratio_max),
            Promise(f"{title}_ms", rows, "ms", engine, duckdb_ms),
            Promise.at_most(f"{title}_rollups", rollups / duckdb_ms, unit, ROLLUPS_RATIO_MAX),
        ]
    return found


def ask(house: House, name: str, *, rows_only: bool) -> Callable[[], dict[Any, float]]:
    """Return what asks the historian and gives the answer as floats by signal."""
    functions = house.historian.functions
    each = {"counter": [ENERGY], "mean": [HEAT], "hourly": range(SIGNALS)}[name]
    wanted = [signal(machine, number) for machine in range(MACHINES) for number in each]
    query = FleetQuery(wanted, THE_DAY, rows_only=rows_only)

    def counter() -> dict[Any, float]:
        return {one: float(rise) for one, rise in functions.increase(ACTOR, query).items()}

    def mean() -> dict[Any, float]:
        found = functions.time_weighted_mean(ACTOR, query)
        return {one: float(value) for one, value in found.items()}

    def hourly() -> dict[Any, float]:
        table = functions.buckets(ACTOR, query, HOUR_US)
        names = table["signal"].to_pylist()
        starts, means = table["bucket_start"].to_pylist(), table["mean"].to_pylist()
        return dict(zip(zip(names, starts, strict=True), means, strict=True))

    return {"counter": counter, "mean": mean, "hourly": hourly}[name]


def series_in(number: int) -> str:
    """Return the series of one signal of every machine as a list: an interval would scan more."""
    return ", ".join(str(machine * SIGNALS + number + 1) for machine in range(MACHINES))


def native_counter(native: duckdb.DuckDBPyConnection) -> dict[Any, float]:
    rows = native.sql(
        f"""WITH step AS (
            SELECT series, v, lag(v) OVER (PARTITION BY series ORDER BY ts) AS before
            FROM reading WHERE series IN ({series_in(ENERGY)}))
        SELECT series, sum(CASE WHEN v >= before THEN v - before ELSE v END)
        FROM step WHERE before IS NOT NULL GROUP BY series"""
    )
    return {name_of(series): value for series, value in rows.fetchall()}


def native_mean(native: duckdb.DuckDBPyConnection) -> dict[Any, float]:
    rows = native.sql(
        f"""WITH held AS (
            SELECT series, v,
                lead(ts, 1, {THE_DAY.end}) OVER (PARTITION BY series ORDER BY ts) - ts AS us
            FROM reading WHERE series IN ({series_in(HEAT)}))
        SELECT series, sum(v * us) / sum(us) FROM held GROUP BY series"""
    )
    return {name_of(series): value for series, value in rows.fetchall()}


def native_hourly(native: duckdb.DuckDBPyConnection) -> dict[Any, float]:
    rows = native.sql(
        f"""SELECT series, ts // {HOUR_US} AS hour, avg(v) FROM reading
        GROUP BY series, hour HAVING count(v) > 0"""
    )
    return {(name_of(series), hour * HOUR_US): mean for series, hour, mean in rows.fetchall()}


PEERS = {"counter": native_counter, "mean": native_mean, "hourly": native_hourly}


def same(ours: dict[Any, float], peer: dict[Any, float]) -> None:
    """Compare answers; the peer adds up floats."""
    assert ours.keys() == peer.keys()
    for key, value in ours.items():
        assert abs(value - peer[key]) <= 1e-9 * max(1.0, abs(value)), (key, value, peer[key])


def median_ms(work: Callable[[], int]) -> float:
    """Return the median of some repetitions, after one that is not counted."""
    work()
    times = []
    for _ in range(REPETITIONS):
        start = time.perf_counter()
        work()
        times.append((time.perf_counter() - start) * 1_000)
    return statistics.median(times)


# ---- the store


def signal(machine: int, number: int) -> SignalId:
    return SignalId(f"machine-{machine:02}/signal-{number:02}")


def name_of(series: int) -> SignalId:
    return signal(*divmod(series - 1, SIGNALS))


def build(directory: Path, *, with_year: bool = True) -> House:
    """Write the day of the fleet, and the year of one signal, into day files."""
    house = House(directory)
    names = [signal(*divmod(one, SIGNALS)) for one in range(MACHINES * SIGNALS)]
    intern(house, names)
    files = []
    for first in range(0, len(names), FILE_SERIES):
        series = range(first + 1, min(first + FILE_SERIES, len(names)) + 1)
        files.append(day_file(house, DAY, series))
    register(house, files)
    if with_year:
        year(house, YEAR_SIGNAL)
    write_latest(house)
    return house


def year(house: House, name: SignalId) -> None:
    """Write a year of one signal that ends with the day of the fleet, a file per day."""
    number = intern(house, [name])
    days = range(DAY - YEAR_DAYS + 1, DAY + 1)
    register(house, [day_file(house, day, range(number, number + 1)) for day in days])


def intern(house: House, names: list[SignalId]) -> int:
    """Give signals their numbers, in that order; return the last of them."""
    with house.database.unit_of_work() as unit:
        house.manifest.intern_source(unit.connection, SourceId("edge-1"), 1)
        for name in names:
            number = house.manifest.intern_series(unit.connection, [name])[name]
    return number


Writes = list[Callable[[Any], None]]


def day_file(house: House, day: int, series: range) -> tuple[NewStoreFile, Writes]:
    """Write the file of some series of a day, and sum it up, part by part as a compaction does."""
    rollups, writes = DayRollups(house.database, house.manifest), Writes()

    def parts() -> Iterator[pa.Table]:
        for start in range(series.start, series.stop, PART_SERIES):
            part = day_rows(day, range(start, min(start + PART_SERIES, series.stop)))
            writes.append(rollups.on_day(day, part))
            yield part

    shape = Shape(level=2, hour=day * 24, hours=24, merges=0, known_at=Instant(0))
    return house.files.write_stream(parts(), shape), writes


def register(house: House, files: list[tuple[NewStoreFile, Writes]]) -> None:
    with house.database.unit_of_work() as unit:
        new = [file for file, _ in files]
        assert house.manifest.replace(unit.connection, [], new, house.clock.now())
        for _, writes in files:
            for write in writes:
                write(unit.connection)


def day_rows(day: int, series: range) -> pa.Table:
    """Return a day of regular readings at 1 Hz (`columns.SCHEMA`), by series and instant."""
    count = len(series) * SECONDS
    second = np.tile(np.arange(SECONDS), len(series))
    values = [values_of(day, one) for one in series]
    zero = np.zeros(count, dtype=np.uint8)
    arrays = {
        "series": np.repeat(np.arange(series.start, series.stop), SECONDS),
        "ts": day * DAY_US + second * SECOND_US,
        "own_ts": pa.nulls(count, pa.int64()),
        "source_epoch": np.ones(count, dtype=np.int32),
        "sequence": second * MACHINES * SIGNALS + np.repeat(np.arange(len(series)), SECONDS) + 1,
        "ordinal": second + 1,
        "status": zero.astype(np.uint32),
        "kind": zero,
        "mantissa": joined([one.mantissa for one in values], pa.int64()),
        "exponent": joined(
            [
                None if one.exponent is None else np.full(SECONDS, one.exponent, dtype=np.int8)
                for one in values
            ],
            pa.int8(),
        ),
        "number": pa.nulls(count, pa.float64()),
        "text": joined([one.text for one in values], pa.string()),
    }
    given = [pa.chunked_array([arrays[field.name]], field.type) for field in columns.SCHEMA]
    return pa.table(given, schema=columns.SCHEMA)


def joined(parts: list[NDArray[Any] | None], kind: pa.DataType) -> pa.Array:
    nothing = pa.nulls(SECONDS, kind)
    return pa.concat_arrays(
        [nothing if part is None else pa.array(part).cast(kind) for part in parts]
    )


def values_of(day: int, series: int) -> Values:
    """Return the values of a series on a day: see `notes/historian.md`, section 2."""
    rng = np.random.default_rng((day, series))
    number, second = (series - 1) % SIGNALS, np.arange(SECONDS)
    if number < 8:
        walk = np.cumsum(rng.integers(-25, 26, SECONDS))
        return Values(20_000 + walk, -3)
    if number < 12:
        wave = 5_000 * np.sin(second / rng.integers(300, 3_000)) + rng.normal(0, 40, SECONDS)
        return Values(np.rint(wave).astype(np.int64), -3)
    if number < 14:
        slow = np.cumsum(rng.choice([-1, 0, 1], SECONDS, p=[0.01, 0.98, 0.01]))
        return Values(420 + slow, -1)
    if number == ENERGY:
        energy = np.cumsum(rng.integers(0, 9, SECONDS))
        return Values(energy - np.where(second < SECONDS // 2, 0, energy[SECONDS // 2]), -3)
    if number == ENERGY + 1:
        return Values(np.cumsum(second % 37 == 0), 0)
    if number < 18:
        return Values((second // int(rng.integers(40, 900)) % 2).astype(np.int64))
    if number == 18:
        code = second // 613 % len(STATES)
        return Values(code, text=STATES[code])
    return Values(text=np.array(["BRACKET-7", "SHAFT-12", "COVER-3"])[second // 5_400 % 3])


def write_latest(house: House) -> None:
    """Put the last readings of the fleet where a commit would have put them."""
    rows = {}
    for one in range(1, MACHINES * SIGNALS + 1):
        rows[one] = StoredReading(
            signal=name_of(one),
            ts=Instant(THE_DAY.end - SECOND_US),
            source=SourceId("edge-1"),
            epoch=1,
            sequence=one,
            ordinal=SECONDS,
            kind=RecordKind.READING,
            status=0,
            columns=Columns(mantissa=one, exponent=-3),
        )
    with house.database.unit_of_work() as unit:
        house.manifest.write_latest(unit.connection, rows)


def native_copy(house: House, directory: Path) -> duckdb.DuckDBPyConnection:
    """Return DuckDB with the fleet's rows in a table of its own, in the same order."""
    native = duckdb.connect(str(directory / "native.duckdb"), config={"threads": THREADS})
    paths = [str(path) for path in sorted((house.files.directory / str(DAY)).glob("*.parquet"))]
    native.execute(
        """CREATE TABLE reading AS SELECT series, ts,
            CASE WHEN text IS NULL THEN mantissa * 10.0::DOUBLE ** coalesce(exponent, 0) END AS v,
            text
        FROM read_parquet($1) WHERE series <= $2 ORDER BY series, ts""",
        [paths, MACHINES * SIGNALS],
    )
    native.execute("CHECKPOINT")
    return native
