"""Brings a database to the present schema and compares it with the declared tables."""

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.util import CommandError

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


def schema_differences(database: Database, metadata: sa.MetaData) -> list[str]:
    """Say in what the database differs from the declared tables; an empty list is equality.

    Tables, columns, types, nullability, indices, unique and foreign keys are compared; check
    constraints and server defaults are not.
    """
    with database.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return [str(difference) for difference in compare_metadata(context, metadata)]
