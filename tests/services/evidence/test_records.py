"""A document that rests on clock offsets and exchanges is proven offline, and names them."""

from fractions import Fraction
from pathlib import Path

import pytest
from msgspec.structs import replace

from lineshaft.core.period import US_PER_S, Instant, Period
from lineshaft.core.reading import SignalId, SourceId
from lineshaft.services.billing.service import Billing
from lineshaft.services.evidence.model import Outcome
from lineshaft.services.evidence.service import Evidence
from lineshaft.services.evidence.verify import JSON, verify
from lineshaft.services.metering.clocks.model import ClockEntry, ClockStep
from lineshaft.services.metering.exchanges.model import MeterExchange
from lineshaft.services.metering.ports import Beside
from lineshaft.services.metering.service import Metering
from lineshaft.services.metering.store import SqlUsageStore
from tests.services.evidence.plant import MINUTE_US, NUMBER, Plant, build_plant, recorded_day
from tests.services.evidence.world import PERIOD
from tests.services.hub import FINANCE
from tests.services.records import COLLEAGUE, ENGINEER, build_records

pytestmark = [pytest.mark.engine, pytest.mark.timeout(60)]
AHEAD_US = 90 * US_PER_S


def late_records(plant: Plant, minutes: int, ahead_us: int = AHEAD_US) -> tuple[Billing, Evidence]:
    """Bill with an exchange some minutes into the day, and an offset: not known before."""
    hub = plant.hub
    records = build_records(hub.database, hub.clock, hub.parts.ids)
    at = Instant(PERIOD.start + minutes * MINUTE_US + MINUTE_US // 2)
    level = Fraction((60 + minutes) * 30 + 10)
    exchange = MeterExchange(
        "wo-4711", SignalId("mazak01/cut_time"), at, level, level, "SEC", "WO-4711"
    )
    records.exchanges.record(ENGINEER, exchange)
    records.exchanges.approve(COLLEAGUE, "wo-4711", 1)
    step = ClockStep(SourceId("edge-1"), PERIOD.start, ahead_us)
    records.clocks.record(ENGINEER, ClockEntry("radio", step, "compared with a radio clock"))
    hub.clock.advance(US_PER_S)
    beside = Beside(clocks=records.clocks, exchanges=records.exchanges)
    metering = Metering(
        plant.house.historian, hub.authorizer, hub.database, SqlUsageStore(), beside
    )
    billing = Billing(replace(hub.parts, metering=metering))
    evidence = Evidence(hub.database, billing, plant.house.historian, hub.keys, hub.authorizer)
    return billing, evidence


def test_a_late_offset_and_exchange_are_rated_anew_proven_and_named(tmp_path: Path) -> None:
    plant = build_plant(tmp_path, recorded_day())
    issued = plant.billing.document(FINANCE, NUMBER).file
    billing, evidence = late_records(plant, 600)
    before = plant.billing.preview(FINANCE, "c-1001", PERIOD)
    after = billing.preview(FINANCE, "c-1001", PERIOD)
    cutting, states = after.usage
    assert [each.reference for each in cutting.exchanges] == ["WO-4711"]
    assert [each.offset_us for each in cutting.clock_offsets] == [AHEAD_US]
    assert states.clock_offsets == cutting.clock_offsets
    assert states.exchanges == ()
    # Put forward at the start of the day, the clock's first readings lie among those before it.
    assert [each.usage[0].exclusion_count for each in (before, after)] == [0, 1]
    assert before.usage[0].quantity != cutting.quantity
    assert sum(states.states.values()) == PERIOD.duration_us
    # What was issued is proven as it was.
    assert billing.document(FINANCE, NUMBER).file == issued
    bundle = evidence.bundle(FINANCE, NUMBER)
    assert verify(issued, JSON, plant.keys(), bundle=bundle).exit_code == 0


def test_a_document_issued_with_them_is_proven_and_says_whose_word_they_are(tmp_path: Path) -> None:
    plant = build_plant(tmp_path, recorded_day())
    billing, evidence = late_records(plant, 1_460)
    later = Period(PERIOD.end, Instant(PERIOD.end + 40 * MINUTE_US))
    document = billing.issue(FINANCE, "c-1001", later)
    bundle = evidence.bundle(FINANCE, document.number)
    report = verify(document.file, JSON, plant.keys(), bundle=bundle)
    assert report.exit_code == 0, report
    words = [check.detail for check in report.checks if check.outcome is Outcome.LIMIT]
    assert any("(WO-4711) is the supplier's word" in word for word in words)
    assert any("clock of edge-1 is 90000000 us ahead" in word for word in words)
    page = evidence.readings_behind(FINANCE, document.number, "cutting-time")
    assert page.items[0].ts < later.start
    assert page.items[-1].ts >= later.end
