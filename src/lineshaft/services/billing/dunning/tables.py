"""Tables of letters and their files; triggers in the migration refuse UPDATE and DELETE."""

import sqlalchemy as sa

from lineshaft.infrastructure.database import INSTANT, METADATA

DUNNING_LETTER = sa.Table(
    "dunning_letter",
    METADATA,
    sa.Column("document", sa.Text, sa.ForeignKey("billing_document.number"), primary_key=True),
    sa.Column("level", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("written_at", INSTANT, nullable=False),
    sa.Column("written_by", sa.Text, nullable=False),
    sa.Column("file", sa.LargeBinary, nullable=False),
)

DUNNING_PAGE = sa.Table(
    "dunning_page",
    METADATA,
    sa.Column("document", sa.Text, primary_key=True),
    sa.Column("level", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("data", sa.LargeBinary, nullable=False),
    sa.ForeignKeyConstraint(
        ["document", "level"], ["dunning_letter.document", "dunning_letter.level"]
    ),
)
