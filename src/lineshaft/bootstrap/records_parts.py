"""What is recorded beside readings: clocks, exchanges, estimates, incidents, cores, stocks."""

from lineshaft.bootstrap.adapters import KnowledgeClock
from lineshaft.bootstrap.foundation import Foundation
from lineshaft.services.facts.service import (
    CORES,
    STOCKS,
    Cores,
    FactParts,
    MachineFacts,
    Stocks,
)
from lineshaft.services.facts.store import core_store, stock_store
from lineshaft.services.incidents.service import IncidentParts, Incidents
from lineshaft.services.incidents.store import SqlIncidentStore
from lineshaft.services.metering.clocks.service import ClockParts, Clocks
from lineshaft.services.metering.clocks.store import SqlClockStore
from lineshaft.services.metering.estimates.service import EstimateParts, Estimates
from lineshaft.services.metering.estimates.store import SqlEstimateStore
from lineshaft.services.metering.exchanges.service import ExchangeParts, MeterExchanges
from lineshaft.services.metering.exchanges.store import SqlExchangeStore


def build_clocks(base: Foundation) -> Clocks:
    """Build the use cases of clocks."""
    return Clocks(
        ClockParts(
            database=base.database,
            store=SqlClockStore(),
            authorizer=base.authorizer,
            audit=base.audit,
            ids=base.ids,
            known_at=KnowledgeClock(base.manifest, base.clock).known_at,
        )
    )


def build_exchanges(base: Foundation) -> MeterExchanges:
    """Build the use cases of exchanges of meters."""
    return MeterExchanges(
        ExchangeParts(
            database=base.database,
            store=SqlExchangeStore(),
            authorizer=base.authorizer,
            audit=base.audit,
            ids=base.ids,
            known_at=KnowledgeClock(base.manifest, base.clock).known_at,
        )
    )


def build_estimates(base: Foundation) -> Estimates:
    """Build the use cases of estimates of usage."""
    return Estimates(
        EstimateParts(
            database=base.database,
            store=SqlEstimateStore(),
            authorizer=base.authorizer,
            audit=base.audit,
            ids=base.ids,
            known_at=KnowledgeClock(base.manifest, base.clock).known_at,
        )
    )


def build_incidents(base: Foundation) -> Incidents:
    """Build the use cases of incidents and agreed exclusions."""
    return Incidents(
        IncidentParts(
            database=base.database,
            store=SqlIncidentStore(),
            authorizer=base.authorizer,
            audit=base.audit,
            ids=base.ids,
            known_at=KnowledgeClock(base.manifest, base.clock).known_at,
        )
    )


def build_cores(base: Foundation) -> Cores:
    """Build the use cases of cores."""
    return MachineFacts(_fact_parts(base), CORES, core_store())


def build_stocks(base: Foundation) -> Stocks:
    """Build the use cases of stocks."""
    return MachineFacts(_fact_parts(base), STOCKS, stock_store())


def _fact_parts(base: Foundation) -> FactParts:
    return FactParts(
        database=base.database,
        authorizer=base.authorizer,
        audit=base.audit,
        ids=base.ids,
        known_at=KnowledgeClock(base.manifest, base.clock).known_at,
    )
