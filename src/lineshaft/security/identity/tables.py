"""The tables of organisations, people, sessions, API tokens and sources."""

import sqlalchemy as sa

from lineshaft.infrastructure.database import INSTANT, METADATA, SEQUENCE

ORGANISATION = sa.Table(
    "identity_organisation",
    METADATA,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("stakeholder_roles", sa.Text, nullable=False),
)

PERSON = sa.Table(
    "identity_person",
    METADATA,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("user_name", sa.Text, nullable=False, unique=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("organisation", sa.Text, sa.ForeignKey("identity_organisation.id"), nullable=True),
    sa.Column("is_active", sa.Boolean, nullable=False),
    sa.Column("created_at", INSTANT, nullable=False),
    sa.Column("password_hash", sa.Text, nullable=False),
)

SESSION = sa.Table(
    "identity_session",
    METADATA,
    sa.Column("token_hash", sa.LargeBinary, primary_key=True),
    sa.Column("person", sa.Text, sa.ForeignKey("identity_person.id"), nullable=False, index=True),
    sa.Column("begun_at", INSTANT, nullable=False),
    sa.Column("used_at", INSTANT, nullable=False),
)

API_TOKEN = sa.Table(
    "identity_api_token",
    METADATA,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("person", sa.Text, sa.ForeignKey("identity_person.id"), nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("token_hash", sa.LargeBinary, nullable=False, unique=True),
    sa.Column("created_at", INSTANT, nullable=False),
    sa.Column("expires_at", INSTANT, nullable=False),
    sa.UniqueConstraint("person", "name"),
)

LOGIN_ATTEMPT = sa.Table(
    "identity_login_attempt",
    METADATA,
    sa.Column("sequence", SEQUENCE, primary_key=True),
    sa.Column("user_name", sa.Text, nullable=False),
    sa.Column("at", INSTANT, nullable=False),
)

SOURCE = sa.Table(
    "identity_source",
    METADATA,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("epoch", sa.BigInteger, nullable=False),
    sa.Column("public_key", sa.LargeBinary, nullable=False),
    sa.Column("salt_secret", sa.LargeBinary, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("requested_at", INSTANT, nullable=False),
    sa.Column("wanted_salt_secret", sa.LargeBinary, nullable=True),
    sa.Column("reason", sa.Text, nullable=False),
)

SOURCE_EPOCH = sa.Table(
    "identity_source_epoch",
    METADATA,
    # Append-only: proofs of what an epoch sent are rebuilt from these for ever.
    sa.Column("source", sa.Text, sa.ForeignKey("identity_source.id"), primary_key=True),
    sa.Column("epoch", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("public_key", sa.LargeBinary, nullable=False),
    sa.Column("salt_secret", sa.LargeBinary, nullable=False),
)
