"""The catalogue: pages, versions, withdrawal from sale, differences, who uses what."""

from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from fastapi import FastAPI, Request

from lineshaft.core.clock import CountingIds
from lineshaft.core.errors import Forbidden, Invalid, Unauthorized
from lineshaft.infrastructure.database.tables import OUTBOX
from lineshaft.security.authorisation.model import Actor
from lineshaft.services.contracts.catalogue import api
from lineshaft.services.contracts.catalogue import model as catalogue_model
from lineshaft.services.contracts.catalogue import service as catalogue_service
from lineshaft.services.contracts.catalogue.errors import AlreadyWithdrawn, PackNotFound
from lineshaft.services.contracts.catalogue.model import (
    CatalogueQuery,
    OfferingChanges,
    PlaceUnknown,
    changed,
    differences,
    places,
)
from lineshaft.services.contracts.catalogue.service import Catalogue, CatalogueParts
from lineshaft.services.contracts.catalogue.store import SqlCatalogueStore
from lineshaft.services.contracts.errors import OfferingNotFound, OfferingNotOnSale, VersionTaken
from lineshaft.services.contracts.model import (
    CustomerClass,
    Offering,
    OfferingKind,
    OfferingReference,
    TermsInvalid,
)
from lineshaft.services.contracts.service import ContractParts, Contracts
from lineshaft.services.contracts.store import SqlContractStore
from lineshaft.web import problems
from tests.services.contracts.examples import contract, offering, terms
from tests.services.hub import CUSTOMER, ENGINEER, FINANCE, Hub

FEE = "terms.base_fee.amount_per_month"
TIER = "terms.usage_prices.cutting-time.price.tiers.2.unit_price"
ACTORS = {each.name: each for each in (FINANCE, ENGINEER, CUSTOMER)}


@dataclass
class Shop:
    """The catalogue of a hub, and contracts that know what is withdrawn."""

    hub: Hub
    catalogue: Catalogue
    contracts: Contracts


@pytest.fixture
def shop(hub: Hub) -> Shop:
    shared: dict[str, Any] = {
        "database": hub.database,
        "authorizer": hub.authorizer,
        "audit": hub.audit,
        "clock": hub.clock,
        "ids": CountingIds(),
    }
    store = SqlCatalogueStore()
    of_contracts = ContractParts(store=SqlContractStore(), sales=store, keys=hub.keys, **shared)
    contracts = Contracts(of_contracts)
    parts = CatalogueParts(store=store, contracts=contracts, **shared)
    return Shop(hub, Catalogue(parts), contracts)


def filled(shop: Shop) -> None:
    """Record five offerings; the one of the examples has two versions and two contracts."""
    sold = shop.catalogue
    sold.record(FINANCE, offering())
    for pack in ("fleet", "pay-per-use", "software", "subscription"):
        sold.from_pack(FINANCE, pack, pack, OfferingChanges())
    sold.next_version(
        FINANCE, "machining-as-a-service", 2, OfferingChanges(values={FEE: "3300.00"})
    )
    for id_ in ("c-1001", "c-1002"):
        shop.contracts.agree(FINANCE, contract(id=id_))
    shop.contracts.activate(FINANCE, "c-1001", 1)


def ids(shop: Shop, **asked: Any) -> list[str]:
    page = shop.catalogue.page(FINANCE, CatalogueQuery(**asked))
    return [entry.offering.id for entry in page.entries]


@pytest.mark.both_engines
def test_the_catalogue_is_listed_filtered_and_withdrawn(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(shop)
    sold = shop.catalogue
    everything = ["fleet", "machining-as-a-service", "pay-per-use", "software", "subscription"]
    assert ids(shop) == everything
    assert ids(shop, kind=OfferingKind.FLEET) == ["fleet"]
    assert ids(shop, customer_class=CustomerClass.PRODUCER) == everything[2:]
    first = sold.page(FINANCE, CatalogueQuery(limit=2))
    assert first.next == "machining-as-a-service"
    second = sold.page(FINANCE, CatalogueQuery(limit=3, after=first.next))
    assert [entry.offering.id for entry in second.entries] == everything[2:]
    assert second.next is None
    with pytest.raises(Invalid, match="1 to 500"):
        CatalogueQuery(limit=501)

    gone = sold.withdraw(FINANCE, "machining-as-a-service", 1, "a better one")
    assert gone == sold.withdraw(FINANCE, "machining-as-a-service", 1, "a better one")
    assert gone.withdrawal is not None
    assert gone.withdrawal.by == FINANCE.id
    with pytest.raises(AlreadyWithdrawn, match="a better one"):
        sold.withdraw(FINANCE, "machining-as-a-service", 1, "another reason")
    assert [e.is_on_sale for e in sold.versions(FINANCE, "machining-as-a-service")] == [False, True]
    sold.withdraw(FINANCE, "machining-as-a-service", 2, "the end")
    assert ids(shop, is_on_sale=False) == ["machining-as-a-service"]
    assert ids(shop, is_on_sale=True) == everything[:1] + everything[2:]
    with shop.hub.database.read() as connection:
        (*_, one, two) = connection.scalars(sa.select(OUTBOX.c.payload).order_by(OUTBOX.c.id)).all()
    assert b'"type":"OfferingWithdrawn"' in one
    assert b'"reason":"the end"' in two

    # Contracts stay, and may go on; new ones are not made.
    shop.contracts.agree(FINANCE, contract(version=2, start="2017-07-01T00:00:00Z"))
    with pytest.raises(OfferingNotOnSale, match="withdrawn from sale"):
        shop.contracts.agree(FINANCE, contract(id="c-1003"))
    uses = sold.contracts(FINANCE, "machining-as-a-service")
    assert [(r.contract.id, r.contract.version) for r in uses.records] == [
        ("c-1001", 2),
        ("c-1002", 1),
    ]
    assert [record.activated_at is None for record in uses.records] == [True, True]
    assert sold.contracts(FINANCE, "fleet").records == ()
    monkeypatch.setattr(catalogue_service, "PAGE_OFFERINGS_MAX", 1)
    assert sold.contracts(FINANCE, "machining-as-a-service", limit=1).next == "c-1001"
    rest = sold.contracts(FINANCE, "machining-as-a-service", "c-1001", 1)
    assert ([r.contract.id for r in rest.records], rest.next) == (["c-1002"], None)
    assert ids(shop) == everything

    references = [OfferingReference(id="fleet", version=n) for n in (1, 2)]
    counted = sold.classifications(FINANCE, references)
    assert [each.kind for each in counted.values()] == [OfferingKind.FLEET]
    monkeypatch.setattr(catalogue_service, "CLASSIFICATIONS_MAX", 1)
    with pytest.raises(Invalid, match="at most 1"):
        sold.classifications(FINANCE, references)


def test_versions_never_change_and_differ_where_they_say(shop: Shop) -> None:
    filled(shop)
    sold = shop.catalogue
    again = OfferingChanges(values={FEE: "3300.00"})
    assert sold.next_version(FINANCE, "machining-as-a-service", 2, again).offering.version == 2
    with pytest.raises(VersionTaken, match="make it version 3"):
        sold.next_version(FINANCE, "machining-as-a-service", 2, OfferingChanges())
    (change,) = sold.compare(FINANCE, "machining-as-a-service", 1, 2)
    assert change.to_content() == {"place": FEE, "before": "3000.00", "after": "3300.00"}
    with pytest.raises(OfferingNotFound, match="the last one is 2"):
        sold.compare(FINANCE, "machining-as-a-service", 1, 3)
    with pytest.raises(OfferingNotFound):
        sold.show(FINANCE, "nothing")
    with pytest.raises(PackNotFound, match="pay-per-use"):
        sold.pack(FINANCE, "nothing")
    with pytest.raises(Invalid, match="1 to 500"):
        sold.withdraw(FINANCE, "fleet", 1, " ")
    assert sold.show(ENGINEER, "fleet").is_on_sale
    for refused in (
        lambda: sold.packs(CUSTOMER),
        lambda: sold.show(CUSTOMER, "fleet"),
        lambda: sold.page(CUSTOMER, CatalogueQuery()),
        lambda: sold.contracts(CUSTOMER, "fleet"),
        lambda: sold.classifications(CUSTOMER, []),
        lambda: sold.withdraw(ENGINEER, "fleet", 1, "no"),
        lambda: sold.from_pack(ENGINEER, "fleet", "mine", OfferingChanges()),
    ):
        with pytest.raises(Forbidden):
            refused()


def test_a_difference_names_parts_that_come_and_go() -> None:
    before, after = offering(), offering(terms=terms(guarantee=None, usage_prices=[]))
    found = {change.place: change for change in differences(before, after)}
    assert found[TIER].before == "30.00"
    assert found[TIER].after is None
    assert found["terms.guarantee.target"].before == "90"
    back = {change.place: change for change in differences(after, before)}
    assert back[TIER].after == "30.00"
    assert differences(before, before.named("other", 7)) == ()


def test_values_are_changed_where_they_stand(monkeypatch: pytest.MonkeyPatch) -> None:
    made = changed(offering(), OfferingChanges(values={TIER: "31.5", "kind": "pay_per_use"}))
    assert places(made)[TIER] == "31.5"
    assert made.kind is OfferingKind.PAY_PER_USE
    assert made == changed(made, OfferingChanges())
    ahead = changed(made, OfferingChanges(values={"terms.fees_due": "advance"}))
    assert (ahead.terms.are_fees_ahead, made.terms.are_fees_ahead) == (True, False)
    start = TIER.removesuffix("2.unit_price")
    more = {f"{start}2.up_to": "5", f"{start}3.unit_price": "20.00"}
    wider = changed(offering(), OfferingChanges(values=more))
    assert places(wider)[f"{start}3.unit_price"] == "20.00"
    less = {f"{start}2.up_to": "", f"{start}3.unit_price": ""}
    assert changed(wider, OfferingChanges(values=less)) == offering()
    with pytest.raises(TermsInvalid):
        changed(offering(), OfferingChanges(values={f"{start}3.unit_price": "20.00"}))
    for number in ("0", "101", "x"):
        with pytest.raises(PlaceUnknown):
            changed(offering(), OfferingChanges(values={f"{start}{number}.unit_price": "1"}))
    for place in ("terms.base_fee.price", "version", "name.en", "terms"):
        with pytest.raises(PlaceUnknown, match="expected such as"):
            changed(offering(), OfferingChanges(values={place: "1"}))
    with pytest.raises(TermsInvalid):
        changed(offering(), OfferingChanges(values={TIER: "much"}))
    monkeypatch.setattr(catalogue_model, "VALUES_MAX", 1)
    with pytest.raises(Invalid, match="at most 1"):
        changed(offering(), OfferingChanges(values={TIER: "1", FEE: "1"}))


class Door:
    """The routes in this process; a token is the name of a person."""

    def __init__(self, shop: Shop) -> None:
        self._app = FastAPI()
        problems.answer_with_problems(self._app)
        self._app.include_router(api.router(shop.catalogue, self._actor_of))

    def _actor_of(self, request: Request) -> Actor:
        name = request.headers.get("authorization", "").removeprefix("Bearer ")
        if name not in ACTORS:
            raise Unauthorized("who is asking?")
        return ACTORS[name]

    async def ask(self, who: Actor | None, method: str, path: str, content: Any = None) -> Any:
        """Return the status, and the JSON of the answer."""
        headers = {} if who is None else {"authorization": f"Bearer {who.name}"}
        transport = httpx.ASGITransport(app=self._app)
        async with httpx.AsyncClient(transport=transport, base_url="http://hub.test") as client:
            answer = await client.request(method, path, json=content, headers=headers)
        return answer.status_code, answer.json()


async def test_the_catalogue_is_asked_over_http(shop: Shop) -> None:
    filled(shop)
    ask = Door(shop).ask
    status, found = await ask(ENGINEER, "GET", f"{api.OFFERINGS}?kind=fleet&on_sale=true")
    assert (status, [e["offering"]["id"] for e in found["offerings"]]) == (200, ["fleet"])
    status, found = await ask(FINANCE, "GET", f"{api.OFFERINGS}?size=1")
    assert [e["offering"]["id"] for e in found["offerings"]] == ["fleet"]
    path = f"{api.OFFERINGS}?size=1&after={found['next']}"
    status, found = await ask(FINANCE, "GET", path)
    assert [e["offering"]["id"] for e in found["offerings"]] == ["machining-as-a-service"]
    for wrong in ("size=501", "after=nonsense"):
        assert (await ask(FINANCE, "GET", f"{api.OFFERINGS}?{wrong}"))[0] == 422
    assert (await ask(CUSTOMER, "GET", api.OFFERINGS))[0] == 403
    assert (await ask(None, "GET", api.OFFERINGS))[0] == 401

    status, listed = await ask(FINANCE, "GET", api.PACKS)
    assert "pay-per-use" in [each["id"] for each in listed["packs"]]
    assert (await ask(FINANCE, "GET", f"{api.PACKS}/pay-per-use"))[1]["about"]["en"]
    wanted = {
        "id": "mill",
        "name": {"en": "Mill", "zh-Hans": "铣床"},
        "currency": "CNY",
        "values": {FEE: "7500.00"},
    }
    for _ in range(2):
        status, made = await ask(FINANCE, "POST", f"{api.PACKS}/pay-per-use/offerings", wanted)
        assert (status, made["offering"]["currency"]) == (201, "CNY")
    assert made["offering"]["terms"]["base_fee"]["amount_per_month"] == "7500.00"
    wrong = wanted | {"values": {"terms.fee": "1"}}
    status, problem = await ask(FINANCE, "POST", f"{api.PACKS}/pay-per-use/offerings", wrong)
    assert (status, "terms.fee" in problem["detail"]) == (422, True)


async def test_the_catalogue_is_changed_over_http(shop: Shop) -> None:
    filled(shop)
    ask = Door(shop).ask
    mill = {"id": "mill", "values": {FEE: "7500.00"}}
    assert (await ask(FINANCE, "POST", f"{api.PACKS}/pay-per-use/offerings", mill))[0] == 201
    following = {"version": 2, "values": {FEE: "8000.00"}}
    assert (await ask(FINANCE, "POST", f"{api.OFFERINGS}/mill/versions", following))[0] == 201
    status, found = await ask(FINANCE, "GET", f"{api.OFFERINGS}/mill/difference?before=1&after=2")
    assert [each["after"] for each in found["changes"]] == ["8000.00"]
    exported = (await ask(FINANCE, "GET", f"{api.OFFERINGS}/mill"))[1]["offering"]
    third = Offering.from_content(exported | {"version": 3, "kind": "fleet"}).to_content()
    path = f"{api.OFFERINGS}/mill/versions/3"
    assert (await ask(FINANCE, "PUT", path, third))[0] == 200
    assert (await ask(FINANCE, "PUT", path, third | {"kind": "data"}))[0] == 409
    assert (await ask(FINANCE, "PUT", path, third | {"version": 4}))[0] == 422
    assert (await ask(ENGINEER, "PUT", path, third))[0] == 403
    assert (await ask(FINANCE, "GET", path))[1]["offering"] == third
    status, found = await ask(FINANCE, "GET", f"{api.OFFERINGS}/mill/versions")
    assert [each["offering"]["version"] for each in found["versions"]] == [1, 2, 3]

    gone = {"version": 3, "reason": "replaced"}
    status, found = await ask(FINANCE, "POST", f"{api.OFFERINGS}/mill/withdrawal", gone)
    assert (status, found["withdrawal"]["reason"]) == (200, "replaced")
    path = f"{api.OFFERINGS}/machining-as-a-service/contracts"
    status, found = await ask(FINANCE, "GET", path)
    assert [each["is_activated"] for each in found["contracts"]] == [True, False]
