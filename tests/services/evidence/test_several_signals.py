"""Documents billed by meters over several signals: measured again offline, block by block."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from lineshaft.core import canonical
from lineshaft.core.pages import PageRequest
from lineshaft.core.period import Instant, Period
from lineshaft.core.quantity import Quantity
from lineshaft.core.reading import SignalId, StatusCode
from lineshaft.core.segment.header import Header
from lineshaft.security.authorisation.model import SYSTEM_WORKER
from lineshaft.services.billing.document import document_content
from lineshaft.services.billing.model import Engine
from lineshaft.services.billing.rating import rate
from lineshaft.services.contracts.model import Contract
from lineshaft.services.evidence.model import Report, Verdict
from lineshaft.services.evidence.verify import JSON, verify
from lineshaft.services.metering.estimates.model import Estimate
from lineshaft.services.metering.evidence import input_of_blocks
from lineshaft.services.metering.measure import measure
from lineshaft.services.metering.model import Meter, UsageRecord
from tests.platform.historian.house import Source
from tests.services.contracts.examples import contract
from tests.services.evidence.plant import NUMBER, build_plant
from tests.services.evidence.world import (
    HOUR_US,
    ISSUED_AT,
    KNOWN_AT,
    PERIOD,
    Proof,
    Recorder,
    World,
    key_file,
    make_world,
    proofs_of,
    sealed,
    sign_bundle,
    sign_document,
)
from tests.services.hub import CUSTOMER

MADE, SCRAP, POWER = (SignalId(f"mazak01/{name}") for name in ("made", "scrap", "power"))
COUNTER = {"rate_max": "1"}


def price(id_: str, unit: str, kind: str, **parameters: Any) -> dict[str, Any]:
    return {
        "id": id_,
        "description": {"en": id_, "zh-Hans": id_},
        "meter": {
            "id": id_,
            "signal": "made",
            "kind": kind,
            "unit": unit,
            "parameters": parameters,
        },
        "price": {"model": "per_unit", "unit": unit, "unit_price": "0.10"},
    }


GOOD = price("good", "C62", "good_count", total=COUNTER, rejects=COUNTER, rejects_signal="scrap")
ENERGY_PER_PART = price(
    "energy",
    "KWH",
    "expression",
    formula="energy / (made - scrap)",
    inputs={
        "energy": {
            "signal": "power",
            "kind": "integral",
            "unit": "KWH",
            "parameters": {"signal_unit": "KWT", "gap_max_s": "7200"},
        },
        "made": {"kind": "counter", "unit": "C62", "parameters": COUNTER},
        "scrap": {"signal": "scrap", "kind": "counter", "unit": "C62", "parameters": COUNTER},
    },
)


def agreed() -> Contract:
    terms = {
        "base_fee": None,
        "usage_prices": [GOOD, ENERGY_PER_PART],
        "guarantee": None,
        "vat": {"category": "S", "rate": "19"},
    }
    return contract(terms=terms)


def usage_of(meter: Meter, proofs: list[Proof]) -> UsageRecord:
    blocks = [
        (Header.decode(proof.header_bytes), proof.salt, proof.block)
        for proof in proofs
        if proof.signal in meter.signals
    ]
    return measure(meter, input_of_blocks(blocks, own=meter.signal), PERIOD, KNOWN_AT)


@pytest.fixture(scope="module")
def world() -> World:
    """A round each half hour, from an hour before the day until an hour after it."""
    recorder = Recorder()
    for step in range(54):
        ts = PERIOD.start - HOUR_US + step * HOUR_US // 2
        recorder.add(MADE, ts, mantissa=100 * step, exponent=0)
        recorder.add(SCRAP, ts + 1, mantissa=step, exponent=0)
        recorder.add(POWER, ts + 2, mantissa=90 + step % 2 * 20, exponent=-1)
    proofs = proofs_of(sealed(recorder.records, 20), (MADE, SCRAP, POWER))
    terms = agreed()
    usage = [usage_of(meter, proofs) for meter in terms.meters()]
    rated = rate(terms, PERIOD, KNOWN_AT, usage, Engine("0.1.0", "2026f"))
    content = document_content(rated, NUMBER, ISSUED_AT)
    document = sign_document(content)
    return World(document, sign_bundle(document, NUMBER, proofs), key_file(), proofs)


def check(world: World) -> Report:
    return verify(world.document, JSON, world.keys, bundle=world.bundle)


def test_a_good_count_and_an_expression_are_proven(world: World) -> None:
    report = check(world)
    assert report.verdict is Verdict.PROVEN, report
    good, energy = (UsageRecord.from_content(each) for each in world.content()["usage"])
    # The steps over both ends of the day go by time; the scrap is read a microsecond later.
    assert round(good.quantity.amount) == 48 * 99
    assert {energy.signal_of(part) for part in energy.ranges} == {MADE, SCRAP, POWER}
    per_part = energy.quantity.amount * good.quantity.amount
    assert per_part == {p.name: p.quantity.amount for p in energy.parts}["energy"]
    assert abs(per_part - Fraction(240)) < Fraction(1, 1000)


@pytest.mark.parametrize("signal", [MADE, SCRAP, POWER])
@pytest.mark.parametrize("place", [0, 3, -1])
def test_a_dropped_block_of_any_signal_is_found(world: World, signal: SignalId, place: int) -> None:
    dropped = [proof for proof in world.proofs if proof.signal == signal][place]
    report = check(world.with_proofs([proof for proof in world.proofs if proof is not dropped]))
    assert report.verdict is Verdict.WRONG
    assert f"{signal} from edge-1/1" in report.failures[0].detail
    assert "missing" in report.failures[0].detail


def test_all_blocks_of_the_rejects_left_out_are_found(world: World) -> None:
    """A hub that leaves the scrap out of the record as well cannot call the record complete."""
    kept = [proof for proof in world.proofs if proof.signal != SCRAP]
    content = world.content()
    content["usage"][0]["ranges"] = [
        each for each in content["usage"][0]["ranges"] if each.get("signal") != SCRAP
    ]
    forged = world.resigned(usage=content["usage"]).with_proofs(kept)
    assert check(forged).verdict is Verdict.WRONG
    assert usage_of(agreed().meters()[0], kept).completeness == 0


def test_the_rejects_counted_as_another_signal_are_found(world: World) -> None:
    content = world.content()
    part = next(each for each in content["usage"][0]["ranges"] if "signal" in each)
    part["signal"] = POWER
    assert check(world.resigned(usage=content["usage"])).verdict is Verdict.WRONG


def test_documents_of_one_signal_name_no_signal_in_their_ranges() -> None:
    usage = make_world().content()["usage"]
    assert all("signal" not in part for record in usage for part in record["ranges"])
    assert all("parts" not in record for record in usage)


@pytest.mark.engine
@pytest.mark.timeout(30)
def test_the_hub_bills_proves_and_pages_all_signals(tmp_path: Path) -> None:
    source, minute_us = Source("edge-1"), 60_000_000
    for number in range(26 * 60):
        ts = PERIOD.start - HOUR_US + number * minute_us
        source.add(MADE, ts, 10 * number, 0)
        source.add(SCRAP, ts, number // 6, 0)
        if number % 30 == 0:
            source.add(POWER, ts, 95, -1)
        if number % 10 == 9:
            source.seal()
    plant = build_plant(tmp_path, source, agreed())
    document = plant.billing.document(CUSTOMER, NUMBER).file
    bundle = plant.evidence.bundle(CUSTOMER, NUMBER)
    report = verify(document, JSON, plant.keys(), bundle=bundle)
    assert report.verdict is Verdict.PROVEN, report
    content = canonical.decode(document)["document"]
    assert next(record["quantity"]["amount"] for record in content["usage"]) == str(14_400 - 240)
    rows, after = [], ""
    while True:
        page = plant.evidence.readings_behind(CUSTOMER, NUMBER, "good", PageRequest(500, after))
        rows += page.items
        if page.next is None:
            break
        after = page.next
    assert (
        len(rows) == len({(row.source, row.epoch, row.sequence) for row in rows}) == 2 * 1_441
    )  # and what held before
    assert [row.ts for row in rows] == sorted(row.ts for row in rows)
    assert {row.signal for row in rows} == {MADE, SCRAP}
    segments = {row.ordinal: row.segment for row in rows if row.signal == SCRAP}
    (proof, *_) = plant.house.historian.proofs(SYSTEM_WORKER, SCRAP, ("edge-1", 1), (100, 100))
    assert segments[100] == Header.decode(proof.header_bytes).number


def test_an_estimate_is_measured_again_and_said_to_be_the_suppliers_word() -> None:
    """Nothing was recorded from noon on: half of the energy of the day is somebody's word."""
    recorder = Recorder()
    for step in range(-2, 25):
        silent = {"status": StatusCode.BAD_NO_COMMUNICATION} if step == 24 else {}
        ts = PERIOD.start + step * HOUR_US // 2
        number = {} if silent else {"mantissa": 8, "exponent": 0}
        recorder.add(POWER, ts, **silent, **number)
    proofs = proofs_of(sealed(recorder.records, 20), (POWER,))
    noon = Instant(PERIOD.start + 12 * HOUR_US)
    half = Quantity(Fraction(96), "KWH")
    one = Estimate(
        "e-1", "mazak01", "power", Period(noon, PERIOD.end), half, "usr_7", "as in the morning"
    )
    integral = {"signal_unit": "KWT", "gap_max_s": "7200"}
    power = price("power", "KWH", "integral", **integral)
    power["meter"]["signal"] = "power"
    terms = contract(terms={"usage_prices": [power], "vat": {"category": "S", "rate": "19"}})
    (meter,) = terms.meters()
    blocks = [(Header.decode(each.header_bytes), each.salt, each.block) for each in proofs]
    record = measure(meter, replace(input_of_blocks(blocks), estimates=(one,)), PERIOD, KNOWN_AT)
    assert (record.quantity.amount, record.estimated.amount) == (192, 96)
    rated = rate(terms, PERIOD, KNOWN_AT, [record], Engine("0.1.0", "2026f"))
    document = sign_document(document_content(rated, NUMBER, ISSUED_AT))
    made = World(document, sign_bundle(document, NUMBER, proofs), key_file(), proofs)
    report = check(made)
    assert report.verdict is Verdict.PROVEN, report
    assert any("as in the morning" in limit.detail for limit in report.limits)
    usage = made.content()["usage"]
    usage[0]["estimates"][0]["amount"] = "97"
    assert check(made.resigned(usage=usage)).verdict is Verdict.WRONG
