"""The life of a contract: which act may follow on which, who may, and what was in force when."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from lineshaft.core import canonical
from lineshaft.core.errors import Forbidden, Invalid
from lineshaft.core.period import US_PER_S, Instant, Period, format_instant, parse_instant
from lineshaft.security.audit.model import AuditQuery
from lineshaft.security.authorisation.model import LOCAL_OPERATOR, Actor
from lineshaft.services.contracts import agreements
from lineshaft.services.contracts.agreements import Exchange, Parting
from lineshaft.services.contracts.contract import Contract
from lineshaft.services.contracts.errors import (
    ContentDiffers,
    ContractNotFound,
    NotInForce,
    PeriodDocumented,
)
from lineshaft.services.contracts.life import ActKind, ActRefused, ContractLife, ContractState
from lineshaft.services.contracts.tables import CONTRACT_ACT
from tests.services.contracts.examples import contract, offering, terms
from tests.services.hub import CUSTOMER, ENGINEER, FINANCE, NOW, STRANGER, Hub

DAY_US = 86_400 * US_PER_S
TOMORROW = Instant(NOW + DAY_US)
YESTERDAY = Period.parse("2017-06-22T00:00:00Z", "2017-06-23T00:00:00Z")
ID = "c-1001"
Act = Callable[[Hub], object]

MAY: dict[str, str] = {
    "draft": "amend offer withdraw activate",
    "offered": "offer withdraw accept",
    "expired": "amend offer withdraw",
    "accepted": "activate",
    "withdrawn": "amend",
    "active": "amend exchange pause renew end purchase return",
    "paused": "amend exchange resume renew end purchase return",
    "ended": "amend",
}
"""Written down a second time, by hand: the table of the product must be this one."""


def bound(hub: Hub) -> None:
    hub.contracts.activate(FINANCE, ID, 1)


def offered(hub: Hub, until: Instant = TOMORROW) -> None:
    hub.contracts.agreements.offer(FINANCE, ID, 1, until)


def accepted(hub: Hub, version: int = 1) -> None:
    sha256 = hub.contracts.contract(CUSTOMER, ID, version).contract.sha256
    hub.contracts.agreements.accept(CUSTOMER, ID, version, sha256, "192.0.2.7")


def expired(hub: Hub) -> None:
    offered(hub)
    hub.clock.advance(DAY_US)


def both(*acts: Act) -> Act:
    def run(hub: Hub) -> None:
        for act in acts:
            act(hub)

    return run


def paused(hub: Hub) -> None:
    hub.contracts.agreements.pause(FINANCE, ID, (hub.clock.now(), None), "holidays")


INTO: dict[str, Act] = {
    "draft": lambda _: None,
    "offered": offered,
    "expired": expired,
    "accepted": both(offered, accepted),
    "withdrawn": lambda hub: hub.contracts.agreements.withdraw(FINANCE, ID, 1, "another one"),
    "active": bound,
    "paused": both(bound, paused),
    "ended": both(
        bound, lambda hub: hub.contracts.agreements.end(FINANCE, ID, hub.clock.now(), "sold")
    ),
}


def next_version(hub: Hub) -> Contract:
    last = hub.contracts.contract(FINANCE, ID).contract
    return contract(version=last.version + 1, end="2019-01-01T00:00:00Z", payment_days=20)


ACTS: dict[str, Act] = {
    "amend": lambda hub: hub.contracts.agree(FINANCE, next_version(hub)),
    "offer": lambda hub: offered(hub, Instant(TOMORROW + 2 * DAY_US)),
    "withdraw": INTO["withdrawn"],
    "accept": accepted,
    "activate": bound,
    "exchange": lambda hub: hub.contracts.agreements.exchange(
        FINANCE, ID, Exchange(machine="mazak01", until=NOW, next_machine="mazak02", since=NOW)
    ),
    "pause": paused,
    "resume": lambda hub: hub.contracts.agreements.resume(FINANCE, ID, Instant(NOW + 1)),
    "renew": lambda hub: hub.contracts.agreements.renew(
        FINANCE, ID, parse_instant("2018-06-01T00:00:00Z"), "another year"
    ),
    "end": lambda hub: hub.contracts.agreements.end(
        FINANCE, ID, parse_instant("2017-12-01T00:00:00Z"), "sold"
    ),
    "purchase": lambda hub: hub.contracts.agreements.purchase(FINANCE, ID, LEAVING),
    "return": lambda hub: hub.contracts.agreements.give_back(FINANCE, ID, LEAVING),
}


LEAVING = Parting(machine="mazak01", at=parse_instant("2017-09-01T00:00:00Z"), reason="over")
LEASED: dict[str, Any] = {
    "id": "lease",
    "description": {"en": "Lease", "zh-Hans": "租赁"},
    "price": {
        "model": "lease",
        "instalment": "900.00",
        "months": 1,
        "due": "advance",
        "purchase_option": "1.00",
    },
}
"""So that a machine may be bought; a second one, so that a machine may go back."""


def drafted(hub: Hub, **changes: Any) -> Hub:
    hub.contracts.offer(FINANCE, offering())
    hub.contracts.agree(FINANCE, contract(**changes))
    return hub


def life(hub: Hub, actor: Actor = FINANCE) -> ContractLife:
    return hub.contracts.agreements.life(actor, ID)


def test_the_table_names_every_state_and_act() -> None:
    assert set(MAY) == set(INTO) == set(ContractState)
    assert set(ACTS) | {ActKind.REMIND} == set(ActKind)


@pytest.mark.parametrize("state", MAY)
def test_every_cell_of_the_table(hub: Hub, state: str) -> None:
    """What is refused leaves nothing behind, so one contract does for all cells but the first."""
    of_fixed_term = {"end": "2018-01-01T00:00:00Z"}
    drafted(hub, **of_fixed_term)
    INTO[state](hub)
    found = life(hub)
    version = 1 if found.binding is None else found.binding.contract.version
    assert found.state(version, hub.clock.now()) == state
    for kind in ActKind:
        if kind not in MAY[state].split():
            with pytest.raises(ActRefused, match=str(kind)):
                found.check(kind, version, hub.clock.now())
            # Nobody reminds: contracts do, by their terms.
            if kind is ActKind.REMIND:
                continue
            if kind != ActKind.ACTIVATE or state not in {"active", "paused", "ended"}:
                with pytest.raises((ActRefused, Invalid, ContractNotFound)):
                    ACTS[kind](hub)
            assert life(hub) == found
        else:
            found.check(kind, version, hub.clock.now())


@pytest.mark.parametrize(
    ("state", "kind"), [(state, kind) for state, kinds in MAY.items() for kind in kinds.split()]
)
def test_what_may_be_done_is_done_and_written_down(hub: Hub, state: str, kind: str) -> None:
    machines = ["mazak01", "mazak03"]
    drafted(hub, end="2018-01-01T00:00:00Z", machines=machines, terms=terms(usage_prices=[LEASED]))
    INTO[state](hub)
    before = len(life(hub).acts)
    ACTS[kind](hub)
    act = life(hub).acts[before]
    assert (act.kind, act.number, act.recorded_name) == (
        kind,
        before + 1,
        "Carla" if kind == "accept" else "Fiona",
    )
    entries = hub.audit.entries(LOCAL_OPERATOR, AuditQuery())
    assert entries[0].subject == f"contract/{ID}"


class TestAcceptance:
    def test_who_accepted_what_when_and_from_where_is_signed(self, hub: Hub) -> None:
        both(lambda h: drafted(h), offered, accepted)(hub)
        detail = life(hub).acts[-1].detail
        statement = detail["statement"]
        assert statement == {
            "format": "lineshaft/contract-acceptance/1",
            "contract": ID,
            "version": 1,
            "sha256": contract().sha256,
            "organisation": "riverside",
            "accepted_by": "usr_customer",
            "name": "Carla",
            "address": "192.0.2.7",
            "accepted_at": format_instant(NOW),
        }
        public = canonical.decode(hub.keys.key_file())["document_keys"][0]["public_key"]
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public)).verify(
            bytes.fromhex(detail["signature"]), canonical.encode(statement)
        )

    def test_another_content_than_the_one_read_is_not_accepted(self, hub: Hub) -> None:
        both(lambda h: drafted(h), offered)(hub)
        with pytest.raises(ContentDiffers, match=contract().sha256):
            hub.contracts.agreements.accept(CUSTOMER, ID, 1, "0" * 64, "192.0.2.7")

    @pytest.mark.parametrize("actor", [FINANCE, LOCAL_OPERATOR, ENGINEER])
    def test_nobody_of_the_provider_accepts(self, hub: Hub, actor: Actor) -> None:
        both(lambda h: drafted(h), offered)(hub)
        with pytest.raises(Forbidden):
            hub.contracts.agreements.accept(actor, ID, 1, contract().sha256, "")

    def test_a_stranger_learns_nothing(self, hub: Hub) -> None:
        both(lambda h: drafted(h), offered)(hub)
        for act in (
            lambda: hub.contracts.agreements.life(STRANGER, ID),
            lambda: hub.contracts.agreements.accept(STRANGER, ID, 1, contract().sha256, ""),
            lambda: hub.contracts.agreements.end(STRANGER, ID, None, ""),
        ):
            with pytest.raises(ContractNotFound):
                act()

    @pytest.mark.parametrize("kind", ["offer", "withdraw", "pause", "resume", "renew", "end"])
    def test_the_customer_does_nothing_of_the_providers(self, hub: Hub, kind: str) -> None:
        drafted(hub)
        (offered if kind in {"offer", "withdraw"} else bound)(hub)
        does = hub.contracts.agreements
        calls: dict[str, Callable[[], object]] = {
            "offer": lambda: does.offer(CUSTOMER, ID, 1, TOMORROW),
            "withdraw": lambda: does.withdraw(CUSTOMER, ID, 1, ""),
            "pause": lambda: does.pause(CUSTOMER, ID, (NOW, None), ""),
            "resume": lambda: does.resume(CUSTOMER, ID, NOW),
            "renew": lambda: does.renew(CUSTOMER, ID, TOMORROW, ""),
            "end": lambda: does.end(CUSTOMER, ID, TOMORROW, ""),
        }
        with pytest.raises(Forbidden):
            calls[kind]()


def test_a_customer_does_not_see_what_the_provider_drafts(hub: Hub) -> None:
    drafted(hub)
    assert hub.contracts.contracts(CUSTOMER) == []
    with pytest.raises(ContractNotFound):
        hub.contracts.contract(CUSTOMER, ID)
    with pytest.raises(ContractNotFound):
        life(hub, CUSTOMER)
    offered(hub)
    assert [act.kind for act in life(hub, CUSTOMER).acts] == ["amend", "offer"]
    accepted(hub)
    bound(hub)
    hub.contracts.agree(FINANCE, next_version(hub))
    assert [one.contract.version for one in life(hub, CUSTOMER).records] == [1]
    assert hub.contracts.contract(CUSTOMER, ID).contract.version == 1
    assert [one.contract.version for one in hub.contracts.contracts(CUSTOMER)] == [1]
    assert hub.contracts.contract(FINANCE, ID).contract.version == 2


class TestBothTimes:
    def test_what_was_in_force_then_as_it_was_known_then(self, hub: Hub) -> None:
        hub.activated(contract())
        first = hub.clock.now()
        hub.clock.advance(DAY_US)
        hub.contracts.agree(FINANCE, contract(version=2, payment_days=7))
        hub.contracts.activate(FINANCE, ID, 2)
        now = hub.clock.now()
        assert hub.contracts.in_force(FINANCE, ID, YESTERDAY).version == 2
        assert hub.contracts.in_force(FINANCE, ID, YESTERDAY, first).version == 1
        found = life(hub)
        then = found.known_at(first).in_force(YESTERDAY.start)
        assert then is not None
        assert then.version == 1
        in_force = found.known_at(now).in_force(YESTERDAY.start)
        assert in_force is not None
        assert in_force.version == 2
        assert found.in_force(Instant(YESTERDAY.start - 1)) is None

    def test_after_its_end_no_earlier_version_comes_back(self, hub: Hub) -> None:
        hub.activated(contract())
        hub.contracts.agreements.end(FINANCE, ID, TOMORROW, "sold")
        after = Period(TOMORROW, Instant(TOMORROW + DAY_US))
        with pytest.raises(NotInForce):
            hub.contracts.in_force(FINANCE, ID, after)
        with pytest.raises(NotInForce):
            hub.contracts.billed_period(FINANCE, ID, TOMORROW)
        assert hub.authorizer.visible_periods(CUSTOMER, "mazak01", after) == []

    def test_case_19_another_zone_in_mid_period_leaves_no_gap_nor_overlap(self, hub: Hub) -> None:
        start = {"start": "2017-01-01T05:00:00Z", "billing_period": "month"}
        hub.activated(contract(time_zone="America/New_York", **start))
        moved = "2017-03-15T12:00:00Z"
        later = {"version": 2, "start": moved, "billing_period": "month"}
        hub.contracts.agree(FINANCE, contract(time_zone="Asia/Shanghai", **later))
        hub.contracts.activate(FINANCE, ID, 2)
        at, found = parse_instant("2017-01-01T05:00:00Z"), []
        for _ in range(5):
            period = hub.contracts.billed_period(FINANCE, ID, at)
            assert period.start == at
            assert hub.contracts.in_force(FINANCE, ID, period).covers(period)
            found.append(format_instant(period.end))
            at = period.end
        assert found == [
            "2017-02-01T05:00:00Z",
            "2017-03-01T05:00:00Z",
            moved,
            "2017-03-31T16:00:00Z",
            "2017-04-30T16:00:00Z",
        ]
        across = Period.parse("2017-03-01T05:00:00Z", "2017-04-01T04:00:00Z")
        with pytest.raises(NotInForce):
            hub.contracts.in_force(FINANCE, ID, across)


class TestChanges:
    def test_a_pause_is_said_by_the_next_version_and_resuming_ends_it(self, hub: Hub) -> None:
        hub.activated(contract())
        paused(hub)
        hub.clock.advance(DAY_US)
        hub.contracts.agreements.resume(FINANCE, ID, hub.clock.now())
        found = hub.contracts.contract(FINANCE, ID).contract
        assert found.version == 3
        assert found.to_content()["pauses"] == [
            {
                "start": format_instant(NOW),
                "end": format_instant(TOMORROW),
                "reason": "holidays",
            }
        ]
        assert replace_version(found, 1, pauses=None) == contract()

    def test_an_exchange_moves_the_grants_with_the_machine(self, hub: Hub) -> None:
        hub.activated(contract())
        swap = Exchange(
            machine="mazak01",
            until=NOW,
            next_machine="mazak02",
            since=TOMORROW,
            reason="worn",
            work_order="WO-7",
        )
        hub.contracts.agreements.exchange(FINANCE, ID, swap)
        around = Period(Instant(NOW - DAY_US), Instant(TOMORROW + DAY_US))
        assert hub.authorizer.visible_periods(CUSTOMER, "mazak01", around) == [
            Period(around.start, NOW)
        ]
        assert hub.authorizer.visible_periods(CUSTOMER, "mazak02", around) == [
            Period(TOMORROW, around.end)
        ]
        with pytest.raises(ActRefused, match="serves"):
            hub.contracts.agreements.exchange(FINANCE, ID, swap)

    def test_notice_decides_when_a_contract_that_renews_itself_ends(self, hub: Hub) -> None:
        renewal = {"term_months": 12, "renewal_months": 12, "notice_days": 90}
        hub.activated(contract(renewal=renewal))
        with pytest.raises(ActRefused, match="2018-06-22T00:00:00Z at the earliest"):
            hub.contracts.agreements.end(FINANCE, ID, TOMORROW, "sold")
        hub.contracts.agreements.end(FINANCE, ID, None, "sold")
        assert hub.contracts.contract(FINANCE, ID).contract.end == "2018-06-22T00:00:00Z"
        with pytest.raises(ActRefused, match="it ends at"):
            hub.contracts.agreements.end(FINANCE, ID, parse_instant("2018-06-22T00:00:00Z"), "")

    def test_only_a_fixed_term_is_renewed_and_only_for_longer(self, hub: Hub) -> None:
        hub.activated(contract())
        with pytest.raises(ActRefused, match="its end is none"):
            hub.contracts.agreements.renew(FINANCE, ID, TOMORROW, "")

    def test_an_offer_that_waits_is_not_passed_over(self, hub: Hub) -> None:
        hub.activated(contract())
        hub.contracts.agree(FINANCE, next_version(hub))
        hub.contracts.agreements.offer(FINANCE, ID, 2, TOMORROW)
        with pytest.raises(ActRefused, match="version 2 of it is offered"):
            paused(hub)
        with pytest.raises(ActRefused, match="cannot amend"):
            hub.contracts.agree(FINANCE, contract(version=3))

    def test_documents_are_not_cut_by_a_later_version(self, hub: Hub) -> None:
        hub.activated(contract())
        hub.billing.issue(FINANCE, ID, YESTERDAY)
        noon = "2017-06-22T12:00:00Z"
        hub.contracts.agree(FINANCE, contract(version=2, start=noon))
        with pytest.raises(PeriodDocumented, match="NM-2017-000001"):
            hub.contracts.activate(FINANCE, ID, 2)
        with pytest.raises(PeriodDocumented, match="cannot end"):
            hub.contracts.agreements.end(FINANCE, ID, parse_instant(noon), "sold")
        assert hub.contracts.contract(FINANCE, ID).contract.version == 2
        hub.contracts.agreements.end(FINANCE, ID, YESTERDAY.end, "sold")

    def test_texts_and_acts_have_a_maximum(self, hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
        hub.activated(contract())
        with pytest.raises(Invalid, match="501 characters"):
            hub.contracts.agreements.end(FINANCE, ID, TOMORROW, "x" * 501)
        monkeypatch.setattr(agreements, "ACTS_MAX", 2)
        with pytest.raises(ActRefused, match="2 acts"):
            paused(hub)


def replace_version(of: Contract, version: int, **without: None) -> Contract:
    content = of.to_content() | {"version": version}
    return Contract.from_content({k: v for k, v in content.items() if k not in without})


@pytest.mark.both_engines
def test_what_was_done_is_never_changed(hub: Hub) -> None:
    hub.activated(contract())
    assert [act.kind for act in life(hub).acts] == ["amend", "activate"]
    table = CONTRACT_ACT
    for change in (sa.update(table).values(detail="{}"), sa.delete(table)):
        with (
            pytest.raises(sa.exc.IntegrityError, match="never changed"),
            hub.database.unit_of_work() as unit,
        ):
            unit.connection.execute(change)
    content = life(hub).acts[0].to_content()
    assert content["recorded_at"] == format_instant(NOW)
    assert content["detail"] == {"sha256": contract().sha256}
