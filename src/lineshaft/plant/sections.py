"""The kinds of entries: where each is recorded, and by which use case."""

from collections.abc import Mapping
from typing import Any

from lineshaft.core.reading import SignalId
from lineshaft.infrastructure.database import Database
from lineshaft.plant.model import ConnectorRecord
from lineshaft.plant.ports import ConnectorStore
from lineshaft.platform.twin.model import Machine
from lineshaft.platform.twin.service import Twin
from lineshaft.security.audit.service import AuditChain
from lineshaft.security.authorisation.model import Action, Actor, Resource
from lineshaft.security.authorisation.service import Authorizer
from lineshaft.security.identity.model import Organisation
from lineshaft.security.identity.service import Identity
from lineshaft.services.contracts.model import Contract, Offering
from lineshaft.services.contracts.service import Contracts


def content_of(thing: Any) -> Any:
    """Return the JSON content by which two states of an entry are compared."""
    if isinstance(thing, Organisation):
        roles = sorted(thing.stakeholder_roles)
        return {"id": thing.id, "name": thing.name, "stakeholder_roles": roles}
    return thing.to_content()


class Organisations:
    """Recorded by identity."""

    def __init__(self, identity: Identity) -> None:
        self._identity = identity

    def recorded(self, actor: Actor) -> Mapping[str, Any]:
        """Return the content of every organisation, by id."""
        return {o.id: content_of(o) for o in self._identity.organisations(actor)}

    def apply(self, actor: Actor, thing: Organisation) -> None:
        """Record an organisation."""
        self._identity.put_organisation(actor, thing)


class Machines:
    """Recorded by the twin."""

    def __init__(self, twin: Twin) -> None:
        self._twin = twin

    def recorded(self, actor: Actor) -> Mapping[str, Any]:
        """Return the content of every machine, by id."""
        return {machine.id: machine.to_content() for machine in self._twin.machines(actor)}

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

    def recorded(self, actor: Actor) -> Mapping[str, Any]:
        """Return the content of every connector, by id."""
        return {record.id: record.to_content() for record in self.all(actor)}

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

    def recorded(self, actor: Actor) -> Mapping[str, Any]:
        """Return the content of the latest version of every offering, by id."""
        return {o.id: o.to_content() for o in self._contracts.offerings(actor)}

    def apply(self, actor: Actor, thing: Offering) -> None:
        """Record a version of an offering."""
        self._contracts.offer(actor, thing)


class ContractSection:
    """Recorded by contracts, and put in force."""

    def __init__(self, contracts: Contracts) -> None:
        self._contracts = contracts

    def recorded(self, actor: Actor) -> Mapping[str, Any]:
        """Return the content of the latest activated version of every contract, by id."""
        return {
            record.contract.id: record.contract.to_content()
            for record in self._contracts.contracts(actor)
            if record.activated_at is not None
        }

    def metered_signals(self, actor: Actor) -> list[SignalId]:
        """Return the signals that contracts in force bill from, in order."""
        meters = [
            meter
            for record in self._contracts.contracts(actor)
            if record.activated_at is not None
            for meter in record.contract.meters()
        ]
        return sorted({meter.signal for meter in meters})

    def apply(self, actor: Actor, thing: Contract) -> None:
        """Record a version of a contract and put it in force."""
        self._contracts.agree(actor, thing)
        self._contracts.activate(actor, thing.id, thing.version)
