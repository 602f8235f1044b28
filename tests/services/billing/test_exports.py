"""The ledger as CSV and as text for beancount."""

import csv
import io
from decimal import Decimal

import pytest

from lineshaft.core.errors import Forbidden
from lineshaft.core.period import US_PER_DAY
from lineshaft.services.billing import service
from lineshaft.services.billing.exports import (
    CSV_COLUMNS,
    account_name,
    ledger_beancount,
    ledger_csv,
)
from lineshaft.services.billing.model import Account, AccountKind
from tests.services.billing.examples import PERIOD
from tests.services.billing.test_receivables import DAY, NUMBER, euros, receivables
from tests.services.billing.test_service import days_after
from tests.services.contracts.examples import contract
from tests.services.hub import CUSTOMER, FINANCE, Hub


def booked(hub: Hub) -> None:
    hub.activated(contract())
    hub.billing.issue(FINANCE, "c-1001", PERIOD)
    hub.clock.advance(1)
    receivables(hub).record_payment(FINANCE, NUMBER, euros("267.54"), DAY, "=1+1")


def test_each_entry_is_a_row_and_both_sides_are_equal(hub: Hub) -> None:
    booked(hub)
    rows = list(csv.DictReader(io.StringIO(ledger_csv(hub.billing.transactions(FINANCE)))))
    assert tuple(rows[0]) == CSV_COLUMNS
    sides = [sum(Decimal(row[side] or 0) for row in rows) for side in ("debit", "credit")]
    assert sides[0] == sides[1] == Decimal("545.08")
    assert [row["account"] for row in rows[-2:]] == ["bank", "receivables:riverside-parts"]
    assert rows[-1]["reference"] == "'=1+1"


def test_beancount_opens_each_account_and_each_transaction_sums_to_zero(hub: Hub) -> None:
    booked(hub)
    opens, *blocks = ledger_beancount(hub.billing.transactions(FINANCE)).strip().split("\n\n")
    assert opens.splitlines()[0] == "2017-06-24 open Assets:Bank"
    assert len(opens.splitlines()) == 5
    for block in blocks:
        amounts = [Decimal(line.split()[1]) for line in block.splitlines()[2:]]
        assert sum(amounts) == 0
    assert blocks[0].splitlines()[2] == "  Assets:Receivables:Riverside-parts  267.54 EUR"


def test_an_empty_ledger_is_empty(hub: Hub) -> None:
    assert hub.billing.transactions(FINANCE) == []
    assert ledger_beancount([]) == ""
    assert ledger_csv([]).strip() == ",".join(CSV_COLUMNS)


def test_names_of_accounts_begin_with_a_letter_or_digit() -> None:
    assert account_name(Account(AccountKind.VAT_PAYABLE, "S-19")) == "Liabilities:VatPayable:S-19"
    assert all(account_name(Account(kind)) for kind in AccountKind)
    odd = Account(AccountKind.RECEIVABLES, "_a.b")
    assert account_name(odd) == "Assets:Receivables:X-a-b"


@pytest.mark.both_engines
def test_transactions_come_in_pages(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "TRANSACTIONS_PAGE_MAX", 2)
    hub.activated(contract())
    hub.clock.advance(3 * US_PER_DAY)
    for day in range(3):
        hub.billing.issue(FINANCE, "c-1001", days_after(day))
    first = hub.billing.transactions(FINANCE)
    second = hub.billing.transactions(FINANCE, first[-1].id)
    assert (len(first), len(second)) == (2, 1)
    assert {each.document for each in (*first, *second)} == {
        f"NM-2017-{number:06d}" for number in (1, 2, 3)
    }
    with pytest.raises(Forbidden):
        hub.billing.transactions(CUSTOMER)
