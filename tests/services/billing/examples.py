"""Usage of the example day, with the counts that were taken from its raw file by hand."""

from fractions import Fraction
from typing import Any

from lineshaft.core.canonical import sha256_hex
from lineshaft.core.period import Instant, Period, parse_instant
from lineshaft.core.quantity import Quantity
from lineshaft.core.reading import SourceId
from lineshaft.services.billing.model import Engine, RatedDocument
from lineshaft.services.billing.rating import rate
from lineshaft.services.contracts.model import Contract
from lineshaft.services.metering.model import EvidenceRange, UsageRecord
from tests.services.contracts.examples import BASE_FEE, CUTTING_TIME, DAY, contract

ENGINE = Engine("0.1.0", "2026f")
PERIOD = Period.parse(*DAY)
KNOWN_AT = parse_instant("2017-06-24T00:00:00Z")
STATES_US = {
    "ACTIVE": 13_521_795_246,
    "STOPPED": 9_768_789_106,
    "READY": 3_460_478_396,
    "INTERRUPTED": 8_027_652_138,
    "FEED_HOLD": 17_634_000,
}
UNKNOWN_US = 51_603_651_114
COVERED_US = 34_796_348_886


def record(
    of: Contract, place: int, amount: Fraction | int, period: Period = PERIOD, **changes: Any
) -> UsageRecord:
    """Return a usage record of a meter of a contract; complete unless changed."""
    meter = of.meters()[place]
    fields: dict[str, Any] = {
        "meter": meter,
        "period": period,
        "known_at": KNOWN_AT,
        "quantity": Quantity(Fraction(amount), meter.unit),
        "covered_us": period.duration_us,
    }
    return UsageRecord(**(fields | changes))


def example_usage(of: Contract) -> list[UsageRecord]:
    """Return both usage records of the example day."""
    active = Fraction(STATES_US["ACTIVE"], 1_000_000)
    return [
        record(
            of,
            0,
            12_578,
            covered_us=COVERED_US,
            ranges=(EvidenceRange(SourceId("edge-1"), 1, 1, 9_871, 1, 118),),
            evidence_root=sha256_hex(b"an example of a root over the blocks of cut_time"),
        ),
        record(
            of,
            1,
            active,
            covered_us=COVERED_US,
            states=STATES_US,
            unknown_after={"STOPPED": UNKNOWN_US},
            ranges=(EvidenceRange(SourceId("edge-1"), 1, 1, 412, 1, 118),),
            evidence_root=sha256_hex(b"an example of a root over the blocks of execution"),
        ),
    ]


def rated_example() -> RatedDocument:
    """Return the example day, rated."""
    example = contract()
    return rate(example, PERIOD, KNOWN_AT, example_usage(example), ENGINE)


def plain_contract(price: dict[str, Any] | None, unit: str = "SEC", **changes: Any) -> Contract:
    """Return a contract with one price (none: with the base fee alone) and no guarantee."""
    meter = CUTTING_TIME["meter"] | {"unit": unit, "parameters": {"rate_max": "1"}}
    prices = [] if price is None else [CUTTING_TIME | {"meter": meter, "price": price}]
    terms = {
        "base_fee": BASE_FEE if price is None else None,
        "usage_prices": prices,
        "guarantee": None,
        "vat": {"category": "S", "rate": "19"},
    }
    return contract(**({"terms": terms} | changes))


def rate_amount(
    of: Contract, amount: Fraction | int, period: Period = PERIOD, known_at: Instant = KNOWN_AT
) -> RatedDocument:
    """Rate one amount of the contract's only meter."""
    usage = [record(of, 0, amount, period, known_at=known_at)]
    return rate(of, period, known_at, usage, ENGINE)
