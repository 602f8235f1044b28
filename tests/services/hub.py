"""Contracts and billing over a real database and the real security room; only usage is made up."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from lineshaft.core.clock import CountingIds, IdSource, ManualClock
from lineshaft.core.period import Instant, Period, parse_instant
from lineshaft.core.reading import SourceId
from lineshaft.infrastructure.database import Database
from lineshaft.security.audit.service import AuditChain
from lineshaft.security.audit.store import SqlAuditStore
from lineshaft.security.authorisation.model import Actor, Role
from lineshaft.security.authorisation.service import Authorizer
from lineshaft.security.authorisation.store import SqlGrantStore
from lineshaft.security.identity.model import Mark
from lineshaft.security.identity.passwords import ScryptCost
from lineshaft.security.identity.service import Identity, IdentityParts, IdentityStores
from lineshaft.security.identity.store import SqlAccessStore, SqlPersonStore, SqlSourceStore
from lineshaft.security.keys.service import DocumentKeys, KeyParts
from lineshaft.security.keys.store import KeyDirectory, SqlDocumentKeyStore
from lineshaft.services.billing.service import Billing, BillingParts
from lineshaft.services.billing.store import SqlDocumentStore
from lineshaft.services.contracts.model import Contract
from lineshaft.services.contracts.service import ContractParts, Contracts
from lineshaft.services.contracts.store import SqlContractStore
from lineshaft.services.metering.model import Meter, UsageRecord
from tests.services.billing.examples import ENGINE, example_usage
from tests.services.contracts.examples import contract, offering

NOW = parse_instant("2017-06-24T06:00:00Z")
FINANCE = Actor("usr_finance", Role.FINANCE, None, "Fiona")
ENGINEER = Actor("usr_engineer", Role.ENGINEER, None, "Emil")
CUSTOMER = Actor("usr_customer", Role.CUSTOMER, "riverside", "Carla")
STRANGER = Actor("usr_stranger", Role.CUSTOMER, "elsewhere", "Samir")


class NoMarks:
    """No historian: no source has sent anything."""

    def mark(self, _source: SourceId, _epoch: int) -> Mark:
        return Mark(0, 0)


@dataclass
class FakeUsage:
    """Implements `UsageSource` with the usage of the example day, whatever the period.

    A period of another length than the example day is covered fully by state READY.
    """

    asked: list[tuple[str, Period, Instant]] = field(default_factory=list)

    def usage(self, actor: Actor, meter: Meter, period: Period, known_at: Instant) -> UsageRecord:
        self.asked.append((actor.id, period, known_at))
        found = next(each for each in example_usage(contract()) if each.meter.id == meter.id)
        if period.duration_us != found.period.duration_us:
            states = {"READY": period.duration_us} if found.states else {}
            found = replace(found, covered_us=period.duration_us, states=states, unknown_after={})
        return replace(found, meter=meter, period=period, known_at=known_at)

    def settle(self, now: Instant) -> Instant:
        return now

    def ahead(self, _wanted: Sequence[tuple[Meter, Period]], _known_at: Instant) -> "FakeUsage":
        return self


@dataclass
class Hub:
    database: Database
    clock: ManualClock
    authorizer: Authorizer
    audit: AuditChain
    keys: DocumentKeys
    usage: FakeUsage
    contracts: Contracts
    billing: Billing
    parts: BillingParts

    def activated(self, made: Contract) -> Contract:
        """Offer, agree and activate."""
        self.contracts.offer(FINANCE, offering())
        self.contracts.agree(FINANCE, made)
        self.contracts.activate(FINANCE, made.id, made.version)
        return made


def build_hub(database: Database, keys: Path, new_ids: Callable[[], IdSource] = CountingIds) -> Hub:
    clock, ids = ManualClock(NOW), new_ids()
    authorizer = Authorizer(database, SqlGrantStore(), clock)
    audit = AuditChain(database, SqlAuditStore(), authorizer, clock)
    shared: dict[str, Any] = {
        "database": database,
        "authorizer": authorizer,
        "audit": audit,
        "clock": clock,
    }
    document_keys = build_keys(shared, ids, keys)
    document_keys.create_first_key()
    usage = FakeUsage()
    contract_parts = ContractParts(
        store=SqlContractStore(),
        ids=ids,
        keys=document_keys,
        documents=SqlDocumentStore(),
        **shared,
    )
    contracts = Contracts(contract_parts)
    parts = BillingParts(
        store=SqlDocumentStore(),
        contracts=contracts,
        metering=usage,
        keys=document_keys,
        ids=ids,
        engine=ENGINE,
        **shared,
    )
    billing = Billing(parts)
    return Hub(database, clock, authorizer, audit, document_keys, usage, contracts, billing, parts)


def build_keys(shared: dict[str, Any], ids: IdSource, directory: Path) -> DocumentKeys:
    secret_bytes = random.Random(7).randbytes
    identity = Identity(
        IdentityParts(
            stores=IdentityStores(SqlPersonStore(), SqlAccessStore(), SqlSourceStore()),
            ids=ids,
            secret_bytes=secret_bytes,
            marks=NoMarks(),
            scrypt=ScryptCost(n=2, r=1, p=1),
            **shared,
        )
    )
    return DocumentKeys(
        KeyParts(
            store=SqlDocumentKeyStore(),
            private_keys=KeyDirectory(directory),
            identity=identity,
            secret_bytes=secret_bytes,
            **shared,
        )
    )
