"""Machines that are exchanged and contracts that rest: what their documents say."""

from fractions import Fraction
from typing import Any

from lineshaft.core.period import Period, parse_instant, total_us
from lineshaft.core.quantity import Quantity
from lineshaft.services.billing.availability import guarantee_result
from lineshaft.services.billing.model import Facts, RatedDocument
from lineshaft.services.billing.rating import rate
from lineshaft.services.contracts.model import Contract
from lineshaft.services.metering.model import Meter, TimedState, UsageRecord
from tests.services.billing.examples import ENGINE
from tests.services.billing.promised import (
    HOUR_US,
    JUNE,
    KNOWN_AT,
    MACHINE,
    availability,
    credits_of,
    incident,
    incident_time,
    of,
    rated,
)
from tests.services.contracts.examples import CUTTING_TIME, GUARANTEE, TERMS, contract

TWO = {
    "machines": ["a", "b"],
    "bindings": [
        {"place": "press", "machine": "a", "end": "2026-06-15T00:00:00Z", "reason": "worn"},
        {
            "place": "press",
            "machine": "b",
            "start": "2026-06-15T06:00:00Z",
            "work_order": "WO-7",
        },
    ],
}
REST = [{"start": "2026-06-10T00:00:00Z", "end": "2026-06-11T12:00:00Z", "reason": "holidays"}]


def usage(agreed: Contract, seconds: dict[str, int], period: Period = JUNE) -> list[UsageRecord]:
    """What each machine counted in its slot; all states run."""
    return [
        measured(meter, span, seconds.get(meter.machine, 0))
        for meter, span in agreed.measurements(period)
    ]


def measured(
    meter: Meter, span: Period, amount: int, outages: list[Period] | None = None
) -> UsageRecord:
    fields: dict[str, Any] = {"meter": meter, "period": span, "known_at": KNOWN_AT}
    if meter.kind != "state_duration":
        quantity = Quantity(Fraction(amount), meter.unit)
        return UsageRecord(**fields, quantity=quantity, covered_us=span.duration_us)
    down = [out for each in outages or [] if (out := each.intersection(span)) is not None]
    spans, at = [], span.start
    for each in down:
        if each.start > at:
            spans.append(TimedState(each.start - at, "RUN", "RUN"))
        spans.append(TimedState(each.duration_us, "FAULT", "FAULT"))
        at = each.end
    if at < span.end:
        spans.append(TimedState(span.end - at, "RUN", "RUN"))
    states = {"RUN": span.duration_us - total_us(down)} | (
        {"FAULT": total_us(down)} if down else {}
    )
    return UsageRecord(
        **fields,
        quantity=Quantity(Fraction(0), meter.unit),
        covered_us=span.duration_us,
        states={name: us for name, us in states.items() if us},
        spans=tuple(spans),
    )


def priced(**changes: Any) -> Contract:
    """10,000.00 a month, cutting time by the hour, and one availability guarantee of a list."""
    terms = {
        "base_fee": TERMS["base_fee"] | {"amount_per_month": "10000.00"},
        "usage_prices": [CUTTING_TIME],
        "guarantees": [availability()],
        "vat": TERMS["vat"],
    }
    fields = {"terms": terms, "billing_period": "month", "start": "2026-01-01T00:00:00Z"}
    return contract(**(fields | {"machines": [MACHINE]} | changes))


class TestCase29AssetSwap:
    """A to B in mid-month with a gap of 6 h: one line, the sum of the usage, 6 h down."""

    def swapped(self) -> RatedDocument:
        agreed = priced(**TWO)
        return rated(agreed, usage(agreed, {"a": 7_200, "b": 3_600}))

    def test_one_line_with_the_sum(self) -> None:
        lines = [line for line in self.swapped().lines if line.id == "cutting-time"]
        assert [str(line.amount) for line in lines] == ["120.00 EUR"]
        assert lines[0].usage == (0, 1)

    def test_six_hours_down_and_no_more(self) -> None:
        outcome = self.swapped().outcomes[0]
        assert outcome.basis["down_us"] == 6 * HOUR_US
        assert outcome.basis["required_us"] == 720 * HOUR_US
        assert outcome.value == 1 - Fraction(6, 720)

    def test_the_same_under_the_one_guarantee_of_old(self) -> None:
        classes = GUARANTEE["classes"] | {"RUN": "up"}
        terms = TERMS | {"guarantee": GUARANTEE | {"classes": classes}}
        agreed = priced(**TWO, terms=terms)
        found = rated(agreed, usage(agreed, {}))
        assert found.guarantee is not None
        assert found.guarantee.durations.down_provider_us == 6 * HOUR_US
        assert found.guarantee.availability.value == 1 - Fraction(6, 720)


class TestCase28ContractChange:
    def test_an_outage_across_a_change_is_split_at_the_instant(self) -> None:
        """Ten to fourteen o'clock, and another contract from noon on: two hours each."""
        noon = Period.parse("2026-06-10T12:00:00Z", "2026-07-01T00:00:00Z")
        before = Period(JUNE.start, noon.start)
        outage = Period.parse("2026-06-10T10:00:00Z", "2026-06-10T14:00:00Z")
        found = []
        for agreed, span in (
            (of(availability(), end="2026-06-10T12:00:00Z"), before),
            (of(availability(), id="c-1002", start="2026-06-10T12:00:00Z"), noon),
        ):
            records = [measured(m, each, 0, [outage]) for m, each in agreed.measurements(span)]
            said = rate(agreed, span, KNOWN_AT, records, ENGINE, Facts())
            found.append(said.outcomes[0].basis["down_us"])
        assert found == [2 * HOUR_US, 2 * HOUR_US]


class TestPause:
    """A day and a half of 30 days: no base fee, no guarantee; usage is billed all the same."""

    def test_the_base_fee_is_prorated_by_the_second(self) -> None:
        agreed = priced(pauses=REST)
        found = rated(agreed, usage(agreed, {MACHINE: 7_200}))
        by_id = {line.id: line for line in found.lines}
        assert str(by_id["base-fee"].amount) == "9500.00 EUR"
        assert by_id["base-fee"].quantity.amount == Fraction(57, 60)
        assert by_id["base-fee"].steps[0]["active"] == "19/20"
        assert str(by_id["cutting-time"].amount) == "90.00 EUR"

    def test_a_fee_by_days_is_prorated_by_the_second_too(self) -> None:
        fee = TERMS["base_fee"] | {"amount_per_month": "10000.00", "proration": "30/360"}
        agreed = priced(pauses=REST, terms={"base_fee": fee, "vat": TERMS["vat"]})
        assert str(rated(agreed, []).lines[0].amount) == "9500.00 EUR"

    def test_an_outage_in_the_pause_is_not_judged(self) -> None:
        agreed = priced(pauses=REST)
        outage = Period.parse("2026-06-09T23:00:00Z", "2026-06-11T13:00:00Z")
        records = [measured(m, span, 0, [outage]) for m, span in agreed.measurements(JUNE)]
        found = rated(agreed, records)
        outcome = found.outcomes[0]
        assert outcome.basis["down_us"] == 2 * HOUR_US
        assert outcome.basis["excluded_us"] == 36 * HOUR_US
        assert outcome.basis["required_us"] == 720 * HOUR_US
        assert outcome.value == 1 - Fraction(2, 684)
        assert credits_of(found) == {}
        old = GUARANTEE | {"classes": GUARANTEE["classes"] | {"RUN": "up"}}
        single = priced(pauses=REST, terms=TERMS | {"guarantee": old, "usage_prices": []})
        judged = guarantee_result(single, JUNE, usage(single, {}))
        assert judged is not None
        assert judged.durations.excluded_us == 36 * HOUR_US

    def test_a_month_that_rests_costs_nothing_and_judges_nothing(self) -> None:
        agreed = priced(pauses=[{"start": "2026-05-01T00:00:00Z"}])
        found = rated(agreed, usage(agreed, {}))
        assert [str(line.amount) for line in found.lines] == ["0.00 EUR"]
        assert found.outcomes[0].value is None

    def test_an_incident_of_the_pause_is_nobodys(self) -> None:
        agreed = of(incident_time("restoration_time"), pauses=REST)
        reported = incident(
            reported_at=parse_instant("2026-06-10T09:00:00Z"),
            acknowledged_at=None,
            restored_at=None,
        )
        found = rated(agreed, [], Facts(incidents=(reported,)))
        assert found.facts.incidents == ()
        assert found.outcomes[0].value is None
