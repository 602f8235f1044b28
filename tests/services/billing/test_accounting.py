"""What the ledger says, and the recognition of a month, over a real database."""

from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from lineshaft.core.errors import Forbidden, Invalid
from lineshaft.core.pages import PageRequest
from lineshaft.core.period import US_PER_DAY, Instant, Period, parse_instant
from lineshaft.services.billing.accounting import api
from lineshaft.services.billing.accounting import store as store_module
from lineshaft.services.billing.accounting.errors import MonthNotOver
from lineshaft.services.billing.accounting.model import (
    Grouping,
    RevenueQuery,
)
from lineshaft.services.billing.accounting.service import Ledger, LedgerParts
from lineshaft.services.billing.accounting.store import SqlLedgerStore
from lineshaft.services.billing.issuing import Issuer, first_draft
from lineshaft.services.billing.model import IssuedDocument
from lineshaft.web import problems
from tests.services.billing.examples import PERIOD
from tests.services.billing.test_api import actor_of
from tests.services.billing.test_receivables import DAY, NUMBER, euros, receivables
from tests.services.billing.test_recognition import QUARTER, quarterly, rated
from tests.services.billing.test_service import days_after
from tests.services.contracts.examples import contract
from tests.services.hub import CUSTOMER, FINANCE, Hub

REVENUE = "revenue:machining-as-a-service"


def ledger(hub: Hub) -> Ledger:
    return Ledger(
        LedgerParts(
            database=hub.database,
            store=SqlLedgerStore(),
            postings=hub.parts.store,
            authorizer=hub.authorizer,
            audit=hub.audit,
            clock=hub.clock,
            ids=hub.parts.ids,
        )
    )


def in_advance(hub: Hub, id_: str, at: str = "2026-02-10T00:00:00Z") -> IssuedDocument:
    """Issue the document of a quarter in its middle: 300.00 a month for two machines."""
    of = quarterly("300.00", id=id_, machines=["mill01", "mill02"])
    until(hub, at)
    draft = first_draft(rated(of, used=0))
    with hub.database.unit_of_work() as unit:
        (issued,) = Issuer(hub.parts).write(unit, FINANCE, [draft])
    return issued


def until(hub: Hub, text: str) -> None:
    hub.clock.advance(parse_instant(text) - hub.clock.now())


def balances(hub: Hub, *at: Any) -> dict[str, str]:
    found = hub.billing.trial_balance(FINANCE, *at)
    return {each.account: str(each.debit + -each.credit) for each in found}


@pytest.mark.both_engines
def test_a_month_is_recognised_once_and_when_it_is_over(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_module, "RECOGNISED_PAGE_MAX", 2)
    books = ledger(hub)
    for number in range(3):
        in_advance(hub, f"c-{number}")
    assert balances(hub)["contract_liability:c-0"] == "-590.00 EUR"
    with pytest.raises(MonthNotOver, match="2026-02"):
        books.recognise(FINANCE, "2026-02")
    until(hub, "2026-03-02T00:00:00Z")
    told: list[tuple[str, int, int]] = []
    assert books.recognise(FINANCE, "2026-02", lambda *each: told.append(each)).documents == 3
    assert told == [("recognising 2026-02", 2, 3), ("recognising 2026-02", 3, 3)]
    assert books.recognise(FINANCE, "2026-02").documents == 0
    assert books.recognise(FINANCE, "2026-01").documents == 0
    now = balances(hub)
    assert (now["contract_liability:c-0"], now[REVENUE]) == ("-310.00 EUR", "-1770.00 EUR")
    known = Instant(hub.clock.now() - 1)
    assert balances(hub, None, known)["contract_liability:c-0"] == "-590.00 EUR"
    before = parse_instant("2026-01-31T23:00:00Z")
    assert balances(hub, before)[REVENUE] == "-930.00 EUR"
    for bad, error in (("2026-13", Invalid), ("2026-03", MonthNotOver)):
        with pytest.raises(error):
            books.recognise(FINANCE, bad)
    for refused in (books.recognise, books.revenue):
        with pytest.raises(Forbidden):
            refused(CUSTOMER, "2026-02")  # type: ignore[operator]


@pytest.mark.both_engines
def test_revenue_by_what_and_the_lines_behind_it(hub: Hub) -> None:
    books = ledger(hub)
    in_advance(hub, "c-1")
    in_advance(hub, "c-2")
    rows = books.revenue(FINANCE, Grouping.MONTH)
    assert [(row.key, str(row.recognised), str(row.deferred)) for row in rows.items] == [
        ("2026-01", "620.00 EUR", "0.00 EUR"),
        ("2026-02", "0.00 EUR", "560.00 EUR"),
        ("2026-03", "0.00 EUR", "620.00 EUR"),
    ]
    by_machine = books.revenue(FINANCE, Grouping.MACHINE, RevenueQuery(contract="c-1"))
    assert [(row.key, str(row.recognised)) for row in by_machine.items] == [
        ("mill01", "155.00 EUR"),
        ("mill02", "155.00 EUR"),
    ]
    first = books.revenue(FINANCE, Grouping.CONTRACT, page=PageRequest(1))
    following = PageRequest(1, first.next or "")
    second = books.revenue(FINANCE, Grouping.CONTRACT, page=following)
    assert second.next is None
    assert [row.key for row in (*first.items, *second.items)] == ["c-1", "c-2"]
    assert len(books.revenue(FINANCE, Grouping.OFFERING).items) == 1
    query = RevenueQuery(
        offering="machining-as-a-service",
        machine="mill01",
        first_month="2026-02",
        last_month="2026-02",
    )
    lines = books.lines(FINANCE, query, PageRequest(1))
    rest = books.lines(FINANCE, query, PageRequest(1, lines.next or ""))
    assert [
        (line.line, str(line.amount), line.is_recognised) for line in (*lines.items, *rest.items)
    ] == [
        ("base-fee", "140.00 EUR", False),
        ("base-fee", "140.00 EUR", False),
    ]


@pytest.mark.both_engines
def test_statements_ages_and_tax(hub: Hub) -> None:
    hub.activated(contract())
    hub.clock.advance(2 * US_PER_DAY)
    for day in range(2):
        hub.clock.advance(1)
        hub.billing.issue(FINANCE, "c-1001", days_after(day))
    hub.clock.advance(45 * US_PER_DAY)
    receivables(hub).record_payment(FINANCE, NUMBER, euros("67.54"), DAY, "bank-1")
    books, account = ledger(hub), "receivables:riverside-parts"
    first = books.statement(FINANCE, account, "EUR", PageRequest(2))
    rest = books.statement(FINANCE, account, "EUR", PageRequest(2, first.next or ""))
    second = first.items[1].amount
    assert [str(row.balance) for row in (*first.items, *rest.items)] == [
        "267.54 EUR",
        str(euros("267.54") + second),
        str(euros("200.00") + second),
    ]
    assert (rest.items[0].reason, rest.items[0].reference) == ("payment", "bank-1")
    [aged] = books.receivables(FINANCE).items
    assert [str(each) for each in aged.open] == [
        "0.00 EUR",
        str(euros("200.00") + second),
        "0.00 EUR",
        "0.00 EUR",
    ]
    [tax] = books.vat(FINANCE, PERIOD)
    assert (tax.vat, str(tax.base), str(tax.tax)) == ("S-19", "224.82 EUR", "42.72 EUR")
    empty = Period(QUARTER.start, QUARTER.end)
    assert books.vat(FINANCE, empty) == []


async def test_lists_leave_as_json_pages_and_as_files(hub: Hub) -> None:
    in_advance(hub, "c-1")
    app = FastAPI()
    problems.answer_with_problems(app)
    app.include_router(api.router(ledger(hub), hub.billing, actor_of))
    headers = {"authorization": f"Bearer {FINANCE.name}"}
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(
        transport=transport, base_url="http://hub.test", headers=headers
    ) as client:

        async def ask(path: str, **options: Any) -> httpx.Response:
            return await client.get(f"{api.LEDGER}/{path}", **options)

        first = (await ask("trial-balance?size=2")).json()
        rest = (await ask("trial-balance", params={"after": first["next"]})).json()
        found = {row["account"]: row["balance"] for row in first["trial_balance"]}
        found |= {row["account"]: row["balance"] for row in rest["trial_balance"]}
        assert (found["contract_liability:c-1"], rest["next"]) == ("-590.00", None)
        before = (await ask("trial-balance?before=2025-01-01T00:00:00Z")).json()
        assert before["trial_balance"] == []
        lines = (await ask("revenue/lines?contract=c-1&first_month=2026-03")).json()["lines"]
        assert [(row["machine"], row["amount"]) for row in lines] == [
            ("mill01", "155.00"),
            ("mill02", "155.00"),
        ]
        file = await ask("revenue?by=machine", headers={"accept": "text/csv"})
        assert file.text.splitlines()[1] == "mill01,EUR,155.00,295.00"
        tax = "vat?start=2025-12-31T23:00:00Z&end=2026-12-31T23:00:00Z"
        assert (await ask(tax)).json()["vat"][0]["tax"] == "171.00"
        ages = (await ask("receivables")).json()["receivables"]
        assert ages[0]["open"] == "1071.00"
        account = "accounts/receivables:riverside-parts?currency=EUR"
        assert (await ask(account)).json()["statement"][0]["balance"] == "1071.00"
        done = await client.put(f"{api.LEDGER}/recognitions/2026-01")
        assert done.json() == {"month": "2026-01", "documents": 0}
        for path, status in (("revenue?first_month=x", 422), ("revenue?size=501", 422)):
            assert (await ask(path)).status_code == status
        stranger = {"authorization": f"Bearer {CUSTOMER.name}"}
        assert (await ask("vat", headers=stranger)).status_code == 422
        assert (await ask("revenue", headers=stranger)).status_code == 403
