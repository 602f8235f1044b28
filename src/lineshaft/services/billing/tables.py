"""Tables of documents, their numbers and the ledger.

Documents, transactions and entries are written once: triggers in the migration refuse UPDATE and
DELETE on them.
"""

import sqlalchemy as sa

from lineshaft.infrastructure.database import INSTANT, METADATA

BILLING_SERIES = sa.Table(
    "billing_series",
    METADATA,
    sa.Column("series", sa.Text, primary_key=True),
    sa.Column("supplier", sa.Text, nullable=False),
    sa.Column("last_position", sa.BigInteger, nullable=False),
)

BILLING_DOCUMENT = sa.Table(
    "billing_document",
    METADATA,
    sa.Column("number", sa.Text, primary_key=True),
    sa.Column("series", sa.Text, sa.ForeignKey("billing_series.series"), nullable=False),
    sa.Column("position", sa.BigInteger, nullable=False),
    sa.Column("contract", sa.Text, nullable=False),
    sa.Column("contract_version", sa.Integer, nullable=False),
    sa.Column("organisation", sa.Text, nullable=False, index=True),
    sa.Column("period_start", INSTANT, nullable=False),
    sa.Column("period_end", INSTANT, nullable=False),
    sa.Column("known_at", INSTANT, nullable=False),
    sa.Column("issued_at", INSTANT, nullable=False),
    sa.Column("currency", sa.Text, nullable=False),
    sa.Column("gross", sa.Text, nullable=False),
    sa.Column("sha256", sa.Text, nullable=False),
    sa.Column("file", sa.LargeBinary, nullable=False),
    sa.Column("type", sa.Text, nullable=False, server_default="380"),
    sa.Column("correction", sa.Integer, nullable=False, server_default="0"),
    sa.UniqueConstraint("series", "position"),
    sa.UniqueConstraint("contract", "period_start", "correction"),
)

BILLING_RERATING = sa.Table(
    "billing_rerating",
    METADATA,
    sa.Column("contract", sa.Text, primary_key=True),
    sa.Column("period_start", INSTANT, primary_key=True, autoincrement=False),
    sa.Column("known_at", INSTANT, primary_key=True, autoincrement=False),
    sa.Column("period_end", INSTANT, nullable=False),
    sa.Column("usage_sha256", sa.Text, nullable=False),
    sa.Column("document", sa.Text, sa.ForeignKey("billing_document.number"), nullable=True),
)

LEDGER_TRANSACTION = sa.Table(
    "ledger_transaction",
    METADATA,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("document", sa.Text, sa.ForeignKey("billing_document.number"), nullable=False),
    sa.Column("effective_at", INSTANT, nullable=False),
    sa.Column("posted_at", INSTANT, nullable=False),
    sa.Column("reason", sa.Text, nullable=False, server_default="document"),
    sa.Column("reference", sa.Text, nullable=False, server_default=""),
    sa.UniqueConstraint("document", "reason", "reference"),
)

# Minor units of the currency (ISO 4217), so that the database adds them exactly and an audit query
# can ask for the zero sum. A debit is positive.
LEDGER_ENTRY = sa.Table(
    "ledger_entry",
    METADATA,
    sa.Column("transaction", sa.Text, sa.ForeignKey("ledger_transaction.id"), primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("account", sa.Text, nullable=False),
    sa.Column("currency", sa.Text, nullable=False),
    sa.Column("amount_minor", sa.BigInteger, nullable=False),
    sa.Index("ix_ledger_entry_account", "account", "currency", "transaction", "amount_minor"),
)

# When the revenue of each document line is recognised. What waits is a contract liability until
# there is a transaction of the document with the reason `recognition` and the month as reference.
LEDGER_SLICE = sa.Table(
    "ledger_slice",
    METADATA,
    sa.Column("document", sa.Text, sa.ForeignKey("billing_document.number"), primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("line", sa.Text, nullable=False),
    sa.Column("month", sa.Text, nullable=False),
    sa.Column("starts_at", INSTANT, nullable=False),
    sa.Column("ends_at", INSTANT, nullable=False),
    sa.Column("contract", sa.Text, nullable=False),
    sa.Column("offering", sa.Text, nullable=False),
    sa.Column("machine", sa.Text, nullable=False),
    sa.Column("account", sa.Text, nullable=False),
    sa.Column("vat", sa.Text, nullable=False),
    sa.Column("currency", sa.Text, nullable=False),
    sa.Column("amount_minor", sa.BigInteger, nullable=False),
    sa.Column("is_deferred", sa.Boolean, nullable=False),
    sa.Index("ix_ledger_slice_month", "month", "is_deferred", "document"),
    sa.Index("ix_ledger_slice_contract", "contract", "document"),
    sa.Index("ix_ledger_slice_machine", "machine", "document"),
)
