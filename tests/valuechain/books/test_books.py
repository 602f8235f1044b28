"""The books that the hub keeps: versions, who may what, limits."""

import io
import sqlite3
import zipfile
from pathlib import Path

import pytest
import sqlalchemy as sa

from lineshaft.core.clock import ManualClock
from lineshaft.core.errors import Forbidden, Invalid
from lineshaft.core.period import parse_instant
from lineshaft.infrastructure.database import Database
from lineshaft.security.audit.service import AuditChain
from lineshaft.security.audit.store import SqlAuditStore
from lineshaft.security.authorisation.model import LOCAL_OPERATOR, Actor, Role
from lineshaft.security.authorisation.service import Authorizer
from lineshaft.security.authorisation.store import SqlGrantStore
from lineshaft.valuechain.books.errors import BooksMissing, BooksVersionNotFound, BooksVersionTaken
from lineshaft.valuechain.books.service import FirmBooks
from lineshaft.valuechain.tables.errors import TablesInvalid, TooManyProblems
from lineshaft.valuechain.versions import model, packing, service
from lineshaft.valuechain.versions.errors import NotAnUpload, TooManyVersions, VersionTooLarge
from lineshaft.valuechain.versions.service import VersionsParts
from lineshaft.valuechain.versions.store import SqlVersionStore
from lineshaft.valuechain.versions.tables import FIRM_BOOKS

pytestmark = [pytest.mark.engine, pytest.mark.timeout(30)]

START = parse_instant("2026-03-02T08:00:00Z")
FINANCE = Actor("usr_f", Role.FINANCE, None, "Fay")
REVENUE = (
    "date,document,line,customer,item,kind,amount,currency\n"
    "2026-01-31,R1,1,acme,lathe,product,1000.00,EUR\n"
    "2026-02-28,R2,1,acme,care,service,250.00,EUR\n"
)
OUTPUT = "quarter,site,line,good,bad,unit_value,currency\n2026-Q1,berg,mills,10,0,100.00,EUR\n"
TABLES = {"revenue": REVENUE, "output": OUTPUT}


def build(database: Database) -> FirmBooks:
    clock = ManualClock(START)
    authorizer = Authorizer(database, SqlGrantStore(), clock)
    audit = AuditChain(database, SqlAuditStore(), authorizer, clock)
    parts = VersionsParts(database=database, authorizer=authorizer, audit=audit, clock=clock)
    return FirmBooks(parts, SqlVersionStore(FIRM_BOOKS))


def zipped(**tables: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in (tables or TABLES).items():
            archive.writestr(f"books/{name}.csv", text)
    return buffer.getvalue()


def test_a_version_is_kept_and_read_back_as_files(database: Database) -> None:
    books = build(database)
    made = books.import_upload(FINANCE, zipped(), 1, "first quarter")
    assert made.rows == {"revenue": 2, "output": 1}
    assert (made.version, made.as_of, made.note) == (1, "2026-03", "first quarter")
    assert (made.imported_by, made.imported_at) == ("Fay", START)
    assert books.import_upload(FINANCE, zipped(), None) == made
    more = REVENUE + "2026-03-31,R3,1,acme,lathe,product,9.00,EUR\n"
    assert books.import_upload(FINANCE, zipped(revenue=more), 2).rows == {"revenue": 3}
    with books.files(FINANCE, 1) as folder:
        assert folder.name == "books version 1"
        assert {path.name for path in folder.iterdir()} == {"revenue.csv", "output.csv"}
        assert "R2,1,acme,,care,service" in (folder / "revenue.csv").read_text("utf-8")
    with books.files(FINANCE) as folder:
        assert folder.name == "books version 2"
    assert [each.version for each in books.versions(FINANCE)] == [2, 1]


def test_there_is_nothing_before_the_first_import(database: Database) -> None:
    books = build(database)
    with (
        pytest.raises(BooksMissing, match=r"such as revenue.*books import FOLDER"),
        books.files(FINANCE),
    ):
        pass
    books.import_upload(FINANCE, zipped(), None)
    with pytest.raises(BooksVersionNotFound, match="no version 7 of the books: the last one is 1"):
        books.version(FINANCE, 7)
    with pytest.raises(BooksVersionTaken, match="version 5 of the books is not the next one"):
        books.import_upload(FINANCE, zipped(revenue=REVENUE), 5)


def test_all_that_is_wrong_is_told_at_once_and_nothing_is_kept(
    database: Database, tmp_path: Path
) -> None:
    books = build(database)
    wrong = {
        "revenue": REVENUE.replace("lathe,product", "lathe,car"),
        "output": OUTPUT.replace("2026-Q1", "2026-Q9"),
        "upgrading": "year,volume\n",
    }
    with pytest.raises(TablesInvalid) as refused:
        books.import_upload(FINANCE, zipped(**wrong), None)
    said = str(refused.value)
    assert "revenue.csv" in said
    assert "output.csv" in said
    assert "upgrading.csv" in said
    with pytest.raises(TablesInvalid, match="expected at least one table with rows of revenue"):
        books.import_files(FINANCE, tmp_path, None)
    many = REVENUE + "2026-01-31,R,1,acme,lathe,car,much,EUR\n" * 200
    with pytest.raises(TooManyProblems, match=r"output\.csv"):
        books.import_upload(FINANCE, zipped(revenue=many, output=wrong["output"]), None)
    with pytest.raises(NotAnUpload):
        books.import_upload(FINANCE, b"revenue", None)
    assert books.versions(FINANCE) == []


@pytest.mark.parametrize("role", [Role.ENGINEER, Role.CUSTOMER])
def test_who_may_not_see_margins_sees_no_books(database: Database, role: Role) -> None:
    books, other = build(database), Actor("usr_o", role, None, "Olga")
    for ask in (lambda: books.versions(other), lambda: books.import_upload(other, b"", None)):
        with pytest.raises(Forbidden):
            ask()


def test_who_checks_the_books_reads_and_does_not_write_them(database: Database) -> None:
    books, auditor = build(database), Actor("usr_a", Role.AUDITOR, None, "Aud")
    assert books.versions(auditor) == []
    with pytest.raises(Forbidden):
        books.import_upload(auditor, zipped(), None)


def test_each_maximum_holds(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    books = build(database)
    with pytest.raises(Invalid, match="a note of 501 characters"):
        books.import_upload(FINANCE, zipped(), None, "x" * (model.NOTE_CHARACTERS_MAX + 1))
    monkeypatch.setattr(packing, "UPLOAD_BYTES_MAX", len(zipped()) - 1)
    with pytest.raises(VersionTooLarge, match="an upload of"):
        books.import_upload(FINANCE, zipped(), None)
    monkeypatch.setattr(packing, "UPLOAD_BYTES_MAX", len(zipped()))
    monkeypatch.setattr(packing, "CONTENT_BYTES_MAX", 10)
    with pytest.raises(VersionTooLarge, match="a set of books of"):
        books.import_upload(FINANCE, zipped(), None)
    monkeypatch.undo()
    books.import_upload(FINANCE, zipped(), None)
    monkeypatch.setattr(service, "VERSIONS_MAX", 1)
    with pytest.raises(TooManyVersions, match="1 versions of the books are kept"):
        books.import_upload(FINANCE, zipped(revenue=REVENUE), None)


def test_a_version_is_frozen_and_the_import_is_in_the_audit_trail(database: Database) -> None:
    books = build(database)
    books.import_upload(LOCAL_OPERATOR, zipped(), None, "why")
    with database.read() as connection:
        found = connection.execute(sa.text("SELECT content FROM audit_entry")).scalars().all()
    assert any("books:write" in str(each) and "why" in str(each) for each in found)
    with pytest.raises((sa.exc.DatabaseError, sqlite3.Error)), database.unit_of_work() as unit:
        unit.connection.execute(sa.text("UPDATE firm_books SET note = 'other'"))
