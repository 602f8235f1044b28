"""Savings, deposits, bundles and leases are proven offline; a flipped bit of any of them is named.

One contract has all four. The second month of a saving rests on the readings of the first as well,
since what was not saved there is carried.
"""

from dataclasses import replace

import pytest

from lineshaft.core.period import US_PER_DAY, Instant, Period, parse_instant
from lineshaft.core.reading import SignalId
from lineshaft.services.billing.document import document_content
from lineshaft.services.billing.model import Engine, Facts
from lineshaft.services.billing.rating import rate
from lineshaft.services.contracts.model import Contract
from lineshaft.services.evidence.model import Report, Verdict
from lineshaft.services.evidence.verify import JSON, verify
from lineshaft.services.facts.model import Core
from tests.services.billing.test_bundle import parts
from tests.services.billing.test_cores import PRICE as DEPOSIT
from tests.services.billing.test_energy_saving import BASELINE, METER, PARTS
from tests.services.billing.test_energy_saving import PRICE as SAVING
from tests.services.billing.test_lease import PRICE as LEASE
from tests.services.contracts.examples import contract, terms
from tests.services.evidence.world import (
    Recorder,
    World,
    key_file,
    proofs_of,
    sealed,
    sign_bundle,
    sign_document,
    usage_of,
)

START = "2027-05-01T00:00:00Z"
JUNE = Period.parse("2027-06-01T00:00:00Z", "2027-07-01T00:00:00Z")
TEXT = {"en": "Sold", "zh-Hans": "售出"}
ENERGY, MADE = SignalId("mazak01/cut_time"), SignalId("mazak01/parts")
MAY_KWH, JUNE_KWH, PARTS_PER_DAY = 5_000, 2_000, 100
"""By day."""
AMOUNTS = {"saving": "1866.00", "spindle": "700.00", "care": "100.00", "lease": "900.00"}
"""(63,000 saved in June - 31,900 lost in May) x 0.20 x 30 %, and what the others agree on."""


def sold() -> Contract:
    """Return a contract with one price of each kind, billed by the month."""
    weights = [{"driver": "parts", "per_unit": "1"}]
    baseline = BASELINE | {"since": START, "quantity_per_month": "120000", "weights": weights}
    saving = SAVING | {"baselines": [baseline], "adjustments": []}
    care = {"model": "bundle", "amount_per_month": "100.00", "proration": "ACT_DAYS"}
    fast = {"parameters": {"rate_max": "10"}}
    saving["drivers"] = [SAVING["drivers"][0] | {"meter": PARTS | fast}]
    prices = [
        {"id": "saving", "meter": METER | fast, "price": saving},
        {"id": "spindle", "price": DEPOSIT},
        {"id": "care", "price": care | {"parts": parts("40.00", "40.00", "40.00")}},
        {"id": "lease", "price": LEASE},
    ]
    return contract(
        terms=terms(
            base_fee=None,
            guarantee=None,
            usage_prices=[{"description": TEXT} | price for price in prices],
        ),
        start=START,
        end=None,
        billing_period="month",
    )


@pytest.fixture(scope="module")
def world() -> World:
    recorder = Recorder()
    for day in range(62):
        at = parse_instant(START) + day * US_PER_DAY
        used = MAY_KWH * min(day, 31) + JUNE_KWH * max(0, day - 31)
        recorder.add(ENERGY, at, mantissa=used, exponent=0)
        recorder.add(MADE, at, mantissa=day * PARTS_PER_DAY, exponent=0)
    of, known_at = sold(), Instant(JUNE.end + US_PER_DAY)
    proofs = proofs_of(sealed(recorder.records, 20), (ENERGY, MADE))
    usage = [usage_of(meter, proofs, span, known_at) for meter, span in of.measurements(JUNE)]
    core = Core(
        id="c-1",
        machine=of.machines[0],
        contract=of.id,
        item="spindle",
        model="SP-2",
        delivered_at=parse_instant("2027-06-01T09:00:00Z"),
        reference="DN-1",
        returned=None,
    )
    rated = rate(of, JUNE, known_at, usage, Engine("0.1.0", "2026f"), Facts(cores=(core,)))
    document = sign_document(document_content(rated, "NM-2027-000001", known_at))
    return World(document, sign_bundle(document, "NM-2027-000001", proofs), key_file(), proofs)


def checked(world: World) -> Report:
    return verify(world.document, JSON, world.keys, bundle=world.bundle)


def test_all_four_are_proven_from_the_readings(world: World) -> None:
    report = checked(world)
    assert report.verdict is Verdict.PROVEN, report
    document = world.content()
    assert {line["id"]: line["amount"] for line in document["lines"]} == AMOUNTS
    assert len({record["period"]["start"] for record in document["usage"]}) == 2


@pytest.mark.parametrize("line", range(len(AMOUNTS)))
def test_an_amount_that_is_changed_is_named_by_its_line(world: World, line: int) -> None:
    lines = world.content()["lines"]
    amount = lines[line]["amount"]
    lines[line]["amount"] = f"{int(amount[0]) ^ 1}{amount[1:]}"
    report = checked(world.resigned(lines=lines))
    assert report.verdict is Verdict.WRONG
    said = {failure.name: failure.detail for failure in report.failures}
    assert said["rating"].startswith(f"line {line + 1} ({lines[line]['id']}), amount"), report


def test_a_flipped_bit_of_a_reading_is_named_by_its_segment(world: World) -> None:
    """It is a reading of the first month, of which only the carry speaks."""
    flipped = bytearray(world.proofs[0].block)
    flipped[-1] ^= 1
    changed = replace(world.proofs[0], block=bytes(flipped))
    report = checked(world.with_proofs([changed, *world.proofs[1:]]))
    assert report.verdict is Verdict.WRONG
    assert "segment 1 of edge-1/1" in str(report.failures[0]), report


@pytest.mark.parametrize("word", [b'"deposit":"700.00"', b'"instalment":"900', b"Regression"])
def test_a_flipped_bit_of_the_terms_is_found(world: World, word: bytes) -> None:
    """Of the deposit, the lease, the baseline."""
    place = world.document.index(word) + len(word) - 3
    flipped = bytearray(world.document)
    flipped[place] ^= 1
    report = checked(replace(world, document=bytes(flipped)))
    assert report.verdict is Verdict.WRONG
    assert "document signature" in {failure.name for failure in report.failures}, report
