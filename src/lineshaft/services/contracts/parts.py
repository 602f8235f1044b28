"""What the use cases of contracts take."""

import msgspec

from lineshaft.core.clock import Clock, IdSource
from lineshaft.infrastructure.database import Database
from lineshaft.security.audit.service import AuditChain
from lineshaft.security.authorisation.service import Authorizer
from lineshaft.services.contracts.ports import (
    ContractHolds,
    ContractStore,
    IssuedPeriods,
    OfferingSales,
    Signer,
)

EVENT_SUBJECT = "event.contracts"


class ContractParts(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that the use cases of contracts take.

    Attributes:
        keys: signs what a customer has accepted.
        holds: holds the readings that activated contracts bill from; None: nobody deletes any.
        sales: knows which offerings are withdrawn from sale; None: none ever is.
        documents: knows which periods are documented; None: none ever is.
    """

    database: Database
    store: ContractStore
    authorizer: Authorizer
    audit: AuditChain
    clock: Clock
    ids: IdSource
    keys: Signer
    holds: ContractHolds | None = None
    sales: OfferingSales | None = None
    documents: IssuedPeriods | None = None
