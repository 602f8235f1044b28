"""Preview, issue, read: on each engine, with the real security room."""

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from lineshaft.core import canonical
from lineshaft.core.errors import Conflict, Forbidden, InvariantError
from lineshaft.core.period import US_PER_DAY, Instant, Period
from lineshaft.infrastructure.database.tables import OUTBOX
from lineshaft.security.audit.model import AuditQuery
from lineshaft.security.authorisation.model import LOCAL_OPERATOR, SYSTEM_WORKER, Actor
from lineshaft.services.billing import issuing
from lineshaft.services.billing.document import check_totals, decode_file, recompute
from lineshaft.services.billing.errors import (
    AmountTooLarge,
    DocumentNotFound,
    PeriodNotOver,
    PeriodOverlaps,
    SeriesTaken,
)
from lineshaft.services.billing.model import DOCUMENTS_PAGE_MAX, DocumentQuery
from lineshaft.services.billing.tables import (
    BILLING_DOCUMENT,
    LEDGER_ENTRY,
    LEDGER_SLICE,
    LEDGER_TRANSACTION,
)
from lineshaft.services.contracts.errors import ContractNotFound, NotInForce
from lineshaft.services.contracts.model import Contract, TermsInvalid
from tests.services.billing.examples import PERIOD
from tests.services.contracts.examples import BASE_FEE, SUPPLIER, contract, terms
from tests.services.hub import CUSTOMER, ENGINEER, FINANCE, NOW, STRANGER, Hub


def days_after(count: int) -> Period:
    shift = count * US_PER_DAY
    return Period(Instant(PERIOD.start + shift), Instant(PERIOD.end + shift))


def test_an_issued_document_is_signed_right_and_kept(hub: Hub) -> None:
    hub.activated(contract())
    issued = hub.billing.issue(FINANCE, "c-1001", PERIOD)
    assert (issued.number, str(issued.gross)) == ("NM-2017-000001", "267.54 EUR")
    assert (issued.issued_at, issued.known_at, issued.contract_version) == (NOW, NOW, 1)
    file = decode_file(issued.file)
    key = next(
        key
        for key in canonical.decode(hub.keys.key_file())["document_keys"]
        if key["key_id"] == file.key_id
    )
    public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(key["public_key"]))
    public.verify(file.signature, file.signed_bytes)
    check_totals(file.document)
    assert recompute(file.document) == file.document
    assert hub.billing.document(CUSTOMER, issued.number) == issued


def test_asking_again_gives_the_same_document(hub: Hub) -> None:
    hub.activated(contract())
    first = hub.billing.issue(FINANCE, "c-1001", PERIOD)
    hub.clock.advance(US_PER_DAY)
    assert hub.billing.issue(FINANCE, "c-1001", PERIOD) == first
    assert hub.billing.issue(SYSTEM_WORKER, "c-1001", PERIOD, NOW) == first
    assert len(hub.billing.documents(FINANCE, DocumentQuery())) == 1


def test_a_document_posts_and_tells_in_the_same_transaction(hub: Hub) -> None:
    hub.activated(contract())
    issued = hub.billing.issue(FINANCE, "c-1001", PERIOD)
    transaction = hub.billing.transaction(FINANCE, issued.number)
    assert [(str(each.account), str(each.amount)) for each in transaction.entries] == [
        ("receivables:riverside-parts", "267.54 EUR"),
        ("revenue:machining-as-a-service", "-234.82 EUR"),
        ("service_credits", "10.00 EUR"),
        ("vat_payable:S-19", "-42.72 EUR"),
    ]
    assert transaction.effective_at == PERIOD.start
    with hub.database.read() as connection:
        payload = connection.scalars(sa.select(OUTBOX.c.payload)).all()[-1]
    event = canonical.decode(payload)
    assert (event["type"], event["subject"]) == ("InvoiceIssued", issued.number)
    assert event["data"]["sha256"] == issued.sha256
    (entry,) = hub.audit.entries(LOCAL_OPERATOR, AuditQuery(action="invoice:issue"))
    assert (entry.subject, entry.detail["sha256"]) == (f"document/{issued.number}", issued.sha256)


def test_the_trial_balance_balances(hub: Hub) -> None:
    hub.activated(contract())
    for day in range(2):
        hub.clock.advance(US_PER_DAY)
        hub.billing.issue(FINANCE, "c-1001", days_after(day))
    balances = hub.billing.trial_balance(FINANCE)
    assert [(each.account, str(each.debit), str(each.credit)) for each in balances] == [
        ("receivables:riverside-parts", "535.08 EUR", "0.00 EUR"),
        ("revenue:machining-as-a-service", "0.00 EUR", "469.64 EUR"),
        ("service_credits", "20.00 EUR", "0.00 EUR"),
        ("vat_payable:S-19", "0.00 EUR", "85.44 EUR"),
    ]


def test_a_ledger_that_does_not_balance_stops(hub: Hub) -> None:
    hub.activated(contract())
    issued = hub.billing.issue(FINANCE, "c-1001", PERIOD)
    transaction = hub.billing.transaction(FINANCE, issued.number)
    with hub.database.unit_of_work() as unit:
        row = {"transaction": transaction.id, "position": 9, "account": "revenue"}
        unit.connection.execute(
            sa.insert(LEDGER_ENTRY).values(row | {"currency": "EUR", "amount_minor": 1})
        )
    with pytest.raises(InvariantError, match="EUR"):
        hub.billing.trial_balance(FINANCE)
    with pytest.raises(InvariantError, match="sum to zero"):
        hub.billing.transaction(FINANCE, issued.number)


@pytest.mark.parametrize(
    "table", [BILLING_DOCUMENT, LEDGER_TRANSACTION, LEDGER_ENTRY, LEDGER_SLICE]
)
def test_what_is_issued_or_posted_never_changes(hub: Hub, table: sa.Table) -> None:
    hub.activated(contract())
    issued = hub.billing.issue(FINANCE, "c-1001", PERIOD)
    column = next(iter(table.c))
    changes = (sa.update(table).values({column: column}), sa.delete(table))
    for change in changes:
        with (
            pytest.raises(sa.exc.IntegrityError, match="never changed"),
            hub.database.unit_of_work() as unit,
        ):
            unit.connection.execute(change)
    assert hub.billing.document(FINANCE, issued.number) == issued


def test_a_damaged_document_is_not_handed_out(hub: Hub) -> None:
    hub.activated(contract())
    issued = hub.billing.issue(FINANCE, "c-1001", PERIOD)
    damaged = bytearray(issued.file)
    damaged[100] ^= 1
    with hub.database.unit_of_work() as unit:
        if hub.database.dialect == "sqlite":
            unit.connection.exec_driver_sql("DROP TRIGGER billing_document_frozen_update")
        else:
            unit.connection.exec_driver_sql(
                "DROP TRIGGER billing_document_frozen ON billing_document"
            )
        unit.connection.execute(sa.update(BILLING_DOCUMENT).values(file=bytes(damaged)))
    with pytest.raises(InvariantError, match=issued.number):
        hub.billing.document(FINANCE, issued.number)


def test_a_refused_document_leaves_no_number_behind(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.activated(contract())
    with monkeypatch.context() as patch:
        patch.setattr(issuing, "book", _fail)
        with pytest.raises(ZeroDivisionError):
            hub.billing.issue(FINANCE, "c-1001", PERIOD)
    assert hub.billing.documents(FINANCE, DocumentQuery()) == []
    assert hub.billing.trial_balance(FINANCE) == []
    assert hub.billing.issue(FINANCE, "c-1001", PERIOD).number == "NM-2017-000001"


def _fail(*_: object) -> None:
    raise ZeroDivisionError


def test_a_preview_keeps_nothing_and_may_look_at_a_period_that_runs(hub: Hub) -> None:
    hub.activated(contract())
    running = Period(PERIOD.start, Instant(NOW + US_PER_DAY))
    rated = hub.billing.preview(CUSTOMER, "c-1001", running)
    assert rated.known_at == NOW
    assert str(hub.billing.preview(FINANCE, "c-1001", PERIOD, NOW).totals.gross) == "267.54 EUR"
    assert hub.billing.documents(FINANCE, DocumentQuery()) == []


def test_a_period_is_billed_when_it_is_over_and_known(hub: Hub) -> None:
    hub.activated(contract())
    for period, known_at in (
        (days_after(2), None),
        (PERIOD, Instant(PERIOD.end - 1)),
        (PERIOD, Instant(NOW + 1)),
    ):
        with pytest.raises(PeriodNotOver, match="up to now"):
            hub.billing.issue(FINANCE, "c-1001", period, known_at)
    assert hub.billing.issue(FINANCE, "c-1001", PERIOD, PERIOD.end).known_at == PERIOD.end


def test_no_moment_is_billed_twice(hub: Hub) -> None:
    hub.activated(contract())
    hub.billing.issue(FINANCE, "c-1001", PERIOD)
    for period in (
        Period(PERIOD.start, Instant(PERIOD.end - 1)),
        Period(Instant(PERIOD.end - 1), NOW),
        Period(PERIOD.start, NOW),
    ):
        with pytest.raises(PeriodOverlaps, match="NM-2017-000001 covers"):
            hub.billing.issue(FINANCE, "c-1001", period)
    assert hub.billing.issue(FINANCE, "c-1001", Period(PERIOD.end, NOW)).number == "NM-2017-000002"


def test_only_what_is_in_force_is_billed(hub: Hub) -> None:
    hub.activated(contract())
    with pytest.raises(NotInForce):
        hub.billing.issue(FINANCE, "c-1001", days_after(-1))
    with pytest.raises(ContractNotFound):
        hub.billing.issue(FINANCE, "c-1002", PERIOD)


@pytest.mark.both_engines
def test_each_series_is_one_suppliers_and_without_a_gap(hub: Hub) -> None:
    hub.activated(contract())
    hub.activated(contract(id="c-1002", invoice_series="NM-B"))
    hub.activated(contract(id="c-1003"))
    hub.activated(contract(id="c-1004", supplier=SUPPLIER | {"id": "other"}))
    numbers = [
        hub.billing.issue(FINANCE, name, PERIOD).number for name in ("c-1001", "c-1002", "c-1003")
    ]
    assert numbers == ["NM-2017-000001", "NM-B-000001", "NM-2017-000002"]
    with pytest.raises(SeriesTaken, match="northwind-machines"):
        hub.billing.issue(FINANCE, "c-1004", PERIOD)
    assert issubclass(SeriesTaken, Conflict)


def with_fee(amount: str) -> Contract:
    fee = BASE_FEE | {"amount_per_month": amount}
    return contract(terms=terms(base_fee=fee, usage_prices=[], guarantee=None))


@pytest.mark.both_engines
def test_a_document_for_nothing_posts_nothing(hub: Hub) -> None:
    hub.activated(with_fee("0.00"))
    issued = hub.billing.issue(FINANCE, "c-1001", PERIOD)
    assert str(issued.gross) == "0.00 EUR"
    assert hub.billing.trial_balance(FINANCE) == []
    with pytest.raises(DocumentNotFound, match="posted"):
        hub.billing.transaction(FINANCE, issued.number)


@pytest.mark.both_engines
def test_an_amount_that_the_ledger_cannot_hold_is_refused_whole(hub: Hub) -> None:
    hub.activated(with_fee("9" * 18))
    hub.clock.advance(40 * US_PER_DAY)
    with pytest.raises(AmountTooLarge, match="64 bits"):
        hub.billing.issue(FINANCE, "c-1001", Period(PERIOD.start, hub.clock.now()))
    assert hub.billing.documents(FINANCE, DocumentQuery()) == []


@pytest.mark.both_engines
def test_documents_come_in_pages_the_newest_first(hub: Hub) -> None:
    hub.activated(contract())
    hub.clock.advance(5 * US_PER_DAY)
    for day in range(5):
        hub.billing.issue(FINANCE, "c-1001", days_after(day))
    seen: list[str] = []
    query = DocumentQuery(limit=2)
    while page := hub.billing.documents(FINANCE, query):
        assert len(page) <= 2
        seen += [head.number for head in page]
        query = DocumentQuery(limit=2, before=seen[-1])
    assert seen == [f"NM-2017-{n:06d}" for n in (5, 4, 3, 2, 1)]
    assert hub.billing.documents(FINANCE, DocumentQuery(contract="c-1002")) == []
    DocumentQuery(limit=DOCUMENTS_PAGE_MAX)
    with pytest.raises(Exception, match="1 to 200"):
        DocumentQuery(limit=DOCUMENTS_PAGE_MAX + 1)


@pytest.mark.both_engines
def test_a_customer_sees_only_its_own_documents(hub: Hub) -> None:
    hub.activated(contract())
    issued = hub.billing.issue(FINANCE, "c-1001", PERIOD)
    assert len(hub.billing.documents(CUSTOMER, DocumentQuery())) == 1
    assert hub.billing.documents(STRANGER, DocumentQuery()) == []
    with pytest.raises(DocumentNotFound) as hidden:
        hub.billing.document(STRANGER, issued.number)
    with pytest.raises(DocumentNotFound) as absent:
        hub.billing.document(STRANGER, "NM-2017-000009")
    assert str(hidden.value) == str(absent.value).replace("9", "1")
    with pytest.raises(ContractNotFound):
        hub.billing.preview(STRANGER, "c-1001", PERIOD)


@pytest.mark.parametrize("actor", [CUSTOMER, ENGINEER])
def test_only_finance_and_the_worker_issue(hub: Hub, actor: Actor) -> None:
    hub.activated(contract())
    with pytest.raises(Forbidden):
        hub.billing.issue(actor, "c-1001", PERIOD)
    with pytest.raises(Forbidden):
        hub.billing.trial_balance(actor)
    with pytest.raises(Forbidden):
        hub.billing.transaction(actor, "NM-2017-000001")


def test_a_document_keeps_the_version_that_it_was_made_under(hub: Hub) -> None:
    hub.activated(contract())
    first = hub.billing.issue(FINANCE, "c-1001", PERIOD)
    hub.activated(contract(version=2, machines=["mazak02"]))
    assert decode_file(first.file).document["contract"]["version"] == 1
    assert hub.billing.issue(FINANCE, "c-1001", PERIOD) == first
    second = hub.billing.issue(FINANCE, "c-1001", Period(PERIOD.end, NOW))
    assert second.contract_version == 2
    with pytest.raises(TermsInvalid):
        Contract.from_content({})
