"""Builds the use cases from the settings: the only place where rooms meet their stores."""

import msgspec

from lineshaft.bootstrap.adapters import StoredLatest
from lineshaft.bootstrap.catalogue_parts import build_catalogue
from lineshaft.bootstrap.finance_parts import build_dunning, build_finance
from lineshaft.bootstrap.foundation import Foundation, build_foundation
from lineshaft.bootstrap.node_plans import write_node_plans
from lineshaft.bootstrap.programs import Programs
from lineshaft.bootstrap.report_parts import build_reports
from lineshaft.bootstrap.retention_parts import build_desk, build_usage, desk_files
from lineshaft.bootstrap.selling import build_selling
from lineshaft.bootstrap.servitization_parts import HubRevenue
from lineshaft.bootstrap.valuechain_parts import build_valuechain
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
from lineshaft.services.billing.service import Billing
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
from lineshaft.services.metering.service import Metering
from lineshaft.valuechain.books.service import FirmBooks
from lineshaft.valuechain.firm.service import FirmFigures
from lineshaft.valuechain.inputoutput.kept.service import KeptTables
from lineshaft.valuechain.paradox.kept.service import KeptTrade
from lineshaft.valuechain.paths.service import NationalPaths
from lineshaft.valuechain.report.service import KeptReports
from lineshaft.valuechain.servitization.service import Servitization
from lineshaft.valuechain.supplynetwork.versions.service import SupplyNetworks


class Application(msgspec.Struct, frozen=True, kw_only=True):
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
    books: FirmBooks
    servitization: Servitization
    firm: FirmFigures
    reports: KeptReports
    paths: NationalPaths
    tables: KeptTables
    trade: KeptTrade


def build(settings: Settings, *, clock: Clock | None = None) -> Application:
    """Build the use cases; brings the database to the present schema first.

    Raises:
        SchemaNewer: when a newer version has written the database.
        Unavailable: when the database does not answer.
    """
    base = build_foundation(settings, clock=clock)
    selling = build_selling(base)
    contracts, billing, historian = selling.contracts, selling.billing, selling.historian
    twin = Twin(base.database, SqlMachineStore(), base.authorizer, base.audit)
    receivables, renderings, closing = build_finance(base, contracts, billing)
    health = Health()
    chain = build_valuechain(base, HubRevenue(billing, contracts, selling.design), contracts)
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
        retention=selling.retention,
        desk=build_desk(base, desk_files(base)),
        usage=build_usage(base, desk_files(base)),
        twin=twin,
        live=LiveView(StoredLatest(historian), base.authorizer),
        clocks=selling.clocks,
        exchanges=selling.exchanges,
        estimates=selling.estimates,
        incidents=selling.incidents,
        cores=selling.cores,
        stocks=selling.stocks,
        metering=selling.metering,
        contracts=contracts,
        catalogue=build_catalogue(base, contracts),
        billing=billing,
        months=MonthClose(selling.parts),
        design=selling.design,
        receivables=receivables,
        ledger=_ledger(base),
        renderings=renderings,
        closing=closing,
        dunning=build_dunning(base, billing, receivables),
        evidence=Evidence(base.database, billing, historian, base.keys, base.authorizer),
        webhooks=build_webhooks(base),
        reports=build_reports(base, chain),
        paths=NationalPaths(base.authorizer),
        **chain.by_name(),
        plant=_plant(base, twin, contracts, selling.retention),
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
