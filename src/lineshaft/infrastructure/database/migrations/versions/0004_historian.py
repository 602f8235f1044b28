"""The manifest of the historian."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _sources_and_segments()
    _store_files()
    _indices_of_records()
    _latest_and_beats()


def _sources_and_segments() -> None:
    op.create_table(
        "settled",
        sa.Column("id", _NUMBER, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_settled"),
    )
    op.create_table(
        "series",
        sa.Column("id", _NUMBER, nullable=False),
        sa.Column("signal", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_series"),
        sa.UniqueConstraint("signal", name="uq_series_signal"),
    )
    op.create_table(
        "source_epoch",
        sa.Column("id", _NUMBER, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("epoch", sa.BigInteger, nullable=False),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("header_hash", sa.LargeBinary, nullable=False),
        sa.Column("known_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_source_epoch"),
        sa.UniqueConstraint("source", "epoch", name="uq_source_epoch_source_epoch"),
    )
    op.create_table(
        "segment",
        sa.Column("source_epoch", _NUMBER, nullable=False),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("first_sequence", sa.BigInteger, nullable=False),
        sa.Column("last_sequence", sa.BigInteger, nullable=False),
        sa.Column("min_ts", sa.BigInteger, nullable=False),
        sa.Column("max_ts", sa.BigInteger, nullable=False),
        sa.Column("header", sa.LargeBinary, nullable=False),
        sa.Column("signature", sa.LargeBinary, nullable=False),
        sa.Column("known_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("source_epoch", "number", name="pk_segment"),
        sa.ForeignKeyConstraint(
            ["source_epoch"], ["source_epoch.id"], name="fk_segment_source_epoch"
        ),
    )
    op.create_index("ix_segment_known_at", "segment", ["source_epoch", "known_at"])
    op.create_index("ix_segment_first_sequence", "segment", ["source_epoch", "first_sequence"])


def _store_files() -> None:
    op.create_table(
        "store_file",
        sa.Column("id", _NUMBER, nullable=False),
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("level", sa.Integer, nullable=False),
        sa.Column("hour", sa.BigInteger, nullable=False),
        sa.Column("rows", sa.BigInteger, nullable=False),
        sa.Column("min_ts", sa.BigInteger, nullable=False),
        sa.Column("max_ts", sa.BigInteger, nullable=False),
        sa.Column("min_series", sa.BigInteger, nullable=False),
        sa.Column("max_series", sa.BigInteger, nullable=False),
        sa.Column("min_sequence", sa.BigInteger, nullable=False),
        sa.Column("max_sequence", sa.BigInteger, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("sha256", sa.LargeBinary, nullable=False),
        sa.Column("known_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_store_file"),
        sa.UniqueConstraint("path", name="uq_store_file_path"),
    )
    op.create_index("ix_store_file_hour", "store_file", ["hour"])
    op.create_table(
        "store_file_zone",
        sa.Column("store_file", _NUMBER, nullable=False),
        sa.Column("first_series", sa.BigInteger, nullable=False),
        sa.Column("last_series", sa.BigInteger, nullable=False),
        sa.Column("entries", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("store_file", "first_series", name="pk_store_file_zone"),
        sa.ForeignKeyConstraint(
            ["store_file"], ["store_file.id"], name="fk_store_file_zone_store_file"
        ),
    )
    op.create_table(
        "store_file_merged",
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("merged_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("path", name="pk_store_file_merged"),
    )


def _indices_of_records() -> None:
    op.create_table(
        "correction",
        sa.Column("source_epoch", _NUMBER, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("series", _NUMBER, nullable=False),
        sa.Column("ts", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("source_epoch", "sequence", name="pk_correction"),
        sa.ForeignKeyConstraint(
            ["source_epoch"], ["source_epoch.id"], name="fk_correction_source_epoch"
        ),
        sa.ForeignKeyConstraint(["series"], ["series.id"], name="fk_correction_series"),
    )
    op.create_index("ix_correction_series_ts", "correction", ["series", "ts"])
    op.create_table(
        "refusal",
        sa.Column("source_epoch", _NUMBER, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("series", _NUMBER, nullable=False),
        sa.Column("machine", sa.Text, nullable=False),
        sa.Column("ts", sa.BigInteger, nullable=False),
        sa.Column("known_at", sa.BigInteger, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("source_epoch", "sequence", name="pk_refusal"),
        sa.ForeignKeyConstraint(
            ["source_epoch"], ["source_epoch.id"], name="fk_refusal_source_epoch"
        ),
        sa.ForeignKeyConstraint(["series"], ["series.id"], name="fk_refusal_series"),
    )
    op.create_index("ix_refusal_ts", "refusal", ["ts", "source_epoch", "sequence"])
    op.create_index("ix_refusal_machine_ts", "refusal", ["machine", "ts"])


def _latest_and_beats() -> None:
    op.create_table(
        "latest_reading",
        sa.Column("series", _NUMBER, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("epoch", sa.BigInteger, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("ordinal", sa.BigInteger, nullable=False),
        sa.Column("ts", sa.BigInteger, nullable=False),
        sa.Column("own_ts", sa.BigInteger, nullable=True),
        sa.Column("kind", sa.Integer, nullable=False),
        sa.Column("status", sa.BigInteger, nullable=False),
        sa.Column("mantissa", sa.BigInteger, nullable=True),
        sa.Column("exponent", sa.Integer, nullable=True),
        sa.Column("number", sa.Double, nullable=True),
        sa.Column("text", sa.Text, nullable=True),
        sa.PrimaryKeyConstraint("series", name="pk_latest_reading"),
        sa.ForeignKeyConstraint(["series"], ["series.id"], name="fk_latest_reading_series"),
    )
    op.create_table(
        "beat",
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("epoch", sa.BigInteger, nullable=False),
        sa.Column("mark", sa.BigInteger, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("received_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("source", name="pk_beat"),
    )
    op.create_table(
        "refused_segment",
        sa.Column("id", _NUMBER, nullable=False),
        sa.Column("sha256", sa.LargeBinary, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("epoch", sa.BigInteger, nullable=False),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("received_at", sa.BigInteger, nullable=False),
        sa.Column("times", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_refused_segment"),
        sa.UniqueConstraint("sha256", name="uq_refused_segment_sha256"),
    )
