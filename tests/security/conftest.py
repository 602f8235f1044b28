"""The security room built over a real database, with a clock that is moved by hand."""

import itertools
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from lineshaft.core.clock import CountingIds, ManualClock
from lineshaft.core.messages import EnrolRequest, enrol_proof
from lineshaft.core.period import parse_instant
from lineshaft.core.reading import SourceId
from lineshaft.infrastructure.database import Database
from lineshaft.security.audit.service import AuditChain
from lineshaft.security.audit.store import SqlAuditStore
from lineshaft.security.authorisation.policybook import PolicyBook, load_policies
from lineshaft.security.authorisation.service import Authorizer
from lineshaft.security.authorisation.store import SqlGrantStore
from lineshaft.security.identity.model import Mark
from lineshaft.security.identity.passwords import ScryptCost
from lineshaft.security.identity.service import Identity, IdentityParts, IdentityStores
from lineshaft.security.identity.store import SqlAccessStore, SqlPersonStore, SqlSourceStore
from lineshaft.security.keys.service import DocumentKeys, KeyParts
from lineshaft.security.keys.store import KeyDirectory, SqlDocumentKeyStore

START = parse_instant("2027-03-01T08:00:00Z")
CHEAP = ScryptCost(n=2, r=1, p=1)


@dataclass
class FakeMarks:
    """The historian's high-water marks, set by hand."""

    marks: dict[tuple[str, int], Mark] = field(default_factory=dict)

    def mark(self, source: SourceId, epoch: int) -> Mark:
        return self.marks.get((source, epoch), Mark(0, 0))


@dataclass
class Room:
    """Everything of security over one database."""

    database: Database
    clock: ManualClock
    marks: FakeMarks
    authorizer: Authorizer
    audit: AuditChain
    identity: Identity
    keys: DocumentKeys
    key_directory: Path


@pytest.fixture(scope="session")
def policies() -> PolicyBook:
    return load_policies()


@pytest.fixture
def build_room(policies: PolicyBook, tmp_path: Path) -> Callable[[Database], Room]:
    def build(database: Database) -> Room:
        clock, marks = ManualClock(START), FakeMarks()
        secret_bytes = random.Random(7).randbytes
        authorizer = Authorizer(database, SqlGrantStore(), clock, policies)
        audit = AuditChain(database, SqlAuditStore(), authorizer, clock)
        identity = Identity(
            IdentityParts(
                database=database,
                stores=IdentityStores(SqlPersonStore(), SqlAccessStore(), SqlSourceStore()),
                authorizer=authorizer,
                audit=audit,
                clock=clock,
                ids=CountingIds(),
                secret_bytes=secret_bytes,
                marks=marks,
                scrypt=CHEAP,
            )
        )
        keys = DocumentKeys(
            KeyParts(
                database=database,
                store=SqlDocumentKeyStore(),
                private_keys=KeyDirectory(tmp_path / "keys"),
                identity=identity,
                authorizer=authorizer,
                audit=audit,
                clock=clock,
                secret_bytes=secret_bytes,
            )
        )
        return Room(database, clock, marks, authorizer, audit, identity, keys, tmp_path / "keys")

    return build


@pytest.fixture
def room(sqlite_database: Database, build_room: Callable[[Database], Room]) -> Room:
    """The room over SQLite: for rules that do not depend on the engine."""
    return build_room(sqlite_database)


@pytest.fixture
def engine_room(database: Database, build_room: Callable[[Database], Room]) -> Room:
    """The room over each engine: for what SQL has to do with it."""
    return build_room(database)


@dataclass
class Edge:
    """A source with its own key."""

    name: str
    key: Ed25519PrivateKey
    salt_secret: bytes

    def request(self, *, is_new_epoch_wanted: bool = False) -> EnrolRequest:
        proof = self.key.sign(enrol_proof(self.name, self.salt_secret))
        return EnrolRequest(
            source=SourceId(self.name),
            public_key=self.key.public_key().public_bytes_raw().hex(),
            salt_secret=self.salt_secret.hex(),
            proof=proof.hex(),
            is_new_epoch_wanted=is_new_epoch_wanted,
        )


@pytest.fixture
def make_edge() -> Iterator[Callable[[str], Edge]]:
    numbers = itertools.count(1)

    def make(name: str) -> Edge:
        number = next(numbers)
        key = Ed25519PrivateKey.from_private_bytes(number.to_bytes(32))
        return Edge(name, key, (1_000 + number).to_bytes(32))

    return make
