"""What contracts do by their terms is recorded once, and told to whom it concerns."""

from concurrent.futures import ThreadPoolExecutor
from random import Random
from typing import Any

import pytest
import sqlalchemy as sa

from lineshaft.core import canonical
from lineshaft.core.period import US_PER_DAY, Instant, format_instant, parse_instant
from lineshaft.infrastructure.database import OutboxMessage
from lineshaft.infrastructure.database.tables import OUTBOX
from lineshaft.platform.webhooks.delivering import DeliveringParts, WebhookFeed
from lineshaft.platform.webhooks.model import Webhook
from lineshaft.platform.webhooks.store import SqlWebhookStore
from lineshaft.security.audit.model import AuditQuery
from lineshaft.security.authorisation.model import LOCAL_OPERATOR, SYSTEM_WORKER, Actor
from lineshaft.services.billing.receivables.model import DisputeOutcome
from lineshaft.services.contracts import renewing
from lineshaft.services.contracts.life import ContractAct
from tests.services.billing.examples import PERIOD
from tests.services.billing.test_receivables import NUMBER, receivables
from tests.services.contracts.examples import contract, offering
from tests.services.hub import CUSTOMER, FINANCE, NOW, STRANGER, Hub

ID = "c-1001"
YEARLY = {"term_months": 12, "renewal_months": 12, "notice_days": 90}
"""From 22 June 2017 on: notice until 24 March, reminded on 22 February."""
NEVER = Instant(2**63 - 1)


def at(hub: Hub, text: str) -> int:
    """Go to an instant and run."""
    hub.clock.advance(parse_instant(text) - hub.clock.now())
    return hub.contracts.agreements.record_due()


def said(hub: Hub) -> list[tuple[str, str]]:
    acts = hub.contracts.agreements.life(CUSTOMER, ID).acts
    return [(act.kind.value, format_instant(act.at)) for act in acts if _is_by_term(act)]


def _is_by_term(act: ContractAct) -> bool:
    return act.recorded_by == SYSTEM_WORKER.id


def test_a_contract_reminds_and_renews_to_the_instant_and_once(hub: Hub) -> None:
    hub.activated(contract(renewal=YEARLY))
    assert at(hub, "2018-02-21T23:59:59.999999Z") == 0
    assert [at(hub, "2018-02-22T00:00:00Z") for _ in range(2)] == [1, 0]
    assert at(hub, "2018-06-21T23:59:59.999999Z") == 0
    assert [at(hub, "2018-06-22T00:00:00Z") for _ in range(2)] == [1, 0]
    reminded = ("remind", "2018-02-22T00:00:00Z")
    renewed = ("renew", "2018-06-22T00:00:00Z")
    assert said(hub) == [reminded, renewed]
    # Nobody ran for two years: what is over is recorded all the same, a reminder is not.
    assert at(hub, "2020-07-01T00:00:00Z") == 2
    later = [("renew", f"{year}-06-22T00:00:00Z") for year in (2019, 2020)]
    assert said(hub) == [reminded, renewed, *later]
    assert [act.version for act in hub.contracts.agreements.life(FINANCE, ID).acts[-2:]] == [1, 1]
    entries = hub.audit.entries(LOCAL_OPERATOR, AuditQuery())
    by = [entry.actor for entry in entries if entry.actor == SYSTEM_WORKER.id]
    assert len(by) == 4


def test_a_contract_that_ends_reminds_of_its_end_and_does_not_renew(hub: Hub) -> None:
    hub.activated(contract(renewal=YEARLY))
    hub.contracts.agreements.end(FINANCE, ID, None, "sold")
    assert at(hub, "2018-05-22T23:59:59Z") == 0
    assert at(hub, "2018-05-23T00:00:00Z") == 1
    assert at(hub, "2019-06-22T00:00:00Z") == 0
    assert said(hub) == [("remind", "2018-05-23T00:00:00Z")]


def test_a_fixed_term_reminds_of_its_end(hub: Hub) -> None:
    hub.activated(contract(end="2018-01-01T00:00:00Z"))
    assert at(hub, "2017-12-02T00:00:00Z") == 1
    assert said(hub) == [("remind", "2017-12-02T00:00:00Z")]
    assert at(hub, "2018-01-01T00:00:00Z") == 0


def test_a_contract_that_was_replaced_does_not_renew(hub: Hub) -> None:
    hub.activated(contract(renewal=YEARLY))
    following = contract(version=2, start="2018-06-22T00:00:00Z")
    hub.contracts.agree(FINANCE, following)
    hub.contracts.activate(FINANCE, ID, 2)
    assert at(hub, "2019-01-01T00:00:00Z") == 0


@pytest.mark.both_engines
def test_several_that_run_at_once_record_one_act(hub: Hub) -> None:
    hub.activated(contract(renewal=YEARLY))
    hub.clock.advance(parse_instant("2018-06-22T00:00:00Z") - NOW)
    with ThreadPoolExecutor(4) as pool:
        runs = [pool.submit(hub.contracts.agreements.record_due) for _ in range(4)]
    assert sorted(run.result() for run in runs) == [0, 0, 0, 1]
    assert said(hub) == [("renew", "2018-06-22T00:00:00Z")]


def test_what_is_killed_in_the_midst_leaves_nothing_and_is_done_again(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.activated(contract(renewal=YEARLY))
    before = len(told(hub))

    def killed(*_args: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(hub.audit, "append", killed)
        with pytest.raises(KeyboardInterrupt):
            at(hub, "2018-06-22T00:00:00Z")
    assert (said(hub), len(told(hub))) == ([], before)
    assert hub.contracts.agreements.record_due() == 1
    assert len(told(hub)) == before + 1


def test_a_run_records_so_many_acts(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.activated(contract(renewal=YEARLY))
    monkeypatch.setattr(renewing, "ACTS_OF_RUN_MAX", 2)
    assert [at(hub, "2020-07-01T00:00:00Z") for _ in range(3)] == [2, 1, 0]


def told(hub: Hub) -> list[dict[str, Any]]:
    with hub.database.read() as connection:
        return [
            canonical.decode(each)
            for each in connection.scalars(sa.select(OUTBOX.c.payload).order_by(OUTBOX.c.id))
        ]


class _Owners:
    def owner(self, key: str) -> Actor | None:
        return {each.id: each for each in (CUSTOMER, STRANGER, FINANCE)}.get(key)


class _NoSender:
    def send(self, *_args: Any) -> Any:
        raise AssertionError


def test_a_customer_is_told_of_what_concerns_it_and_nobody_else_is(hub: Hub) -> None:
    store = SqlWebhookStore()
    parts = DeliveringParts(
        database=hub.database,
        store=store,
        authorizer=hub.authorizer,
        owners=_Owners(),
        sender=_NoSender(),
        clock=hub.clock,
        random=Random(1),
    )
    with hub.database.unit_of_work() as unit:
        for actor in (CUSTOMER, STRANGER, FINANCE):
            made = Webhook(
                id=actor.id,
                owner=actor.id,
                organisation=actor.organisation,
                url="https://example.org",
                kinds=(),
                secret="whsec_",
                created_at=NOW,
            )
            store.add(unit.connection, made)
    _live(hub)
    feed = WebhookFeed(parts, publisher=_NoSender())  # type: ignore[arg-type]
    with hub.database.read() as connection:
        rows = connection.execute(sa.select(OUTBOX).order_by(OUTBOX.c.id)).all()
    for row in rows:
        feed.take(OutboxMessage(row.id, row.subject, row.payload, Instant(row.created_at)))
    with hub.database.read() as connection:
        got = {
            actor.id: [
                _name(canonical.decode(each.payload))
                for each in store.deliveries(connection, actor.id, None, (NEVER, ""), 100)
            ]
            for actor in (CUSTOMER, STRANGER, FINANCE)
        }
    assert got[STRANGER.id] == []
    assert sorted(got[CUSTOMER.id]) == [
        "ContractActed accept",
        "ContractActed end",
        "ContractActed offer",
        "ContractActed pause",
        "ContractActivated",
        "ContractActivated",
        "ContractActivated",
        "DisputeOpened",
        "DisputeResolved",
        "InvoiceIssued",
    ]
    # A draft that was taken back without being offered is nothing to the customer.
    assert set(got[FINANCE.id]) - set(got[CUSTOMER.id]) == {"ContractActed withdraw"}


def _name(event: dict[str, Any]) -> str:
    return " ".join([event["type"], event["data"].get("act", "")]).strip()


def _live(hub: Hub) -> None:
    """Offer, accept, bill, dispute, answer, pause, end; and a draft that nobody sees."""
    acts = hub.contracts.agreements
    hub.contracts.offer(FINANCE, offering())
    hub.contracts.agree(FINANCE, contract(renewal=YEARLY, payment_days=14))
    acts.offer(FINANCE, ID, 1, Instant(NOW + US_PER_DAY))
    sha256 = hub.contracts.contract(CUSTOMER, ID, 1).contract.sha256
    acts.accept(CUSTOMER, ID, 1, sha256, "192.0.2.7")
    hub.contracts.activate(FINANCE, ID, 1)
    hub.billing.issue(FINANCE, ID, PERIOD)
    desk = receivables(hub)
    desk.open_dispute(CUSTOMER, NUMBER, "why")
    desk.resolve_dispute(FINANCE, NUMBER, DisputeOutcome.REJECTED, "because")
    acts.pause(FINANCE, ID, (Instant(NOW + US_PER_DAY), None), "holidays")
    acts.end(FINANCE, ID, None, "sold")
    hub.contracts.agree(FINANCE, contract(version=4, renewal=YEARLY, start="2019-01-01T00:00:00Z"))
    acts.withdraw(FINANCE, ID, 4, "a mistake")
