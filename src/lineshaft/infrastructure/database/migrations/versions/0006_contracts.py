"""Offerings and contracts."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "offering_version",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", "version", name="pk_offering_version"),
    )
    op.create_table(
        "contract_version",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("organisation", sa.Text, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", "version", name="pk_contract_version"),
    )
    op.create_index("ix_contract_version_organisation", "contract_version", ["organisation"])
    op.create_table(
        "contract_activation",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("activated_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", "version", name="pk_contract_activation"),
        sa.ForeignKeyConstraint(
            ["id", "version"],
            ["contract_version.id", "contract_version.version"],
            name="fk_contract_activation_id_version",
        ),
    )
