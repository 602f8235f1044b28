"""Every pack that ships is a sound offering, and a contract from it rates a day of readings."""

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from shutil import copytree
from typing import Any

import msgspec
import pytest

from lineshaft.bootstrap.application import Application, build
from lineshaft.core import canonical
from lineshaft.core.clock import ManualClock
from lineshaft.core.errors import InvariantError
from lineshaft.core.messages import EnrolRequest, enrol_proof
from lineshaft.core.period import Instant, Period, parse_instant
from lineshaft.core.quantity import Quantity
from lineshaft.core.reading import signal_id
from lineshaft.infrastructure.settings import load_settings
from lineshaft.platform.historian.intake.commit import Committer
from lineshaft.security.authorisation.model import LOCAL_OPERATOR
from lineshaft.services.billing.document import recompute
from lineshaft.services.billing.model import RatedDocument
from lineshaft.services.contracts.catalogue.model import OfferingChanges
from lineshaft.services.contracts.model import Contract, CoreDepositPrice, LocalText, OfferingKind
from lineshaft.services.contracts.packs.model import read_pack
from lineshaft.services.contracts.packs.shelf import packs
from lineshaft.services.facts.model import Core, StockKind, StockRecord
from tests.installation import empty_installation
from tests.platform.historian.house import HOUR, Source, opened
from tests.services.contracts.examples import CONTRACT

__all__ = ["empty_installation"]

DAY = Period.parse("2027-03-02T00:00:00Z", "2027-03-03T00:00:00Z")
NOW = parse_instant("2027-03-04T00:00:00Z")
COUNTED_PER_HOUR = {
    "run_time": 1_800,
    "parts": 120,
    "rejects": 6,
    "air_volume": 50,
    "energy": 8,
    "coolant_used": 10,
}
TOLD = {"training_hours": 3, "records_delivered": 1_001, "exchanged_units": 2, "removed_mass": 120}
# What a day costs by hand: 12 h of running, 2,880 parts less 144 rejects, 1,200 m3, 192 kWh.
# 300 kWh and 144 kWh for the parts are the baseline of the day, so 252 kWh are saved.
# 95 % of the parts are good, which costs 5 % of the base fee of the day.
NET = {
    "availability": "45.16",
    "bundle": "50.00",
    "data": "84.80",
    "energy-saving": "20.12",
    "fleet": "142.32",
    "leasing": "80.00",
    "maintenance": "157.58",
    "pay-per-cubic-metre": "79.66",
    "pay-per-good-part": "1185.89",
    "pay-per-kilowatt-hour": "40.63",
    "pay-per-use": "245.03",
    "remanufacturing": "4100.00",
    "replenishment": "372.00",
    "response": "15.48",
    "software": "61.19",
    "subscription": "8.06",
    "take-back": "352.00",
    "training": "360.00",
}


def sent_day() -> Source:
    """Return a source that has told one day of a machine with every signal of the packs."""
    source = Source("edge-1")
    for hour in range(-2, 27):
        at = DAY.start + hour * HOUR
        for name, per_hour in COUNTED_PER_HOUR.items():
            source.add(signal_id("press", name), at, (hour + 2) * per_hour, 0)
    for hour, state in ((-1, "READY"), (7, "ACTIVE"), (19, "READY"), (25, "READY")):
        source.add(signal_id("press", "execution"), DAY.start + hour * HOUR, text=state)
    for hour, user in ((8, "ada"), (9, "emil"), (10, "ada")):
        source.add(signal_id("press", "user"), DAY.start + hour * HOUR, text=user)
    for name, told in TOLD.items():
        source.add(signal_id("press", name), DAY.start + 9 * HOUR, told, 0)
    source.seal()
    return source


def request_of(source: Source) -> EnrolRequest:
    proof = source.key.sign(enrol_proof(source.name, source.salt)).hex()
    key = source.key.public_key().public_bytes_raw().hex()
    return EnrolRequest(source.name, key, source.salt.hex(), proof)


@pytest.fixture(scope="module")
def hub(
    empty_installation: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Application]:
    data = copytree(empty_installation, tmp_path_factory.mktemp("packs") / "data")
    made = build(load_settings({}, data_dir=data), clock=ManualClock(NOW))
    source = sent_day()
    made.identity.enrol_local(LOCAL_OPERATOR, request_of(source))
    committer = Committer(made.database, made.manifest, made.files, made.clock, floor_mb=0)
    committer.commit(opened(source.segments, source))
    yield made
    made.database.close()


def preview(hub: Application, pack: str) -> RatedDocument:
    """Sell a pack as it is and rate the day."""
    entry = hub.catalogue.from_pack(LOCAL_OPERATOR, pack, f"our-{pack}", OfferingChanges())
    content: dict[str, Any] = CONTRACT | {
        "id": f"c-{pack}",
        "offering": {"id": entry.offering.id, "version": 1},
        "terms": entry.offering.to_content()["terms"],
        "machines": ["press"],
        "start": "2027-03-01T00:00:00Z",
    }
    contract = Contract.from_content(content)
    hub.contracts.agree(LOCAL_OPERATOR, contract)
    hub.contracts.activate(LOCAL_OPERATOR, contract.id, 1)
    for price in contract.terms.usage_prices:
        if isinstance(price.price, CoreDepositPrice):
            at = Instant(DAY.start + 9 * HOUR)
            core = Core(
                id=f"core-{pack}",
                machine="press",
                contract=contract.id,
                item=price.id,
                model="model-1",
                delivered_at=at,
                reference="DN-1",
            )
            hub.cores.record(LOCAL_OPERATOR, core)
            assert isinstance(hub.clock, ManualClock)
            hub.clock.advance(HOUR)
    return hub.billing.preview(LOCAL_OPERATOR, contract.id, DAY)


@pytest.mark.engine
@pytest.mark.timeout(30)
@pytest.mark.parametrize("pack", sorted(packs()))
def test_a_contract_from_a_pack_rates_a_day(hub: Application, pack: str) -> None:
    rated = preview(hub, pack)
    assert rated.totals.net.amount == Decimal(NET[pack])
    assert all(line.description.zh_hans for line in rated.lines)


@pytest.mark.engine
@pytest.mark.timeout(30)
def test_a_stock_is_estimated_counted_and_ordered_in_time(hub: Application) -> None:
    """10 l an hour: 240 l on the day, half of it or all of what was known of its neighbours."""
    entry = hub.catalogue.from_pack(LOCAL_OPERATOR, "replenishment", "our-oil", OfferingChanges())
    content: dict[str, Any] = CONTRACT | {
        "id": "c-oil",
        "offering": {"id": entry.offering.id, "version": 1},
        "terms": entry.offering.to_content()["terms"],
        "machines": ["press"],
        "start": "2027-03-01T00:00:00Z",
    }
    hub.contracts.agree(LOCAL_OPERATOR, Contract.from_content(content))
    hub.contracts.activate(LOCAL_OPERATOR, "c-oil", 1)
    (unknown,) = hub.billing.replenishment(LOCAL_OPERATOR, "c-oil")
    assert (unknown.quantity, unknown.counted_at, unknown.is_due) == (None, None, False)
    for hour, kind, litres in ((2, "count", 500), (3, "delivery", 90), (12, "count", 480)):
        amount = Quantity(Fraction(litres), "LTR")
        at = Instant(DAY.start + hour * HOUR)
        place = {"machine": "press", "contract": "c-oil", "item": "coolant"}
        told = StockRecord(
            id=f"oil-{hour}",
            kind=StockKind(kind),
            at=at,
            quantity=amount,
            person="Carla",
            reference="CS-1",
            **place,
        )
        hub.stocks.record(LOCAL_OPERATOR, told)
    assert isinstance(hub.clock, ManualClock)
    hub.clock.advance(HOUR)
    # 500 and 90 less 100 of ten hours are 490; 10 l are missing at 1.55.
    rated = hub.billing.preview(LOCAL_OPERATOR, "c-oil", DAY)
    assert [str(line.amount.amount) for line in rated.lines] == ["372.00", "15.50"]
    issued = hub.billing.issue(LOCAL_OPERATOR, "c-oil", DAY, reason="the rest of the day is known")
    document = canonical.decode(issued.file)["document"]
    assert recompute(document) == document
    assert [each["id"] for each in document["stock"]] == ["oil-2", "oil-3", "oil-12"]
    (known,) = hub.billing.replenishment(LOCAL_OPERATOR, "c-oil")
    assert known.reorder is not None
    assert known.quantity == 480 - 140
    assert known.is_due
    assert known.to_content()["is_due"] is True


def test_a_pack_says_what_it_is_in_both_languages_and_what_it_counts_as() -> None:
    for pack in packs().values():
        said = pack.offering.classification
        assert None not in msgspec.structs.asdict(said).values(), pack.id
        assert len(pack.about.en) > 40 < len(pack.about.zh_hans) + 25, pack.id
    assert len({pack.offering.name for pack in packs().values()}) == len(packs())


def test_every_kind_of_offering_has_a_pack() -> None:
    assert {pack.offering.kind for pack in packs().values()} == set(OfferingKind)


def test_the_page_of_offerings_names_every_pack() -> None:
    page = (Path(__file__).parents[3] / "docs" / "offerings.md").read_text(encoding="utf-8")
    assert [id_ for id_ in packs() if f"`{id_}`" not in page] == []


def test_a_pack_that_cannot_be_read_is_a_bug() -> None:
    for text in ("about = 1", "[offering]\nname = 1", "not toml"):
        with pytest.raises(InvariantError, match="pack broken"):
            read_pack("broken", text)


def test_a_pack_takes_a_name_a_currency_and_values(hub: Application) -> None:
    changes = OfferingChanges(
        name=LocalText(en="Mill by the hour", zh_hans="铣床按小时"),
        currency="CNY",
        values={
            "terms.base_fee.amount_per_month": "7500.00",
            "terms.usage_prices.running-hours.price.tiers.1.unit_price": "140.00",
            "terms.usage_prices.running-hours.meter.signal": "cut_time",
            "activity": "control_service",
        },
    )
    sold = hub.catalogue.from_pack(LOCAL_OPERATOR, "pay-per-use", "mill", changes).offering
    assert (sold.id, sold.version, sold.currency) == ("mill", 1, "CNY")
    assert sold.name.zh_hans == "铣床按小时"
    assert sold.terms.base_fee is not None
    assert sold.terms.base_fee.amount_per_month == Decimal("7500.00")
    (price,) = sold.terms.usage_prices
    assert price.meter is not None
    assert (price.meter.signal, sold.activity) == ("cut_time", "control_service")
