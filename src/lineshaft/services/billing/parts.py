"""What the use cases of billing take."""

import msgspec

from lineshaft.core.clock import Clock, IdSource
from lineshaft.infrastructure.database import Database
from lineshaft.security.audit.service import AuditChain
from lineshaft.security.authorisation.service import Authorizer
from lineshaft.security.keys.service import DocumentKeys
from lineshaft.services.billing.engines import RULES, Rules
from lineshaft.services.billing.model import Engine
from lineshaft.services.billing.ports import (
    AgreedFacts,
    CoreRecords,
    DocumentStore,
    EvidenceHolds,
    StockRecords,
    UsageSource,
)
from lineshaft.services.contracts.service import Contracts


class BillingParts(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that the use cases of billing take.

    Attributes:
        engine: the versions that compute; written into every document.
        holds: holds the readings that documents rest on; None: nobody deletes any.
        rules: of every release that has rated documents.
        facts: what guarantees rest on beside the readings; None: nothing is ever agreed.
        cores: parts delivered for a deposit; None: there never are any.
        stocks: deliveries and counts of consumables; None: there never are any.
    """

    database: Database
    store: DocumentStore
    contracts: Contracts
    metering: UsageSource
    keys: DocumentKeys
    authorizer: Authorizer
    audit: AuditChain
    clock: Clock
    ids: IdSource
    engine: Engine
    holds: EvidenceHolds | None = None
    rules: Rules = RULES
    facts: AgreedFacts | None = None
    cores: CoreRecords | None = None
    stocks: StockRecords | None = None
