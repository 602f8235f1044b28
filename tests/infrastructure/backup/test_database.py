"""One state of a database goes out while others write, and comes back into either engine."""

from pathlib import Path

import pytest
import sqlalchemy as sa

from lineshaft.infrastructure.backup import DatabaseNotEmpty, load_database, snapshot_database
from lineshaft.infrastructure.backup import database as backup_database
from lineshaft.infrastructure.database import METADATA, Database, upgrade
from tests.conftest import import_all_tables

pytestmark = pytest.mark.both_engines

ROWS = 3_000


def filled(database: Database, count: int) -> None:
    """Add signals, and a source whose number they do not share."""
    import_all_tables()
    series, source = METADATA.tables["series"], METADATA.tables["source_epoch"]
    with database.unit_of_work() as unit:
        have = unit.connection.scalar(sa.select(sa.func.count()).select_from(series)) or 0
        rows = [{"signal": f"m1/ö{have + number}"} for number in range(count)]
        unit.connection.execute(sa.insert(series), rows)
        if not have:
            mark = {"number": 2**40, "sequence": 7, "header_hash": bytes(range(32)), "known_at": 9}
            name = {"source": "edge-1", "epoch": 1}
            unit.connection.execute(sa.insert(source).values(name | mark))


def content(database: Database) -> dict[str, list[tuple[object, ...]]]:
    with database.read() as connection:
        return {
            table.name: sorted(map(tuple, connection.execute(sa.select(table))), key=repr)
            for table in METADATA.sorted_tables
        }


def test_a_snapshot_is_one_state_although_others_write(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backup_database, "PAGES_AT_ONCE", 10)
    monkeypatch.setattr(backup_database, "ROWS_AT_ONCE", 100)
    database = Database(database_url)
    filled(database, ROWS)
    expected, told = content(database), []

    def write_meanwhile(what: str, done: int, total: int) -> None:
        told.append((what, done, total))
        filled(database, 1)

    with database.read() as connection:
        snapshot_database(connection, tmp_path / "copy.sqlite", write_meanwhile)
    assert len(told) > 10
    assert told[-1][1] == told[-1][2]
    copy = Database(f"sqlite:///{tmp_path / 'copy.sqlite'}")
    assert content(copy) == expected
    assert len(content(database)["series"]) > ROWS
    copy.close()
    database.close()


def test_a_snapshot_is_one_file_for_its_owner(database_url: str, tmp_path: Path) -> None:
    database = Database(database_url)
    filled(database, 1)
    directory = tmp_path / "copies"
    directory.mkdir()
    with database.read() as connection:
        snapshot_database(connection, directory / "copy.sqlite")
    database.close()
    assert [path.name for path in directory.iterdir()] == ["copy.sqlite"]
    assert (directory / "copy.sqlite").stat().st_mode & 0o777 == 0o600


def test_a_snapshot_is_loaded_into_an_empty_database_that_counts_on(
    empty_database_url: str, sqlite_template: Path, tmp_path: Path
) -> None:
    copy = Database(f"sqlite:///{sqlite_template}")
    source_path = tmp_path / "source.sqlite"
    with copy.read() as connection:
        snapshot_database(connection, source_path)
    copy.close()
    source = Database(f"sqlite:///{source_path}")
    filled(source, ROWS)
    target = Database(empty_database_url)
    load_database(source_path, target)
    assert content(target) == content(source)
    filled(target, 1)
    assert len(content(target)["series"]) == ROWS + 1
    with pytest.raises(DatabaseNotEmpty, match="has rows"):
        load_database(source_path, target)
    assert len(content(target)["series"]) == ROWS + 1
    source.close()
    target.close()


def test_a_database_that_is_migrated_and_empty_is_empty(
    database_url: str, sqlite_template: Path, tmp_path: Path
) -> None:
    source_path = tmp_path / "source.sqlite"
    source_path.write_bytes(sqlite_template.read_bytes())
    target = Database(database_url)
    upgrade(target)
    load_database(source_path, target)
    target.close()
