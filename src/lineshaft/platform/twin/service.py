"""The use cases of the twin: which machines there are, and what they are doing now."""

from lineshaft.infrastructure.database import Database
from lineshaft.platform.twin.errors import MachineNotFound
from lineshaft.platform.twin.live import LiveView, Watch
from lineshaft.platform.twin.model import Machine
from lineshaft.platform.twin.ports import MachineStore
from lineshaft.security.audit.service import AuditChain
from lineshaft.security.authorisation.model import Action, Actor, Resource
from lineshaft.security.authorisation.service import Authorizer

__all__ = ["LiveView", "Twin", "Watch"]


class Twin:
    """Machines and their signals."""

    def __init__(
        self, database: Database, store: MachineStore, authorizer: Authorizer, audit: AuditChain
    ) -> None:
        """Keep machines in `store`; ask `authorizer` first; changes go to the audit chain."""
        self._database = database
        self._store = store
        self._authorizer = authorizer
        self._audit = audit

    def machines(self, actor: Actor) -> list[Machine]:
        """Return the machines that the actor may see, by name."""
        with self._database.read() as connection:
            machines = self._store.machines(connection)
        resources = {machine.id: _resource(machine.id) for machine in machines}
        permitted = self._authorizer.permitted(actor, Action.MACHINE_READ, list(resources.values()))
        visible = {resource.id for resource in permitted}
        return [machine for machine in machines if machine.id in visible]

    def machine(self, actor: Actor, id_: str) -> Machine:
        """Return one machine.

        Raises:
            MachineNotFound: when there is none, or the actor may not see it.
        """
        with self._database.read() as connection:
            machine = self._store.machine(connection, id_)
        is_visible = self._authorizer.is_allowed(actor, Action.MACHINE_READ, _resource(id_))
        if machine is None or not is_visible:
            msg = f"there is no machine {id_!r}"
            raise MachineNotFound(msg)
        return machine

    def put(self, actor: Actor, machine: Machine) -> None:
        """Record a machine as it is now; the same again changes nothing.

        Raises:
            Forbidden: when the actor may not change the plant.
        """
        self._authorizer.authorize(actor, Action.PLANT_APPLY, _resource(machine.id))
        with self._database.unit_of_work() as unit:
            if self._store.machine(unit.connection, machine.id) == machine:
                return
            self._store.put(unit.connection, machine)
            detail = {"signals": len(machine.signals)}
            self._audit.append(
                unit.connection, actor, Action.PLANT_APPLY, f"machine/{machine.id}", detail
            )


def _resource(machine: str) -> Resource:
    return Resource("machine", machine, machine=machine)
