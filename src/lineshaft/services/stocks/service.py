"""Record what is delivered to a stock and what was counted, and say what was known when."""

from collections.abc import Callable
from dataclasses import dataclass

from lineshaft.core.clock import IdSource
from lineshaft.core.period import Instant, Period
from lineshaft.infrastructure.database import Database, OutboxMessage, UnitOfWork
from lineshaft.security.audit.service import AuditChain
from lineshaft.security.authorisation.model import Action, Actor, Resource
from lineshaft.security.authorisation.service import Authorizer
from lineshaft.services.stocks.errors import StockVersionTaken, TooManyStockRecords
from lineshaft.services.stocks.events import stock_recorded
from lineshaft.services.stocks.model import (
    RECORDS_MAX,
    VERSIONS_MAX,
    StockRecord,
    StockVersion,
    in_force,
)
from lineshaft.services.stocks.ports import StockStore

EVENT_SUBJECT = "event.stocks"


@dataclass(frozen=True, slots=True, kw_only=True)
class StockParts:
    """Everything that the use cases of stocks take.

    Attributes:
        known_at: returns, inside a unit of work, an instant that is later than any for which
            somebody was promised that everything known stays known.
    """

    database: Database
    store: StockStore
    authorizer: Authorizer
    audit: AuditChain
    ids: IdSource
    known_at: Callable[[UnitOfWork], Instant]


class Stocks:
    """Consumables that are delivered, and stocks that are counted."""

    def __init__(self, parts: StockParts) -> None:
        """Take everything; nothing is read before it is needed."""
        self._parts = parts
        self._database = parts.database
        self._store = parts.store

    def record(self, actor: Actor, record: StockRecord, version: int = 1) -> StockVersion:
        """Record a version of a record, which counts from now on; the same again changes nothing.

        Raises:
            Forbidden: when the actor may not.
            StockVersionTaken: when the version is recorded with other content, is of another
                machine, contract, item or kind, or does not follow the last.
            TooManyStockRecords: when there are as many as there may be.
        """
        self._parts.authorizer.authorize(actor, Action.STOCK_WRITE, _resource(record))
        with self._database.unit_of_work() as unit:
            unit.lock(f"stock:{record.id}")
            versions = self._store.versions(unit.connection, record.id)
            for known in versions:
                if known.version == version and known.record == record:
                    return known
            _check_next(record, version, versions)
            if version == 1:
                self._check_room(unit, record)
            made = StockVersion(record, version, self._parts.known_at(unit), actor.id)
            self._store.insert(unit.connection, made)
            event = stock_recorded(self._parts.ids.new_id("evt"), made.recorded_at, made)
            unit.publish(OutboxMessage(event.id, EVENT_SUBJECT, event.to_json(), event.at))
            detail = {"content": record.to_content(), "version": version}
            subject = f"stock/{record.id}"
            self._parts.audit.append(unit.connection, actor, Action.STOCK_WRITE, subject, detail)
        return made

    def records(self, actor: Actor, machine: str) -> list[StockVersion]:
        """Return all versions of the deliveries and counts of a machine that the actor may see."""
        with self._database.read() as connection:
            found = self._store.of_machine(connection, machine)
        return [version for version in found if self._may_read(actor, version.record)]

    def known_stock(self, actor: Actor, machine: str, known_at: Instant) -> list[StockRecord]:
        """Return the records of a machine as they were known at an instant, by time and id."""
        return in_force(self.records(actor, machine), known_at)

    def _may_read(self, actor: Actor, record: StockRecord) -> bool:
        return self._parts.authorizer.is_allowed(actor, Action.STOCK_READ, _resource(record))

    def _check_room(self, unit: UnitOfWork, record: StockRecord) -> None:
        unit.lock(f"stocks:{record.machine}")
        if self._store.count(unit.connection, record.machine) >= RECORDS_MAX:
            msg = f"{record.machine} has {RECORDS_MAX} deliveries and counts: there are no more"
            raise TooManyStockRecords(msg)


def _check_next(record: StockRecord, version: int, versions: list[StockVersion]) -> None:
    if version != len(versions) + 1:
        msg = (
            f"stock record {record.id} version {version}: expected {len(versions) + 1}; a version "
            "that is recorded never changes"
        )
        raise StockVersionTaken(msg)
    if version > VERSIONS_MAX:
        msg = f"stock record {record.id} has {VERSIONS_MAX} versions: there are no more"
        raise TooManyStockRecords(msg)
    for first in versions[:1]:
        if _place(first.record) != _place(record):
            msg = f"stock record {record.id} is one of {', '.join(_place(first.record))}: "
            raise StockVersionTaken(msg + "expected the same")


def _place(record: StockRecord) -> tuple[str, ...]:
    return record.machine, record.contract, record.item, record.kind


def _resource(record: StockRecord) -> Resource:
    period = Period(record.at, Instant(record.at + 1))
    return Resource("stock", record.id, machine=record.machine, period=period)
