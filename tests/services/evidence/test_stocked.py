"""What was counted of a stock stands in the document, and the bundle proves what follows from it.

Telemetry says what was used; the count corrects it. Nobody measures a count: it is signed with the
document, and a document whose lines do not follow from its count is found offline.
"""

from fractions import Fraction
from typing import Any

import pytest

from lineshaft.core.period import Instant, parse_instant
from lineshaft.core.quantity import Quantity
from lineshaft.services.billing.document import document_content
from lineshaft.services.billing.model import Engine, Facts
from lineshaft.services.billing.rating import rate
from lineshaft.services.billing.stocks import counted_stocks, stock_measurements
from lineshaft.services.evidence.model import Verdict
from lineshaft.services.evidence.verify import JSON, verify
from lineshaft.services.facts.model import StockKind, StockRecord
from tests.services.billing.test_replenishment import METER, PRICE, TEXT
from tests.services.contracts.examples import CONTRACT, contract, terms
from tests.services.evidence.world import (
    CUTTING,
    HOUR_US,
    PERIOD,
    Recorder,
    World,
    key_file,
    proofs_of,
    sealed,
    sign_bundle,
    sign_document,
    usage_of,
    usual_day,
)

KNOWN_AT = parse_instant("2017-06-24T00:00:00Z")


def counted(hours: int, amount: int) -> StockRecord:
    return StockRecord(
        id=f"count-{hours}",
        machine="mazak01",
        contract=CONTRACT["id"],
        item="coolant",
        kind=StockKind.COUNT,
        at=Instant(PERIOD.start + hours * HOUR_US),
        quantity=Quantity(Fraction(amount), "KGM"),
        person="Carla",
        reference="CS-1",
    )


@pytest.fixture(scope="module")
def world() -> World:
    """28,800 kg a day at 4.00, of which 14,400 until noon: 85,600 kg are left, 85,000 counted."""
    price = {"id": "coolant", "description": TEXT, "price": PRICE}
    price["meter"] = METER | {"signal": "cut_time"}
    sold = contract(terms=terms(base_fee=None, guarantee=None, usage_prices=[price]))
    records = (counted(0, 100_000), counted(12, 85_000))
    recorder = Recorder()
    usual_day(recorder)
    proofs = proofs_of(sealed(recorder.records, 20), (CUTTING,))
    wanted = [*sold.measurements(PERIOD)]
    wanted += stock_measurements(counted_stocks(sold, PERIOD, records))
    usage = [usage_of(meter, proofs, span, KNOWN_AT) for meter, span in wanted]
    rated = rate(sold, PERIOD, KNOWN_AT, usage, Engine("0.1.0", "2026f"), Facts(stock=records))
    content = document_content(rated, "NM-2017-000001", KNOWN_AT)
    document = sign_document(content)
    bundle = sign_bundle(document, content["number"], proofs)
    return World(document, bundle, key_file(), proofs)


def judge(world: World) -> tuple[Verdict, set[str]]:
    report = verify(world.document, JSON, world.keys, bundle=world.bundle)
    return report.verdict, {failure.name for failure in report.failures}


def test_a_document_with_a_count_is_proven(world: World) -> None:
    assert judge(world) == (Verdict.PROVEN, set())
    content = world.content()
    assert [each["quantity"] for each in content["stock"]] == ["100000", "85000"]
    assert {line["id"]: line["amount"] for line in content["lines"]} == {
        "coolant": "115200.00",
        "coolant.count": "2400.00",
    }


def _count(stock: list[Any]) -> None:
    stock[1]["quantity"] = "85600"


def _instant(stock: list[Any]) -> None:
    stock[1]["at"] = "2017-06-22T11:00:00Z"


def _left_out(stock: list[Any]) -> None:
    del stock[1]


@pytest.mark.parametrize("change", [_count, _instant, _left_out])
def test_a_count_that_the_lines_do_not_follow_from_is_found(world: World, change: Any) -> None:
    stock = world.content()["stock"]
    change(stock)
    verdict, names = judge(world.resigned(stock=stock))
    assert verdict is Verdict.WRONG
    assert names


def test_a_count_that_is_changed_in_the_file_breaks_its_signature(world: World) -> None:
    assert world.document.count(b"85000") > 0
    changed = world.document.replace(b"85000", b"85001")
    report = verify(changed, JSON, world.keys, bundle=world.bundle)
    assert report.verdict is Verdict.WRONG
    assert "signature" in " ".join(f"{each.name} {each.detail}" for each in report.failures)
