"""Record an exchange of a meter, approve it, and say which were known at an instant."""

from collections.abc import Callable

import msgspec
from msgspec.structs import replace

from lineshaft.core.clock import IdSource
from lineshaft.core.period import Instant, Period
from lineshaft.core.reading import SignalId
from lineshaft.infrastructure.database import Database, OutboxMessage, UnitOfWork
from lineshaft.security.audit.service import AuditChain
from lineshaft.security.authorisation.model import Action, Actor, Resource
from lineshaft.security.authorisation.service import Authorizer
from lineshaft.services.metering.exchanges.errors import (
    ExchangeInstantTaken,
    ExchangeNotFound,
    ExchangeVersionTaken,
    SamePerson,
    TooManyExchanges,
)
from lineshaft.services.metering.exchanges.events import exchange_approved
from lineshaft.services.metering.exchanges.model import (
    EXCHANGES_MAX,
    VERSIONS_MAX,
    ExchangeApproval,
    ExchangeVersion,
    MeterExchange,
    in_force,
)
from lineshaft.services.metering.exchanges.ports import ExchangeStore

EVENT_SUBJECT = "event.metering"


class ExchangeParts(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that the use cases of exchanges take.

    Attributes:
        known_at: returns, inside a unit of work, an instant that is later than any for which
            somebody was promised that everything known stays known.
    """

    database: Database
    store: ExchangeStore
    authorizer: Authorizer
    audit: AuditChain
    ids: IdSource
    known_at: Callable[[UnitOfWork], Instant]


class MeterExchanges:
    """Exchanges of meters: recorded by one person, they count once another has approved them."""

    def __init__(self, parts: ExchangeParts) -> None:
        """Take everything; nothing is read before it is needed."""
        self._parts = parts
        self._database = parts.database
        self._store = parts.store

    def record(self, actor: Actor, exchange: MeterExchange, version: int = 1) -> ExchangeVersion:
        """Record a version of an exchange; the same again changes nothing.

        Raises:
            Forbidden: when the actor may not.
            ExchangeVersionTaken: when the version is recorded with other content, is of another
                signal, or does not follow the last.
            TooManyExchanges: when there are as many as there may be.
        """
        self._parts.authorizer.authorize(actor, Action.EXCHANGE_WRITE, _resource(exchange))
        with self._database.unit_of_work() as unit:
            unit.lock(_lock(exchange.id))
            versions = self._store.versions(unit.connection, exchange.id)
            for known in versions:
                if known.version == version and known.exchange == exchange:
                    return known
            _check_next(exchange, version, versions)
            known_ids = {
                known.exchange.id
                for known in self._store.of_signal(unit.connection, exchange.signal)
            }
            if len(known_ids | {exchange.id}) > EXCHANGES_MAX:
                msg = f"{exchange.signal} has {EXCHANGES_MAX} exchanges: there are no more"
                raise TooManyExchanges(msg)
            made = ExchangeVersion(exchange, version, self._parts.known_at(unit), actor.id)
            self._store.insert(unit.connection, made)
            self._audit(unit, actor, Action.EXCHANGE_WRITE, made)
        return made

    def approve(self, actor: Actor, id_: str, version: int) -> ExchangeVersion:
        """Approve a version, which counts from now on; again changes nothing.

        Raises:
            ExchangeNotFound: when there is no such version, or the actor may not know of it.
            SamePerson: when the actor has recorded it.
            ExchangeVersionTaken: when there is a later version.
            ExchangeInstantTaken: when another exchange is approved for the same instant.
        """
        with self._database.unit_of_work() as unit:
            unit.lock(_lock(id_))
            versions = self._store.versions(unit.connection, id_)
            known = next((each for each in versions if each.version == version), None)
            if known is None or not self._may_read(actor, known):
                raise _not_found(id_)
            resource = _resource(known.exchange)
            self._parts.authorizer.authorize(actor, Action.EXCHANGE_APPROVE, resource)
            if known.approval is not None:
                return known
            if known.recorded_by == actor.id:
                msg = f"{actor.name} has recorded exchange {id_}: expected another person"
                raise SamePerson(msg)
            if known is not versions[-1]:
                msg = f"cannot approve version {version} of exchange {id_}: there is a later one"
                raise ExchangeVersionTaken(msg)
            at = self._parts.known_at(unit)
            unit.lock(f"exchanges:{known.exchange.signal}")
            self._check_instant(unit, known.exchange, at)
            made = replace(known, approval=ExchangeApproval(actor.id, at))
            self._store.approve(unit.connection, known, ExchangeApproval(actor.id, at))
            event = exchange_approved(self._parts.ids.new_id("evt"), at, made)
            unit.publish(OutboxMessage(event.id, EVENT_SUBJECT, event.to_json(), at))
            self._audit(unit, actor, Action.EXCHANGE_APPROVE, made)
        return made

    def exchanges(self, actor: Actor, machine: str) -> list[ExchangeVersion]:
        """Return all versions of the exchanges on a machine that the actor may see."""
        with self._database.read() as connection:
            found = self._store.of_machine(connection, machine)
        return [version for version in found if self._may_read(actor, version)]

    def machines(self, actor: Actor) -> frozenset[str]:
        """Return the machines of which any exchange is recorded."""
        self._parts.authorizer.authorize(actor, Action.EXCHANGE_READ, Resource("exchange", "*"))
        with self._database.read() as connection:
            return self._store.machines(connection)

    def in_force(self, actor: Actor, signal: SignalId, known_at: Instant) -> list[MeterExchange]:
        """Return the exchanges of a signal that were approved by an instant, in time order."""
        resource = Resource("exchange", "*")
        self._parts.authorizer.authorize(actor, Action.EXCHANGE_READ, resource)
        with self._database.read() as connection:
            return in_force(self._store.of_signal(connection, signal), known_at)

    def _may_read(self, actor: Actor, version: ExchangeVersion) -> bool:
        resource = _resource(version.exchange)
        return self._parts.authorizer.is_allowed(actor, Action.EXCHANGE_READ, resource)

    def _check_instant(self, unit: UnitOfWork, exchange: MeterExchange, at: Instant) -> None:
        versions = self._store.of_signal(unit.connection, exchange.signal)
        for other in in_force(versions, at):
            if other.id != exchange.id and other.at == exchange.at and not exchange.is_withdrawn:
                msg = (
                    f"cannot approve exchange {exchange.id}: {other.id} is approved for the same "
                    f"instant of {exchange.signal}"
                )
                raise ExchangeInstantTaken(msg)

    def _audit(
        self, unit: UnitOfWork, actor: Actor, action: Action, version: ExchangeVersion
    ) -> None:
        detail = {"content": version.exchange.to_content(), "version": version.version}
        subject = f"exchange/{version.exchange.id}"
        self._parts.audit.append(unit.connection, actor, action, subject, detail)


def _check_next(exchange: MeterExchange, version: int, versions: list[ExchangeVersion]) -> None:
    if version != len(versions) + 1:
        msg = (
            f"exchange {exchange.id} version {version}: expected {len(versions) + 1}; a version "
            "that is recorded never changes"
        )
        raise ExchangeVersionTaken(msg)
    if version > VERSIONS_MAX:
        msg = f"exchange {exchange.id} has {VERSIONS_MAX} versions: there are no more"
        raise TooManyExchanges(msg)
    if versions and versions[0].exchange.signal != exchange.signal:
        msg = f"exchange {exchange.id} is one of {versions[0].exchange.signal}"
        raise ExchangeVersionTaken(msg)


def _resource(exchange: MeterExchange) -> Resource:
    period = Period(exchange.at, Instant(exchange.at + 1))
    return Resource("exchange", exchange.id, machine=exchange.machine, period=period)


def _lock(id_: str) -> str:
    return f"exchange:{id_}"


def _not_found(id_: str) -> ExchangeNotFound:
    return ExchangeNotFound(f"there is no exchange {id_}, or no such version of it")
