"""What is owed: every open document with its age, the reminder that is due, and disputes."""

from collections.abc import Iterable, Mapping
from fractions import Fraction
from itertools import pairwise

from fastapi import Request

from lineshaft.core.money import Money
from lineshaft.services.billing.receivables.model import Claim
from lineshaft.web import format as form
from lineshaft.web.components import (
    Column,
    Row,
    empty_state,
    facts,
    page_head,
    pages,
    panel,
    sheets,
    table,
)
from lineshaft.web.documents import states_of
from lineshaft.web.layout import show, title
from lineshaft.web.markup import Child, Html, tag
from lineshaft.web.pages.contracts.names import contract_names
from lineshaft.web.pages.finance.tabs import tabs
from lineshaft.web.session import Preferences, Visit

PATH = "/finance/receivables"
PERIODS_PER_PAGE = 100
AGES = (0, 30, 60, 90)
"""Days overdue, up to which an age goes; what is older is the last."""


async def build(visit: Visit, request: Request) -> None:
    """Show a page of what is open."""
    title(visit, visit.say("finance.receivables"))
    after = request.query_params.get("after", "")
    receivables = visit.application.receivables
    page = await visit.ask(receivables.open_claims, after or None, PERIODS_PER_PAGE)
    show(
        page_head(
            visit.say("finance.receivables"),
            lead=visit.say("finance.receivables_lead"),
            beside=tabs(visit, "finance.receivables"),
        )
    )
    if page.claims:
        show(panel(visit.say("finance.ages"), tag("div", _ages(visit, page.claims), class_="part")))
        files = sheets("/files/finance/receivables")
        names = await contract_names(visit, (each.document.contract for each in page.claims))
        content = _table(visit, page.claims, names)
        show(panel(visit.say("finance.open_documents"), content, beside=files, is_flush=True))
    else:
        nothing = visit.say("finance.nothing_open.title"), visit.say("finance.nothing_open.text")
        show(empty_state(*nothing), "panel")
    show(pages(visit, PATH, {"after": after}, page.next))


def age_of(claim: Claim) -> int:
    """Return the place of a claim's age: 0 while nothing is overdue, then by `AGES`."""
    return sum(claim.overdue_days > days for days in AGES)


def _ages(visit: Visit, claims: Iterable[Claim]) -> Html:
    """Add up what is open by age, each currency for itself; what is disputed is not due."""
    sums: dict[tuple[int, str], Fraction] = {}
    for claim in claims:
        for age, amount in ((age_of(claim), claim.undisputed), (0, claim.disputed)):
            if amount.as_fraction():
                key = (age, amount.currency)
                sums[key] = sums.get(key, Fraction(0)) + amount.as_fraction()
    names = age_names(visit)
    pairs: list[tuple[str, Child]] = [
        (names[age], tag("span", form.money(Money.rounded(amount, currency)), class_="big"))
        for (age, currency), amount in sorted(sums.items())
    ]
    return facts(pairs)


def age_names(reader: Preferences) -> list[str]:
    """Return what the ages are called, in order."""
    between = pairwise(AGES)
    middle = [reader.say("finance.age", since=low + 1, until=high) for low, high in between]
    return [reader.say("finance.not_due"), *middle, reader.say("finance.older", days=AGES[-1])]


def _table(visit: Visit, claims: Iterable[Claim], names: Mapping[str, str]) -> Html:
    columns = [
        Column(visit.say("invoices.number")),
        Column(visit.say("finance.contract")),
        Column(visit.say("payment.due")),
        Column(visit.say("payment.state")),
        Column(visit.say("payment.open"), is_number=True),
    ]
    rows = [_row(visit, each, names) for each in claims]
    return table(visit.say("finance.receivables"), columns, rows)


def _row(visit: Visit, claim: Claim, names: Mapping[str, str]) -> Row:
    head = claim.document
    due: list[Child] = ["" if claim.due_on is None else form.date(claim.due_on, visit.language)]
    if claim.overdue_days:
        text = visit.say("finance.overdue_by", days=claim.overdue_days)
        due.append(tag("div", text, class_="soft"))
    return Row(
        [
            tag("a", head.number, href=f"/invoices/{head.number}"),
            tag("a", names[head.contract], href=f"/contracts/{head.contract}"),
            due,
            states_of(visit, claim),
            tag("strong", form.money(claim.open)),
        ]
    )
