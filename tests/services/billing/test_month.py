"""The close of a month in bulk: the same documents as one by one, each once, whatever happens."""

import shutil
import threading
from pathlib import Path

import pytest

from bench import promise_late, promise_month_close
from bench.business import (
    BUSINESS_TERMS,
    DAY_US,
    SEGMENT_DAYS,
    SEGMENTS,
    START,
    Business,
    contract_on,
)
from lineshaft.bootstrap.application import Application, build
from lineshaft.core.clock import ManualClock
from lineshaft.core.errors import InvariantError
from lineshaft.core.month import Month
from lineshaft.core.period import Instant, Period
from lineshaft.infrastructure.settings import Settings
from lineshaft.security.authorisation.model import LOCAL_OPERATOR
from lineshaft.services.billing.model import DocumentQuery
from lineshaft.services.billing.month.model import Closed
from lineshaft.services.billing.month.service import BATCH_CONTRACTS_MAX, due_periods
from lineshaft.services.contracts.store import SqlContractStore
from tests.services.contracts.examples import CUTTING_TIME

APRIL = Month(2026, 4)
LAST_DAYS = Business(
    2, range(SEGMENTS - 1, SEGMENTS), start="2026-04-29T00:00:00Z", is_merged=False
)
"""Two plants, of which the last four days are stored; billed are the last two of the month."""
NOW = Instant(START + SEGMENT_DAYS * SEGMENTS * DAY_US)


@pytest.fixture(scope="module")
def received(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installation with contracts that nothing was billed on yet, some of them odd."""
    directory = tmp_path_factory.mktemp("business")
    application = LAST_DAYS.build(directory)
    store = SqlContractStore()
    odd = [
        contract_on("m00000", "m00009", billing_period="day", start="2026-04-29T00:00:00Z"),
        contract_on("silent", start="2026-04-30T12:00:00Z", invoice_series="ODD"),
        contract_on("later", start="2026-05-01T00:00:00Z"),
    ]
    with application.database.unit_of_work() as unit:
        for made in odd:
            store.add_contract(unit.connection, made, START)
            store.activate(unit.connection, made.id, 1, START)
    application.database.close()
    return directory


def opened(received: Path, directory: Path) -> Application:
    shutil.copytree(received, directory)
    return build(Settings(data_dir=directory), clock=ManualClock(NOW))


def files(application: Application) -> dict[str, bytes]:
    heads = application.billing.documents(LOCAL_OPERATOR, DocumentQuery())
    numbers = [head.number for head in heads]
    return {one: application.billing.document(LOCAL_OPERATOR, one).file for one in numbers}


def test_it_issues_the_documents_that_are_issued_one_by_one(received: Path, tmp_path: Path) -> None:
    one_by_one, at_once = (opened(received, tmp_path / name) for name in ("one", "all"))
    (ids,) = at_once.months.batches(LOCAL_OPERATOR)
    for id_ in ids:
        bound = one_by_one.contracts.bound(LOCAL_OPERATOR, [id_])[id_]
        for contract, period in due_periods(bound, APRIL):
            one_by_one.billing.issue(LOCAL_OPERATOR, contract.id, period)
    half = at_once.months.close(LOCAL_OPERATOR, APRIL, ids[:9])
    # killed there and begun again: what is issued is found, the rest is issued
    rest = at_once.months.close(LOCAL_OPERATOR, APRIL, ids)
    assert half == Closed(issued=9)
    assert rest == Closed(issued=10, found=9)
    expected = files(one_by_one)
    assert len(expected) == 19
    assert files(at_once) == expected
    at_once.billing.trial_balance(LOCAL_OPERATOR)


def test_two_that_close_at_once_share_the_work(received: Path, tmp_path: Path) -> None:
    first = opened(received, tmp_path / "both")
    second = build(first.settings, clock=ManualClock(NOW))
    (ids,) = first.months.batches(LOCAL_OPERATOR)
    done: list[Closed] = []

    def close(application: Application) -> None:
        done.append(application.months.close(LOCAL_OPERATOR, APRIL, ids[:10]))

    threads = [threading.Thread(target=close, args=(one,)) for one in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [one.issued + one.found for one in done] == [10, 10]
    assert sum(one.issued for one in done) == 10
    assert sorted(files(first)) == [f"NM-2026-{number:06d}" for number in range(1, 11)]


def test_what_cannot_be_billed_is_left_and_holds_up_nobody(received: Path, tmp_path: Path) -> None:
    application = opened(received, tmp_path / "left")
    day = Period(Instant(START + 28 * DAY_US), Instant(START + 29 * DAY_US))
    application.billing.issue(LOCAL_OPERATOR, "c-m00003", day)
    closed = application.months.close(LOCAL_OPERATOR, APRIL, ["c-m00003", "c-m00004"])
    assert (closed.issued, closed.found) == (1, 0)
    (left,) = closed.left
    assert left.contract == "c-m00003"
    assert "PeriodOverlaps" in left.reason
    (left,) = application.months.close(LOCAL_OPERATOR, Month(2026, 5), ["c-m00004"]).left
    assert "PeriodNotOver" in left.reason


def test_what_is_too_incomplete_to_be_billed_is_left(received: Path, tmp_path: Path) -> None:
    application = opened(received, tmp_path / "incomplete")
    price = CUTTING_TIME | {"meter": CUTTING_TIME["meter"] | {"completeness_min": "90"}}
    made = contract_on("dark", terms=BUSINESS_TERMS | {"usage_prices": [price]})
    store = SqlContractStore()
    with application.database.unit_of_work() as unit:
        store.add_contract(unit.connection, made, START)
        store.activate(unit.connection, made.id, 1, START)
    (left,) = application.months.close(LOCAL_OPERATOR, APRIL, [made.id]).left
    assert "PeriodIncomplete" in left.reason


def test_a_batch_has_a_maximum(received: Path, tmp_path: Path) -> None:
    application = opened(received, tmp_path / "most")
    with pytest.raises(InvariantError, match="at most 250"):
        application.months.close(LOCAL_OPERATOR, APRIL, ["c"] * (BATCH_CONTRACTS_MAX + 1))


def test_each_version_bills_up_to_where_the_next_begins() -> None:
    first = contract_on("m1", start="2026-01-01T00:00:00Z")
    second = contract_on("m1", start="2026-04-11T00:00:00Z", version=2, end="2026-04-21T00:00:00Z")
    found = [(one.version, str(period)) for one, period in due_periods([first, second], APRIL)]
    assert found == [
        (2, "2026-04-11T00:00:00Z/2026-04-21T00:00:00Z"),
        (1, "2026-04-01T00:00:00Z/2026-04-11T00:00:00Z"),
    ]


def test_a_period_is_billed_whole_in_the_month_in_which_it_ends() -> None:
    made = contract_on("m1", start="2026-03-20T00:00:00Z", anchor_day=15)
    assert [str(period) for _, period in due_periods([made], APRIL)] == [
        "2026-03-20T00:00:00Z/2026-04-15T00:00:00Z"
    ]
    assert [str(period) for _, period in due_periods([made], Month(2026, 5))] == [
        "2026-04-15T00:00:00Z/2026-05-15T00:00:00Z"
    ]


@pytest.mark.engine
@pytest.mark.timeout(30)
def test_the_command_closes_the_month_on_two_processes(
    received: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A slice of the bench, with its checks: four batches for the two."""
    application = opened(received, tmp_path / "command")
    monkeypatch.setattr("lineshaft.services.billing.month.service.BATCH_CONTRACTS_MAX", 5)
    assert len(application.months.batches(LOCAL_OPERATOR)) == 4
    application.database.close()
    promise_month_close.closed(tmp_path / "command")


def test_a_late_reading_becomes_a_document(tmp_path: Path) -> None:
    """A slice of the bench, with its checks: the last four days are missing when it is billed."""
    cut_off = range(SEGMENTS - 2, SEGMENTS - 1)
    business = Business(1, cut_off, start="2026-04-26T00:00:00Z", is_merged=False)
    assert len(promise_late.corrected(tmp_path, business, rounds=1)) == 1
