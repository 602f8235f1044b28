"""Documents and postings from before there were corrections are the same after the migration."""

import pytest
import sqlalchemy as sa
from alembic import command, config

from lineshaft.infrastructure.database import Database, upgrade
from tests.infrastructure.database.test_migrations import MIGRATIONS, Open

ROWS = (
    "INSERT INTO billing_series VALUES ('S', 'supplier', 1)",
    (
        "INSERT INTO billing_document (number, series, position, contract, contract_version,"
        " organisation, period_start, period_end, known_at, issued_at, currency, gross, sha256,"
        " file)"
        " VALUES ('S-000001', 'S', 1, 'c-1', 1, 'o', 0, 10, 11, 12, 'EUR', '1.00', 'ab', 'bytes')"
    ),
    (
        "INSERT INTO ledger_transaction (id, document, effective_at, posted_at)"
        " VALUES ('txn_1', 'S-000001', 0, 12)"
    ),
    "INSERT INTO ledger_entry VALUES ('txn_1', 0, 'revenue', 'EUR', -100)",
)


def upgraded_to(database: Database, revision: str) -> None:
    settings = config.Config()
    settings.set_main_option("script_location", str(MIGRATIONS))
    with database.unit_of_work() as unit:
        settings.attributes["connection"] = unit.connection
        command.upgrade(settings, revision)


def test_what_was_issued_and_posted_moves_as_it_is(
    empty_database_url: str, open_database: Open
) -> None:
    database = open_database(empty_database_url)
    upgraded_to(database, "0016")
    with database.unit_of_work() as unit:
        for row in ROWS:
            unit.connection.execute(sa.text(row))
    upgrade(database)
    with database.read() as connection:
        document = connection.execute(sa.text("SELECT * FROM billing_document")).one()
        posted = connection.execute(sa.text("SELECT * FROM ledger_transaction")).one()
        entry = connection.execute(sa.text("SELECT * FROM ledger_entry")).one()
    assert (document.number, document.type, document.correction) == ("S-000001", "380", 0)
    assert (posted.document, posted.reason, entry.amount_minor) == ("S-000001", "document", -100)
    with pytest.raises(sa.exc.IntegrityError, match="never changed"), database.unit_of_work() as it:
        it.connection.execute(sa.text("DELETE FROM ledger_entry"))
