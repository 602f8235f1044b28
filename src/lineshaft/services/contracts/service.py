"""Offer, agree, activate: the use cases of contracts."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from lineshaft.core.clock import Clock, IdSource
from lineshaft.core.period import Period
from lineshaft.infrastructure.database import Database, OutboxMessage, UnitOfWork
from lineshaft.security.audit.service import AuditChain
from lineshaft.security.authorisation.model import Action, Actor, Grant, Resource
from lineshaft.security.authorisation.service import Authorizer
from lineshaft.services.contracts.errors import (
    ContractNotFound,
    NotInForce,
    OfferingNotFound,
    OfferingNotOnSale,
    VersionGap,
    VersionTaken,
)
from lineshaft.services.contracts.events import contract_activated
from lineshaft.services.contracts.model import Contract, ContractRecord, LocalText, Offering
from lineshaft.services.contracts.ports import ContractHolds, ContractStore, OfferingSales

VERSIONS_MAX = 1_000
EVENT_SUBJECT = "event.contracts"


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractParts:
    """Everything that the use cases of contracts take.

    Attributes:
        holds: holds the readings that activated contracts bill from; None: nobody deletes any.
        sales: knows which offerings are withdrawn from sale; None: none ever is.
    """

    database: Database
    store: ContractStore
    authorizer: Authorizer
    audit: AuditChain
    clock: Clock
    ids: IdSource
    holds: ContractHolds | None = None
    sales: OfferingSales | None = None


class Contracts:
    """Offerings and contracts: versions that never change, in force once they are activated."""

    def __init__(self, parts: ContractParts) -> None:
        """Take everything; nothing is read before it is needed."""
        self._parts = parts
        self._database = parts.database
        self._store = parts.store

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
                raise OfferingNotFound(msg)
            self._check_sold(unit.connection, contract, versions)
            self._store.add_contract(unit.connection, contract, self._parts.clock.now())
            self._audit(unit.connection, actor, Action.CONTRACT_WRITE, contract)

    def activate(self, actor: Actor, id_: str, version: int) -> ContractRecord:
        """Let a version bind: write its grants, note it, announce it, all in one unit of work.

        The grants of the version before end where this one begins. Again changes nothing.

        Raises:
            ContractNotFound: when there is no such version.
            VersionGap: when a later version binds already.
        """
        with self._database.read() as connection:
            draft = self._version(connection, id_, version)
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
                raise VersionGap(msg)
            at = self._parts.clock.now()
            self._store.activate(unit.connection, id_, version, at)
            self._grant(unit.connection, record.contract)
            self._hold(unit, actor, record.contract, versions[: version - 1])
            event = contract_activated(self._parts.ids.new_id("evt"), at, record.contract)
            unit.publish(OutboxMessage(event.id, EVENT_SUBJECT, event.to_json(), at))
            self._audit(unit.connection, actor, Action.CONTRACT_ACTIVATE, record.contract)
        return ContractRecord(record.contract, record.created_at, at)

    def contract(self, actor: Actor, id_: str, version: int | None = None) -> ContractRecord:
        """Return a version of a contract; the last one for None.

        Raises:
            ContractNotFound: when there is none, or the actor may not see it.
        """
        with self._database.read() as connection:
            record = self._version(connection, id_, version)
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
            contract = self._version(connection, id_, version).contract
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
            return self._store.contracts(connection, organisations)

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

    def in_force(self, actor: Actor, id_: str, period: Period) -> Contract:
        """Return the version that binds over the whole period: the last activated that covers it.

        Raises:
            ContractNotFound: when there is no such contract, or the actor may not see it.
            NotInForce: when no activated version covers the whole period.
        """
        with self._database.read() as connection:
            versions = self._store.versions(connection, id_)
        if not versions:
            raise _not_found(id_)
        self._check_read(actor, versions[-1].contract)
        for record in reversed(versions):
            if record.activated_at is not None and record.contract.covers(period):
                return record.contract
        msg = f"no activated version of contract {id_} covers the whole of {period}"
        raise NotInForce(msg)

    def _version(self, connection: sa.Connection, id_: str, version: int | None) -> ContractRecord:
        versions = self._store.versions(connection, id_)
        wanted = len(versions) if version is None else version
        if not 1 <= wanted <= len(versions):
            raise _not_found(id_)
        return versions[wanted - 1]

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
            raise OfferingNotOnSale(msg)

    def _grant(self, connection: sa.Connection, contract: Contract) -> None:
        start, end = contract.starts_at, contract.ends_at
        self._parts.authorizer.end_grant(connection, contract.id, start)
        for machine in contract.machines:
            grant = Grant(contract.organisation, machine, start, end, contract.id)
            self._parts.authorizer.add_grant(connection, grant)

    def _hold(
        self,
        unit: UnitOfWork,
        actor: Actor,
        contract: Contract,
        before: Sequence[ContractRecord],
    ) -> None:
        if self._parts.holds is not None:
            bound = [one.contract for one in before if one.activated_at is not None]
            self._parts.holds.contract_binds(unit, actor, contract, bound)

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
