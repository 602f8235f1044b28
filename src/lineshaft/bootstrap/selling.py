"""What sells outcomes, from readings to documents and studies: enough for whoever asks these alone.

The use cases of the whole installation (`application`) stand on it; a command that asks one of
these starts sooner, for it loads neither pages, renderings and webhooks nor what reads plants.
"""

import msgspec

from lineshaft.bootstrap.adapters import SourceLiveness
from lineshaft.bootstrap.catalogue_parts import build_contracts
from lineshaft.bootstrap.desk_parts import build_design_desk
from lineshaft.bootstrap.engine import present_engine
from lineshaft.bootstrap.foundation import Foundation, build_foundation
from lineshaft.bootstrap.records_parts import (
    build_clocks,
    build_cores,
    build_estimates,
    build_exchanges,
    build_incidents,
    build_stocks,
)
from lineshaft.bootstrap.retention_adapters import BillingHolds
from lineshaft.bootstrap.retention_parts import build_retention, desk_files
from lineshaft.bootstrap.source_adapters import StoredSourceKeys
from lineshaft.infrastructure.settings import Settings
from lineshaft.plant.store import SqlConnectorStore
from lineshaft.platform.historian.retention.service import Retention
from lineshaft.platform.historian.service import Historian
from lineshaft.services.billing.service import Billing, BillingParts
from lineshaft.services.billing.store import SqlDocumentStore
from lineshaft.services.contracts.service import Contracts
from lineshaft.services.desk.service import DesignDesk
from lineshaft.services.facts.service import Cores, Stocks
from lineshaft.services.incidents.service import Incidents
from lineshaft.services.metering.clocks.service import Clocks
from lineshaft.services.metering.estimates.service import Estimates
from lineshaft.services.metering.exchanges.service import MeterExchanges
from lineshaft.services.metering.ports import Beside
from lineshaft.services.metering.service import Metering
from lineshaft.services.metering.store import SqlUsageStore


class Selling(msgspec.Struct, frozen=True, kw_only=True):
    """The use cases, and what those of documents take."""

    historian: Historian
    retention: Retention
    clocks: Clocks
    exchanges: MeterExchanges
    estimates: Estimates
    incidents: Incidents
    cores: Cores
    stocks: Stocks
    metering: Metering
    contracts: Contracts
    parts: BillingParts
    billing: Billing
    design: DesignDesk


def open_selling(settings: Settings) -> Selling:
    """Build them alone, for a command.

    Raises:
        SchemaNewer: when a newer version has written the database.
        Unavailable: when the database does not answer.
    """
    return build_selling(build_foundation(settings))


def build_selling(base: Foundation) -> Selling:
    """Build the use cases."""
    source_keys = StoredSourceKeys(base.identity)
    historian = Historian(base.database, base.manifest, base.files, base.authorizer, source_keys)
    retention = build_retention(base, desk_files(base))
    holds = BillingHolds(retention, base.settings.billing_hold_years)
    contracts = build_contracts(base, holds)
    clocks, exchanges, estimates = build_clocks(base), build_exchanges(base), build_estimates(base)
    metering = _metering(base, historian, (clocks, exchanges, estimates))
    known = incidents, cores, stocks = build_incidents(base), build_cores(base), build_stocks(base)
    billing = Billing(parts := _billing_parts(base, contracts, (metering, *known), holds))
    return Selling(
        historian=historian,
        retention=retention,
        clocks=clocks,
        exchanges=exchanges,
        estimates=estimates,
        incidents=incidents,
        cores=cores,
        stocks=stocks,
        metering=metering,
        contracts=contracts,
        parts=parts,
        billing=billing,
        design=build_design_desk(base, contracts, billing, (metering, incidents)),
    )


def _metering(
    base: Foundation, historian: Historian, known: tuple[Clocks, MeterExchanges, Estimates]
) -> Metering:
    clocks, exchanges, estimates = known
    liveness = SourceLiveness(base.database, SqlConnectorStore(), historian)
    beside = Beside(liveness=liveness, clocks=clocks, exchanges=exchanges, estimates=estimates)
    return Metering(historian, base.authorizer, base.database, SqlUsageStore(), beside)


def _billing_parts(
    base: Foundation,
    contracts: Contracts,
    known: tuple[Metering, Incidents, Cores, Stocks],
    holds: BillingHolds,
) -> BillingParts:
    metering, incidents, cores, stocks = known
    return BillingParts(
        database=base.database,
        store=SqlDocumentStore(),
        contracts=contracts,
        metering=metering,
        keys=base.keys,
        authorizer=base.authorizer,
        audit=base.audit,
        clock=base.clock,
        ids=base.ids,
        engine=present_engine(),
        holds=holds,
        facts=incidents,
        cores=cores,
        stocks=stocks,
    )
