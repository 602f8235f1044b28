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
from lineshaft.valuechain.servitization.service import BATCH_LINES, revenue_schema

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


def lines(count: int) -> pa.Table:
    """Return seeded lines, five to a document, as `keep` writes them."""
    rng = np.random.default_rng(SEED)
    number = np.arange(count)
    month = rng.integers(MONTHS, size=count)
    is_service = rng.random(count) < 0.4
    place = np.where(is_service, rng.integers(SERVICE_LINES, size=count), 0)
    amount = rng.integers(100, 10_000_000, count) * 10_000
    months = [f"{2024 + each // 12}-{each % 12 + 1:02}" for each in range(MONTHS)]
    services = ["", *(f"service-{each}" for each in range(SERVICE_LINES))]
    customers, bindings = [each.value for each in CustomerClass], ["", *Binding]
    classes = ["", *(each.value for each in ServiceClass)]
    item = np.where(is_service, place, SERVICE_LINES + rng.integers(PRODUCTS, size=count))
    columns = {
        "month": _coded(month, months),
        "kind": _coded(is_service, ["product", "service"]),
        "binding": _coded(is_service * rng.integers(1, 3, count), list(map(str, bindings))),
        "customer_class": _coded(rng.integers(3, size=count), customers),
        "service_class": _coded(is_service * (place % 5 + 1), classes),
        "service_line": _coded(is_service * (place + 1), services),
        "recurring": _coded(is_service & (place % 2 == 0), ["no", "yes"]),
        "currency": _coded(np.zeros(count), ["EUR"]),
        "site": _coded(rng.integers(2, size=count), ["north", "south"]),
        "document": pa.array([f"INV-{each // 5}" for each in number.tolist()]),
        "line": pa.array([str(each % 5 + 1) for each in number.tolist()]),
        "date": _coded(month, [f"{each}-15" for each in months]).cast(pa.string()),
        "customer": pa.array([f"customer-{n}" for n in rng.integers(5_000, size=count).tolist()]),
        "item": _coded(item, [f"item-{each}" for each in range(200)]).cast(pa.string()),
        "machine": pa.array([f"machine-{n}" for n in rng.integers(10_000, size=count).tolist()]),
        "bundle": pa.array([""] * count),
        "amount": pa.array(amount),
        "cost": pa.array(amount // 10 * 6),
    }
    return pa.table(columns, schema=revenue_schema())


def _coded(places: np.ndarray, words: list[str]) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array(places.astype(np.int32)), pa.array(words))


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
        pq.write_table(lines(LINES), path, row_group_size=BATCH_LINES, compression="zstd")
        taken = [elapsed_s(path, LINES) for _ in range(ROUNDS)]
    return [Promise.at_most("servitization_1m_lines", statistics.median(taken), "s", LIMIT_S)]
