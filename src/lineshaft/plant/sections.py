"""The kinds of entries: where each is recorded, and by which use case."""

from collections.abc import Iterable, Mapping
from typing import Any

from lineshaft.core.reading import SignalId
from lineshaft.infrastructure.database import Database
from lineshaft.plant.model import ConnectorRecord
from lineshaft.plant.ports import ConnectorStore
from lineshaft.platform.historian.retention.model import RetentionRule
from lineshaft.platform.historian.retention.service import Retention
from lineshaft.platform.twin.model import Machine
from lineshaft.platform.twin.service import Twin
from lineshaft.security.audit.service import AuditChain
from lineshaft.security.authorisation.model import Action, Actor, Resource
from lineshaft.security.authorisation.service import Authorizer
from lineshaft.security.identity.model import Organisation
from lineshaft.security.identity.service import Identity
from lineshaft.services.contracts.model import Contract, ContractRecord, Offering
from lineshaft.services.contracts.service import Contracts

Recorded = Mapping[tuple[str, int | None], Any]
"""The recorded content of entries by id and, where there are versions, version."""


def content_of(thing: Any) -> Any:
    """Return the JSON content by which two states of an entry are compared."""
    if isinstance(thing, Contract):
        return {"contract": thing.to_content(), "is_in_force": True}
    if isinstance(thing, Organisation):
        roles = sorted(thing.stakeholder_roles)
        return {"id": thing.id, "name": thing.name, "stakeholder_roles": roles}
    return thing.to_content()


class Organisations:
    """Recorded by identity."""

    def __init__(self, identity: Identity) -> None:
        self._identity = identity

    def recorded(self, actor: Actor) -> Recorded:
        """Return the content of every organisation."""
        return {(o.id, None): content_of(o) for o in self._identity.organisations(actor)}

    def apply(self, actor: Actor, thing: Organisation) -> None:
        """Record an organisation."""
        self._identity.put_organisation(actor, thing)


class Machines:
    """Recorded by the twin."""

    def __init__(self, twin: Twin) -> None:
        self._twin = twin

    def recorded(self, actor: Actor) -> Recorded:
        """Return the content of every machine."""
        return {(m.id, None): m.to_content() for m in self._twin.machines(actor)}

    def apply(self, actor: Actor, thing: Machine) -> None:
        """Record a machine."""
        self._twin.put(actor, thing)


class Connectors:
    """Recorded here: what an edge node on this machine runs."""

    def __init__(
        self, database: Database, store: ConnectorStore, authorizer: Authorizer, audit: AuditChain
    ) -> None:
        self._database = database
        self._store = store
        self._authorizer = authorizer
        self._audit = audit

    def recorded(self, actor: Actor) -> Recorded:
        """Return the content of every connector."""
        return {(record.id, None): record.to_content() for record in self.all(actor)}

    def all(self, actor: Actor) -> list[ConnectorRecord]:
        """Return every connector, by id."""
        self._authorizer.authorize(actor, Action.SOURCE_READ, Resource("connector", "*"))
        with self._database.read() as connection:
            return self._store.connectors(connection)

    def apply(self, actor: Actor, thing: ConnectorRecord) -> None:
        """Record a connector."""
        resource = Resource("connector", thing.id, machine=thing.machine)
        self._authorizer.authorize(actor, Action.PLANT_APPLY, resource)
        with self._database.unit_of_work() as unit:
            self._store.put(unit.connection, thing)
            detail = {"kind": thing.kind, "machine": thing.machine, "source": thing.source}
            self._audit.append(
                unit.connection, actor, Action.PLANT_APPLY, f"connector/{thing.id}", detail
            )


class Offerings:
    """Recorded by contracts."""

    def __init__(self, contracts: Contracts) -> None:
        self._contracts = contracts

    def recorded(self, actor: Actor) -> Recorded:
        """Return the content of every version of every offering."""
        last = self._contracts.offerings(actor)
        every = [
            self._contracts.offering(actor, offering.id, version)
            for offering in last
            for version in range(1, offering.version + 1)
        ]
        return {(o.id, o.version): o.to_content() for o in every}

    def apply(self, actor: Actor, thing: Offering) -> None:
        """Record a version of an offering."""
        self._contracts.offer(actor, thing)


class ContractSection:
    """Recorded by contracts, and put in force."""

    def __init__(self, contracts: Contracts) -> None:
        self._contracts = contracts

    def recorded(self, actor: Actor) -> Recorded:
        """Return the content of every version of every contract, and whether it binds."""
        return {(r.contract.id, r.contract.version): _agreed(r) for r in self._versions(actor)}

    def metered_signals(self, actor: Actor) -> list[SignalId]:
        """Return the signals that any contract in force bills from, in order."""
        return signals_metered_by(
            record.contract for record in self._versions(actor) if record.activated_at is not None
        )

    def _versions(self, actor: Actor) -> list[ContractRecord]:
        return [
            self._contracts.contract(actor, last.contract.id, version)
            for last in self._contracts.contracts(actor)
            for version in range(1, last.contract.version + 1)
        ]

    def apply(self, actor: Actor, thing: Contract) -> None:
        """Record a version of a contract and put it in force."""
        self._contracts.agree(actor, thing)
        self._contracts.activate(actor, thing.id, thing.version)


class RetentionRules:
    """Recorded by the historian: what is deleted when it is old."""

    def __init__(self, retention: Retention) -> None:
        self._retention = retention

    def recorded(self, actor: Actor) -> Recorded:
        """Return the content of every rule, by its pattern."""
        return {(rule.pattern, None): rule.to_content() for rule in self._retention.rules(actor)}

    def apply(self, actor: Actor, thing: RetentionRule) -> None:
        """Record a rule."""
        self._retention.set_rule(actor, thing)


def signals_metered_by(contracts: Iterable[Contract]) -> list[SignalId]:
    """Return the signals that contracts bill from, each once, in order."""
    meters = [meter for contract in contracts for meter in contract.meters()]
    return sorted({signal for meter in meters for signal in meter.signals})


def _agreed(record: ContractRecord) -> Any:
    is_in_force = record.activated_at is not None
    return {"contract": record.contract.to_content(), "is_in_force": is_in_force}
