"""The one registry on which every room declares its tables (`tables.py`)."""

import sqlalchemy as sa

METADATA = sa.MetaData(
    # Constraints have the same names on both databases, so that a migration can change them.
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

INSTANT = sa.BigInteger()
"""Column type of an `Instant`: microseconds since 1970-01-01T00:00:00Z."""

SEQUENCE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
"""Column type of a number that the database gives; SQLite counts only on INTEGER."""
