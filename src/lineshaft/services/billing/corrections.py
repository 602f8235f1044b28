"""Documents after the first one of a period, and the periods that need one."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec.structs import replace

from lineshaft.core.errors import Invalid
from lineshaft.core.period import Instant, Period
from lineshaft.infrastructure.database import UnitOfWork
from lineshaft.security.authorisation.model import Action, Actor, Resource
from lineshaft.services.billing.difference import difference
from lineshaft.services.billing.document import (
    corrected_content,
    decode_file,
    documented,
    usage_of,
)
from lineshaft.services.billing.errors import (
    CorrectionRefused,
    NothingToCorrect,
    PeriodIncomplete,
    TooManyCorrections,
)
from lineshaft.services.billing.events import invoice_corrected
from lineshaft.services.billing.gate import Gate
from lineshaft.services.billing.inputs import (
    changed_kinds,
    changed_meters,
    inputs_sha256,
    recorded,
    recorded_in,
)
from lineshaft.services.billing.issuing import Draft, Issuer, rests_on_records
from lineshaft.services.billing.model import (
    CORRECTIONS_MAX,
    LATE_PAGE_MAX,
    Correction,
    Difference,
    Documented,
    DocumentHead,
    DocumentQuery,
    Engine,
    IssuedDocument,
    LatePage,
    LatePeriod,
    RatedDocument,
    Rerating,
)
from lineshaft.services.billing.parts import BillingParts
from lineshaft.services.billing.ports import UsageSource
from lineshaft.services.billing.release import Release
from lineshaft.services.contracts.errors import NotInForce
from lineshaft.services.contracts.model import Contract
from lineshaft.services.metering.model import UsageRecord


class Corrections:
    """Rates documented periods again; `Billing` is the door."""

    def __init__(self, parts: BillingParts, issuer: Issuer, gate: Gate) -> None:
        """Take everything; nothing is read before it is needed."""
        self._parts, self._issuer, self._gate = parts, issuer, gate

    def correct(
        self, actor: Actor, contract: Contract, period: Period, reason: str | None
    ) -> Correction:
        """Document the difference of a period; see `Billing.correct`."""
        before, rated = self._rated_again(actor, contract, period)
        why = _reason(before[-1]) if reason is None else reason
        judged = self._gate.judge(actor, rated, why)
        with self._parts.database.unit_of_work() as unit:
            return self._correct(unit, actor, *judged)

    def preview(
        self, actor: Actor, contract: Contract, period: Period
    ) -> tuple[RatedDocument, Difference | None]:
        """Return what a correction would document; see `Billing.preview_correction`."""
        before, rated = self._rated_again(actor, contract, period)
        earlier = [documented(decode_file(one.file).document, one.sha256) for one in before]
        return rated, difference(rated, earlier)

    def _rated_again(
        self, actor: Actor, contract: Contract, period: Period
    ) -> tuple[list[IssuedDocument], RatedDocument]:
        """Return all documents of a period, and the period as it is known now."""
        resource = Resource("contract", contract.id, organisation=contract.organisation)
        self._parts.authorizer.authorize(actor, Action.INVOICE_CORRECT, resource)
        with self._parts.database.read() as connection:
            before = self._parts.store.of_period(connection, contract.id, period)
        first = decode_file(_first(before, contract, period).file).document
        _check_parties(first, contract)
        known_at = self._issuer.known_at(period, None)
        engine = self._engine(first["engine"])
        return before, self._issuer.rate(actor, contract, period, known_at, engine)

    def _correct(
        self,
        unit: UnitOfWork,
        actor: Actor,
        rated: RatedDocument,
        refusal: PeriodIncomplete | None,
    ) -> Correction:
        """Decide under the lock of the contract: another worker may have been faster."""
        contract, store = rated.contract, self._parts.store
        unit.lock(f"billing:{contract.id}")
        before = store.of_period(unit.connection, contract.id, rated.period)
        last = store.last_rerating(unit.connection, contract.id, rated.period)
        standing = before[-1]
        if rated.known_at <= (standing.known_at if last is None else last.known_at):
            return Correction(document=standing, is_new=False)
        digest = inputs_sha256(rated.usage, recorded(rated.facts))
        earlier = [documented(decode_file(one.file).document, one.sha256) for one in before]
        found = difference(rated, earlier)
        issued = None
        if found is not None:
            _check_issuable(before, rated.period, refusal)
            (issued,) = self._issuer.write(unit, actor, [_draft(rated, earlier, found)])
        elif digest == _known_inputs(decode_file(standing.file).document, last):
            return Correction(document=standing, is_new=False)
        else:
            detail = {"period": str(rated.period), "usage_sha256": digest}
            subject = f"contract/{contract.id}"
            self._parts.audit.append(
                unit.connection, actor, Action.INVOICE_CORRECT, subject, detail
            )
        rerating = Rerating(
            contract=contract.id,
            period=rated.period,
            known_at=rated.known_at,
            usage_sha256=digest,
            document=None if issued is None else issued.number,
        )
        store.add_rerating(unit.connection, rerating)
        return Correction(document=issued or standing, is_new=issued is not None)

    def late(self, actor: Actor, before: str | None, limit: int) -> LatePage:
        """Return the late ones among a page of issued periods; see `Billing.late`."""
        resource = Resource("document", "*")
        self._parts.authorizer.authorize(actor, Action.INVOICE_CORRECT, resource)
        if not 0 < limit <= LATE_PAGE_MAX:
            msg = f"a page of {limit} issued periods: expected 1 to {LATE_PAGE_MAX}"
            raise Invalid(msg)
        with self._parts.database.read() as connection:
            query = DocumentQuery(before=before, limit=limit, is_first=True)
            firsts = self._parts.store.documents(connection, None, query)
        found = self._late(actor, firsts) if firsts else {}
        return LatePage(
            periods=tuple(found[one.number] for one in firsts if one.number in found),
            next=firsts[-1].number if len(firsts) == limit else None,
        )

    def _late(self, actor: Actor, firsts: Sequence[DocumentHead]) -> dict[str, LatePeriod]:
        """Return the late ones by the number of their first documents.

        Those of one period are measured together, from readings that are read at once.
        """
        known_at = self._parts.metering.settle(self._parts.clock.now())
        together: dict[Period, list[_Billed]] = {}
        for first in firsts:
            together.setdefault(first.period, []).append(self._billed(first))
        found = {}
        for group in together.values():
            wanted = [(each.meter, each.period) for one in group for each in one.usage]
            metering = self._parts.metering
            ahead = metering.ahead(wanted, known_at) if wanted else metering
            for one in group:
                late = self._compared(actor, one, ahead, known_at)
                if late is not None:
                    found[one.number] = late
        return found

    def _compared(
        self, actor: Actor, one: "_Billed", metering: UsageSource, known_at: Instant
    ) -> LatePeriod | None:
        """Compare what was billed of a period with what is known of it now."""
        contract = self._in_force(actor, one.standing)
        try:
            usage, known = self._known_now(actor, one, contract, metering, known_at)
        except Invalid:
            return LatePeriod(document=one.standing, is_refused=True)
        if inputs_sha256(usage, known) != one.inputs_sha256:
            return LatePeriod(
                document=one.standing,
                meters=changed_meters(one.usage, usage),
                recorded=changed_kinds(one.recorded, known),
            )
        if contract is None:
            return None
        is_amended = contract.version != one.version
        if (is_amended or one.are_fees_ahead) and self._owes(actor, contract, one.standing.period):
            return LatePeriod(document=one.standing, is_amended=is_amended)
        return None

    def _in_force(self, actor: Actor, standing: IssuedDocument) -> Contract | None:
        """Return the contract version that holds over a billed period as it is known now."""
        try:
            return self._parts.contracts.in_force(actor, standing.contract, standing.period)
        except NotInForce:
            return None

    def _known_now(
        self,
        actor: Actor,
        one: "_Billed",
        contract: Contract | None,
        metering: UsageSource,
        known_at: Instant,
    ) -> tuple[Sequence[UsageRecord], Mapping[str, Any]]:
        """Return usage and records of a period as they are known now.

        Which records count, and what has to be measured for them, only a rating tells.

        Raises:
            Invalid: when it cannot be rated with what is known now.
        """
        if contract is None or not rests_on_records(contract):
            usage = [metering.usage(actor, each.meter, each.period, known_at) for each in one.usage]
            return usage, one.recorded
        issuer = Issuer(replace(self._parts, metering=metering))
        period = one.standing.period
        rated = issuer.rate(actor, contract, period, known_at, self._engine(one.engine))
        return rated.usage, recorded(rated.facts)

    def _owes(self, actor: Actor, contract: Contract, period: Period) -> bool:
        """Tell whether a period costs something else by the contract that holds now.

        It was amended with effect on what is billed already, or it ended or rests and its fees
        were billed in advance. Also where that cannot be computed or corrected now, such as by
        days until noon or for another customer: somebody has to look.
        """
        try:
            return self.preview(actor, contract, period)[1] is not None
        except (Invalid, CorrectionRefused):
            return True

    def _billed(self, first: DocumentHead) -> "_Billed":
        store = self._parts.store
        with self._parts.database.read() as connection:
            standing = store.of_period(connection, first.contract, first.period)[-1]
            last = store.last_rerating(connection, first.contract, first.period)
        document = decode_file(standing.file).document
        return _Billed(
            number=first.number,
            version=document["contract"]["version"],
            standing=standing,
            engine=document["engine"],
            usage=usage_of(document),
            recorded=recorded_in(document),
            inputs_sha256=_known_inputs(document, last),
            are_fees_ahead="fee_period" in document,
        )

    def _engine(self, said: Mapping[str, Any]) -> Engine:
        """Return the rules that a document was computed by, with the present time zones."""
        return Engine(Engine.from_content(said).lineshaft, self._parts.engine.tzdata)


class _Billed(msgspec.Struct, frozen=True, kw_only=True):
    """What was last said of a period.

    Attributes:
        number: of its first document.
        version: of the contract, in its last one.
        engine, usage, recorded: of its last one.
        inputs_sha256: of what was known when it was last rated.
        are_fees_ahead: whether it bills fees in advance.
    """

    number: str
    version: int
    standing: IssuedDocument
    engine: Mapping[str, Any]
    usage: Sequence[UsageRecord]
    recorded: Mapping[str, Any]
    inputs_sha256: str
    are_fees_ahead: bool


def _known_inputs(document: Mapping[str, Any], last: Rerating | None) -> str:
    """Return the hash of what was looked at last: for the last document, or after it."""
    if last is not None:
        return last.usage_sha256
    return inputs_sha256(usage_of(document), recorded_in(document))


def _first(before: Sequence[IssuedDocument], contract: Contract, period: Period) -> IssuedDocument:
    if not before:
        msg = f"cannot correct {period} of contract {contract.id}: no document was issued for it"
        raise NothingToCorrect(msg, contract=contract.id)
    return before[0]


def _check_parties(first: Mapping[str, Any], contract: Contract) -> None:
    """Refuse what would charge somebody else, or in other money, than the first document did.

    Raises:
        CorrectionRefused: naming what differs.
    """
    named = {
        "supplier": (first["supplier"]["id"], contract.supplier.id),
        "customer": (first["customer"]["id"], contract.customer.id),
        "organisation": (first["contract"]["organisation"], contract.organisation),
        "currency": (first["currency"], contract.currency),
    }
    for what, (said, now) in named.items():
        if said != now:
            msg = f"cannot correct document {first['number']}: its {what} is {said}, now {now}"
            raise CorrectionRefused(msg)


def _reason(standing: IssuedDocument) -> str | None:
    """Return why the last document was issued on too little knowledge; None when it was not."""
    said = decode_file(standing.file).document.get("released")
    return None if said is None else Release.from_content(said).reason


def _check_issuable(
    before: Sequence[IssuedDocument], period: Period, refusal: PeriodIncomplete | None
) -> None:
    if refusal is not None:
        raise refusal
    if len(before) >= CORRECTIONS_MAX:
        msg = f"{period} has {len(before)} documents: a correction names at most {CORRECTIONS_MAX}"
        raise TooManyCorrections(msg)


def _draft(rated: RatedDocument, earlier: Sequence[Documented], found: Difference) -> Draft:
    numbers = [document.number for document in earlier]
    return Draft(
        rated=rated,
        type=found.type,
        correction=len(earlier),
        gross=found.totals.gross,
        content=corrected_content(rated, earlier, found),
        action=Action.INVOICE_CORRECT,
        announce=lambda event_id, issued: invoice_corrected(event_id, issued, numbers),
    )
