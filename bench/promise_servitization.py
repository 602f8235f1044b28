"""The full dashboard of servitization from a million invoice lines, in a process that is new.

Three years, 40 service lines and 60 products, two sites, all classes; a column file as `keep`
writes it. The figure is from the first import to every figure, trend by month, stage and alarm: the
interpreter itself is started before the clock is. The median of five processes.
"""

import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from bench.records import Promise
from lineshaft.services.contracts.model import Binding, CustomerClass, ServiceClass
from lineshaft.valuechain.servitization.service import BATCH_LINES, footer, revenue_schema

NAMES = ("servitization_1m_lines",)
LIMIT_S = 1.0
ROUNDS = 5
LINES = 1_000_000
SERVICE_LINES, PRODUCTS, MONTHS = 40, 60, 36
SEED = 20_261_122
PROGRAM = """
import sys, time
started = time.perf_counter()
from pathlib import Path
from lineshaft.valuechain.servitization.model import Books, Grain
from lineshaft.valuechain.servitization.service import Asked, RevenueColumns, dashboard
columns = RevenueColumns.open(Path(sys.argv[1]))
found = dashboard(columns, Books(), Asked(grain=Grain.MONTH))
print(time.perf_counter() - started, found.line_count, len(found.trend), len(found.stages))
"""


def write_lines(path: Path, count: int) -> None:
    """Write seeded lines, five to a document, as `keep` writes them."""
    rng = np.random.default_rng(SEED)
    number = np.arange(count)
    month = rng.integers(MONTHS, size=count)
    is_service = rng.random(count) < 0.4
    place = np.where(is_service, rng.integers(SERVICE_LINES, size=count), 0)
    amount = rng.integers(100, 10_000_000, count) * 10_000
    months = [f"{2024 + each // 12}-{each % 12 + 1:02}" for each in range(MONTHS)]
    services = ["", *(f"service-{each}" for each in range(SERVICE_LINES))]
    customers, bindings = [each.value for each in CustomerClass], ["", *map(str, Binding)]
    classes = ["", *(each.value for each in ServiceClass)]
    item = np.where(is_service, place, SERVICE_LINES + rng.integers(PRODUCTS, size=count))
    keys = {
        "month": (month, months),
        "kind": (is_service, ["product", "service"]),
        "binding": (is_service * rng.integers(1, 3, count), bindings),
        "customer_class": (rng.integers(3, size=count), customers),
        "service_class": (is_service * (place % 5 + 1), classes),
        "service_line": (is_service * (place + 1), services),
        "recurring": (is_service & (place % 2 == 0), ["no", "yes"]),
        "currency": (np.zeros(count), ["EUR"]),
        "site": (rng.integers(2, size=count), ["north", "south"]),
    }
    combination, combinations = _numbered(keys)
    columns = {
        "combination": combination,
        "document": pa.array([f"INV-{each // 5}" for each in number.tolist()]),
        "line": pa.array([str(each % 5 + 1) for each in number.tolist()]),
        "date": _coded(month, [f"{each}-15" for each in months]),
        "customer": pa.array([f"customer-{n}" for n in rng.integers(5_000, size=count).tolist()]),
        "item": _coded(item, [f"item-{each}" for each in range(200)]),
        "machine": pa.array([f"machine-{n}" for n in rng.integers(10_000, size=count).tolist()]),
        "bundle": pa.array([""] * count),
        "amount": pa.array(amount),
        "cost": pa.array(amount // 10 * 6),
    }
    table = pa.table(columns, schema=revenue_schema())
    with pq.ParquetWriter(path, table.schema, compression="zstd") as writer:
        writer.write_table(table, row_group_size=BATCH_LINES)
        writer.add_key_value_metadata(footer(combinations))


def _numbered(
    keys: dict[str, tuple[np.ndarray, list[str]]],
) -> tuple[pa.Array, list[tuple[str, ...]]]:
    """Return each line's combination, and what the combinations are."""
    sizes = [len(words) for _, words in keys.values()]
    places = [each.astype(np.int64) for each, _ in keys.values()]
    found, numbers = np.unique(np.ravel_multi_index(places, sizes), return_inverse=True)
    listed = [each.tolist() for each in np.unravel_index(found, sizes)]
    words = [[of[at] for at in each] for (_, of), each in zip(keys.values(), listed, strict=True)]
    return pa.array(numbers.astype(np.int32)), list(zip(*words, strict=True))


def _coded(places: np.ndarray, words: list[str]) -> pa.Array:
    return pa.array(words).take(pa.array(places))


def elapsed_s(path: Path, count: int) -> float:
    """Compute the dashboard in a new process; return how long it took."""
    command = [sys.executable, "-c", PROGRAM, str(path)]
    said = subprocess.run(command, capture_output=True, check=True, text=True).stdout.split()
    assert [int(each) for each in said[1:2]] == [count], said
    assert int(said[2]) > 1_000
    assert int(said[3]) == SERVICE_LINES
    return float(said[0])


def measure() -> list[Promise]:
    """Write the lines once, and ask in fresh processes."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "lines.parquet"
        write_lines(path, LINES)
        taken = [elapsed_s(path, LINES) for _ in range(ROUNDS)]
    return [Promise.at_most("servitization_1m_lines", statistics.median(taken), "s", LIMIT_S)]
