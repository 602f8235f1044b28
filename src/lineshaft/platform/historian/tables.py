"""The manifest of the historian: what is in which store file, and how far each source has come."""

import sqlalchemy as sa

from lineshaft.infrastructure.database import INSTANT, METADATA, SEQUENCE

SERIES = sa.Table(
    "series",
    METADATA,
    sa.Column("id", SEQUENCE, primary_key=True),
    sa.Column("signal", sa.Text, nullable=False, unique=True),
)

SOURCE_EPOCH = sa.Table(
    "source_epoch",
    METADATA,
    sa.Column("id", SEQUENCE, primary_key=True),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("epoch", sa.BigInteger, nullable=False),
    # the high-water mark
    sa.Column("number", sa.BigInteger, nullable=False),
    sa.Column("sequence", sa.BigInteger, nullable=False),
    sa.Column("header_hash", sa.LargeBinary, nullable=False),
    sa.Column("known_at", INSTANT, nullable=False),
    sa.UniqueConstraint("source", "epoch"),
)

# One row: the latest instant that somebody has rated at; no commit ever gets one as early.
SETTLED = sa.Table(
    "settled",
    METADATA,
    sa.Column("id", SEQUENCE, primary_key=True),
    sa.Column("at", INSTANT, nullable=False),
)

SEGMENT = sa.Table(
    "segment",
    METADATA,
    sa.Column("source_epoch", sa.ForeignKey("source_epoch.id"), primary_key=True),
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("first_sequence", sa.BigInteger, nullable=False),
    sa.Column("last_sequence", sa.BigInteger, nullable=False),
    sa.Column("min_ts", INSTANT, nullable=False),
    sa.Column("max_ts", INSTANT, nullable=False),
    sa.Column("header", sa.LargeBinary, nullable=False),
    sa.Column("signature", sa.LargeBinary, nullable=False),
    sa.Column("known_at", INSTANT, nullable=False),
    sa.Index("ix_segment_known_at", "source_epoch", "known_at"),
    sa.Index("ix_segment_first_sequence", "source_epoch", "first_sequence"),
)

SEGMENT_RUN = sa.Table(
    # Segments that are not young any more, many in one row (files/archive.py).
    "segment_run",
    METADATA,
    sa.Column("source_epoch", sa.ForeignKey("source_epoch.id"), primary_key=True),
    sa.Column("first_number", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("last_number", sa.BigInteger, nullable=False),
    sa.Column("first_sequence", sa.BigInteger, nullable=False),
    sa.Column("last_sequence", sa.BigInteger, nullable=False),
    sa.Column("min_ts", INSTANT, nullable=False),
    sa.Column("max_ts", INSTANT, nullable=False),
    sa.Column("first_known_at", INSTANT, nullable=False),
    sa.Column("last_known_at", INSTANT, nullable=False),
    sa.Column("data", sa.LargeBinary, nullable=False),
    sa.Index("ix_segment_run_known_at", "source_epoch", "first_known_at"),
    sa.Index("ix_segment_run_first_sequence", "source_epoch", "first_sequence"),
)

HELD_PATH = sa.Table(
    # The way from the blocks of a held series up to the signed roots (proof/paths.py).
    "held_path",
    METADATA,
    sa.Column("source_epoch", sa.ForeignKey("source_epoch.id"), primary_key=True),
    sa.Column("series", sa.ForeignKey("series.id"), primary_key=True, autoincrement=False),
    sa.Column("first_number", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("last_number", sa.BigInteger, nullable=False),
    sa.Column("data", sa.LargeBinary, nullable=False),
)

TOMBSTONE = sa.Table(
    # What is left of deleted blocks of a segment of which others are still stored (remains.py).
    "tombstone",
    METADATA,
    sa.Column("source_epoch", sa.ForeignKey("source_epoch.id"), primary_key=True),
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("records", sa.BigInteger, nullable=False),
    sa.Column("nodes", sa.LargeBinary, nullable=False),
)

SEGMENT_DELETED = sa.Table(
    # Runs of segments of which nothing is stored any more but their headers.
    "segment_deleted",
    METADATA,
    sa.Column("source_epoch", sa.ForeignKey("source_epoch.id"), primary_key=True),
    sa.Column("first_number", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("last_number", sa.BigInteger, nullable=False),
    sa.Column("records", sa.BigInteger, nullable=False),
)

DELETED_DAY = sa.Table(
    # Days of a series whose roll-up has outlived rows of theirs: it cannot be made anew.
    "deleted_day",
    METADATA,
    sa.Column("series", sa.ForeignKey("series.id"), primary_key=True, autoincrement=False),
    sa.Column("day", sa.BigInteger, primary_key=True, autoincrement=False),
)

DESK_ORDINAL = sa.Table(
    # The last ordinal of each series in the sources of the hub itself: desk and usage.
    "desk_ordinal",
    METADATA,
    sa.Column("source_epoch", sa.ForeignKey("source_epoch.id"), primary_key=True),
    sa.Column("series", sa.ForeignKey("series.id"), primary_key=True, autoincrement=False),
    sa.Column("ordinal", sa.BigInteger, nullable=False),
)

STORE_FILE = sa.Table(
    "store_file",
    METADATA,
    sa.Column("id", SEQUENCE, primary_key=True),
    sa.Column("path", sa.Text, nullable=False, unique=True),
    sa.Column("level", sa.Integer, nullable=False),
    sa.Column("hour", sa.BigInteger, nullable=False),
    sa.Column("rows", sa.BigInteger, nullable=False),
    sa.Column("min_ts", INSTANT, nullable=False),
    sa.Column("max_ts", INSTANT, nullable=False),
    sa.Column("min_series", sa.BigInteger, nullable=False),
    sa.Column("max_series", sa.BigInteger, nullable=False),
    sa.Column("min_sequence", sa.BigInteger, nullable=False),
    sa.Column("max_sequence", sa.BigInteger, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("sha256", sa.LargeBinary, nullable=False),
    sa.Column("known_at", INSTANT, nullable=False),
    sa.Column("merges", sa.Integer, nullable=False, server_default="0"),
    sa.Column("hours", sa.Integer, nullable=False, server_default="1"),
    sa.Index("ix_store_file_hour", "hour"),
    sa.Index("ix_store_file_level", "level", "hour"),
)

STORE_FILE_ZONE = sa.Table(
    "store_file_zone",
    METADATA,
    sa.Column("store_file", sa.ForeignKey("store_file.id"), primary_key=True),
    sa.Column("first_series", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("last_series", sa.BigInteger, nullable=False),
    # entries of model.ZONE_DTYPE, little-endian
    sa.Column("entries", sa.LargeBinary, nullable=False),
)

STORE_FILE_MERGED = sa.Table(
    # Files that a merge has replaced: readers may still have them in a list.
    "store_file_merged",
    METADATA,
    sa.Column("path", sa.Text, primary_key=True),
    sa.Column("merged_at", INSTANT, nullable=False),
)

READER_LEASE = sa.Table(
    # Long readers: what was merged away since the oldest of them began is still on the disk.
    "reader_lease",
    METADATA,
    sa.Column("id", SEQUENCE, primary_key=True),
    sa.Column("since", INSTANT, nullable=False),
    sa.Column("until", INSTANT, nullable=False),
)

CORRECTION = sa.Table(
    "correction",
    METADATA,
    sa.Column("source_epoch", sa.ForeignKey("source_epoch.id"), primary_key=True),
    sa.Column("sequence", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("series", sa.ForeignKey("series.id"), nullable=False),
    sa.Column("ts", INSTANT, nullable=False),
    sa.Index("ix_correction_series_ts", "series", "ts"),
)

REFUSAL = sa.Table(
    "refusal",
    METADATA,
    sa.Column("source_epoch", sa.ForeignKey("source_epoch.id"), primary_key=True),
    sa.Column("sequence", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("series", sa.ForeignKey("series.id"), nullable=False),
    sa.Column("machine", sa.Text, nullable=False),
    sa.Column("ts", INSTANT, nullable=False),
    sa.Column("known_at", INSTANT, nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
    sa.Index("ix_refusal_ts", "ts", "source_epoch", "sequence"),
    sa.Index("ix_refusal_machine_ts", "machine", "ts"),
)

LATEST = sa.Table(
    # A scan for the last value of a machine costs 62 ms per day (notes/historian.md, section 5).
    "latest_reading",
    METADATA,
    sa.Column("series", sa.ForeignKey("series.id"), primary_key=True, autoincrement=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("epoch", sa.BigInteger, nullable=False),
    sa.Column("sequence", sa.BigInteger, nullable=False),
    sa.Column("ordinal", sa.BigInteger, nullable=False),
    sa.Column("ts", INSTANT, nullable=False),
    sa.Column("own_ts", INSTANT, nullable=True),
    sa.Column("kind", sa.Integer, nullable=False),
    sa.Column("status", sa.BigInteger, nullable=False),
    sa.Column("mantissa", sa.BigInteger, nullable=True),
    sa.Column("exponent", sa.Integer, nullable=True),
    sa.Column("number", sa.Double, nullable=True),
    sa.Column("text", sa.Text, nullable=True),
)

BEAT = sa.Table(
    "beat",
    METADATA,
    sa.Column("source", sa.Text, primary_key=True),
    sa.Column("epoch", sa.BigInteger, nullable=False),
    sa.Column("mark", sa.BigInteger, nullable=False),
    sa.Column("at", INSTANT, nullable=False),
    sa.Column("received_at", INSTANT, nullable=False),
)

REFUSED_SEGMENT = sa.Table(
    "refused_segment",
    METADATA,
    sa.Column("id", SEQUENCE, primary_key=True),
    sa.Column("sha256", sa.LargeBinary, nullable=False, unique=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("epoch", sa.BigInteger, nullable=False),
    sa.Column("number", sa.BigInteger, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("data", sa.LargeBinary, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("received_at", INSTANT, nullable=False),
    sa.Column("times", sa.BigInteger, nullable=False),
)
