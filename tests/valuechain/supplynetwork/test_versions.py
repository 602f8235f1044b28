"""The supply network that the hub keeps: versions, who may what, scenarios, limits."""

import io
import json
import sqlite3
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest
import sqlalchemy as sa
from msgspec.structs import replace

from lineshaft.core.clock import ManualClock
from lineshaft.core.errors import Forbidden, Invalid
from lineshaft.core.period import US_PER_DAY, Instant, parse_instant
from lineshaft.infrastructure.database import Database
from lineshaft.security.audit.service import AuditChain
from lineshaft.security.audit.store import SqlAuditStore
from lineshaft.security.authorisation.model import LOCAL_OPERATOR, Actor, Role
from lineshaft.security.authorisation.service import Authorizer
from lineshaft.security.authorisation.store import SqlGrantStore
from lineshaft.services.contracts.model import Contract
from lineshaft.valuechain.supplynetwork.versions import service
from lineshaft.valuechain.supplynetwork.versions.errors import (
    NetworkMissing,
    NetworkTooLarge,
    NetworkVersionNotFound,
    NetworkVersionTaken,
    ScenarioNotFound,
    ScenarioTaken,
    TooManyScenarios,
)
from lineshaft.valuechain.supplynetwork.versions.model import (
    AskedOutage,
    week_before,
)
from lineshaft.valuechain.supplynetwork.versions.ports import BoundContracts
from lineshaft.valuechain.supplynetwork.versions.service import NetworkParts, SupplyNetworks
from lineshaft.valuechain.supplynetwork.versions.store import SqlNetworkStore
from lineshaft.valuechain.tables.errors import TablesInvalid
from lineshaft.valuechain.versions import packing
from lineshaft.valuechain.versions import service as kept
from lineshaft.valuechain.versions.errors import NotAnUpload, TooManyVersions
from lineshaft.valuechain.versions.model import KeptVersion
from lineshaft.valuechain.versions.store import SqlVersionStore
from lineshaft.valuechain.versions.tables import SUPPLY_NETWORK
from tests.valuechain.supplynetwork.examples import TABLES, write_tables

pytestmark = [pytest.mark.engine, pytest.mark.timeout(30)]

START = parse_instant("2026-03-02T08:00:00Z")
FINANCE = Actor("usr_f", Role.FINANCE, None, "Fay")
ASKED = AskedOutage("supplier", ("acme",), "2026-03-01", 60, 180, ("mills",))


class NoContracts:
    """A hub without contracts: the tables are all that is known."""

    def bound(self, _actor: Actor, _ids: Sequence[str]) -> dict[str, list[Contract]]:
        return {}


def build(
    database: Database, contracts: BoundContracts | None = None
) -> tuple[SupplyNetworks, ManualClock]:
    clock = ManualClock(START)
    authorizer = Authorizer(database, SqlGrantStore(), clock)
    audit = AuditChain(database, SqlAuditStore(), authorizer, clock)
    parts = NetworkParts(
        database=database,
        versions=SqlVersionStore(SUPPLY_NETWORK),
        store=SqlNetworkStore(),
        contracts=contracts or NoContracts(),
        authorizer=authorizer,
        audit=audit,
        clock=clock,
    )
    return SupplyNetworks(parts), clock


def zipped(folder: str = "", **changed: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in (TABLES | changed).items():
            archive.writestr(f"{folder}{name}.csv", text)
    return buffer.getvalue()


def workbook() -> bytes:
    openpyxl = pytest.importorskip("openpyxl", reason="an extra that reads Excel")
    book = openpyxl.Workbook()
    for name, text in TABLES.items():
        sheet = book.create_sheet(name)
        for line in text.splitlines():
            sheet.append(line.split(","))
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


@pytest.mark.both_engines
def test_versions_and_scenarios_are_kept_as_they_are(database: Database) -> None:
    networks, clock = build(database)
    with pytest.raises(NetworkMissing, match="items, sourcing and lines"):
        networks.register(FINANCE)
    first = networks.import_upload(FINANCE, zipped("network/"), 1, "as of February")
    assert (first.version, first.rows["items"], first.as_of) == (1, 7, "2026-02-28")
    assert networks.import_upload(FINANCE, zipped(), 1) == first, "the same changes nothing"
    assert networks.import_upload(FINANCE, workbook(), None) == first, "nor does another wrapping"
    saved = networks.save_scenario(FINANCE, ("acme", "Acme fails"), ASKED)
    assert networks.save_scenario(FINANCE, ("acme", "Acme fails"), ASKED) == saved
    clock.advance(8 * US_PER_DAY)
    better = TABLES["stock"].replace("spindle,50,", "spindle,500,")
    second = networks.import_upload(FINANCE, zipped(stock=better), 2)
    assert [each.version for each in networks.versions(FINANCE)] == [2, 1]
    with pytest.raises(NetworkVersionTaken, match="expected 3"):
        networks.import_upload(FINANCE, zipped(), 2)

    found = networks.register(FINANCE)
    assert (found.version, found.before) == (second, first)
    rows = found.rows()
    assert [(row["rank"], row["item"]) for row in rows] == [(1, "spindle"), (2, "casting")]
    assert rows[0]["margin_per_week"] == "416507/2"
    assert (rows[0]["is_short"], found.cover_figure(1).table.split(",")[0]) == (False, "stock")
    assert [(each["item"], each["field"]) for each in found.changed()] == [
        ("spindle", "cover_days")
    ]

    kept, content = networks.scenario(FINANCE, "acme")
    assert kept == saved
    assert json.loads(content)["answer"]["cures"]
    assert networks.ask_again(FINANCE, "acme", 1).is_same
    again = networks.ask_again(FINANCE, "acme")
    assert not again.is_same
    assert "stock.csv" in again.changed
    with pytest.raises(ScenarioTaken):
        networks.save_scenario(FINANCE, ("acme", "Acme fails"), replace(ASKED, days=61))
    with pytest.raises((sa.exc.DatabaseError, sqlite3.Error)), database.unit_of_work() as unit:
        unit.connection.execute(sa.text("UPDATE supply_network SET note = 'other'"))
    with pytest.raises(ScenarioNotFound):
        networks.scenario(FINANCE, "borr")
    with pytest.raises(NetworkVersionNotFound, match="the last one is 2"):
        networks.picture(FINANCE, 9)


def test_wrong_rows_are_all_told_and_change_nothing(
    sqlite_database: Database, tmp_path: Path
) -> None:
    networks, _ = build(sqlite_database)
    wrong = {
        "items": TABLES["items"].replace("Spindle,C62", "Spindle,XXX"),
        "stock": TABLES["stock"] + "nothing,1,2026-02-28\n",
        "cures": TABLES["cures"].replace("90000.00", "cheap"),
    }
    with pytest.raises(TablesInvalid) as refused:
        networks.import_files(LOCAL_OPERATOR, write_tables(tmp_path / "n", **wrong), None)
    files = {each.file for each in refused.value.problems}
    assert {"items.csv", "stock.csv", "cures.csv"} <= files
    euros = TABLES["cures"].replace("EUR", "USD")
    with pytest.raises(TablesInvalid, match="the currency of the lines"):
        networks.import_upload(LOCAL_OPERATOR, zipped(cures=euros), None)
    assert networks.versions(LOCAL_OPERATOR) == []


def test_who_may_not(sqlite_database: Database) -> None:
    networks, _ = build(sqlite_database)
    auditor = Actor("usr_u", Role.AUDITOR, None, "Aud")
    assert networks.versions(auditor) == []
    with pytest.raises(Forbidden):
        networks.import_upload(auditor, zipped(), None)
    for role, organisation in ((Role.ENGINEER, None), (Role.CUSTOMER, "acme")):
        with pytest.raises(Forbidden):
            networks.versions(Actor("usr_x", role, organisation, "X"))


def test_maxima(sqlite_database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    networks, _ = build(sqlite_database)
    upload = zipped()
    size = sum(len(text) for text in TABLES.values())
    for module, name, good in (
        (packing, "UPLOAD_BYTES_MAX", len(upload)),
        (packing, "UNPACKED_BYTES_MAX", size),
        (packing, "ENTRIES_MAX", len(TABLES)),
    ):
        monkeypatch.setattr(module, name, good - 1)
        with pytest.raises(NetworkTooLarge):
            networks.import_upload(FINANCE, upload, None)
        monkeypatch.setattr(module, name, good)
    with pytest.raises(NotAnUpload):
        networks.import_upload(FINANCE, b"no zip", None)
    with pytest.raises(Invalid, match="a note"):
        networks.import_upload(FINANCE, upload, None, "x" * 501)
    made = networks.import_upload(FINANCE, upload, None, "x" * 500)
    monkeypatch.setattr(packing, "CONTENT_BYTES_MAX", made.size_bytes - 1)
    with pytest.raises(NetworkTooLarge):
        networks.import_upload(FINANCE, upload, None)
    monkeypatch.undo()
    monkeypatch.setattr(kept, "VERSIONS_MAX", 1)
    monkeypatch.setattr(service, "SCENARIOS_MAX", 0)
    with pytest.raises(TooManyVersions):
        networks.import_upload(FINANCE, zipped(owners="item,owner\nspindle,Ada\n"), None)
    with pytest.raises(TooManyScenarios):
        networks.save_scenario(FINANCE, ("a", "A"), replace(ASKED, lines=()))


def test_a_version_is_compared_with_one_that_is_a_week_older() -> None:
    def of(version: int, day: int) -> KeptVersion:
        at = Instant(START + day * US_PER_DAY)
        return KeptVersion(version, "", 0, {}, "", "", at, "")

    known = [of(4, 10), of(3, 9), of(2, 6), of(1, 1)]
    assert [week_before(known, version) for version in (4, 3, 2, 1)] == [1, 1, 1, None]
    assert week_before([of(5, 13), *known], 5) == 2


@pytest.mark.parametrize("content", [None, {}, {"kind": "part", "targets": 3}])
def test_a_question_that_is_none_is_refused(content: object) -> None:
    with pytest.raises(Invalid, match="expected kind, targets"):
        AskedOutage.from_content(content)


def test_the_sample_can_be_imported(sqlite_database: Database) -> None:
    networks, _ = build(sqlite_database)
    made = networks.import_upload(FINANCE, service.sample_files(), None)
    assert set(made.rows) == {*TABLES, "dependencies"}
    choices = networks.choices(FINANCE)
    assert choices.targets("sanction").keys() == {"CN", "DE", "JP", "SE", "acme", "borr", "cast"}
