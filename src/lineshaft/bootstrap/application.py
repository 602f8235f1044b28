"""Builds the use cases from the settings: the only place where rooms meet their stores."""

from dataclasses import dataclass

from lineshaft.bootstrap.adapters import SourceLiveness, StoredLatest
from lineshaft.bootstrap.catalogue_parts import build_catalogue, build_contracts
from lineshaft.bootstrap.desk_parts import build_design_desk
from lineshaft.bootstrap.engine import present_engine
from lineshaft.bootstrap.finance_parts import build_dunning, build_finance
from lineshaft.bootstrap.foundation import Foundation, build_foundation
from lineshaft.bootstrap.node_plans import write_node_plans
from lineshaft.bootstrap.programs import Programs
from lineshaft.bootstrap.records_parts import (
    build_clocks,
    build_cores,
    build_estimates,
    build_exchanges,
    build_incidents,
    build_stocks,
)
from lineshaft.bootstrap.retention_adapters import BillingHolds
from lineshaft.bootstrap.retention_parts import (
    build_desk,
    build_retention,
    build_usage,
    desk_files,
)
from lineshaft.bootstrap.source_adapters import StoredSourceKeys
from lineshaft.bootstrap.valuechain_parts import build_networks
from lineshaft.bootstrap.webhook_parts import build_webhooks
from lineshaft.core.clock import Clock, IdSource
from lineshaft.infrastructure.database import Database
from lineshaft.infrastructure.idempotency import KeptAnswers
from lineshaft.infrastructure.settings import Settings
from lineshaft.infrastructure.telemetry import Health
from lineshaft.network.connectors.service import describe_signals
from lineshaft.plant.sections import (
    Connectors,
    ContractSection,
    Machines,
    Offerings,
    Organisations,
    RetentionRules,
)
from lineshaft.plant.service import Plant, PlantParts
from lineshaft.plant.store import SqlConnectorStore
from lineshaft.platform.historian.desk.service import Desk
from lineshaft.platform.historian.files.parquet import StoreFiles
from lineshaft.platform.historian.retention.service import Retention
from lineshaft.platform.historian.service import Historian
from lineshaft.platform.historian.store import ManifestStore
from lineshaft.platform.historian.usage.service import UsageEvents
from lineshaft.platform.twin.service import LiveView, Twin
from lineshaft.platform.twin.store import SqlMachineStore
from lineshaft.platform.webhooks.service import Webhooks
from lineshaft.security.audit.service import AuditChain
from lineshaft.security.authorisation.service import Authorizer
from lineshaft.security.identity.service import Identity
from lineshaft.security.keys.service import DocumentKeys
from lineshaft.services.billing.accounting.service import Ledger, LedgerParts
from lineshaft.services.billing.accounting.store import SqlLedgerStore
from lineshaft.services.billing.closing.service import Closing
from lineshaft.services.billing.dunning.service import Dunning
from lineshaft.services.billing.month.service import MonthClose
from lineshaft.services.billing.receivables.service import Receivables
from lineshaft.services.billing.rendering.service import Renderings
from lineshaft.services.billing.service import Billing, BillingParts
from lineshaft.services.billing.store import SqlDocumentStore
from lineshaft.services.contracts.catalogue.service import Catalogue
from lineshaft.services.contracts.service import Contracts
from lineshaft.services.desk.service import DesignDesk
from lineshaft.services.evidence.service import Evidence
from lineshaft.services.facts.service import Cores, Stocks
from lineshaft.services.incidents.service import Incidents
from lineshaft.services.metering.clocks.service import Clocks
from lineshaft.services.metering.estimates.service import Estimates
from lineshaft.services.metering.exchanges.service import MeterExchanges
from lineshaft.services.metering.ports import Beside
from lineshaft.services.metering.service import Metering
from lineshaft.services.metering.store import SqlUsageStore
from lineshaft.valuechain.supplynetwork.versions.service import SupplyNetworks


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """All use cases of an installation, and what they stand on."""

    settings: Settings
    clock: Clock
    ids: IdSource
    health: Health
    programs: Programs
    database: Database
    answers: KeptAnswers
    manifest: ManifestStore
    files: StoreFiles
    authorizer: Authorizer
    audit: AuditChain
    identity: Identity
    keys: DocumentKeys
    historian: Historian
    retention: Retention
    desk: Desk
    usage: UsageEvents
    twin: Twin
    live: LiveView
    clocks: Clocks
    exchanges: MeterExchanges
    estimates: Estimates
    incidents: Incidents
    cores: Cores
    stocks: Stocks
    metering: Metering
    contracts: Contracts
    catalogue: Catalogue
    billing: Billing
    months: MonthClose
    design: DesignDesk
    receivables: Receivables
    ledger: Ledger
    renderings: Renderings
    closing: Closing
    dunning: Dunning
    evidence: Evidence
    plant: Plant
    webhooks: Webhooks
    networks: SupplyNetworks


def build(settings: Settings, *, clock: Clock | None = None) -> Application:
    """Build the use cases; brings the database to the present schema first.

    Raises:
        SchemaNewer: when a newer version has written the database.
        Unavailable: when the database does not answer.
    """
    base = build_foundation(settings, clock=clock)
    source_keys = StoredSourceKeys(base.identity)
    historian = Historian(base.database, base.manifest, base.files, base.authorizer, source_keys)
    twin = Twin(base.database, SqlMachineStore(), base.authorizer, base.audit)
    retention = build_retention(base, desk_files(base))
    contracts = build_contracts(base, holds := BillingHolds(retention, settings.billing_hold_years))
    clocks, exchanges, estimates = build_clocks(base), build_exchanges(base), build_estimates(base)
    metering = _metering(base, historian, (clocks, exchanges, estimates))
    known = incidents, cores, stocks = build_incidents(base), build_cores(base), build_stocks(base)
    billing = Billing(parts := _billing_parts(base, contracts, (metering, *known), holds))
    receivables, renderings, closing = build_finance(base, contracts, billing)
    health = Health()
    return Application(
        settings=settings,
        clock=base.clock,
        ids=base.ids,
        health=health,
        programs=Programs(settings, base.authorizer, health),
        database=base.database,
        answers=KeptAnswers(base.database, base.clock),
        manifest=base.manifest,
        files=base.files,
        authorizer=base.authorizer,
        audit=base.audit,
        identity=base.identity,
        keys=base.keys,
        historian=historian,
        retention=retention,
        desk=build_desk(base, desk_files(base)),
        usage=build_usage(base, desk_files(base)),
        twin=twin,
        live=LiveView(StoredLatest(historian), base.authorizer),
        clocks=clocks,
        exchanges=exchanges,
        estimates=estimates,
        incidents=incidents,
        cores=cores,
        stocks=stocks,
        metering=metering,
        contracts=contracts,
        catalogue=build_catalogue(base, contracts),
        billing=billing,
        months=MonthClose(parts),
        design=build_design_desk(base, contracts, billing, (metering, incidents)),
        receivables=receivables,
        ledger=_ledger(base),
        renderings=renderings,
        closing=closing,
        dunning=build_dunning(base, billing, receivables),
        evidence=Evidence(base.database, billing, historian, base.keys, base.authorizer),
        webhooks=build_webhooks(base),
        networks=build_networks(base),
        plant=_plant(base, twin, contracts, retention),
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


def _ledger(base: Foundation) -> Ledger:
    return Ledger(
        LedgerParts(
            database=base.database,
            store=SqlLedgerStore(),
            postings=SqlDocumentStore(),
            authorizer=base.authorizer,
            audit=base.audit,
            clock=base.clock,
            ids=base.ids,
        )
    )


def _plant(base: Foundation, twin: Twin, contracts: Contracts, retention: Retention) -> Plant:
    data_dir = base.settings.data_dir
    return Plant(
        PlantParts(
            authorizer=base.authorizer,
            organisations=Organisations(base.identity),
            machines=Machines(twin),
            connectors=Connectors(base.database, SqlConnectorStore(), base.authorizer, base.audit),
            offerings=Offerings(contracts),
            contracts=ContractSection(contracts),
            retention=RetentionRules(retention),
            describe=describe_signals,
            data_dir=data_dir,
            publish_node_plans=lambda plans: write_node_plans(base.settings, plans),
        )
    )
