"""The door of accounting: the use cases, and every list of the ledger in one shape."""

from lineshaft.services.billing.accounting.bookkeeping import Ledger, LedgerParts
from lineshaft.services.billing.accounting.lists import (
    Listing,
    receivables,
    revenue,
    revenue_lines,
    statement,
    trial_balance,
    vat,
)

__all__ = [
    "Ledger",
    "LedgerParts",
    "Listing",
    "receivables",
    "revenue",
    "revenue_lines",
    "statement",
    "trial_balance",
    "vat",
]
