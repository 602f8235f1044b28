"""Tables of incidents and exclusions: each row is written once; triggers refuse any change."""

import sqlalchemy as sa

from lineshaft.infrastructure.database import INSTANT, METADATA

INCIDENT_VERSION = sa.Table(
    "incident_version",
    METADATA,
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("machine", sa.Text, nullable=False),
    sa.Column("content", sa.Text, nullable=False),
    sa.Column("recorded_at", INSTANT, nullable=False),
    sa.Column("recorded_by", sa.Text, nullable=False),
    sa.Index("ix_incident_version_machine", "machine", "kind"),
)

INCIDENT_APPROVAL = sa.Table(
    "incident_approval",
    METADATA,
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("side", sa.Text, primary_key=True),
    sa.Column("approved_at", INSTANT, nullable=False),
    sa.Column("approved_by", sa.Text, nullable=False),
    sa.ForeignKeyConstraint(
        ["kind", "id", "version"],
        ["incident_version.kind", "incident_version.id", "incident_version.version"],
    ),
)
