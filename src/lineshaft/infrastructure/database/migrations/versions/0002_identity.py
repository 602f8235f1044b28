"""Organisations, people, sessions, API tokens and sources."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    _create_people()
    _create_access()
    _create_sources()


def _create_people() -> None:
    op.create_table(
        "identity_organisation",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("stakeholder_roles", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_identity_organisation"),
    )
    op.create_table(
        "identity_person",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("user_name", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("organisation", sa.Text, nullable=True),
        sa.Column("is_active", sa.Boolean, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("password_hash", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_identity_person"),
        sa.UniqueConstraint("user_name", name="uq_identity_person_user_name"),
        sa.ForeignKeyConstraint(
            ["organisation"],
            ["identity_organisation.id"],
            name="fk_identity_person_organisation",
        ),
    )


def _create_access() -> None:
    op.create_table(
        "identity_session",
        sa.Column("token_hash", sa.LargeBinary, nullable=False),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("begun_at", sa.BigInteger, nullable=False),
        sa.Column("used_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("token_hash", name="pk_identity_session"),
        sa.ForeignKeyConstraint(
            ["person"], ["identity_person.id"], name="fk_identity_session_person"
        ),
    )
    op.create_index("ix_identity_session_person", "identity_session", ["person"])
    op.create_table(
        "identity_api_token",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("token_hash", sa.LargeBinary, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_identity_api_token"),
        sa.UniqueConstraint("token_hash", name="uq_identity_api_token_token_hash"),
        sa.UniqueConstraint("person", "name", name="uq_identity_api_token_person_name"),
        sa.ForeignKeyConstraint(
            ["person"], ["identity_person.id"], name="fk_identity_api_token_person"
        ),
    )
    op.create_table(
        "identity_login_attempt",
        sa.Column("sequence", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("user_name", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("sequence", name="pk_identity_login_attempt"),
    )


def _create_sources() -> None:
    op.create_table(
        "identity_source",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("epoch", sa.BigInteger, nullable=False),
        sa.Column("public_key", sa.LargeBinary, nullable=False),
        sa.Column("salt_secret", sa.LargeBinary, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("requested_at", sa.BigInteger, nullable=False),
        sa.Column("wanted_salt_secret", sa.LargeBinary, nullable=True),
        sa.Column("reason", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_identity_source"),
    )
    op.create_table(
        "identity_source_epoch",
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("epoch", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("public_key", sa.LargeBinary, nullable=False),
        sa.Column("salt_secret", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("source", "epoch", name="pk_identity_source_epoch"),
        sa.ForeignKeyConstraint(
            ["source"], ["identity_source.id"], name="fk_identity_source_epoch_source"
        ),
    )
