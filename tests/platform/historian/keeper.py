"""What the tests of retention and corrections share: the use cases on a house, a plain model."""

from collections.abc import Iterable, Sequence

import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from lineshaft.core.clock import Clock
from lineshaft.core.period import Instant, Period
from lineshaft.core.reading import Record, SignalId
from lineshaft.core.segment import merkle
from lineshaft.core.segment.block import decode_block
from lineshaft.core.segment.header import Header
from lineshaft.infrastructure.clock import RandomIds
from lineshaft.platform.historian.desk.model import DESK
from lineshaft.platform.historian.desk.service import Desk, DeskParts
from lineshaft.platform.historian.files.parquet import StoreFiles
from lineshaft.platform.historian.intake.commit import Committer
from lineshaft.platform.historian.model import RangeQuery
from lineshaft.platform.historian.own import OwnKey
from lineshaft.platform.historian.retention.model import Hold
from lineshaft.platform.historian.retention.service import Retention, RetentionParts
from lineshaft.platform.historian.retention.store import SqlRetentionStore
from lineshaft.security.audit.service import AuditChain
from lineshaft.security.audit.store import SqlAuditStore
from lineshaft.security.audit.tables import AUDIT_HEAD
from lineshaft.security.authorisation.model import Actor, Role
from tests.platform.historian.house import ACTOR, House, Source

ADMIN = Actor("usr_ada", Role.ADMINISTRATOR, None, "Ada")
ALL = Period(Instant(0), Instant(2**61))


def audit_of(house: House) -> AuditChain:
    with house.database.unit_of_work() as unit:
        if unit.connection.scalar(sa.select(AUDIT_HEAD.c.number)) is None:  # no migration ran
            head = {"id": 1, "number": 0, "hash": bytes(32)}
            unit.connection.execute(sa.insert(AUDIT_HEAD).values(head))
    return AuditChain(house.database, SqlAuditStore(), house.authorizer, house.clock)


def retention_of(
    house: House, *, files: StoreFiles | None = None, clock: Clock | None = None
) -> Retention:
    return Retention(
        RetentionParts(
            database=house.database,
            manifest=house.manifest,
            files=files or house.files,
            store=SqlRetentionStore(),
            keys=house.keys,
            authorizer=house.authorizer,
            audit=audit_of(house),
            clock=clock or house.clock,
        )
    )


class OwnKeysOf:
    """Lets the desk in at a house."""

    def __init__(self, house: House) -> None:
        self.key = OwnKey(1, b"k" * 32, Ed25519PrivateKey.from_private_bytes(b"d" * 32))
        public = self.key.private_key.public_key()
        house.keys.known[DESK, 1] = self.key.salt_secret, public

    def own_key(self) -> OwnKey:
        return self.key


def desk_of(house: House) -> Desk:
    """A desk as another process has it: nothing is shared but database and directory."""
    files = StoreFiles(house.directory / "store", RandomIds(house.clock), prefix="d")
    return Desk(
        DeskParts(
            database=house.database,
            manifest=house.manifest,
            files=files,
            committer=Committer(house.database, house.manifest, files, house.clock),
            keys=OwnKeysOf(house),
            authorizer=house.authorizer,
            audit=audit_of(house),
        )
    )


def hold(
    pattern: str, start: int, end: int | None, *, id_: str = "h1", keep_until: int | None = None
) -> Hold:
    until = None if keep_until is None else Instant(keep_until)
    return Hold(
        id_, pattern, Instant(start), None if end is None else Instant(end), until, "billed"
    )


def stored(house: House, signals: Iterable[str]) -> dict[str, list[tuple[int, str, int]]]:
    """Return what can still be read of each signal: instant, source, sequence."""
    result = {}
    for signal in signals:
        query = RangeQuery(SignalId(signal), ALL)
        rows = house.historian.readings(ACTOR, query).select(["ts", "source", "sequence"])
        result[signal] = [tuple(row.values()) for row in rows.to_pylist()]
    return result


def prove(house: House, source: Source, signal: str) -> list[int]:
    """Verify every block of a signal as a customer does; return the sequences in them."""
    found: list[int] = []
    proofs = house.historian.proofs(
        ACTOR, SignalId(signal), (source.name, source.epoch), (1, 2**40)
    )
    for proof in proofs:
        header = Header.decode(proof.header_bytes)
        source.key.public_key().verify(proof.signature, proof.header_bytes)
        leaf = merkle.leaf_hash(proof.salt, proof.block)
        count = header.block_count
        assert merkle.root_from_path(leaf, proof.leaf_index, count, proof.path) == header.root
        found += decode_block(proof.block).sequence.tolist()
    return found


def blocks_of(source: Source) -> dict[tuple[int, str], list[Record]]:
    """Return the records of each block, by number of the segment and signal."""
    result: dict[tuple[int, str], list[Record]] = {}
    records: Sequence[Record] = source.records
    for segment in source.segments:
        header = segment.header
        for record in records[header.first_sequence - 1 : header.last_sequence]:
            result.setdefault((header.number, record.signal), []).append(record)
    return result
