"""Bundle of a month: one series at 1 Hz, from a source of 200 such signals, after compaction.

The source has 518 million readings in 518,402 segments of 1,000 (a month of 30 days, and one more
segment at either end). Everything that building and verifying touch is there in full and real:
every header, signed and chained, in runs; the stored path of every block of the series; its rows in
day files, between those of two neighbours; the document that is billed from them. What they do not
touch is not made: of the other 199 series only the hashes on the path, and those are random.

Building and verifying each run in a process of their own, so that memory is theirs alone.
"""

import random
import resource
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pyarrow as pa

from bench.records import Promise
from lineshaft.core.period import US_PER_S, Instant, Period, parse_instant
from lineshaft.core.reading import SignalId
from lineshaft.core.segment import merkle
from lineshaft.core.segment.block import (
    HAS_EXPONENT,
    HAS_MANTISSA,
    BlockColumns,
    encode_block,
)
from lineshaft.core.segment.header import NO_PREVIOUS, Header, sign
from lineshaft.infrastructure.database import Database
from lineshaft.platform.historian.files import columns
from lineshaft.platform.historian.files.archive import RUN_SEGMENTS_MAX, pack
from lineshaft.platform.historian.model import US_PER_HOUR, StoredHeader
from lineshaft.platform.historian.packed import HeldPath, HeldPaths
from lineshaft.platform.historian.tables import SOURCE_EPOCH
from lineshaft.security.keys.model import KeyFile, Signature, SourcePublicKey
from lineshaft.services.billing.document import document_content
from lineshaft.services.billing.model import Engine
from lineshaft.services.billing.rating import rate
from lineshaft.services.evidence.bundle import bundle_file
from lineshaft.services.evidence.verify import JSON, verify
from lineshaft.services.metering.measure import measure as measure_usage
from lineshaft.services.metering.model import BlockEntry, Evidence, Meter, UsageRecord
from lineshaft.services.metering.series import MeterInput, SeriesRows
from tests.platform.historian.house import ACTOR, House, new_database
from tests.services.contracts.examples import contract, terms
from tests.services.evidence.world import (
    CUTTING,
    DOCUMENT_KEY,
    EPOCH,
    SALT_SECRET,
    SOURCE,
    SOURCE_KEY,
    key_record,
    sign_document,
)

NAMES = (
    "bundle_month_build",
    "bundle_month_build_memory",
    "bundle_month_size",
    "bundle_month_verify",
    "bundle_month_verify_memory",
)
LIMIT_S = 60.0
LIMIT_MB = 2_000.0
DAYS = 30
SIGNALS = 200
PLACE = 100
"""The billed signal among those of the source, in the order of names and in each second."""
SEGMENT_S = 5
"""Seconds of a segment of 1,000 records."""
SEGMENTS_PER_COMMIT = 20
START = parse_instant("2027-06-01T00:00:00Z")
DAY_S = 86_400
_SIZE = merkle.HASH_BYTES
_DEPTH = 8
"""Hashes on the path of leaf 100 of 200."""


@dataclass(frozen=True)
class Month:
    """Where the store is, and the files that a customer has."""

    directory: Path
    document: bytes
    keys: bytes
    usage: UsageRecord


def measure() -> list[Promise]:
    """Make the month, then build and verify the bundle of its document."""
    with TemporaryDirectory() as name:
        month = make_month(Path(name), DAYS)
        build_s, build_mb, size_mb = alone(build, month)
        verify_s, verify_mb, _ = alone(verified, month)
    return [
        Promise.at_most("bundle_month_build", build_s, "s", LIMIT_S),
        Promise.at_most("bundle_month_build_memory", build_mb, "MB", LIMIT_MB),
        Promise("bundle_month_size", size_mb, "MB"),
        Promise.at_most("bundle_month_verify", verify_s, "s", LIMIT_S),
        Promise.at_most("bundle_month_verify_memory", verify_mb, "MB", LIMIT_MB),
    ]


Figures = tuple[float, float, float]
"""Duration in s, greatest memory of the process in MB, size of the bundle in MB."""


def alone(work: Callable[[Month], Figures], month: Month) -> Figures:
    """Do work in a fresh process."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as processes:
        return processes.submit(work, month).result()


def build(month: Month) -> Figures:
    """Build the bundle from the store, as the hub does for a customer who may read the document."""
    house = House(month.directory, Database(f"sqlite:///{month.directory / 'hub.sqlite'}"))
    house.keys.known[SOURCE, EPOCH] = SALT_SECRET, SOURCE_KEY.public_key()
    started = time.perf_counter()
    [part] = month.usage.ranges
    ordinals = part.first_ordinal, part.last_ordinal
    proofs = house.historian.proofs(ACTOR, CUTTING, (SOURCE, EPOCH), ordinals)
    data = bundle_file(
        month.document,
        "NM-2027-000001",
        proofs,
        lambda signed: Signature(key_record().key_id, DOCUMENT_KEY.sign(signed)),
    )
    duration_s = time.perf_counter() - started
    memory = memory_mb()
    (month.directory / "evidence.json").write_bytes(data)
    return duration_s, memory, len(data) / 1e6


def verified(month: Month) -> Figures:
    """Verify the bundle, from the bytes of the files to the report."""
    data = (month.directory / "evidence.json").read_bytes()
    started = time.perf_counter()
    report = verify(month.document, JSON, month.keys, bundle=data)
    duration_s = time.perf_counter() - started
    assert report.exit_code == 0, report
    return duration_s, memory_mb(), len(data) / 1e6


def memory_mb() -> float:
    """Return the greatest memory of this process, in MB.

    Those that check signatures hold half of the headers each, 0.06 GB, and are not counted: what
    the system says of them contains what this process had when it started them.
    """
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1_024 / 1e6


# ---- the month


@dataclass(frozen=True)
class Segment:
    """What is stored of a segment, and what the document rests on."""

    stored: StoredHeader
    path: HeldPath
    entry: BlockEntry


def make_month(directory: Path, days: int) -> Month:
    """Make the store and the document of some days."""
    database = new_database(directory)
    house = House(directory, database)
    period = Period(START, Instant(START + days * DAY_S * US_PER_S))
    rows = series_rows(days * DAY_S + 2 * SEGMENT_S)
    with database.unit_of_work() as unit:
        house.manifest.intern_series(unit.connection, [*_names()])
        house.manifest.intern_source(unit.connection, SOURCE, EPOCH)
    write_rows(house, rows)
    entries = write_segments(house, rows)
    agreed = contract(
        terms=terms(guarantee=None), start="2027-06-01T00:00:00Z", billing_period="month"
    )
    [meter] = agreed.meters()
    usage = _usage(meter, rows, entries, period)
    known_at = Instant(period.end + DAY_S * US_PER_S)
    rated = rate(agreed, period, known_at, [usage], Engine("0.1.0", "2026f"))
    content = document_content(rated, "NM-2027-000001", Instant(known_at + 1))
    public = SOURCE_KEY.public_key().public_bytes_raw()
    keys = KeyFile((key_record(),), (SourcePublicKey(SOURCE, EPOCH, public),)).encode()
    database.close()
    return Month(directory, sign_document(content), keys, usage)


def _names() -> list[SignalId]:
    before = [SignalId(f"mazak01/axis_{n:03}") for n in range(PLACE)]
    after = [SignalId(f"mazak01/spindle_{n:03}") for n in range(SIGNALS - PLACE - 1)]
    return [*before, CUTTING, *after]


def series_rows(seconds: int) -> BlockColumns:
    """Return the rows of the billed series: a counter of seconds that runs two of three."""
    second = np.arange(seconds, dtype=np.int64)
    return BlockColumns(
        signal=CUTTING,
        first_ordinal=1,
        sequence=(second * SIGNALS + PLACE + 1).astype("<u8"),
        ts=START - SEGMENT_S * US_PER_S + second * US_PER_S,
        status=np.zeros(seconds, dtype="<u4"),
        kind=np.zeros(seconds, dtype=np.uint8),
        presence=np.full(seconds, HAS_MANTISSA | HAS_EXPONENT, dtype=np.uint8),
        own_ts=np.zeros(0, dtype="<i8"),
        mantissa=second * 2 // 3,
        exponent=np.zeros(seconds, dtype=np.int8),
        number=np.zeros(0, dtype="<f8"),
        text=[],
    )


def write_rows(house: House, rows: BlockColumns) -> None:
    """Write the rows as day files, with those of the series before and after it."""
    day = (rows.ts // US_PER_HOUR // 24).astype(np.int64)
    for one in np.unique(day).tolist():
        chosen = np.flatnonzero(day == one)
        tables = [_table(house, rows, chosen, step) for step in (-1, 0, 1)]
        new = house.files.write(pa.concat_tables(tables).combine_chunks(), one * 24, 2, START)
        with house.database.unit_of_work() as unit:
            house.manifest.insert_file(unit.connection, new)


def _table(house: House, rows: BlockColumns, chosen: Any, step: int) -> pa.Table:
    with house.database.read() as connection:
        name = _names()[PLACE + step]
        series = house.manifest.series_ids(connection, [name])[name]
    count = len(chosen)
    noise = np.random.default_rng(step + 1).integers(0, 1_000, count) if step else 0
    return pa.table(
        {
            "series": np.full(count, series, dtype=np.int32),
            "ts": rows.ts[chosen],
            "own_ts": pa.nulls(count, pa.int64()),
            "source_epoch": np.ones(count, dtype=np.int32),
            "sequence": rows.sequence[chosen].astype(np.int64) + step,
            "ordinal": chosen + 1,
            "status": rows.status[chosen],
            "kind": rows.kind[chosen],
            "mantissa": rows.mantissa[chosen] + noise,
            "exponent": rows.exponent[chosen],
            "number": pa.nulls(count, pa.float64()),
            "text": pa.nulls(count, pa.string()),
        },
        schema=columns.SCHEMA,
    )


def write_segments(house: House, rows: BlockColumns) -> list[BlockEntry]:
    """Sign a header for every five seconds; store headers and paths in runs."""
    made = segments(rows)
    entries: list[BlockEntry] = []
    last = None
    with house.database.read() as connection:
        series = house.manifest.series_ids(connection, [CUTTING])[CUTTING]
    while run := list(islice(made, RUN_SEGMENTS_MAX)):
        packed = pack(1, [one.stored for one in run])
        found = HeldPaths(1, series, [one.path for one in run])
        with house.database.unit_of_work() as unit:
            house.manifest.put_run(unit.connection, packed)
            house.manifest.add_paths(unit.connection, [found])
        entries += [one.entry for one in run]
        last = run[-1].stored
    assert last is not None
    with house.database.unit_of_work() as unit:
        mark = {"number": last.header.number, "sequence": last.header.last_sequence}
        mark |= {"header_hash": last.header.hash(), "known_at": last.known_at}
        unit.connection.execute(SOURCE_EPOCH.update().values(mark))
    return entries


def segments(rows: BlockColumns) -> Iterator[Segment]:
    """Yield the segments of the source, chained and signed."""
    rng = random.Random(20270601)
    previous = NO_PREVIOUS
    for number, start in enumerate(range(0, len(rows), SEGMENT_S), start=1):
        block = _block(rows, start, start + SEGMENT_S)
        first = start * SIGNALS + 1
        data, salt = encode_block(block), merkle.salt_of(SALT_SECRET, first, CUTTING)
        leaf, path = merkle.leaf_hash(salt, data), rng.randbytes(_DEPTH * _SIZE)
        header = Header(
            source=SOURCE,
            epoch=EPOCH,
            number=number,
            first_sequence=first,
            last_sequence=first + SEGMENT_S * SIGNALS - 1,
            min_ts=Instant(int(block.ts[0])),
            max_ts=Instant(int(block.ts[-1])),
            block_count=SIGNALS,
            previous_hash=previous,
            root=merkle.root_over(leaf, PLACE, SIGNALS, path),
        )
        encoded, previous = header.encode(), header.hash()
        known_at = Instant(START + number // SEGMENTS_PER_COMMIT * US_PER_S)
        ordinals = block.first_ordinal, block.first_ordinal + SEGMENT_S - 1
        yield Segment(
            StoredHeader(header, encoded, sign(encoded, SOURCE_KEY), known_at),
            HeldPath(number, PLACE, path),
            BlockEntry(SOURCE, EPOCH, number, previous, leaf, *ordinals),
        )


def _block(rows: BlockColumns, start: int, end: int) -> BlockColumns:
    fields = {name: getattr(rows, name) for name in BlockColumns.__struct_fields__}
    fields |= {
        name: value[start:end]
        for name, value in fields.items()
        if isinstance(value, np.ndarray) and len(value)
    }
    return BlockColumns(**fields | {"first_ordinal": start + 1})


def _usage(
    meter: Meter, rows: BlockColumns, entries: list[BlockEntry], period: Period
) -> UsageRecord:
    read = MeterInput(SeriesRows.of_block(SOURCE, EPOCH, rows), Evidence.of(entries))
    return measure_usage(meter, read, period, Instant(period.end + DAY_S * US_PER_S))


if __name__ == "__main__":
    for promise in measure():
        sys.stdout.write(promise.line() + "\n")
