"""The table of the document keys; private keys are never in SQL."""

import sqlalchemy as sa

from lineshaft.infrastructure.database import INSTANT, METADATA

DOCUMENT_KEY = sa.Table(
    "keys_document_key",
    METADATA,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("created_at", INSTANT, nullable=False),
    sa.Column("public_key", sa.LargeBinary, nullable=False, unique=True),
    sa.Column("previous", sa.Text, nullable=False),
    sa.Column("signature", sa.LargeBinary, nullable=False),
)
