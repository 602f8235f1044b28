"""Offer, agree, activate; who sees what."""

import pytest
import sqlalchemy as sa

from lineshaft.core.errors import Forbidden
from lineshaft.core.period import Period
from lineshaft.infrastructure.database.tables import OUTBOX
from lineshaft.security.audit.model import AuditQuery
from lineshaft.security.authorisation.model import LOCAL_OPERATOR, SYSTEM_WORKER, Actor
from lineshaft.services.contracts import service
from lineshaft.services.contracts.errors import (
    ContractNotFound,
    NotInForce,
    OfferingNotFound,
    VersionGap,
    VersionTaken,
)
from tests.services.contracts.examples import BASE_FEE, contract, offering, terms
from tests.services.hub import CUSTOMER, ENGINEER, FINANCE, STRANGER, Hub

DAY = Period.parse("2017-06-22T00:00:00Z", "2017-06-23T00:00:00Z")


def subjects(hub: Hub) -> list[str]:
    """What the audit chain says that finance did, the first first."""
    entries = hub.audit.entries(LOCAL_OPERATOR, AuditQuery())
    return [f"{e.action} {e.subject}" for e in reversed(entries) if e.actor == FINANCE.id]


def test_the_same_again_changes_nothing(hub: Hub) -> None:
    for _ in range(2):
        hub.activated(contract())
    assert subjects(hub) == [
        "contract:write offering/machining-as-a-service",
        "contract:write contract/c-1001",
        "contract:activate contract/c-1001",
    ]
    assert hub.audit.verify_chain(LOCAL_OPERATOR).wrong_number is None


def test_activation_grants_announces_and_is_written_down(hub: Hub) -> None:
    assert hub.authorizer.visible_machines(CUSTOMER) == frozenset()
    hub.activated(contract())
    assert hub.authorizer.visible_machines(CUSTOMER) == {"mazak01"}
    assert hub.authorizer.visible_periods(CUSTOMER, "mazak01", DAY) == [DAY]
    assert hub.authorizer.visible_machines(STRANGER) == frozenset()
    with hub.database.read() as connection:
        payloads = connection.scalars(sa.select(OUTBOX.c.payload)).all()
    (payload,) = payloads
    assert b'"type":"ContractActivated"' in payload
    assert b'"subject":"c-1001"' in payload


def test_a_draft_binds_nobody(hub: Hub) -> None:
    hub.contracts.offer(FINANCE, offering())
    hub.contracts.agree(FINANCE, contract())
    assert hub.contracts.contract(FINANCE, "c-1001").activated_at is None
    assert hub.authorizer.visible_machines(CUSTOMER) == frozenset()
    with pytest.raises(NotInForce, match="c-1001"):
        hub.contracts.in_force(FINANCE, "c-1001", DAY)


def test_a_version_never_changes(hub: Hub) -> None:
    hub.activated(contract())
    with pytest.raises(VersionTaken, match="make it version 2"):
        hub.contracts.agree(FINANCE, contract(machines=["mazak02"]))
    with pytest.raises(VersionTaken, match="make it version 2"):
        hub.contracts.offer(FINANCE, offering(terms=terms(guarantee=None)))
    with pytest.raises(VersionGap, match="expected 2"):
        hub.contracts.agree(FINANCE, contract(version=3))


def test_versions_have_a_maximum(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "VERSIONS_MAX", 1)
    hub.activated(contract())
    with pytest.raises(VersionGap, match="at most 1"):
        hub.contracts.agree(FINANCE, contract(version=2))


def test_the_next_version_takes_over_with_its_grants(hub: Hub) -> None:
    hub.activated(contract())
    later = contract(version=2, start="2017-07-01T00:00:00Z", machines=["mazak02"])
    hub.contracts.agree(FINANCE, later)
    hub.contracts.activate(FINANCE, "c-1001", 2)
    july = Period.parse("2017-07-01T00:00:00Z", "2017-08-01T00:00:00Z")
    assert hub.contracts.in_force(FINANCE, "c-1001", DAY).version == 1
    assert hub.contracts.in_force(FINANCE, "c-1001", july) == later
    assert hub.authorizer.visible_periods(CUSTOMER, "mazak01", july) == []
    assert hub.authorizer.visible_periods(CUSTOMER, "mazak01", DAY) == [DAY]
    assert hub.authorizer.visible_periods(CUSTOMER, "mazak02", july) == [july]
    with pytest.raises(NotInForce):
        hub.contracts.in_force(
            FINANCE, "c-1001", Period.parse("2017-06-21T00:00:00Z", "2017-06-23T00:00:00Z")
        )


def test_a_version_is_not_activated_behind_a_later_one(hub: Hub) -> None:
    hub.contracts.offer(FINANCE, offering())
    for version in (1, 2):
        hub.contracts.agree(FINANCE, contract(version=version))
    hub.contracts.activate(FINANCE, "c-1001", 2)
    with pytest.raises(VersionGap, match="a later one binds"):
        hub.contracts.activate(FINANCE, "c-1001", 1)


def test_a_contract_needs_its_offering(hub: Hub) -> None:
    with pytest.raises(OfferingNotFound, match="machining-as-a-service version 1"):
        hub.contracts.agree(FINANCE, contract())
    with pytest.raises(OfferingNotFound):
        hub.contracts.offering(FINANCE, "machining-as-a-service")


def test_the_last_version_of_each_is_listed(hub: Hub) -> None:
    fee = BASE_FEE | {"amount_per_month": "1.00"}
    for version, parts in ((1, terms()), (2, terms(base_fee=fee))):
        hub.contracts.offer(FINANCE, offering(version=version, terms=parts))
        hub.contracts.agree(FINANCE, contract(version=version))
    hub.contracts.agree(FINANCE, contract(id="c-0999", organisation="elsewhere"))
    assert [(each.id, each.version) for each in hub.contracts.offerings(FINANCE)] == [
        ("machining-as-a-service", 2)
    ]
    assert hub.contracts.offering(FINANCE, "machining-as-a-service", 1).terms == offering().terms
    listed = [
        (each.contract.id, each.contract.version) for each in hub.contracts.contracts(FINANCE)
    ]
    assert listed == [("c-0999", 1), ("c-1001", 2)]


@pytest.mark.both_engines
def test_a_customer_sees_only_its_own_contract(hub: Hub) -> None:
    hub.activated(contract())
    assert hub.contracts.contract(CUSTOMER, "c-1001").contract == contract()
    assert len(hub.contracts.contracts(CUSTOMER)) == 1
    assert hub.contracts.contracts(STRANGER) == []
    with pytest.raises(ContractNotFound) as hidden:
        hub.contracts.contract(STRANGER, "c-1001")
    with pytest.raises(ContractNotFound) as absent:
        hub.contracts.contract(STRANGER, "c-1002")
    assert str(hidden.value) == str(absent.value).replace("1002", "1001")
    with pytest.raises(ContractNotFound):
        hub.contracts.in_force(STRANGER, "c-1001", DAY)


def test_a_customer_knows_what_it_has_bought_and_nobody_else_does(hub: Hub) -> None:
    hub.activated(contract())
    name = offering().name
    assert hub.contracts.title(CUSTOMER, "c-1001") == name
    assert hub.contracts.title(FINANCE, "c-1001", 1) == name
    with pytest.raises(Forbidden):
        hub.contracts.offering(CUSTOMER, "machining-as-a-service")
    with pytest.raises(ContractNotFound):
        hub.contracts.title(STRANGER, "c-1001")
    with pytest.raises(ContractNotFound):
        hub.contracts.title(CUSTOMER, "c-1001", 2)


def test_a_title_is_that_of_the_version_of_the_offering(hub: Hub) -> None:
    hub.activated(contract())
    renamed = {"en": "Machining, renewed", "zh-Hans": "新加工服务"}
    hub.contracts.offer(FINANCE, offering(version=2, name=renamed))
    assert hub.contracts.title(CUSTOMER, "c-1001") == offering().name


@pytest.mark.parametrize("actor", [CUSTOMER, STRANGER, ENGINEER, SYSTEM_WORKER])
def test_only_finance_and_administrators_sell(hub: Hub, actor: Actor) -> None:
    hub.contracts.offer(FINANCE, offering())
    hub.contracts.agree(FINANCE, contract())
    with pytest.raises(Forbidden):
        hub.contracts.offer(actor, offering(version=2))
    with pytest.raises(Forbidden):
        hub.contracts.agree(actor, contract(version=2))
    with pytest.raises(Forbidden if actor.organisation is None else ContractNotFound):
        hub.contracts.activate(actor, "c-1001", 1)
    with pytest.raises(ContractNotFound):
        hub.contracts.activate(FINANCE, "c-1002", 1)
