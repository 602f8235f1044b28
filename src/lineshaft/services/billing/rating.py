"""From contract, period and usage to lines and totals: a pure function, in exact arithmetic.

The same function runs when a document is issued and when somebody verifies it offline; given the
same contract, period, knowledge time, usage records and engine it gives the same bytes.
"""

from collections.abc import Sequence

from msgspec.structs import replace

from lineshaft.core.money import Money, total
from lineshaft.core.period import Instant, Period
from lineshaft.services.billing.availability import (
    facts_of,
    guarantee_result,
    guarantee_results,
)
from lineshaft.services.billing.errors import UsageMismatch
from lineshaft.services.billing.fees import credited_fee, fees_ahead
from lineshaft.services.billing.lines import credit_line, lines_of, measured_count, recorded_cores
from lineshaft.services.billing.model import (
    NO_FACTS,
    Engine,
    Facts,
    FeesAhead,
    RatedDocument,
    RatedLine,
    Totals,
    VatGroup,
)
from lineshaft.services.billing.statements import statements
from lineshaft.services.billing.stocks import (
    Measurement,
    counted_stocks,
    stock_measurements,
    stock_names,
    told_of,
)
from lineshaft.services.contracts.model import Contract, TermsInvalid
from lineshaft.services.metering.model import UsageRecord


def rate(  # noqa: PLR0913, PLR0917 - all that a document follows from, each a thing of its own
    contract: Contract,
    period: Period,
    known_at: Instant,
    usage: Sequence[UsageRecord],
    engine: Engine,
    facts: Facts = NO_FACTS,
) -> RatedDocument:
    """Rate a period: base fee, usage, credit; one rounding for each line, then exact sums.

    Args:
        contract: the version that is in force over the whole period.
        period: the service period.
        known_at: what was known when; the same as in every usage record.
        usage: one record for each of `contract.measurements(period)`, then of `stock_measurements`.
        engine: what computes it; goes into the document.
        facts: what both sides had agreed to by `known_at`, and which cores and stock records were
            known; what the period follows from goes into the document.

    Raises:
        UsageMismatch: when the records are of other meters, periods or knowledge times.
        TermsInvalid: when the period is not within the contract, nor its opening.
        NotWholeDays: when an amount by days meets a period that cuts a day.
    """
    fees = fees_ahead(contract, period, facts.fees)
    if contract.is_opening(period):
        return _opening(contract, period, known_at, usage, engine, fees)
    counted = counted_stocks(contract, period, facts.stock)
    wanted = (*contract.measurements(period), *stock_measurements(counted))
    _check(contract, period, known_at, usage, wanted)
    cores = recorded_cores(contract, period, facts.cores)
    lines = lines_of(contract, period, usage, cores, counted, fees)
    metered = usage[: measured_count(contract, period)]
    names = (*contract.measured_names(period), *stock_names(counted))
    result = guarantee_result(contract, period, metered)
    guarantee = contract.terms.guarantee
    if guarantee is not None and result is not None and result.credit:
        credited = credited_fee(contract, period, lines, fees)
        lines.append(credit_line(contract, guarantee, credited, result))
    outcomes = guarantee_results(contract, period, known_at, metered, facts)
    lines += [
        credit_line(contract, promised, credited_fee(contract, period, lines, fees), outcome)
        for promised, outcome in zip(contract.terms.promised, outcomes, strict=True)
        if outcome.credit
    ]
    return RatedDocument(
        contract=contract,
        period=period,
        known_at=known_at,
        engine=engine,
        usage=tuple(usage),
        lines=tuple(lines),
        guarantee=result,
        totals=sum_up(lines, contract.currency),
        statements=statements(usage, names, result, outcomes),
        outcomes=outcomes,
        facts=replace(
            facts_of(contract, period, facts), cores=cores, stock=told_of(counted), fees=fees
        ),
    )


def _opening(  # noqa: PLR0913, PLR0917 - what `rate` takes
    contract: Contract,
    period: Period,
    known_at: Instant,
    usage: Sequence[UsageRecord],
    engine: Engine,
    fees: FeesAhead | None,
) -> RatedDocument:
    """Bill the first fees in advance: there was no usage before the contract, nothing promised."""
    if usage:
        msg = f"{len(usage)} usage records of the time before contract {contract.id}: expected none"
        raise UsageMismatch(msg)
    lines = lines_of(contract, period, usage, fees=fees)
    return RatedDocument(
        contract=contract,
        period=period,
        known_at=known_at,
        engine=engine,
        usage=(),
        lines=tuple(lines),
        guarantee=None,
        totals=sum_up(lines, contract.currency),
        statements=(),
        facts=Facts(fees=fees),
    )


def sum_up(lines: Sequence[RatedLine], currency: str) -> Totals:
    """Add the lines; tax is rounded once for each group, from the exact sum of its lines.

    EN 16931-1 BR-CO-10, -13, -14, -15 and -17, with no tolerance at all. Half away from zero also
    below zero: -6,491.34 at 25 % are -1,622.84.
    """
    net = total([line.amount for line in lines], currency)
    groups: list[VatGroup] = []
    for vat in dict.fromkeys(line.vat for line in lines):
        base = total([line.amount for line in lines if line.vat == vat], currency)
        tax = Money.rounded(base.as_fraction() * vat.rate / 100, currency)
        groups.append(VatGroup(vat, base, tax))
    gross = total([net, *(group.amount for group in groups)], currency)
    return Totals(net, tuple(groups), gross)


def _check(
    contract: Contract,
    period: Period,
    known_at: Instant,
    usage: Sequence[UsageRecord],
    wanted: Sequence[Measurement],
) -> None:
    if not contract.covers(period):
        msg = f"cannot bill {period} on contract {contract.id}: it begins at {contract.start}" + (
            f" and ends at {contract.end}" if contract.end else ""
        )
        raise TermsInvalid(msg, contract=contract.id)
    if [record.meter for record in usage] != [meter for meter, _ in wanted]:
        msg = (
            f"contract {contract.id} bills from {len(wanted)} meters: expected one usage record "
            f"for each, in their order, got {len(usage)}"
        )
        raise UsageMismatch(msg, contract=contract.id)
    for record, (_, span) in zip(usage, wanted, strict=True):
        if record.period != span or record.known_at != known_at:
            msg = (
                f"the usage of {record.meter.id} is of {record.period}: expected {span}, and "
                "the same knowledge time for all"
            )
            raise UsageMismatch(msg)
