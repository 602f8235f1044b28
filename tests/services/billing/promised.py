"""Contracts with several guarantees, and what is known of a month of them."""

import json
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from lineshaft.core import canonical
from lineshaft.core.period import Instant, Period, parse_instant
from lineshaft.core.quantity import Quantity
from lineshaft.services.billing.document import check_totals, document_content, recompute
from lineshaft.services.billing.model import NO_FACTS, Facts, RatedDocument
from lineshaft.services.billing.rating import rate
from lineshaft.services.contracts.model import Contract
from lineshaft.services.incidents.model import (
    AgreedExclusion,
    ExclusionCategory,
    IncidentCause,
    ServiceIncident,
)
from lineshaft.services.metering.model import TimedState, UsageRecord
from tests.services.billing.examples import ENGINE
from tests.services.contracts.examples import BASE_FEE, TERMS, contract

HOUR_US = 3_600_000_000
JUNE = Period.parse("2026-06-01T00:00:00Z", "2026-07-01T00:00:00Z")
KNOWN_AT = parse_instant("2026-07-02T00:00:00Z")
ISSUED_AT = parse_instant("2026-07-03T00:00:00Z")
MACHINE = "mazak01"
STATES = {
    "id": "execution",
    "signal": "execution",
    "kind": "state_duration",
    "unit": "HUR",
    "parameters": {"keeps_spans": True},
}
OFFICE = {
    "time_zone": "UTC",
    "weekly": {
        day: ["08:00/17:00"] for day in ("monday", "tuesday", "wednesday", "thursday", "friday")
    },
}


def named(id_: str, **fields: Any) -> dict[str, Any]:
    credit = {"bands": [{"until": "95", "credit": "5"}, {"credit": "10"}], "cap": "20"}
    described = {"en": f"Credit: {id_}", "zh-Hans": f"抵扣：{id_}"}
    return {"id": id_, "description": described, "target": "98", "credit": credit} | fields


def availability(id_: str = "availability", **changes: Any) -> dict[str, Any]:
    fields = {
        "indicator": "availability",
        "meter": STATES,
        "classes": {"RUN": "up", "FAULT": "down_provider", "LUNCH": "down_customer"},
        "unknown_policy": "PROVIDER_DOWN",
    }
    return named(id_, **(fields | changes))


def counting(id_: str) -> dict[str, Any]:
    parameters = {"rate_max": "10"}
    return {"id": id_, "signal": id_, "kind": "counter", "unit": "C62", "parameters": parameters}


def quality(id_: str = "quality", **changes: Any) -> dict[str, Any]:
    fields = {"indicator": "quality", "produced": counting("parts"), "good": counting("good")}
    return named(id_, **(fields | changes))


def incident_time(indicator: str, target: str = "4", **changes: Any) -> dict[str, Any]:
    credit = {"bands": [{"until": "8", "credit": "5"}, {"credit": "10"}], "cap": "20"}
    fields = {"indicator": indicator, "target": target, "credit": credit, "calendar": OFFICE}
    return named(indicator.replace("_", "-"), **(fields | changes))


def of(*guarantees: dict[str, Any], **changes: Any) -> Contract:
    """A month in UTC for 10,000.00 with these guarantees and nothing else."""
    cap = {"credits_cap": changes.pop("credits_cap")} if "credits_cap" in changes else {}
    terms = {
        "base_fee": BASE_FEE | {"amount_per_month": "10000.00"},
        "guarantees": list(guarantees),
        "vat": TERMS["vat"],
        **cap,
    }
    fields = {
        "terms": terms,
        "billing_period": "month",
        "start": "2026-01-01T00:00:00Z",
        "machines": [MACHINE],
    }
    return contract(**(fields | changes))


def states(*spans: tuple[str, str | None]) -> dict[str, Any]:
    """The time line of the month in hours; the rest of it runs."""
    timed, last = [], "RUN"
    for hours, state in spans:
        last = last if state is None else state
        timed.append(TimedState(int(Fraction(hours) * HOUR_US), state, last))
    left = JUNE.duration_us - sum(each.duration_us for each in timed)
    return {"spans": (*timed, TimedState(left, "RUN", "RUN"))}


def used(agreed: Contract, *found: dict[str, Any] | int) -> list[UsageRecord]:
    """One record for each meter: its fields, or its amount."""
    records = []
    for meter, each in zip(agreed.meters(), found, strict=True):
        fields = each if isinstance(each, dict) else {}
        amount = Fraction(0) if isinstance(each, dict) else Fraction(each)
        records.append(
            UsageRecord(
                meter=meter,
                period=JUNE,
                known_at=KNOWN_AT,
                quantity=Quantity(amount, meter.unit),
                covered_us=JUNE.duration_us,
                **fields,
            )
        )
    return records


def rated(agreed: Contract, usage: Sequence[UsageRecord], facts: Facts = NO_FACTS) -> RatedDocument:
    """Rate June, and prove that the document says all that it follows from."""
    found = rate(agreed, JUNE, KNOWN_AT, usage, ENGINE, facts)
    content = document_content(found, "NM-2026-000001", ISSUED_AT)
    read = json.loads(canonical.encode(content))
    assert recompute(read) == read
    check_totals(read)
    return found


def credits_of(found: RatedDocument) -> dict[str, str]:
    lines = [line for line in found.lines if line.kind == "service_credit"]
    return {line.id: f"{line.amount.amount}" for line in lines}


def hours(start: str, length: str) -> Period:
    first = JUNE.start + int(Fraction(start) * HOUR_US)
    return Period(Instant(first), Instant(first + int(Fraction(length) * HOUR_US)))


def excluded(id_: str, start: str, length: str, category: str, machine: str = MACHINE) -> Any:
    return AgreedExclusion(
        id_, machine, hours(start, length), ExclusionCategory(category), "order 4711"
    )


def incident(id_: str = "i-1", **changes: Any) -> ServiceIncident:
    """Reported on Friday the 5th at 16:30, acknowledged on Monday at 09:30, restored at 16:30."""
    fields = {
        "id": id_,
        "machine": MACHINE,
        "reported_at": parse_instant("2026-06-05T16:30:00Z"),
        "acknowledged_at": parse_instant("2026-06-08T09:30:00Z"),
        "restored_at": parse_instant("2026-06-08T16:30:00Z"),
        "cause": IncidentCause.PROVIDER,
    }
    return ServiceIncident(**(fields | changes))
