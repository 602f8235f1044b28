"""Grants, document keys and the audit chain."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "authorisation_grant",
        sa.Column("contract", sa.Text, nullable=False),
        sa.Column("machine", sa.Text, nullable=False),
        sa.Column("start_at", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("end_at", sa.BigInteger, nullable=True),
        sa.Column("organisation", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("contract", "machine", "start_at", name="pk_authorisation_grant"),
    )
    op.create_index("ix_authorisation_grant_organisation", "authorisation_grant", ["organisation"])
    op.create_table(
        "keys_document_key",
        sa.Column("number", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("public_key", sa.LargeBinary, nullable=False),
        sa.Column("previous", sa.Text, nullable=False),
        sa.Column("signature", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_keys_document_key"),
        sa.UniqueConstraint("public_key", name="uq_keys_document_key_public_key"),
    )
    _create_audit()


def _create_audit() -> None:
    op.create_table(
        "audit_entry",
        sa.Column("number", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_audit_entry"),
    )
    op.create_index("ix_audit_entry_actor", "audit_entry", ["actor"])
    op.create_index("ix_audit_entry_subject", "audit_entry", ["subject"])
    head = op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit_head"),
    )
    op.bulk_insert(head, [{"id": 1, "number": 0, "hash": bytes(32)}])
