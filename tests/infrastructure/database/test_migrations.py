"""The migrated schema is the declared one, on both engines."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.script import ScriptDirectory

import lineshaft
from lineshaft.infrastructure.database import (
    Database,
    SchemaNewer,
    schema_differences,
    upgrade,
)
from tests.conftest import import_all_tables

pytestmark = pytest.mark.both_engines

Open = Callable[..., Database]
MIGRATIONS = Path(lineshaft.__file__).parent / "infrastructure" / "database" / "migrations"


def test_the_migrations_are_one_chain() -> None:
    script = ScriptDirectory(str(MIGRATIONS))
    assert len(script.get_heads()) == 1
    for revision in script.walk_revisions():
        assert Path(revision.path).name.startswith(f"{revision.revision}_")
        assert int(revision.revision) == int(revision.down_revision or 0) + 1


def test_the_migrated_schema_is_the_declared_one(
    empty_database_url: str, open_database: Open
) -> None:
    database = open_database(empty_database_url)
    upgrade(database)
    assert schema_differences(database, import_all_tables()) == []


def test_a_migration_does_not_talk_about_itself(
    empty_database_url: str, open_database: Open, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("INFO"):
        upgrade(open_database(empty_database_url))
    assert [record for record in caplog.records if record.name.startswith("alembic")] == []


def test_a_difference_is_found(database: Database) -> None:
    other = sa.MetaData()
    sa.Table("outbox", other, sa.Column("sequence", sa.BigInteger, primary_key=True))
    assert any("remove_column" in line for line in schema_differences(database, other))


def test_several_processes_may_upgrade_at_once(
    empty_database_url: str, open_database: Open
) -> None:
    databases = [open_database(empty_database_url) for _ in range(3)]
    with ThreadPoolExecutor(max_workers=3) as pool:
        list(pool.map(upgrade, databases))
    with databases[0].read() as connection:
        versions = connection.execute(sa.text("SELECT version_num FROM alembic_version")).all()
    assert len(versions) == 1


def test_a_newer_database_is_left_alone(database: Database) -> None:
    with database.unit_of_work() as unit:
        unit.connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(SchemaNewer, match="newer version"):
        upgrade(database)
    with database.read() as connection:
        query = sa.text("SELECT version_num FROM alembic_version")
        assert connection.execute(query).scalar() == "9999"
