"""Case 30: many workers and kills make one document for each period, and numbers without a gap."""

import os
import random
import signal
import subprocess
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from lineshaft.core.period import US_PER_DAY
from lineshaft.infrastructure.clock import RandomIds, SystemClock
from lineshaft.infrastructure.database import Database
from lineshaft.services.billing.model import DocumentQuery, IssuedDocument
from tests import lean
from tests.services.billing.examples import PERIOD
from tests.services.billing.issuer import POINTS
from tests.services.billing.test_service import days_after
from tests.services.contracts.examples import contract
from tests.services.hub import FINANCE, Hub, build_hub

WORKERS = 6
PERIODS = 4
BUSY_MS = 10_000
REPOSITORY = Path(__file__).parents[3]


@pytest.fixture
def build(database_url: str, tmp_path: Path) -> Callable[[], Hub]:
    """Build another hub over the same database, as another process would."""

    def build_one() -> Hub:
        database = Database(database_url, busy_ms=BUSY_MS)
        return build_hub(database, tmp_path / "keys", lambda: RandomIds(SystemClock()))

    return build_one


def test_six_workers_make_one_document_for_each_period(build: Callable[[], Hub]) -> None:
    first = build()
    first.activated(contract())
    hubs = [first, *(build() for _ in range(WORKERS - 1))]
    together = threading.Barrier(WORKERS)

    def work(worker: int) -> list[IssuedDocument]:
        hub = hubs[worker]
        hub.clock.advance(PERIODS * US_PER_DAY)
        periods = [days_after(day) for day in range(PERIODS)]
        random.Random(worker // 2).shuffle(periods)
        together.wait()
        return [hub.billing.issue(FINANCE, "c-1001", period) for period in periods]

    with ThreadPoolExecutor(WORKERS) as pool:
        answers = list(pool.map(work, range(WORKERS)))
    by_period = {(issued.period, issued.file) for answer in answers for issued in answer}
    assert len(by_period) == PERIODS
    numbers = sorted(head.number for head in first.billing.documents(FINANCE, DocumentQuery()))
    assert numbers == [f"NM-2017-{n + 1:06d}" for n in range(PERIODS)]
    receivables = first.billing.trial_balance(FINANCE)[0]
    assert str(receivables.debit) == "1070.16 EUR"
    for hub in hubs:
        hub.database.close()


@pytest.mark.crash
@pytest.mark.timeout(120)
def test_a_kill_between_number_and_commit_leaves_no_gap(
    build: Callable[[], Hub], database_url: str, tmp_path: Path
) -> None:
    hub = build()
    hub.activated(contract())
    for point in POINTS:
        arguments = [database_url, str(tmp_path / "keys"), point]
        command = lean.command("tests.services.billing.issuer", *arguments)
        with subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True) as issuer:
            assert issuer.stdout is not None
            assert issuer.stdout.readline().strip() == point
            os.kill(issuer.pid, signal.SIGKILL)
        assert issuer.returncode == -signal.SIGKILL
        assert hub.billing.documents(FINANCE, DocumentQuery()) == []
        assert hub.billing.trial_balance(FINANCE) == []
    assert hub.billing.issue(FINANCE, "c-1001", PERIOD).number == "NM-2017-000001"
    hub.database.close()
