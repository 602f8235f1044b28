"""What the use cases of identity are built from."""

import msgspec

from lineshaft.core.clock import Clock, IdSource
from lineshaft.infrastructure.database import Database
from lineshaft.security.audit.service import AuditChain
from lineshaft.security.authorisation.service import Authorizer
from lineshaft.security.identity.passwords import SCRYPT, ScryptCost, SecretBytes
from lineshaft.security.identity.ports import AccessStore, Marks, PersonStore, SourceStore

PEOPLE_LOCK = "identity.people"
LOGIN_LOCK = "identity.logins"
SOURCES_LOCK = "identity.sources"


class IdentityStores(msgspec.Struct, frozen=True):
    """The three stores."""

    people: PersonStore
    access: AccessStore
    sources: SourceStore


class IdentityParts(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that identity takes.

    Attributes:
        secret_bytes: `secrets.token_bytes`, or a seeded source in a test.
        marks: the historian's high-water marks.
        scrypt: cost of a password hash; cheaper in tests only.
    """

    database: Database
    stores: IdentityStores
    authorizer: Authorizer
    audit: AuditChain
    clock: Clock
    ids: IdSource
    secret_bytes: SecretBytes
    marks: Marks
    scrypt: ScryptCost = SCRYPT


class Part:
    """What the parts of the service share."""

    def __init__(self, parts: IdentityParts) -> None:
        """Take everything that the use cases need."""
        self._parts = parts
        self._database = parts.database
        self._people = parts.stores.people
        self._access = parts.stores.access
        self._sources = parts.stores.sources
        self._authorizer = parts.authorizer
        self._audit = parts.audit
        self._clock = parts.clock
