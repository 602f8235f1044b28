"""What a chart costs: a year of one signal as 1,000 points, and a day's readings as they are.

The year is 31.5 million readings of one signal in 365 day files; the day is 24 files with 11,000
readings of each of ten signals. Files and manifest are made by the historian's own code,
but nothing waits for the disk.
"""

import hashlib
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pyarrow as pa

from bench.promise_queries import DAY_US, THE_DAY, YEAR_DAYS, YEAR_SIGNAL, year
from bench.records import Promise
from lineshaft.core.period import Instant, Period
from lineshaft.core.reading import SignalId
from lineshaft.platform.historian.files import columns
from lineshaft.platform.historian.files.parquet import encode
from lineshaft.platform.historian.model import Commit, Mark, NewStoreFile, RangeQuery, StoreFile
from tests.platform.historian.house import ACTOR, House

NAMES = ("downsample_year", "range_day")
DOWNSAMPLE_MS_MAX, RANGE_MS_MAX = 1_000, 20
HOUR_US = 3_600_000_000
START_HOUR = 493_536
POINTS = 1_000
DAY_SIGNALS, DAY_READINGS = 10, 11_000
FILES_PER_COMMIT = 200
REPETITIONS = 7


def measure() -> list[Promise]:
    """Measure both, warm: the median of some repetitions."""
    return [
        Promise.at_most("downsample_year", year_ms(), "ms", DOWNSAMPLE_MS_MAX),
        Promise.at_most("range_day", day_ms(), "ms", RANGE_MS_MAX),
    ]


def year_ms() -> float:
    """Return the time to show a year of one signal at 1 Hz, from day files."""
    with tempfile.TemporaryDirectory(prefix="lineshaft-bench-") as name:
        house = House(Path(name))
        year(house, YEAR_SIGNAL)
        period = Period(Instant(THE_DAY.end - YEAR_DAYS * DAY_US), THE_DAY.end)

        def show() -> int:
            table = house.historian.downsample(ACTOR, YEAR_SIGNAL, period, POINTS)
            return sum(table["count"].to_pylist())

        assert show() == YEAR_DAYS * 86_400
        return median_ms(show)


def day_ms() -> float:
    """Return the time to read one signal's day, neighbours included."""
    with tempfile.TemporaryDirectory(prefix="lineshaft-bench-") as name:
        house = House(Path(name))
        per_hour = DAY_READINGS // 24
        fill(house, 26, DAY_SIGNALS, per_hour)
        start = (START_HOUR + 1) * HOUR_US
        period = Period(Instant(start), Instant(start + 24 * HOUR_US))

        def read() -> int:
            query = RangeQuery(SignalId("m1/s3"), period)
            return house.historian.readings(ACTOR, query).num_rows

        assert read() == per_hour * 24 + 2
        return median_ms(read)


def median_ms(work: Callable[[], int]) -> float:
    times = []
    for _ in range(REPETITIONS):
        start = time.perf_counter()
        work()
        times.append((time.perf_counter() - start) * 1_000)
    return statistics.median(times)


def fill(house: House, hours: int, signals: int, per_hour: int) -> None:
    """Store regular readings of some signals for some hours, one file per hour."""
    with house.database.unit_of_work() as unit:
        names = [f"m1/s{number}" for number in range(signals)]
        ids = house.manifest.intern_series(unit.connection, names)
        house.manifest.intern_source(unit.connection, "edge-1", 1)
    series = np.array(sorted(ids.values()), dtype=np.int32)
    for first in range(0, hours, FILES_PER_COMMIT):
        files = [
            hour_file(house, START_HOUR + hour, series, hour * per_hour, per_hour)
            for hour in range(first, min(hours, first + FILES_PER_COMMIT))
        ]
        stored = (first + len(files)) * per_hour * signals
        mark = Mark(first + len(files), stored, bytes(32))
        segment = SimpleNamespace(source_epoch=1, header=header(first, mark, files))
        segment.header_bytes = segment.signature = b""
        commit = Commit([segment], files, {1: mark}, columns.SCHEMA.empty_table(), ())
        with house.database.unit_of_work() as unit:
            house.manifest.write(unit.connection, commit, house.clock.now())


def header(first: int, mark: Mark, files: list[NewStoreFile]) -> SimpleNamespace:
    """Stand in for the header of a segment: only its place in the manifest is asked for."""
    return SimpleNamespace(
        number=mark.number,
        first_sequence=first + 1,
        last_sequence=mark.sequence,
        min_ts=files[0].file.min_ts,
        max_ts=files[-1].file.max_ts,
    )


def hour_file(
    house: House, hour: int, series: np.ndarray, offset: int, per_hour: int
) -> NewStoreFile:
    count = per_hour * len(series)
    within = np.tile(np.arange(per_hour), len(series))
    ts = hour * HOUR_US + within * (HOUR_US // per_hour)
    sequence = (offset + within) * len(series) + np.repeat(np.arange(len(series)), per_hour) + 1
    mantissa = (20_000 * np.sin((offset + within) / 900)).astype(np.int64)
    constant = {"source_epoch": pa.int32(), "status": pa.uint32(), "kind": pa.uint8()}
    values = {
        "series": np.repeat(series, per_hour),
        "ts": ts,
        "own_ts": pa.nulls(count, pa.int64()),
        "sequence": sequence,
        "ordinal": offset + within + 1,
        "mantissa": mantissa,
        "exponent": pa.array(np.full(count, -3, dtype=np.int8)),
        "number": pa.nulls(count, pa.float64()),
        "text": pa.nulls(count, pa.string()),
    }
    values |= {
        name: pa.array(np.full(count, name == "source_epoch"), pa.bool_()).cast(kind)
        for name, kind in constant.items()
    }
    table = pa.table([pa.array(values[name]) for name in columns.SCHEMA.names], columns.SCHEMA)
    data = encode(table)
    path = f"{hour // 24}/{hour}-1-f_bench.parquet"
    (house.files.directory / path).parent.mkdir(exist_ok=True)
    (house.files.directory / path).write_bytes(data)
    file = StoreFile(
        path=path,
        level=1,
        hour=hour,
        rows=count,
        min_ts=Instant(int(ts.min())),
        max_ts=Instant(int(ts.max())),
        min_series=int(series[0]),
        max_series=int(series[-1]),
        min_sequence=int(sequence.min()),
        max_sequence=int(sequence.max()),
        size=len(data),
        sha256=hashlib.sha256(data).digest(),
        known_at=Instant(0),
    )
    return NewStoreFile(file, columns.zones(table))
