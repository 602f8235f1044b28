"""A quantity that is held to by the year, from issuing to its correction."""

from typing import Any

from lineshaft.core.period import Instant, Period, parse_instant
from lineshaft.services.billing.document import check_totals, decode_file, recompute
from lineshaft.services.billing.model import IssuedDocument
from lineshaft.services.billing.statements import statements
from lineshaft.services.contracts.model import Contract
from tests.services.billing.examples import PERIOD, plain_contract, record
from tests.services.billing.late import late_hub
from tests.services.hub import FINANCE, Hub

START = "2017-06-01T00:00:00Z"
EARLIER = Period(parse_instant(START), PERIOD.start)
TAKE_OR_PAY = {"per": "year", "quantity": "12000", "unit_price": "0.10", "proration": "ACT_DAYS"}


def committed() -> Contract:
    """Return a contract whose first year ends early, with the example day: 22 days of June."""
    price = {"model": "per_unit", "unit": "SEC", "unit_price": "0.10"}
    content = plain_contract(price).to_content()
    content["terms"]["usage_prices"][0]["modifiers"] = {"take_or_pay": TAKE_OR_PAY}
    return Contract.from_content(content | {"start": START, "end": "2017-06-23T00:00:00Z"})


def content_of(issued: IssuedDocument) -> dict[str, Any]:
    document = decode_file(issued.file).document
    check_totals(document)
    assert recompute(document) == document
    return document


def test_the_true_up_is_issued_and_late_usage_of_the_year_corrects_it(hub: Hub) -> None:
    """1,000 x 22/30 s are agreed, 600 used: 133.33 s are missing; 200 more, and none is."""
    late = late_hub(hub, committed())
    late.learn(100)
    late.learn(500, EARLIER)
    document = content_of(late.billing.issue(FINANCE, "c-1001", PERIOD))
    assert document["totals"]["net"] == "23.33"
    assert [record["quantity"]["amount"] for record in document["usage"]] == ["100", "500"]
    late.learn(700, EARLIER)
    corrected = late.billing.correct(FINANCE, "c-1001", PERIOD)
    assert corrected.is_new
    correction = content_of(corrected.document)
    assert (correction["type"], correction["totals"]["net"]) == ("381", "13.33")


def test_readings_that_lack_in_the_year_are_said_of_the_year() -> None:
    of = committed()
    usage = [
        record(of, 0, 100, known_at=PERIOD.end),
        record(of, 0, 500, EARLIER, known_at=PERIOD.end, covered_us=EARLIER.duration_us // 2),
    ]
    said, _ = statements(usage, of.measured_names(usage[0].period), None)
    assert "cover 50.00 % of the contract year before the period." in said["text"]["en"]
    assert "覆盖计费期之前的合同年的 50.00 %" in said["text"]["zh-Hans"]
    assert said["usage"] == [1]


def test_while_the_year_goes_on_only_the_period_is_measured() -> None:
    of = committed()
    day = Period(EARLIER.start, Instant(EARLIER.start + PERIOD.duration_us))
    assert [span for _, span in of.measurements(day)] == [day]
    assert [span for _, span in of.measurements(PERIOD)] == [PERIOD, EARLIER]
