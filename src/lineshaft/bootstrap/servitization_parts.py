"""What Lineshaft itself has billed, as lines of revenue for servitization."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from lineshaft.core import canonical
from lineshaft.core.errors import NotFound
from lineshaft.core.period import day_start, zone_named
from lineshaft.security.authorisation.model import Actor
from lineshaft.services.billing.document import contract_of
from lineshaft.services.billing.lease_postings import finance_leases
from lineshaft.services.billing.model import DOCUMENTS_PAGE_MAX, DocumentQuery
from lineshaft.services.billing.recognition import Slice, schedule
from lineshaft.services.billing.service import Billing
from lineshaft.services.contracts.model import (
    BundlePrice,
    Classification,
    Contract,
    reigns_of,
)
from lineshaft.services.contracts.service import Contracts
from lineshaft.services.desk.model import EntryKind, Months, ProfitEntry
from lineshaft.services.desk.service import DesignDesk
from lineshaft.valuechain.servitization.model import RevenueLine, SoldKind
from lineshaft.valuechain.servitization.ports import Show

_NOTHING_SAID = Classification(None, None, None, None, None)


class HubRevenue:
    """The `BilledRevenue` of an installation.

    A line of a document is as many lines as it has months, machines and parts of a bundle: exactly
    what is recognised. Deposits and the instalments of finance leases are no revenue.
    """

    def __init__(self, billing: Billing, contracts: Contracts, design: DesignDesk) -> None:
        """Take the use cases; nothing is read before it is asked for."""
        self._billing = billing
        self._contracts = contracts
        self._design = design

    def lines(self, actor: Actor, show: Show) -> Sequence[RevenueLine]:
        """Return the slices of every document, and the costs that were recorded.

        Raises:
            TooMuchAtOnce: beyond the documents or costs of an account of profit in one year.
        """
        numbers = list(self._numbers(actor))
        said: dict[tuple[str, int | None], Classification] = {}
        found: list[RevenueLine] = []
        for count, number in enumerate(numbers, 1):
            file = self._billing.document(actor, number).file
            document = canonical.decode(file)["document"]
            contract = contract_of(document)
            leased = finance_leases(contract)
            sold = [line for line in document["lines"] if line["id"] not in leased]
            versions = _versions(contract)
            for each in schedule(contract, {**document, "lines": sold}):
                key = each.offering, versions.get(each.offering)
                if key not in said:
                    said[key] = self._classification(actor, *key)
                found.append(_line(document, contract, each, said[key]))
            show("reading documents", count, len(numbers))
        return self._with_costs(actor, found)

    def served(self, actor: Actor, days: Sequence[dt.date]) -> list[frozenset[str]]:
        """Return the machines of contracts in force when each day ends."""
        bound = self._contracts.bound(actor, self._contracts.activated(actor))
        held = [reign for versions in bound.values() for reign in reigns_of(versions)]
        utc = zone_named("UTC")
        found = []
        for day in days:
            end = day_start(day + dt.timedelta(days=1), utc) - 1
            machines = (
                contract.machines for contract, reign in held if reign.start <= end < reign.end
            )
            found.append(frozenset().union(*machines))
        return found

    def _numbers(self, actor: Actor) -> Iterator[str]:
        before: str | None = None
        while True:
            page = self._billing.documents(actor, DocumentQuery(before=before))
            yield from (each.number for each in page)
            if len(page) < DOCUMENTS_PAGE_MAX:
                return
            before = page[-1].number

    def _classification(self, actor: Actor, id_: str, version: int | None) -> Classification:
        try:
            return self._contracts.offering(actor, id_, version).classification
        except NotFound:
            return _NOTHING_SAID

    def _with_costs(self, actor: Actor, lines: Sequence[RevenueLine]) -> list[RevenueLine]:
        """Add what was recorded of the offerings that were billed, year by year.

        A line whose offering has costs in its month has a known cost: they are lines of their own.
        """
        if not lines:
            return []
        months = sorted({line.month for line in lines})
        costs: list[ProfitEntry] = []
        for year in range(int(months[0][:4]), int(months[-1][:4]) + 1):
            first, last = max(months[0], f"{year}-01"), min(months[-1], f"{year}-12")
            entries = self._design.profit_entries(actor, Months(first, last))
            costs += [each for each in entries if each.kind is EntryKind.COST and each.offering]
        costed = {(each.offering, each.month) for each in costs}
        models = {line.item: line for line in lines}
        known = [
            replace(line, cost=Decimal(0)) if (line.item, line.month) in costed else line
            for line in lines
        ]
        return known + [
            _cost(each, models[each.offering]) for each in costs if each.offering in models
        ]


def _versions(contract: Contract) -> dict[str, int]:
    """Return the versions of the offerings that a contract sells, alone or in a bundle."""
    found = {
        part.offering: part.offering_version
        for sold in contract.terms.usage_prices
        if isinstance(sold.price, BundlePrice)
        for part in sold.price.parts
    }
    return found | {contract.offering.id: contract.offering.version}


def _line(
    document: Mapping[str, Any], contract: Contract, each: Slice, said: Classification
) -> RevenueLine:
    return RevenueLine(
        date=dt.date.fromisoformat(f"{each.month}-01"),
        document=document["number"],
        line=each.line,
        customer=contract.customer.id,
        customer_class=said.customer_class,
        item=each.offering,
        kind=SoldKind.SERVICE,
        binding=said.binding,
        service_class=said.service_class,
        service_line=each.offering,
        is_recurring=True,
        amount=each.amount.amount,
        currency=each.amount.currency,
        machine=each.machine,
        bundle="" if each.offering == contract.offering.id else contract.offering.id,
    )


def _cost(entry: ProfitEntry, model: RevenueLine) -> RevenueLine:
    """Return a recorded cost as a line of nothing sold, classified as what it was spent on."""
    return replace(
        model,
        date=dt.date.fromisoformat(f"{entry.month}-01"),
        document=entry.origin,
        line=entry.detail,
        amount=Decimal(0),
        cost=-entry.amount.amount,
        currency=entry.amount.currency,
        machine=entry.machine,
        bundle="",
    )
