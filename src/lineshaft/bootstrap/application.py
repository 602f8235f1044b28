"""Builds the use cases from the settings: the only place where rooms meet their stores."""

import importlib.metadata
import secrets
from dataclasses import dataclass

from lineshaft import __version__
from lineshaft.bootstrap.adapters import (
    BeatLiveness,
    HistorianMarks,
    StoredLatest,
    StoredSourceKeys,
)
from lineshaft.bootstrap.node_plans import write_node_plans
from lineshaft.core.clock import Clock, IdSource
from lineshaft.infrastructure.clock import RandomIds, SystemClock
from lineshaft.infrastructure.database import Database, upgrade
from lineshaft.infrastructure.files import make_dir
from lineshaft.infrastructure.settings import Settings
from lineshaft.infrastructure.telemetry import Health
from lineshaft.network.connectors.service import describe_signals
from lineshaft.plant.sections import (
    Connectors,
    ContractSection,
    Machines,
    Offerings,
    Organisations,
)
from lineshaft.plant.service import Plant, PlantParts
from lineshaft.plant.store import SqlConnectorStore
from lineshaft.platform.historian.files import StoreFiles
from lineshaft.platform.historian.service import Historian
from lineshaft.platform.historian.store import ManifestStore
from lineshaft.platform.twin.service import LiveView, Twin
from lineshaft.platform.twin.store import SqlMachineStore
from lineshaft.security.audit.service import AuditChain
from lineshaft.security.audit.store import SqlAuditStore
from lineshaft.security.authorisation.service import Authorizer
from lineshaft.security.authorisation.store import SqlGrantStore
from lineshaft.security.identity.parts import IdentityParts, IdentityStores
from lineshaft.security.identity.service import Identity
from lineshaft.security.identity.store import SqlAccessStore, SqlPersonStore, SqlSourceStore
from lineshaft.security.keys.service import DocumentKeys, KeyParts
from lineshaft.security.keys.store import KeyDirectory, SqlDocumentKeyStore
from lineshaft.services.billing.model import Engine
from lineshaft.services.billing.rendering.service import Renderings
from lineshaft.services.billing.rendering.store import SqlRenderingStore
from lineshaft.services.billing.service import Billing, BillingParts
from lineshaft.services.billing.store import SqlDocumentStore
from lineshaft.services.contracts.service import ContractParts, Contracts
from lineshaft.services.contracts.store import SqlContractStore
from lineshaft.services.evidence.service import Evidence
from lineshaft.services.metering.service import Metering
from lineshaft.services.metering.store import SqlUsageStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """All use cases of an installation, and what they stand on."""

    settings: Settings
    clock: Clock
    ids: IdSource
    health: Health
    database: Database
    manifest: ManifestStore
    files: StoreFiles
    authorizer: Authorizer
    audit: AuditChain
    identity: Identity
    keys: DocumentKeys
    historian: Historian
    twin: Twin
    live: LiveView
    metering: Metering
    contracts: Contracts
    billing: Billing
    renderings: Renderings
    evidence: Evidence
    plant: Plant


@dataclass(frozen=True, slots=True, kw_only=True)
class _Base:
    """What every room stands on."""

    settings: Settings
    clock: Clock
    ids: IdSource
    database: Database
    authorizer: Authorizer
    audit: AuditChain


def build(settings: Settings, *, clock: Clock | None = None) -> Application:
    """Build the use cases; brings the database to the present schema first.

    Raises:
        SchemaNewer: when a newer version has written the database.
        Unavailable: when the database does not answer.
    """
    make_dir(settings.data_dir)
    base = _base(settings, clock or SystemClock())
    manifest = ManifestStore()
    files = StoreFiles(settings.files_dir, base.ids)
    identity = Identity(_identity_parts(base, HistorianMarks(base.database, manifest)))
    keys = _keys(base, identity)
    historian = Historian(
        base.database, manifest, files, base.authorizer, StoredSourceKeys(identity)
    )
    twin = Twin(base.database, SqlMachineStore(), base.authorizer, base.audit)
    contracts = Contracts(
        ContractParts(
            database=base.database,
            store=SqlContractStore(),
            authorizer=base.authorizer,
            audit=base.audit,
            clock=base.clock,
            ids=base.ids,
        )
    )
    liveness = BeatLiveness(base.database, SqlConnectorStore(), historian)
    metering = Metering(historian, base.authorizer, base.database, SqlUsageStore(), liveness)
    billing = _billing(base, contracts, metering, keys)
    return Application(
        settings=settings,
        clock=base.clock,
        ids=base.ids,
        health=Health(),
        database=base.database,
        manifest=manifest,
        files=files,
        authorizer=base.authorizer,
        audit=base.audit,
        identity=identity,
        keys=keys,
        historian=historian,
        twin=twin,
        live=LiveView(StoredLatest(historian), base.authorizer),
        metering=metering,
        contracts=contracts,
        billing=billing,
        renderings=Renderings(base.database, SqlRenderingStore(), billing, keys, base.clock),
        evidence=Evidence(base.database, billing, historian, keys, base.authorizer),
        plant=_plant(base, identity, twin, contracts),
    )


def _base(settings: Settings, clock: Clock) -> _Base:
    database = Database(settings.database_url, busy_ms=settings.database_busy_ms)
    upgrade(database)
    authorizer = Authorizer(database, SqlGrantStore(), clock)
    return _Base(
        settings=settings,
        clock=clock,
        ids=RandomIds(clock),
        database=database,
        authorizer=authorizer,
        audit=AuditChain(database, SqlAuditStore(), authorizer, clock),
    )


def _identity_parts(base: _Base, marks: HistorianMarks) -> IdentityParts:
    return IdentityParts(
        database=base.database,
        stores=IdentityStores(SqlPersonStore(), SqlAccessStore(), SqlSourceStore()),
        authorizer=base.authorizer,
        audit=base.audit,
        clock=base.clock,
        ids=base.ids,
        secret_bytes=secrets.token_bytes,
        marks=marks,
    )


def _keys(base: _Base, identity: Identity) -> DocumentKeys:
    keys = DocumentKeys(
        KeyParts(
            database=base.database,
            store=SqlDocumentKeyStore(),
            private_keys=KeyDirectory(base.settings.keys_dir),
            identity=identity,
            authorizer=base.authorizer,
            audit=base.audit,
            clock=base.clock,
            secret_bytes=secrets.token_bytes,
        )
    )
    keys.create_first_key()
    return keys


def _billing(base: _Base, contracts: Contracts, metering: Metering, keys: DocumentKeys) -> Billing:
    return Billing(
        BillingParts(
            database=base.database,
            store=SqlDocumentStore(),
            contracts=contracts,
            metering=metering,
            keys=keys,
            authorizer=base.authorizer,
            audit=base.audit,
            clock=base.clock,
            ids=base.ids,
            engine=Engine(__version__, importlib.metadata.version("tzdata")),
        )
    )


def _plant(base: _Base, identity: Identity, twin: Twin, contracts: Contracts) -> Plant:
    data_dir = base.settings.data_dir
    return Plant(
        PlantParts(
            authorizer=base.authorizer,
            organisations=Organisations(identity),
            machines=Machines(twin),
            connectors=Connectors(base.database, SqlConnectorStore(), base.authorizer, base.audit),
            offerings=Offerings(contracts),
            contracts=ContractSection(contracts),
            describe=describe_signals,
            data_dir=data_dir,
            publish_node_plans=lambda plans: write_node_plans(base.settings, plans),
        )
    )
