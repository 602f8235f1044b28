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
from msgspec.structs import replace

from lineshaft.core.period import US_PER_DAY
from lineshaft.infrastructure.clock import RandomIds, SystemClock
from lineshaft.infrastructure.database import Database
from lineshaft.services.billing.model import Correction, DocumentQuery, IssuedDocument
from lineshaft.services.billing.service import Billing
from tests import lean
from tests.services.billing.examples import PERIOD, plain_contract
from tests.services.billing.issuer import CORRECTION_POINTS, POINTS
from tests.services.billing.late import STEP_US, TIERS, LateUsage
from tests.services.billing.test_service import days_after
from tests.services.contracts.examples import GUARANTEE, contract, terms
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


@pytest.mark.both_engines
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


def test_six_workers_make_one_correction(build: Callable[[], Hub]) -> None:
    """Each knows what came late since another instant: whoever is first, there is one document."""
    hubs = [build() for _ in range(WORKERS)]
    usage = LateUsage(hubs[0].activated(plain_contract(TIERS)))
    usage.learn(PERIOD, PERIOD.start, 900)
    workers = [Billing(replace(hub.parts, metering=usage)) for hub in hubs]
    workers[0].issue(FINANCE, "c-1001", PERIOD)
    usage.learn(PERIOD, hubs[0].clock.now(), 1100)
    together = threading.Barrier(WORKERS)

    def work(worker: int) -> Correction:
        hubs[worker].clock.advance((1 + worker % 3) * STEP_US)
        together.wait()
        return workers[worker].correct(FINANCE, "c-1001", PERIOD)

    with ThreadPoolExecutor(WORKERS) as pool:
        answers = list(pool.map(work, range(WORKERS)))
    assert sum(answer.is_new for answer in answers) == 1
    assert {answer.document.number for answer in answers} == {"NM-2017-000002"}
    assert len(workers[0].documents(FINANCE, DocumentQuery())) == 2
    receivables = workers[0].trial_balance(FINANCE)[0]
    assert str(receivables.debit) == "128.52 EUR"
    for hub in hubs:
        hub.database.close()


@pytest.mark.both_engines
@pytest.mark.crash
@pytest.mark.timeout(120)
def test_a_kill_between_number_and_commit_leaves_no_gap(
    build: Callable[[], Hub], database_url: str, tmp_path: Path
) -> None:
    hub = build()
    hub.activated(contract())
    for point in POINTS:
        kill_at(database_url, str(tmp_path / "keys"), point)
        assert hub.billing.documents(FINANCE, DocumentQuery()) == []
        assert hub.billing.trial_balance(FINANCE) == []
    assert hub.billing.issue(FINANCE, "c-1001", PERIOD).number == "NM-2017-000001"
    hub.database.close()


@pytest.mark.crash
@pytest.mark.timeout(120)
def test_a_kill_within_a_correction_leaves_nothing_of_it(
    build: Callable[[], Hub], database_url: str, tmp_path: Path
) -> None:
    hub = build()
    hub.activated(contract())
    first = hub.billing.issue(FINANCE, "c-1001", PERIOD)
    classes = GUARANTEE["classes"] | {"INTERRUPTED": "down_customer"}
    agreed = terms(guarantee=GUARANTEE | {"classes": classes})
    hub.activated(contract(version=2, terms=agreed))
    balance = hub.billing.trial_balance(FINANCE)
    for point in CORRECTION_POINTS:
        kill_at(database_url, str(tmp_path / "keys"), point, "correct")
        assert hub.billing.of_period(FINANCE, first.number) == [first]
        assert hub.billing.trial_balance(FINANCE) == balance
    hub.clock.advance(STEP_US)
    corrected = hub.billing.correct(FINANCE, "c-1001", PERIOD)
    assert (corrected.is_new, corrected.document.number) == (True, "NM-2017-000002")
    hub.database.close()


def kill_at(url: str, keys: str, *task: str) -> None:
    """Start another process on the task, and kill it at the point of the store that it names."""
    command = lean.command("tests.services.billing.issuer", url, keys, *task)
    with subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True) as issuer:
        assert issuer.stdout is not None
        assert issuer.stdout.readline().strip() == task[0]
        os.kill(issuer.pid, signal.SIGKILL)
    assert issuer.returncode == -signal.SIGKILL
