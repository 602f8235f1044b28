"""What Lineshaft itself has billed, as lines of revenue, and the machines that its meters read."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

import msgspec
from msgspec.structs import replace

from lineshaft.core import canonical
from lineshaft.core.errors import NotFound
from lineshaft.core.period import day_start, to_datetime, zone_named
from lineshaft.platform.historian.desk.model import DESK
from lineshaft.platform.historian.usage.model import API
from lineshaft.security.authorisation.model import Actor
from lineshaft.services.billing.document import contract_of, usage_of
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
from lineshaft.services.desk.model import Months, ProfitEntry
from lineshaft.services.desk.service import DesignDesk
from lineshaft.services.metering.model import UsageRecord
from lineshaft.valuechain.channels.model import BilledUsage, ConnectedMachine, Metered
from lineshaft.valuechain.servitization.model import RevenueLine, SoldKind
from lineshaft.valuechain.servitization.ports import Show

_NOTHING_SAID = Classification(None, None, None, None, None)


LINES_KEPT_MAX = 200_000
"""Of documents that are not read again; the documents beyond it are."""
_BY_HAND = frozenset({DESK, API})
"""Sources of the hub that are no machine: corrections, and usage that other programs report."""


class _Billed(msgspec.Struct, frozen=True):
    """What one document says; as it never changes, neither does this.

    Attributes:
        connected: first day of a machine of which a usage record rests on signed readings.
    """

    lines: tuple[RevenueLine, ...]
    usage: tuple[BilledUsage, ...]
    connected: Mapping[str, ConnectedMachine]


class _Told(msgspec.Struct, frozen=True):
    """What was told last: lines of documents, costs, and both together."""

    billed: Sequence[RevenueLine]
    costs: Sequence[ProfitEntry]
    lines: Sequence[RevenueLine]


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
        self._kept: dict[str, _Billed] = {}
        self._kept_lines = 0
        self._last: _Told | None = None

    def lines(self, actor: Actor, show: Show) -> Sequence[RevenueLine]:
        """Return the slices of every document, and the costs that were recorded.

        As long as there is no other document and no other cost, it is the very same sequence.

        Raises:
            TooMuchAtOnce: beyond the costs of an account of profit in one year.
        """
        billed = [line for each in self._documents(actor, show) for line in each.lines]
        costs = self._costs(actor, billed)
        last = self._last
        if last is not None and (last.billed, last.costs) == (billed, costs):
            return last.lines
        made = _Told(billed, costs, _with_costs(billed, costs))
        self._last = made
        return made.lines

    def metered(self, actor: Actor, show: Show) -> Metered:
        """Return the usage records that lines bill, and the machines that they read.

        A machine is connected from the first period of which a billed record rests on its signed
        readings; what was entered by hand or reported by other programs is no connection.
        """
        usage: list[BilledUsage] = []
        machines: dict[str, ConnectedMachine] = {}
        for each in self._documents(actor, show):
            usage += each.usage
            for machine, found in each.connected.items():
                known = machines.get(machine, found)
                machines[machine] = min(known, found, key=lambda one: str(one.connected_on))
        for machine in sorted({each.machine for each in usage} - machines.keys()):
            machines[machine] = ConnectedMachine(machine, None, "")
        return Metered(tuple(usage), tuple(machines.values()))

    def _documents(self, actor: Actor, show: Show) -> list[_Billed]:
        """Return what the documents that somebody may see say; each is read once."""
        numbers = list(self._numbers(actor))
        found = []
        for count, number in enumerate(numbers, 1):
            billed = self._kept.get(number)
            if billed is None:
                billed = self._read(actor, number)
                if self._kept_lines + len(billed.lines) <= LINES_KEPT_MAX:
                    self._kept[number] = billed
                    self._kept_lines += len(billed.lines)
            found.append(billed)
            show("reading documents", count, len(numbers))
        return found

    def _read(self, actor: Actor, number: str) -> _Billed:
        document = canonical.decode(self._billing.document(actor, number).file)["document"]
        contract = contract_of(document)
        leased = finance_leases(contract)
        sold = [line for line in document["lines"] if line["id"] not in leased]
        versions = _versions(contract)
        lines = tuple(
            _line(
                document,
                contract,
                each,
                self._classification(actor, each.offering, versions.get(each.offering)),
            )
            for each in schedule(contract, {**document, "lines": sold})
        )
        records = usage_of(document)
        return _Billed(lines, _usage(document, records), _connected(contract, records))

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

    def _costs(self, actor: Actor, lines: Sequence[RevenueLine]) -> list[ProfitEntry]:
        """Return what was recorded of the offerings that were billed, year by year."""
        if not lines:
            return []
        first, last = min(line.month for line in lines), max(line.month for line in lines)
        found: list[ProfitEntry] = []
        for year in range(int(first[:4]), int(last[:4]) + 1):
            months = Months(max(first, f"{year}-01"), min(last, f"{year}-12"))
            entries = self._design.cost_entries(actor, months)
            found += [each for each in entries if each.offering]
        return found


def _with_costs(
    lines: Sequence[RevenueLine], costs: Sequence[ProfitEntry]
) -> Sequence[RevenueLine]:
    """Add costs to what was billed.

    A line whose offering has costs in its month has a known cost: they are lines of their own.
    """
    if not costs:
        return lines
    costed = {(each.offering, each.month) for each in costs}
    models = {line.item: line for line in lines}
    known = [
        replace(line, cost=Decimal(0)) if (line.item, line.month) in costed else line
        for line in lines
    ]
    return known + [_cost(each, models[each.offering]) for each in costs if each.offering in models]


def _versions(contract: Contract) -> dict[str, int]:
    """Return the versions of the offerings that a contract sells, alone or in a bundle."""
    found = {
        part.offering: part.offering_version
        for sold in contract.terms.usage_prices
        if isinstance(sold.price, BundlePrice)
        for part in sold.price.parts
    }
    return found | {contract.offering.id: contract.offering.version}


def _usage(document: Mapping[str, Any], records: Sequence[UsageRecord]) -> tuple[BilledUsage, ...]:
    """Return which records each line bills; a record has the number of its place."""
    return tuple(
        BilledUsage(
            document=document["number"],
            line=line["id"],
            usage_record=f"{document['number']}/usage/{place}",
            meter=records[place].meter.id,
            machine=records[place].meter.machine,
        )
        for line in document["lines"]
        for place in line["usage"]
    )


def _connected(contract: Contract, records: Sequence[UsageRecord]) -> dict[str, ConnectedMachine]:
    zone, owner = zone_named(contract.time_zone), contract.customer.id
    found: dict[str, ConnectedMachine] = {}
    for record in sorted(records, key=lambda each: each.period.start):
        if any(part.source not in _BY_HAND for part in record.ranges):
            day = to_datetime(record.period.start, zone).date()
            machine = record.meter.machine
            found.setdefault(machine, ConnectedMachine(machine, day, owner))
    return found


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
