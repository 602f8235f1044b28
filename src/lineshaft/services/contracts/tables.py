"""Tables of offerings and contracts: every row is written once and never changed."""

import sqlalchemy as sa

from lineshaft.infrastructure.database import INSTANT, METADATA

OFFERING_VERSION = sa.Table(
    "offering_version",
    METADATA,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("content", sa.Text, nullable=False),
    sa.Column("created_at", INSTANT, nullable=False),
)

CONTRACT_VERSION = sa.Table(
    "contract_version",
    METADATA,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("organisation", sa.Text, nullable=False, index=True),
    sa.Column("content", sa.Text, nullable=False),
    sa.Column("created_at", INSTANT, nullable=False),
)

CONTRACT_ACTIVATION = sa.Table(
    "contract_activation",
    METADATA,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("activated_at", INSTANT, nullable=False),
    sa.ForeignKeyConstraint(["id", "version"], ["contract_version.id", "contract_version.version"]),
)

CONTRACT_ACT = sa.Table(
    "contract_act",
    METADATA,
    sa.Column("contract", sa.Text, primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("at", INSTANT, nullable=False),
    sa.Column("recorded_at", INSTANT, nullable=False),
    sa.Column("recorded_by", sa.Text, nullable=False),
    sa.Column("recorded_name", sa.Text, nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
    sa.ForeignKeyConstraint(
        ["contract", "version"], ["contract_version.id", "contract_version.version"]
    ),
)
