"""Let a version of a contract bind: its grants, its holds, and what is announced."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from lineshaft.core.period import Instant, Period, format_instant
from lineshaft.infrastructure.database import OutboxMessage, UnitOfWork
from lineshaft.security.authorisation.model import Actor, Grant
from lineshaft.services.contracts.changing import service_spans
from lineshaft.services.contracts.contract import Contract, ContractRecord
from lineshaft.services.contracts.errors import PeriodDocumented
from lineshaft.services.contracts.events import contract_acted, contract_activated
from lineshaft.services.contracts.life import ActKind, ContractAct, ContractLife
from lineshaft.services.contracts.parts import EVENT_SUBJECT, ContractParts

_END_OF_TIME = Instant(2**63 - 1)


class Activation:
    """What every act does in its unit of work; whether the actor may is asked by the use cases."""

    def __init__(self, parts: ContractParts) -> None:
        """Take everything; nothing is read before it is needed."""
        self._parts = parts

    def bind(
        self, unit: UnitOfWork, actor: Actor, contract: Contract, before: Sequence[ContractRecord]
    ) -> Instant:
        """Let a version bind from now on; the grants of those before end where it begins.

        Returns:
            now.

        Raises:
            PeriodDocumented: when a document would lie across its start or beyond its end.
        """
        parts, at = self._parts, self._parts.clock.now()
        bound = [one.contract for one in before if one.activated_at is not None]
        if bound:
            self._check_documents(unit.connection, contract)
        parts.store.activate(unit.connection, contract.id, contract.version, at)
        parts.authorizer.end_grant(unit.connection, contract.id, contract.starts_at)
        for machine, span in service_spans(contract):
            end = None if span.end == _END_OF_TIME else span.end
            grant = Grant(contract.organisation, machine, span.start, end, contract.id)
            parts.authorizer.add_grant(unit.connection, grant)
        if parts.holds is not None:
            parts.holds.contract_binds(unit, actor, contract, bound)
        event = contract_activated(parts.ids.new_id("evt"), at, contract)
        unit.publish(OutboxMessage(event.id, EVENT_SUBJECT, event.to_json(), at))
        return at

    def note(
        self,
        unit: UnitOfWork,
        actor: Actor,
        contract: Contract,
        said: tuple[ActKind, Instant, dict[str, Any]],
    ) -> ContractAct:
        """Add an act to the life of a contract.

        Args:
            unit: that it is kept in.
            actor: who does it.
            contract: the version that it is about.
            said: what is done, since when it holds, and what else is said of it.
        """
        parts, (kind, at, detail) = self._parts, said
        act = ContractAct(
            contract=contract.id,
            number=len(parts.store.acts(unit.connection, contract.id)) + 1,
            kind=kind,
            version=contract.version,
            at=at,
            recorded_at=parts.clock.now(),
            recorded_by=actor.id,
            recorded_name=actor.name,
            detail=detail,
        )
        parts.store.add_act(unit.connection, act)
        return act

    def announce(self, unit: UnitOfWork, act: ContractAct, contract: Contract) -> None:
        """Announce an act to whoever listens; to the customer what the customer may know of.

        Args:
            unit: that the act is kept in.
            act: that is noted already.
            contract: the version that it is about.
        """
        store, connection = self._parts.store, unit.connection
        life = ContractLife(
            store.versions(connection, contract.id), store.acts(connection, contract.id)
        )
        is_shown = life.is_shown_to_customer(act.version)
        organisation = contract.organisation if is_shown else None
        event = contract_acted(self._parts.ids.new_id("evt"), act, organisation)
        unit.publish(OutboxMessage(event.id, EVENT_SUBJECT, event.to_json(), act.recorded_at))

    def _check_documents(self, connection: sa.Connection, contract: Contract) -> None:
        """Refuse a start within a documented period, and an end before the last of them."""
        documents = self._parts.documents
        if documents is None:
            return
        start, end = contract.starts_at, contract.ends_at
        around = Period(Instant(start - 1), Instant(start + 1))
        found = documents.overlapping(connection, contract.id, around)
        if found is not None and found.period.start < start < found.period.end:
            msg = f"contract {contract.id} cannot change at {contract.start}: document "
            msg += f"{found.number} is of {found.period}"
            raise PeriodDocumented(msg, contract=contract.id)
        if end is None:
            return
        found = documents.overlapping(connection, contract.id, Period(end, _END_OF_TIME))
        if found is not None:
            msg = f"contract {contract.id} cannot end at {format_instant(end)}: document "
            msg += f"{found.number} is of {found.period}"
            raise PeriodDocumented(msg, contract=contract.id)
