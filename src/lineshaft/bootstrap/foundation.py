"""What every program of the hub stands on: database, who may what, keys, and where readings lie.

It carries none of the rooms above, so that intake stays small.
"""

import secrets

import msgspec

from lineshaft.bootstrap.source_adapters import HistorianMarks
from lineshaft.core.clock import Clock, IdSource
from lineshaft.infrastructure.clock import RandomIds, SystemClock
from lineshaft.infrastructure.database import Database, upgrade
from lineshaft.infrastructure.files import make_dir
from lineshaft.infrastructure.settings import Settings
from lineshaft.platform.historian.files.parquet import StoreFiles
from lineshaft.platform.historian.store import ManifestStore
from lineshaft.security.audit.service import AuditChain
from lineshaft.security.audit.store import SqlAuditStore
from lineshaft.security.authorisation.service import Authorizer
from lineshaft.security.authorisation.store import SqlGrantStore
from lineshaft.security.identity.parts import IdentityParts, IdentityStores
from lineshaft.security.identity.service import Identity
from lineshaft.security.identity.store import SqlAccessStore, SqlPersonStore, SqlSourceStore
from lineshaft.security.keys.service import DocumentKeys, KeyParts
from lineshaft.security.keys.store import KeyDirectory, SqlDocumentKeyStore


class Foundation(msgspec.Struct, frozen=True, kw_only=True):
    """The security room and what is below it, with the manifest that identity asks for marks."""

    settings: Settings
    clock: Clock
    ids: IdSource
    database: Database
    manifest: ManifestStore
    files: StoreFiles
    authorizer: Authorizer
    audit: AuditChain
    identity: Identity
    keys: DocumentKeys


def build_foundation(settings: Settings, *, clock: Clock | None = None) -> Foundation:
    """Build it; brings the database to the present schema first.

    Raises:
        SchemaNewer: when a newer version has written the database.
        Unavailable: when the database does not answer.
    """
    make_dir(settings.data_dir)
    clock = clock or SystemClock()
    ids = RandomIds(clock)
    database = Database(settings.database_url, busy_ms=settings.database_busy_ms)
    upgrade(database)
    authorizer = Authorizer(database, SqlGrantStore(), clock)
    audit = AuditChain(database, SqlAuditStore(), authorizer, clock)
    manifest = ManifestStore()
    identity = Identity(
        IdentityParts(
            database=database,
            stores=IdentityStores(SqlPersonStore(), SqlAccessStore(), SqlSourceStore()),
            authorizer=authorizer,
            audit=audit,
            clock=clock,
            ids=ids,
            secret_bytes=secrets.token_bytes,
            marks=HistorianMarks(database, manifest),
        )
    )
    keys = DocumentKeys(
        KeyParts(
            database=database,
            store=SqlDocumentKeyStore(),
            private_keys=KeyDirectory(settings.keys_dir),
            identity=identity,
            authorizer=authorizer,
            audit=audit,
            clock=clock,
            secret_bytes=secrets.token_bytes,
        )
    )
    keys.create_first_key()
    return Foundation(
        settings=settings,
        clock=clock,
        ids=ids,
        database=database,
        manifest=manifest,
        files=StoreFiles(settings.files_dir, ids),
        authorizer=authorizer,
        audit=audit,
        identity=identity,
        keys=keys,
    )
