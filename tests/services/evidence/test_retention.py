"""A document and its bundle verify after everything was deleted that is not held."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from lineshaft.bootstrap.retention_adapters import BillingHolds, years_after
from lineshaft.core.period import US_PER_DAY, Instant, parse_instant
from lineshaft.infrastructure.database import Database
from lineshaft.platform.historian.retention.errors import BlocksHeld
from lineshaft.platform.historian.retention.model import Deletion, RetentionRule
from lineshaft.platform.historian.retention.service import Retention
from lineshaft.services.billing.service import Billing
from lineshaft.services.contracts.service import ContractParts, Contracts
from lineshaft.services.contracts.store import SqlContractStore
from lineshaft.services.evidence.service import Evidence
from lineshaft.services.evidence.verify import JSON, verify
from lineshaft.services.metering.service import Metering
from lineshaft.services.metering.store import SqlUsageStore
from tests.platform.historian.house import House
from tests.platform.historian.keeper import ADMIN, prove, retention_of, stored
from tests.services.contracts.examples import contract, offering
from tests.services.evidence.plant import HOUR_US, NUMBER, Plant, recorded_day
from tests.services.evidence.world import PERIOD
from tests.services.hub import CUSTOMER, FINANCE, NOW, build_hub

pytestmark = [pytest.mark.engine, pytest.mark.timeout(60)]

SECRET = "mazak02/secret_recipe"
METERED = ("mazak01/cut_time", "mazak01/execution")
YEARS = 10
PER_HOUR = 15


@pytest.fixture
def held_plant(tmp_path: Path, sqlite_database: Database) -> tuple[Plant, Retention]:
    """Build what `build_plant` does, with a hub that holds what it bills from."""
    directory, database = tmp_path, sqlite_database
    hub, house, source = (
        build_hub(database, directory / "keys"),
        House(directory, database),
        recorded_day(HOUR_US // PER_HOUR),
    )
    house.clock.advance(NOW - HOUR_US - house.clock.now())
    house.store(source, per_commit=10)
    retention = retention_of(house)
    holds = BillingHolds(retention, YEARS)
    contracts = Contracts(
        ContractParts(
            database=database,
            store=SqlContractStore(),
            authorizer=hub.authorizer,
            audit=hub.audit,
            clock=hub.clock,
            ids=hub.parts.ids,
            keys=hub.keys,
            holds=holds,
        )
    )
    metering = Metering(house.historian, hub.authorizer, database, SqlUsageStore())
    parts = replace(hub.parts, contracts=contracts, metering=metering, holds=holds)
    billing = Billing(parts)
    contracts.offer(FINANCE, offering())
    contracts.agree(FINANCE, contract())
    contracts.activate(FINANCE, contract().id, 1)
    billing.issue(FINANCE, "c-1001", PERIOD)
    evidence = Evidence(database, billing, house.historian, hub.keys, hub.authorizer)
    return Plant(hub, house, billing, evidence, source), retention


def verified(plant: Plant) -> int:
    document = plant.billing.document(CUSTOMER, NUMBER).file
    bundle = plant.evidence.bundle(CUSTOMER, NUMBER)
    return verify(document, JSON, plant.keys(), bundle=bundle).exit_code


def test_a_bundle_verifies_after_everything_else_was_deleted(
    held_plant: tuple[Plant, Retention],
) -> None:
    plant, retention = held_plant
    house = plant.house
    kept = {signal: stored(house, [signal])[signal] for signal in METERED}
    house.clock.advance(100 * US_PER_DAY)
    with pytest.raises(BlocksHeld, match="contract/c-1001/1/mazak01/"):
        retention.delete(ADMIN, Deletion.before(["*"], house.clock.now(), "all of it"))
    retention.set_rule(ADMIN, RetentionRule("*", 1, keep_rollups=False))
    report = retention.apply_rules(ADMIN)
    assert report.rows == 26 * PER_HOUR
    assert stored(house, [SECRET]) == {SECRET: []}
    assert {signal: stored(house, [signal])[signal] for signal in METERED} == kept
    assert verified(plant) == 0
    house.compact()
    assert verified(plant) == 0
    for signal in METERED:
        assert len(prove(house, plant.source, signal)) == len(kept[signal])
    faults = house.historian.check(ADMIN).faults
    assert faults == ()


def test_a_document_holds_its_readings_when_the_contract_does_not(
    held_plant: tuple[Plant, Retention],
) -> None:
    plant, retention = held_plant
    for one in retention.holds(ADMIN):
        retention.release_hold(ADMIN, one.id, "a mistake")
    plant.house.clock.advance(100 * US_PER_DAY)
    retention.set_rule(ADMIN, RetentionRule("*", 1, keep_rollups=False))
    report = retention.apply_rules(ADMIN)
    assert report.rows > 26 * PER_HOUR
    assert {one.hold.partition(" on ")[0] for one in report.held} == {f"hold document/{NUMBER}"}
    assert verified(plant) == 0
    plant.house.clock.advance((YEARS + 1) * 366 * US_PER_DAY)
    retention.apply_rules(ADMIN)
    assert stored(plant.house, METERED) == {signal: [] for signal in METERED}
    assert plant.house.historian.check(ADMIN).faults == ()


def test_a_later_version_of_a_contract_ends_the_hold_of_the_one_before(
    held_plant: tuple[Plant, Retention],
) -> None:
    plant, retention = held_plant
    first = retention.holds(ADMIN)
    assert {(one.pattern, one.end, one.keep_until) for one in first} == {
        (signal, None, None) for signal in METERED
    }
    holds = BillingHolds(retention, YEARS)
    start = "2017-07-01T00:00:00Z"
    later = contract(version=2, start=start, end="2018-07-01T00:00:00Z")
    with plant.hub.database.unit_of_work() as unit:
        holds.contract_binds(unit, FINANCE, later, [contract()])
    ends = {(one.id.split("/")[2], one.end, one.keep_until) for one in retention.holds(ADMIN)}
    assert ends == {
        ("1", parse_instant(start), parse_instant("2027-07-01T00:00:00Z")),
        ("2", parse_instant("2018-07-01T00:00:00Z"), parse_instant("2028-07-01T00:00:00Z")),
    }


def test_ten_years_after_a_leap_day() -> None:
    leap = parse_instant("2024-02-29T12:00:00Z")
    assert years_after(leap, 10) == parse_instant("2034-03-01T12:00:00Z")
    assert years_after(Instant(0), 10) == parse_instant("1980-01-01T00:00:00Z")
