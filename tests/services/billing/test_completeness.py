"""A period that is not known well enough is billed with a reason, an estimate, or not at all."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import pytest
from msgspec.structs import replace

from lineshaft.core.errors import Invalid
from lineshaft.core.period import Instant, Period
from lineshaft.core.quantity import Quantity
from lineshaft.services.billing.completeness import shortfalls
from lineshaft.services.billing.document import decode_file, document_content, recompute
from lineshaft.services.billing.errors import PeriodIncomplete
from lineshaft.services.billing.model import CORRECTED_INVOICE, IssuedDocument
from lineshaft.services.billing.rating import rate
from lineshaft.services.billing.release import RELEASE_CHARACTERS_MAX
from lineshaft.services.billing.service import Billing
from lineshaft.services.contracts.model import Contract
from lineshaft.services.metering.estimates.model import Estimate
from lineshaft.services.metering.model import Meter, UsageRecord
from tests.services.billing.examples import ENGINE, KNOWN_AT, PERIOD, record
from tests.services.billing.late import STEP_US
from tests.services.contracts.examples import CUTTING_TIME, contract, terms
from tests.services.hub import FINANCE, Hub

THREE_QUARTERS = PERIOD.duration_us * 3 // 4
LAST_QUARTER = Period(Instant(PERIOD.start + THREE_QUARTERS), PERIOD.end)
WHY = "the customer has confirmed 75 h by letter"


def asking(percent: str | None) -> Contract:
    """Return a contract that asks for so much of the cutting time, and promises nothing."""
    meter = CUTTING_TIME["meter"] | ({} if percent is None else {"completeness_min": percent})
    priced = [CUTTING_TIME | {"meter": meter}]
    return contract(terms=terms() | {"usage_prices": priced, "guarantee": None})


def estimate(amount: int) -> Estimate:
    return Estimate(
        id="e-1",
        machine="mazak01",
        meter="cutting-time",
        period=LAST_QUARTER,
        quantity=Quantity(Fraction(amount), "SEC"),
        author="usr_7",
        reason="as in the quarter before",
    )


@dataclass
class PartlyKnown:
    """Implements `UsageSource`: of the last quarter nothing is known until readings come."""

    of: Contract
    fields: dict[str, Any]

    def usage(
        self, _actor: object, _meter: Meter, period: Period, known_at: Instant
    ) -> UsageRecord:
        return record(self.of, 0, **({"period": period, "known_at": known_at} | self.fields))

    def missing(
        self, _actor: object, _meter: Meter, _period: Period, _known_at: Instant
    ) -> list[Period]:
        return [LAST_QUARTER]

    def settle(self, now: Instant) -> Instant:
        return now

    def ahead(self, _wanted: object, _known_at: Instant) -> "PartlyKnown":
        return self


def billing_of(hub: Hub, percent: str = "90") -> tuple[Billing, PartlyKnown]:
    of = hub.activated(asking(percent))
    usage = PartlyKnown(of, {"amount": 7_500, "covered_us": THREE_QUARTERS})
    return Billing(replace(hub.parts, metering=usage)), usage


def content_of(issued: IssuedDocument) -> dict[str, Any]:
    document = decode_file(issued.file).document
    assert recompute(document) == document
    return document


def test_a_period_that_is_not_known_well_enough_is_not_billed(hub: Hub) -> None:
    billing, _ = billing_of(hub)
    told = r"meter cutting-time on mazak01 is known for 75\.00 % of at least 90\.00 %, missing 2017"
    with pytest.raises(PeriodIncomplete, match=told):
        billing.issue(FINANCE, "c-1001", PERIOD)
    for reason in (" ", "x" * (RELEASE_CHARACTERS_MAX + 1)):
        with pytest.raises(Invalid, match="a reason to bill"):
            billing.issue(FINANCE, "c-1001", PERIOD, reason=reason)
    assert billing.preview(FINANCE, "c-1001", PERIOD).release is None


def test_finance_bills_it_with_a_reason_and_the_readings_are_documented_later(hub: Hub) -> None:
    billing, usage = billing_of(hub)
    issued = billing.issue(FINANCE, "c-1001", PERIOD, reason=WHY)
    document = content_of(issued)
    assert document["released"] == {"by": FINANCE.id, "reason": WHY, "usage": [0]}
    assert document["statements"][-1]["code"] == "issued_incomplete"
    assert WHY in document["statements"][-1]["text"]["en"]
    # A little more becomes known: the reason still stands. Then everything, and nothing is said.
    hub.clock.advance(STEP_US)
    usage.fields |= {"amount": 7_600}
    second = billing.correct(FINANCE, "c-1001", PERIOD)
    assert content_of(second.document)["released"]["reason"] == WHY
    hub.clock.advance(STEP_US)
    usage.fields |= {"amount": 10_000, "covered_us": PERIOD.duration_us}
    _, shown = billing.preview_correction(FINANCE, "c-1001", PERIOD)
    third = billing.correct(FINANCE, "c-1001", PERIOD)
    assert (third.is_new, third.document.type) == (True, CORRECTED_INVOICE)
    assert "released" not in content_of(third.document)
    assert shown is not None
    assert shown.totals.gross == third.document.gross
    assert billing.preview_correction(FINANCE, "c-1001", PERIOD)[1] is None


def test_what_becomes_less_known_is_corrected_with_a_reason_only(hub: Hub) -> None:
    billing, usage = billing_of(hub)
    usage.fields |= {"covered_us": PERIOD.duration_us}
    assert "released" not in content_of(billing.issue(FINANCE, "c-1001", PERIOD, reason=WHY))
    hub.clock.advance(STEP_US)
    usage.fields |= {"amount": 6_000, "covered_us": THREE_QUARTERS}
    with pytest.raises(PeriodIncomplete):
        billing.correct(FINANCE, "c-1001", PERIOD)
    corrected = billing.correct(FINANCE, "c-1001", PERIOD, WHY)
    assert content_of(corrected.document)["released"]["reason"] == WHY


def test_an_estimate_stands_in_is_marked_and_is_corrected_by_readings(hub: Hub) -> None:
    billing, usage = billing_of(hub)
    usage.fields |= {"amount": 10_000, "estimates": (estimate(2_500),)}
    document = content_of(billing.issue(FINANCE, "c-1001", PERIOD))
    codes = [said["code"] for said in document["statements"]]
    assert codes == ["usage_incomplete", "usage_estimated", "proof_of_what_was_received"]
    assert "released" not in document
    estimated, proven = (said["text"]["en"] for said in document["statements"][1:])
    assert "2500 s of" in estimated
    assert "as in the quarter before" in estimated
    assert "estimates are corrected" in proven
    hub.clock.advance(STEP_US)
    usage.fields |= {"amount": 9_000, "covered_us": PERIOD.duration_us, "estimates": ()}
    corrected = content_of(billing.correct(FINANCE, "c-1001", PERIOD).document)
    assert (corrected["type"], corrected["statements"]) == ("381", [])


@pytest.mark.parametrize(
    ("percent", "changes", "is_blocked"),
    [
        (None, {"covered_us": 0}, False),
        ("75", {"covered_us": THREE_QUARTERS}, False),
        ("75", {"covered_us": THREE_QUARTERS - 1}, True),
        (None, {"is_undefined": True}, True),
        (None, {"quantity": Quantity(Fraction(-1), "SEC")}, True),
        ("100", {}, False),
    ],
)
def test_the_least_share_is_inclusive_and_nothing_without_quantity_is_billed(
    percent: str | None, changes: dict[str, Any], is_blocked: bool
) -> None:
    of = asking(percent)
    used = [record(of, 0, 7_500, **changes)]
    rated = rate(of, PERIOD, KNOWN_AT, used, ENGINE)
    assert bool(shortfalls(rated)) is is_blocked
    assert "released" not in document_content(rated, "N-1", KNOWN_AT)
