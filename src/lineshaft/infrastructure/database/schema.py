"""Brings a database to the present schema and compares it with the declared tables.

Alembic is imported when it has something to do: nearly always the schema is the present one, and
then a program starts sooner and smaller without it.
"""

import logging
from pathlib import Path

import sqlalchemy as sa

from lineshaft.core.errors import PreconditionFailed
from lineshaft.infrastructure.database.engine import Database

_MIGRATIONS = Path(__file__).parent / "migrations"
_LOCK = "lineshaft.migrations"


class SchemaNewer(PreconditionFailed):
    """The database was written by a newer version of Lineshaft; it is left as it is."""


def upgrade(database: Database) -> None:
    """Run every migration that the database has not had, in one transaction.

    Safe to be called by several processes at once: one migrates, the others wait.

    Raises:
        SchemaNewer: when the database knows a revision that this version does not.
        Unavailable: when the database does not answer.
    """
    if _revision(database) == _newest_revision():
        return
    from alembic import command  # noqa: PLC0415 - see above
    from alembic.config import Config  # noqa: PLC0415
    from alembic.util import CommandError  # noqa: PLC0415

    # Which dialect it has found says nothing to whoever reads the log of an installation.
    logging.getLogger("alembic.runtime.migration").setLevel(logging.WARNING)
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    with database.unit_of_work(is_long_expected=True) as unit:
        unit.lock(_LOCK)
        config.attributes["connection"] = unit.connection
        try:
            command.upgrade(config, "head")
        except CommandError as error:
            msg = "cannot open the database: it was written by a newer version of Lineshaft"
            raise SchemaNewer(msg) from error


def _newest_revision() -> str:
    """Return the end of the chain: a migration's file begins with its revision, in ascending order.

    A test holds the names to that.
    """
    return max(path.name for path in (_MIGRATIONS / "versions").glob("[0-9]*.py")).partition("_")[0]


def _revision(database: Database) -> str | None:
    """Return the revision of a database; None for one that has had no migration."""
    with database.read() as connection:
        if not sa.inspect(connection).has_table("alembic_version"):
            return None
        found: str | None = connection.scalar(sa.text("SELECT version_num FROM alembic_version"))
        return found


def schema_differences(database: Database, metadata: sa.MetaData) -> list[str]:
    """Say in what the database differs from the declared tables; an empty list is equality.

    Tables, columns, types, nullability, indices, unique and foreign keys are compared; check
    constraints and server defaults are not.
    """
    from alembic.autogenerate import compare_metadata  # noqa: PLC0415 - see above
    from alembic.runtime.migration import MigrationContext  # noqa: PLC0415

    with database.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return [str(difference) for difference in compare_metadata(context, metadata)]
