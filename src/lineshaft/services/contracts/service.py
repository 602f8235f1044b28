"""Offer, agree, activate: the use cases of contracts."""

from collections.abc import Sequence

import sqlalchemy as sa

from lineshaft.core.period import Instant, Period, format_instant
from lineshaft.security.authorisation.model import Action, Actor, Resource, Role
from lineshaft.services.contracts.activation import Activation
from lineshaft.services.contracts.agreements import Agreements, Exchange, Parting, shown
from lineshaft.services.contracts.ahead import fees_of, opening_around, opening_in
from lineshaft.services.contracts.errors import (
    ContractNotFound,
    NotInForce,
    OfferingNotFound,
    OfferingNotOnSale,
    VersionGap,
    VersionTaken,
)
from lineshaft.services.contracts.life import ActKind, ContractLife, billed_within, reigns
from lineshaft.services.contracts.model import Contract, ContractRecord, LocalText, Offering
from lineshaft.services.contracts.parts import EVENT_SUBJECT, ContractParts

__all__ = ["EVENT_SUBJECT", "ContractParts", "Contracts", "Exchange", "Parting"]

VERSIONS_MAX = 1_000


class Contracts:
    """Offerings and contracts: versions that never change, in force once they are activated."""

    def __init__(self, parts: ContractParts) -> None:
        """Take everything; nothing is read before it is needed."""
        self._parts = parts
        self._database = parts.database
        self._store = parts.store
        self._activation = Activation(parts)
        self.agreements = Agreements(parts)
        """What provider and customer do with a contract."""

    def offer(self, actor: Actor, offering: Offering) -> None:
        """Record a version of an offering; the same again changes nothing.

        Raises:
            VersionTaken: when the version is recorded with other content.
            VersionGap: when it does not follow the last version.
        """
        resource = Resource("offering", offering.id)
        self._parts.authorizer.authorize(actor, Action.CONTRACT_WRITE, resource)
        with self._database.unit_of_work() as unit:
            unit.lock(f"offering:{offering.id}")
            known = self._store.offering(unit.connection, offering.id, offering.version)
            if known is not None and known.to_content() == offering.to_content():
                return
            last = self._store.offering(unit.connection, offering.id, None)
            _check_next(
                f"offering {offering.id}", offering.version, 0 if last is None else last.version
            )
            self._store.add_offering(unit.connection, offering, self._parts.clock.now())
            self._audit(unit.connection, actor, Action.CONTRACT_WRITE, offering)

    def offering(self, actor: Actor, id_: str, version: int | None = None) -> Offering:
        """Return a version of an offering; the last one for None.

        Raises:
            OfferingNotFound: when there is none.
        """
        self._parts.authorizer.authorize(actor, Action.CONTRACT_READ, Resource("offering", id_))
        with self._database.read() as connection:
            found = self._store.offering(connection, id_, version)
        if found is None:
            raise OfferingNotFound(_no_offering(id_, version))
        return found

    def offerings(self, actor: Actor) -> list[Offering]:
        """Return the last version of each offering, by id."""
        self._parts.authorizer.authorize(actor, Action.CONTRACT_READ, Resource("offering", "*"))
        with self._database.read() as connection:
            return self._store.offerings(connection)

    def agree(self, actor: Actor, contract: Contract) -> None:
        """Record a version of a contract as a draft; the same again changes nothing.

        Raises:
            OfferingNotFound: when it names a version of an offering that does not exist.
            OfferingNotOnSale: when that is not sold any more, and the contract had another before.
            VersionTaken: when the version is recorded with other content.
            VersionGap: when it does not follow the last version.
            ActRefused: when the last version is offered, or accepted and not yet activated.
        """
        self._parts.authorizer.authorize(actor, Action.CONTRACT_WRITE, _resource(contract))
        with self._database.unit_of_work() as unit:
            unit.lock(_lock(contract.id))
            versions = self._store.versions(unit.connection, contract.id)
            content = contract.to_content()
            if any(record.contract.to_content() == content for record in versions):
                return
            _check_next(f"contract {contract.id}", contract.version, len(versions))
            reference = contract.offering
            known = self._store.offering(unit.connection, reference.id, reference.version)
            if known is None:
                msg = (
                    f"contract {contract.id} is made from offering {reference.id} version "
                    f"{reference.version}, which does not exist"
                )
                raise OfferingNotFound(msg, contract=contract.id)
            self._check_sold(unit.connection, contract, versions)
            now = self._parts.clock.now()
            if versions:
                acts = self._store.acts(unit.connection, contract.id)
                ContractLife(versions, acts).check(ActKind.AMEND, len(versions), now)
            self._store.add_contract(unit.connection, contract, now)
            said = (ActKind.AMEND, contract.starts_at, {"sha256": contract.sha256})
            self._activation.note(unit, actor, contract, said)
            self._audit(unit.connection, actor, Action.CONTRACT_WRITE, contract)

    def activate(self, actor: Actor, id_: str, version: int) -> ContractRecord:
        """Let a version bind: write its grants, note it, announce it, all in one unit of work.

        The grants of the version before end where this one begins. Again changes nothing.

        Raises:
            ContractNotFound: when there is no such version.
            VersionGap: when a later version binds already.
            ActRefused: when it was offered and not accepted, or is withdrawn.
            PeriodDocumented: when a document lies across its start, or beyond its end.
        """
        with self._database.read() as connection:
            draft = self._version(connection, actor, id_, version)
        self._check_read(actor, draft.contract)
        resource = _resource(draft.contract)
        self._parts.authorizer.authorize(actor, Action.CONTRACT_ACTIVATE, resource)
        with self._database.unit_of_work() as unit:
            unit.lock(_lock(id_))
            versions = self._store.versions(unit.connection, id_)
            record = versions[version - 1]
            if record.activated_at is not None:
                return record
            if any(later.activated_at is not None for later in versions[version:]):
                msg = f"cannot activate version {version} of contract {id_}: a later one binds"
                raise VersionGap(msg, contract=id_)
            acts = self._store.acts(unit.connection, id_)
            now = self._parts.clock.now()
            ContractLife(versions, acts).check(ActKind.ACTIVATE, version, now)
            at = self._activation.bind(unit, actor, record.contract, versions[: version - 1])
            start = record.contract.starts_at
            self._activation.note(unit, actor, record.contract, (ActKind.ACTIVATE, start, {}))
            self._audit(unit.connection, actor, Action.CONTRACT_ACTIVATE, record.contract)
        return ContractRecord(record.contract, record.created_at, at)

    def now(self) -> Instant:
        """Return the instant by which contracts are active, paused or over."""
        return self._parts.clock.now()

    def contract(self, actor: Actor, id_: str, version: int | None = None) -> ContractRecord:
        """Return a version of a contract; the last one for None.

        Raises:
            ContractNotFound: when there is none, or the actor may not see it.
        """
        with self._database.read() as connection:
            record = self._version(connection, actor, id_, version)
        self._check_read(actor, record.contract)
        return record

    def title(self, actor: Actor, id_: str, version: int | None = None) -> LocalText:
        """Return what is sold under a version of a contract: the name of its offering.

        Who may read a contract may know this name, though not the offering, which is the
        supplier's.

        Raises:
            ContractNotFound: when there is none, or the actor may not see it.
            OfferingNotFound: never for what `agree` has recorded.
        """
        with self._database.read() as connection:
            contract = self._version(connection, actor, id_, version).contract
            self._check_read(actor, contract)
            reference = contract.offering
            offering = self._store.offering(connection, reference.id, reference.version)
        if offering is None:
            raise OfferingNotFound(_no_offering(reference.id, reference.version))
        return offering.name

    def contracts(self, actor: Actor) -> list[ContractRecord]:
        """Return the last version of each contract that the actor may see, by id."""
        organisations = self._parts.authorizer.visible_organisations(actor)
        with self._database.read() as connection:
            found = self._store.contracts(connection, organisations)
            if actor.role is not Role.CUSTOMER:
                return found
            seen = [self._seen(connection, actor, one.contract.id).records for one in found]
        return [records[-1] for records in seen if records]

    def activated(self, actor: Actor) -> list[str]:
        """Return the ids of all contracts that bind and that the actor may see, in order."""
        organisations = self._parts.authorizer.visible_organisations(actor)
        with self._database.read() as connection:
            return self._store.activated(connection, organisations)

    def bound(self, actor: Actor, ids: Sequence[str]) -> dict[str, list[Contract]]:
        """Return the activated versions of contracts, the first one first.

        Contracts without any, or that the actor may not see, are left out.
        """
        with self._database.read() as connection:
            found = self._store.versions_of(connection, ids)
        bound: dict[str, list[Contract]] = {}
        for record in found:
            if record.activated_at is not None:
                bound.setdefault(record.contract.id, []).append(record.contract)
        resources = [_resource(versions[-1]) for versions in bound.values()]
        permitted = self._parts.authorizer.permitted(actor, Action.CONTRACT_READ, resources)
        return {resource.id: bound[resource.id] for resource in permitted}

    def in_force(
        self, actor: Actor, id_: str, period: Period, known_at: Instant | None = None
    ) -> Contract:
        """Return the version that holds over the whole period.

        That is also the first version for its opening period, where fees are billed in advance.

        Args:
            actor: who asks.
            id_: of the contract.
            period: of valid time.
            known_at: only versions that were activated by then count; all of them for None.

        Raises:
            ContractNotFound: when there is no such contract, or the actor may not see it.
            NotInForce: when no activated version holds over the whole period.
        """
        found = self._reigns(actor, id_, known_at)
        for contract, span in found:
            if span.start <= period.start and period.end <= span.end:
                return contract
        opened = opening_in(found, period)
        if opened is not None:
            return opened
        msg = f"no activated version of contract {id_} covers the whole of {period}"
        raise NotInForce(msg, contract=id_)

    def billed_period(self, actor: Actor, id_: str, instant: Instant) -> Period:
        """Return the billed period around an instant, cut where another version takes over.

        So the periods of a contract touch without a gap or an overlap, whatever versions change.
        Before its start that is the opening period, where fees are billed in advance.

        Raises:
            ContractNotFound: when there is no such contract, or the actor may not see it.
            NotInForce: when no activated version holds then.
        """
        found = self._reigns(actor, id_, None)
        for contract, span in found:
            if span.contains(instant):
                return billed_within(contract, span, instant)
        opening = opening_around(found, instant)
        if opening is not None:
            return opening
        msg = f"no activated version of contract {id_} covers {format_instant(instant)}"
        raise NotInForce(msg, contract=id_)

    def fees_of(self, actor: Actor, contract: Contract, period: Period) -> Period | None:
        """Return the period whose fees are billed with a document, in advance: see `ahead.fees_of`.

        Raises:
            ContractNotFound: when there is no such contract, or the actor may not see it.
            TermsInvalid: for a part of a billed period.
        """
        return fees_of(self._reigns(actor, contract.id, None), contract, period)

    def _reigns(
        self, actor: Actor, id_: str, known_at: Instant | None
    ) -> list[tuple[Contract, Period]]:
        life = self.agreements.life(actor, id_)
        return reigns((life if known_at is None else life.known_at(known_at)).records)

    def _seen(self, connection: sa.Connection, actor: Actor, id_: str) -> ContractLife:
        versions = self._store.versions(connection, id_)
        acts = self._store.acts(connection, id_) if actor.role is Role.CUSTOMER else []
        return shown(actor, ContractLife(versions, acts))

    def _version(
        self, connection: sa.Connection, actor: Actor, id_: str, version: int | None
    ) -> ContractRecord:
        records = self._seen(connection, actor, id_).records
        found = [one for one in records if version in {None, one.contract.version}]
        if not found:
            raise _not_found(id_)
        return found[-1]

    def _check_read(self, actor: Actor, contract: Contract) -> None:
        """Say "there is none" rather than "you may not": an id must not tell that it exists."""
        resource = _resource(contract)
        if not self._parts.authorizer.is_allowed(actor, Action.CONTRACT_READ, resource):
            raise _not_found(contract.id)

    def _check_sold(
        self, connection: sa.Connection, contract: Contract, before: Sequence[ContractRecord]
    ) -> None:
        """Refuse what is withdrawn from sale, unless the contract is made from it already."""
        reference = contract.offering
        if self._parts.sales is None or any(
            record.contract.offering == reference for record in before
        ):
            return
        if reference.version <= self._parts.sales.withdrawn_through(connection, reference.id):
            msg = f"contract {contract.id} is made from offering {reference.id} version "
            msg += f"{reference.version}, which is withdrawn from sale: expected a later version"
            raise OfferingNotOnSale(msg, contract=contract.id, offering=reference.id)

    def _audit(
        self, connection: sa.Connection, actor: Actor, action: Action, what: Offering | Contract
    ) -> None:
        kind = "offering" if isinstance(what, Offering) else "contract"
        detail = {"version": what.version}
        self._parts.audit.append(connection, actor, action, f"{kind}/{what.id}", detail)


def _check_next(what: str, version: int, last: int) -> None:
    if version <= last:
        msg = f"{what} version {version} is recorded with other content; make it version {last + 1}"
        raise VersionTaken(msg)
    if version != last + 1 or version > VERSIONS_MAX:
        msg = f"{what} version {version}: expected {last + 1}, and at most {VERSIONS_MAX}"
        raise VersionGap(msg)


def _resource(contract: Contract) -> Resource:
    return Resource("contract", contract.id, organisation=contract.organisation)


def _lock(id_: str) -> str:
    return f"contract:{id_}"


def _not_found(id_: str) -> ContractNotFound:
    return ContractNotFound(f"there is no contract {id_}, or no such version of it")


def _no_offering(id_: str, version: int | None) -> str:
    return f"there is no offering {id_}" + ("" if version is None else f" version {version}")
