"""A contract under another tariff, and what each of its machines earned in it. Pure.

The amounts are those of billing's own `rate`; here they are only divided by machine.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction

import msgspec

from lineshaft.core.errors import Invalid
from lineshaft.core.money import Money, allocate, total
from lineshaft.core.segment import merkle
from lineshaft.services.billing.model import LineKind, RatedDocument, RatedLine
from lineshaft.services.contracts.model import Contract, OfferingReference, Terms, TimeClass
from lineshaft.services.desk.checks import month_of
from lineshaft.services.desk.model import Cell, Figures, Outcome, TariffEffect, Variant, sum_figures
from lineshaft.services.metering.model import NO_EVIDENCE, UsageRecord

_Key = Callable[[str, str], str]
"""From machine and month to what is summed."""


def under(contract: Contract, variant: Variant) -> Contract:
    """Return a contract as it would be under a variant: its parties, machines and calendar stay.

    Raises:
        TermsInvalid: when the terms cannot be those of this contract.
    """
    offering = variant.offering
    if offering is None:
        return contract
    return msgspec.structs.replace(
        contract,
        terms=offering.terms,
        currency=offering.currency,
        offering=OfferingReference(id=offering.id, version=offering.version),
    )


def cells_of(rated: RatedDocument) -> list[Cell]:
    """Divide a rated period by machine; the parts of each line add up to it exactly.

    A line of usage is divided by the usage of the machines, a credit by the time that each was
    down; what has neither, such as the base fee, in equal parts.
    """
    contract = rated.contract
    revenue: dict[str, list[Money]] = defaultdict(list)
    credits_: dict[str, list[Money]] = defaultdict(list)
    for line in rated.lines:
        into = credits_ if line.kind is LineKind.SERVICE_CREDIT else revenue
        parts = shares(
            line.amount, contract.machines, weights_of(line, rated.usage, contract.terms)
        )
        for machine, part in parts.items():
            into[machine].append(part)
    is_complete = dict.fromkeys(contract.machines, True)
    roots: dict[str, list[str]] = defaultdict(list)
    for record in rated.usage:
        is_complete[record.meter.machine] &= record.is_complete
        roots[record.meter.machine].append(record.evidence_root)
    return [
        Cell(
            contract=contract.id,
            offering=contract.offering.id,
            machine=machine,
            period=rated.period,
            month=month_of(rated.period.start, contract.time_zone),
            revenue=total(revenue[machine], contract.currency),
            credits=total(credits_[machine], contract.currency),
            is_complete=is_complete[machine],
            evidence_root=joined_root(roots[machine]),
        )
        for machine in contract.machines
    ]


def joined_root(roots: Sequence[str]) -> str:
    """Return what the usage of a machine rests on: the one root, or the Merkle root of several."""
    if len(roots) <= 1:
        return roots[0] if roots else NO_EVIDENCE
    return merkle.root([merkle.leaf_hash(b"", bytes.fromhex(each)) for each in roots]).hex()


def shares(
    amount: Money, machines: Sequence[str], weights: Mapping[str, Fraction]
) -> dict[str, Money]:
    """Split an amount by weights that are not negative; in equal parts where all are zero."""
    listed = [weights.get(machine, Fraction(0)) for machine in machines]
    even = [Fraction(1)] * len(machines)
    parts = allocate(amount, listed if any(listed) else even)
    return dict(zip(machines, parts, strict=True))


class LineOf(msgspec.Struct, frozen=True):
    """What the parts of a line follow from; the amounts of a document's lines have the same."""

    id: str
    kind: LineKind
    usage: Sequence[int]


def weights_of(
    line: LineOf | RatedLine, usage: Sequence[UsageRecord], terms: Terms
) -> dict[str, Fraction]:
    """Return by what a line is divided: usage, or down time for a credit; empty for neither."""
    weights: dict[str, Fraction] = defaultdict(Fraction)
    classes = _classes(terms).get(line.id, {})
    for place in line.usage:
        record = usage[place]
        if line.kind is LineKind.SERVICE_CREDIT:
            weight = Fraction(_down_us(record, classes))
        else:
            weight = max(record.quantity.amount, Fraction(0))
        weights[record.meter.machine] += weight
    return weights


def by_machine(outcome: Outcome, currency: str) -> dict[str, Figures]:
    """Sum the cells and recorded costs of an outcome for each machine."""
    return _summed(outcome, currency, lambda machine, _month: machine)


def by_month(outcome: Outcome, currency: str) -> dict[str, Figures]:
    """Sum the cells and recorded costs of an outcome for each month."""
    return _summed(outcome, currency, lambda _machine, month: month)


def by_machine_and_month(outcome: Outcome, currency: str) -> dict[str, Figures]:
    """Sum the cells and recorded costs of an outcome for each machine and month."""
    return _summed(outcome, currency, lambda machine, month: f"{machine} {month}")


def currencies(outcome: Outcome) -> list[str]:
    """Return the currencies of what was rated, in order."""
    return sorted({cell.revenue.currency for cell in outcome.cells})


def compare(before: Outcome, after: Outcome) -> list[TariffEffect]:
    """Tell for each machine what its customer pays under both; who pays most more comes first.

    Raises:
        Invalid: when they are in different currencies.
    """
    both = sorted({*currencies(before), *currencies(after)})
    if len(both) > 1:
        msg = f"cannot compare {before.variant.label} with {after.variant.label}: {', '.join(both)}"
        raise Invalid(msg)
    if not both:
        return []
    currency, nothing = both[0], Money.zero(both[0])
    first, second = by_machine(before, currency), by_machine(after, currency)
    found = [
        TariffEffect(
            machine,
            first[machine].net if machine in first else nothing,
            second[machine].net if machine in second else nothing,
        )
        for machine in sorted({*first, *second})
    ]
    return sorted(found, key=lambda each: (-each.more.amount, each.machine))


def _summed(outcome: Outcome, currency: str, key: _Key) -> dict[str, Figures]:
    nothing = Money.zero(currency)
    found: dict[str, list[Figures]] = {}
    for cell in outcome.cells:
        if cell.revenue.currency == currency:
            figures = Figures(cell.revenue, cell.credits, nothing)
            found.setdefault(key(cell.machine, cell.month), []).append(figures)
    for (machine, month, unit), cost in outcome.costs.items():
        if unit == currency:
            figures = Figures(nothing, nothing, cost)
            found.setdefault(key(machine, month), []).append(figures)
    return {name: sum_figures(found[name], currency) for name in sorted(found)}


def _classes(terms: Terms) -> dict[str, Mapping[str, TimeClass]]:
    """Return the classes of states by the id of the guarantee that has them."""
    promised = [] if terms.guarantee is None else [terms.guarantee]
    found: dict[str, Mapping[str, TimeClass]] = {each.id: each.classes for each in promised}
    for each in terms.promised:
        classes = getattr(each, "classes", None)
        if classes is not None:
            found[each.id] = classes
    return found


def _down_us(record: UsageRecord, classes: Mapping[str, TimeClass]) -> int:
    down = TimeClass.DOWN_PROVIDER
    return sum(us for state, us in record.states.items() if classes.get(state) is down)
