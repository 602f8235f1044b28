"""The close of a month: 10,000 contracts on 10,000 machines, from readings to signed documents.

Each machine has 720 hourly counter readings and 200 changes of state in the month; each contract
has three lines and a guarantee. `lineshaft invoice month` runs as anybody runs it, from its start
to its end: it meters, rates, numbers, signs, posts and freezes each document in the database.
"""

import json
import random
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from bench.business import MACHINES_PER_PLANT, MONTH, Business
from bench.records import Promise
from lineshaft.services.billing.document import decode_file, recompute

NAMES = ("month_close",)
LIMIT_S = 60.0
PLANTS = 1_250
PROCESSES = 2
RECOMPUTED = 50
SEED = 4


def measure() -> list[Promise]:
    """Close the month once; check numbers, ledger and some documents."""
    with tempfile.TemporaryDirectory(prefix="lineshaft-bench-") as name:
        directory = Path(name)
        Business(PLANTS).build(directory).database.close()
        elapsed_s = closed(directory)
        check(directory, PLANTS * MACHINES_PER_PLANT)
    return [Promise.at_most("month_close", elapsed_s, "s", LIMIT_S)]


def closed(directory: Path, processes: int = PROCESSES) -> float:
    """Run the command, and return how long it took."""
    command: Sequence[str] = (
        *(sys.executable, "-m", "lineshaft.cli", "invoice", "month", MONTH),
        *("--data", str(directory), "--processes", str(processes), "--json"),
    )
    began_s = time.perf_counter()
    run = subprocess.run(command, check=True, capture_output=True, text=True)
    elapsed_s = time.perf_counter() - began_s
    said = json.loads(run.stdout)
    assert not said["left"], said["left"][:3]
    return elapsed_s


def check(directory: Path, contracts: int) -> None:
    """Check that each contract has one document, numbers have no gap and the ledger balances.

    Some documents are computed again from what they say themselves.
    """
    database = sqlite3.connect(directory / "hub.sqlite")
    ((count, owners, first, last),) = database.execute(
        "SELECT count(*), count(DISTINCT contract), min(position), max(position) "
        "FROM billing_document"
    )
    assert (count, owners, first, last) == (contracts, contracts, 1, contracts)
    ((posted, balance),) = database.execute(
        'SELECT count(DISTINCT "transaction"), sum(amount_minor) FROM ledger_entry'
    )
    assert posted >= contracts
    assert balance == 0
    positions = random.Random(SEED).sample(range(1, contracts + 1), min(RECOMPUTED, contracts))
    for position in positions:
        query = "SELECT file FROM billing_document WHERE position = ?"
        ((file,),) = database.execute(query, (position,))
        document = decode_file(file).document
        assert len(document["lines"]) >= 3
        assert recompute(document) == document
    database.close()
