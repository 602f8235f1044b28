"""What is recorded beside readings, over a real database and the real security room."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from lineshaft.bootstrap.adapters import KnowledgeClock
from lineshaft.core.clock import CountingIds, IdSource, ManualClock
from lineshaft.core.period import Instant, parse_instant
from lineshaft.infrastructure.database import Database
from lineshaft.infrastructure.database.tables import OUTBOX
from lineshaft.platform.historian.store import ManifestStore
from lineshaft.security.audit.model import AuditQuery
from lineshaft.security.audit.service import AuditChain
from lineshaft.security.audit.store import SqlAuditStore
from lineshaft.security.authorisation.model import LOCAL_OPERATOR, Actor, Grant, Role
from lineshaft.security.authorisation.service import Authorizer
from lineshaft.security.authorisation.store import SqlGrantStore
from lineshaft.services.facts.service import CORES, STOCKS, Cores, FactParts, MachineFacts, Stocks
from lineshaft.services.facts.store import core_store, stock_store
from lineshaft.services.incidents.service import IncidentParts, Incidents
from lineshaft.services.incidents.store import SqlIncidentStore
from lineshaft.services.metering.clocks.service import ClockParts, Clocks
from lineshaft.services.metering.clocks.store import SqlClockStore
from lineshaft.services.metering.estimates.service import EstimateParts, Estimates
from lineshaft.services.metering.estimates.store import SqlEstimateStore
from lineshaft.services.metering.exchanges.service import ExchangeParts, MeterExchanges
from lineshaft.services.metering.exchanges.store import SqlExchangeStore

NOW = parse_instant("2027-05-01T00:00:00Z")
ENGINEER = Actor("usr_engineer", Role.ENGINEER, None, "Emil")
COLLEAGUE = Actor("usr_colleague", Role.ENGINEER, None, "Edda")
FINANCE = Actor("usr_finance", Role.FINANCE, None, "Fiona")
CUSTOMER = Actor("usr_customer", Role.CUSTOMER, "riverside", "Carla")
STRANGER = Actor("usr_stranger", Role.CUSTOMER, "elsewhere", "Samir")


@dataclass
class Records:
    """The use cases, and what they stand on."""

    database: Database
    clock: ManualClock
    manifest: ManifestStore
    authorizer: Authorizer
    audit: AuditChain
    clocks: Clocks
    exchanges: MeterExchanges
    incidents: Incidents
    estimates: Estimates
    cores: Cores
    stocks: Stocks

    def promised(self) -> Instant:
        """Return an instant at which everything known stays known, as for a document."""
        with self.database.unit_of_work() as unit:
            return self.manifest.settle(unit.connection, self.clock.now())

    def grant(self, machine: str, start: Instant, end: Instant | None = None) -> None:
        """Let the customer see a machine."""
        with self.database.unit_of_work() as unit:
            grant = Grant("riverside", machine, start, end, "c-1001")
            self.authorizer.add_grant(unit.connection, grant)

    def events(self) -> list[bytes]:
        """Return what was announced, the first first."""
        with self.database.read() as connection:
            return list(connection.scalars(sa.select(OUTBOX.c.payload).order_by(OUTBOX.c.id)))

    def audited(self) -> list[str]:
        """Return what the audit chain says, the first first."""
        entries = self.audit.entries(LOCAL_OPERATOR, AuditQuery())
        return [f"{e.actor} {e.action} {e.subject}" for e in reversed(entries)]


def build_records(
    database: Database, clock: ManualClock | None = None, ids: IdSource | None = None
) -> Records:
    """Build the use cases on a database at the head of the migrations."""
    clock = clock or ManualClock(NOW)
    manifest = ManifestStore()
    authorizer = Authorizer(database, SqlGrantStore(), clock)
    audit = AuditChain(database, SqlAuditStore(), authorizer, clock)
    shared: dict[str, Any] = {
        "database": database,
        "authorizer": authorizer,
        "audit": audit,
        "ids": ids or CountingIds(),
        "known_at": KnowledgeClock(manifest, clock).known_at,
    }
    return Records(
        database,
        clock,
        manifest,
        authorizer,
        audit,
        Clocks(ClockParts(store=SqlClockStore(), **shared)),
        MeterExchanges(ExchangeParts(store=SqlExchangeStore(), **shared)),
        Incidents(IncidentParts(store=SqlIncidentStore(), **shared)),
        Estimates(EstimateParts(store=SqlEstimateStore(), **shared)),
        MachineFacts(FactParts(**shared), CORES, core_store()),
        MachineFacts(FactParts(**shared), STOCKS, stock_store()),
    )
