"""`lineshaft backup`: what is restored answers as what was saved, to the byte."""

import json
import shutil
import sqlite3
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lineshaft.bootstrap.application import build
from lineshaft.core.clock import ManualClock
from lineshaft.core.period import Instant, Period, format_instant
from lineshaft.core.reading import SignalId
from lineshaft.core.value import DecimalValue
from lineshaft.infrastructure.clock import SystemClock
from lineshaft.infrastructure.settings import load_settings
from lineshaft.platform.historian.desk.model import ReadingAt
from lineshaft.platform.historian.intake.commit import Committer
from lineshaft.platform.historian.model import RangeQuery
from lineshaft.security.audit.model import AuditQuery
from lineshaft.security.authorisation.model import LOCAL_OPERATOR
from lineshaft.valuechain.inputoutput.kept.model import Lever, LeverKind
from tests.cli.conftest import DAY, HOUR, SIGNAL, Outcome
from tests.full_disk import no_room
from tests.platform.historian.house import Source, opened
from tests.valuechain.paradox.trades import write_baci

pytestmark = pytest.mark.timeout(60)
"""Each command opens, reads and writes a whole installation."""
Run = Callable[..., Outcome]
CONTRACT, AT = "first-customer-milling", "2026-01-05T12:00:00Z"
EVER = Period(Instant(DAY - 100 * HOUR), Instant(DAY + 1_000 * HOUR))


@pytest.fixture
def backups(tmp_path: Path) -> Path:
    return tmp_path / "backups"


@pytest.fixture
def issued(lineshaft: Run, data: Path) -> Path:
    """The installation with its first invoice."""
    assert lineshaft("invoice", "issue", CONTRACT, "--at", AT, "--data", data).exit_code == 0
    return data


def answers(data: Path) -> Iterator[object]:
    """What an installation says of its readings, marks and documents."""
    application = build(load_settings({}, data_dir=data))
    try:
        historian = application.historian
        for signal in (SIGNAL, SignalId("mill/execution")):
            yield historian.readings(LOCAL_OPERATOR, RangeQuery(signal, EVER)).to_pylist()
        yield historian.latest(LOCAL_OPERATOR, [SIGNAL])
        yield historian.marks(LOCAL_OPERATOR)
        yield historian.check(LOCAL_OPERATOR).faults
        with application.database.read() as connection:
            query = "SELECT number, file, sha256 FROM billing_document ORDER BY number"
            yield connection.exec_driver_sql(query).all()
            yield connection.exec_driver_sql("SELECT * FROM ledger_entry").all()
    finally:
        application.database.close()


def commit(data: Path, source: Source) -> int:
    """Store what a source has sealed last; return when that became known."""
    application = build(load_settings({}, data_dir=data))
    try:
        parts = application.database, application.manifest, application.files, SystemClock()
        return Committer(*parts).commit(opened(source.segments[-1:], source)).known_at
    finally:
        application.database.close()


def test_a_backup_is_verified_restored_and_answers_the_same(
    lineshaft: Run, issued: Path, backups: Path, tmp_path: Path
) -> None:
    made = lineshaft("backup", "create", backups, "--data", issued)
    assert made.exit_code == 0, made.err
    assert "private keys of this hub are in it" in made.out
    verified = lineshaft("backup", "verify", backups)
    assert verified.exit_code == 0, verified.out
    assert "every file is as it was saved" in verified.out
    new = tmp_path / "new"
    restored = lineshaft("backup", "restore", backups, "--data", new)
    assert restored.exit_code == 0, restored.err
    assert list(answers(new)) == list(answers(issued))
    files, again = tmp_path / "files", tmp_path / "again"
    for data, directory in ((issued, files), (new, again)):
        assert lineshaft("invoice", "export", "LS-000001", directory, "--data", data).exit_code == 0
    bundle, document = again / "LS-000001.evidence.json", again / "LS-000001.json"
    for path in (bundle, document):
        assert path.read_bytes() == (files / path.name).read_bytes()
    proven = lineshaft("verify", document, "--evidence", bundle, "--keys", again / "keys.json")
    assert (proven.exit_code, proven.out.splitlines()[-1]) == (0, "verdict: proven")
    keys = sorted((new / "keys").iterdir())
    assert [path.name for path in keys] == sorted(p.name for p in (issued / "keys").iterdir())
    assert {stat.S_IMODE(path.stat().st_mode) for path in keys} == {0o600}


def test_everything_in_a_backup_is_for_its_owner_only(
    lineshaft: Run, data: Path, backups: Path
) -> None:
    lineshaft("backup", "create", backups, "--data", data)
    for path in [backups, *backups.rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


def test_a_second_backup_copies_only_what_is_new(lineshaft: Run, data: Path, backups: Path) -> None:
    first = lineshaft("backup", "create", backups, "--data", data, "--json").json
    objects = {path: path.stat().st_mtime_ns for path in backups.glob("objects/*/*")}
    assert len(objects) == first["store_files"] > 0
    source = Source("edge-2")
    let_in(data, source)
    source.add("mill/cut_time", DAY + 40 * HOUR, 7, 0)
    source.seal()
    commit(data, source)
    second = lineshaft("backup", "create", backups, "--data", data, "--json").json
    after = {path: path.stat().st_mtime_ns for path in backups.glob("objects/*/*")}
    assert len(after) == second["store_files"] == first["store_files"] + 1
    assert objects.items() <= after.items()
    listed = lineshaft("backup", "list", backups, "--json").json
    assert [one["snapshot"] for one in listed] == [first["snapshot"], second["snapshot"]]


def test_tables_of_nations_and_the_trade_of_the_world_come_back(
    lineshaft: Run, data: Path, backups: Path, tmp_path: Path
) -> None:
    table, trade = ("valuechain", "table"), ("valuechain", "trade")
    assert lineshaft(*table, "keep-sample", "--data", data).exit_code == 0
    flows = [(276, 842, 850511, 5_000), (156, 276, 850511, 9_000)]
    years = [
        write_baci(tmp_path / f"BACI_HS17_Y{year}_V202401.csv", year, flows)
        for year in (2018, 2019, 2020)
    ]
    kept = lineshaft(*trade, "keep", *years, "--data", data)
    assert kept.exit_code == 0, kept.err
    for _ in range(2):
        assert lineshaft("backup", "create", backups, "--data", data).exit_code == 0
    # the files lie there once for both, and stay with the snapshot that stays
    assert lineshaft("backup", "prune", backups, "--keep", "1").exit_code == 0
    verified = lineshaft("backup", "verify", backups)
    assert verified.exit_code == 0, verified.out
    new = tmp_path / "new"
    assert lineshaft("backup", "restore", backups, "--data", new).exit_code == 0
    files = [path for path in data.glob("t*/*") if path.is_file()]
    assert len(files) == 2
    for path in files:
        assert (new / path.relative_to(data)).read_bytes() == path.read_bytes()
    application = build(load_settings({}, data_dir=new))
    try:
        (sample,) = application.tables.tables(LOCAL_OPERATOR)
        lever = Lever(LeverKind.DEMAND, "XAA", "C26", 3)
        found = application.tables.what_if(LOCAL_OPERATOR, sample.name, [lever])
        assert found.world.value_added_change > 0
        assert application.trade.country(LOCAL_OPERATOR, 276).name == "276"
    finally:
        application.database.close()


def test_a_damaged_table_is_left_out_and_named_and_half_a_one_is_none(
    lineshaft: Run, data: Path, backups: Path
) -> None:
    assert lineshaft("valuechain", "table", "keep-sample", "--data", data).exit_code == 0
    (kept,) = (data / "tables").glob("*.table")
    kept.write_bytes(kept.read_bytes()[:-1])
    half = data / "trade" / "tmp" / "years.parquet"
    half.parent.mkdir(parents=True)
    half.touch()
    made = lineshaft("backup", "create", backups, "--data", data, "--json")
    assert (made.exit_code, made.json["damaged"]) == (1, [f"tables/{kept.name}"])
    verified = lineshaft("backup", "verify", backups)
    assert f"tables/{kept.name}: was damaged already" in verified.out
    (snapshot,) = (backups / "snapshots").iterdir()
    manifest = json.loads((snapshot / "manifest.json").read_bytes())
    assert not any(name.startswith(("tables/", "trade/")) for name, *_ in manifest["files"])


def test_linked_files_are_the_same_and_take_no_space(
    lineshaft: Run, data: Path, backups: Path
) -> None:
    assert lineshaft("backup", "create", backups, "--link", "--data", data).exit_code == 0
    assert {path.stat().st_nlink for path in backups.glob("objects/*/*")} == {2}
    assert lineshaft("backup", "verify", backups).exit_code == 0


def let_in(data: Path, source: Source) -> None:
    from tests.cli.conftest import request_of

    application = build(load_settings({}, data_dir=data))
    application.identity.enrol_local(LOCAL_OPERATOR, request_of(source))
    application.database.close()


def test_readings_go_back_to_an_instant_and_documents_stay(
    lineshaft: Run, issued: Path, backups: Path, tmp_path: Path
) -> None:
    then = list(answers(issued))
    before = format_instant(SystemClock().now())
    source = Source("edge-2")
    let_in(issued, source)
    source.add("mill/cut_time", DAY + 9 * HOUR + 1, 99_999, 0)
    source.seal()
    known_at = commit(issued, source)
    lineshaft("backup", "create", backups, "--data", issued)
    new = tmp_path / "new"
    outcome = lineshaft("backup", "restore", backups, "--data", new, "--at", before, "--json")
    assert outcome.json["records_cut"] == 1, outcome.err
    application = build(load_settings({}, data_dir=new))
    assert application.historian.check(LOCAL_OPERATOR).faults == ()
    with application.database.read() as connection:
        documents = "SELECT number, file, sha256 FROM billing_document ORDER BY number"
        assert connection.exec_driver_sql(documents).all() == then[5]
    application.database.close()
    # What depends on the reading that was cut is refused; sent again, it is there.
    end = ("--start", "2026-01-05T00:00:00Z", "--end", "2026-01-06T00:00:00Z")
    refused = lineshaft("query", SIGNAL, *end, "--data", new)
    assert refused.exit_code == 8
    assert "1 of its records between 2026-01-05T09:00:00.000001Z" in refused.err
    assert "RowsLost" in lineshaft("invoice", "preview", CONTRACT, "--at", AT, "--data", new).err
    assert commit(new, source) > known_at
    assert "99999" in lineshaft("query", SIGNAL, *end, "--data", new).out
    assert list(answers(new))[:1] == list(answers(issued))[:1]


def test_a_restored_hub_issues_no_number_a_second_time(
    lineshaft: Run, issued: Path, backups: Path, tmp_path: Path
) -> None:
    lineshaft("backup", "create", backups, "--data", issued)
    new, exact = tmp_path / "new", tmp_path / "exact"
    passed_over = lineshaft("backup", "restore", backups, "--data", new, "--json").json
    ((series, last),) = passed_over["numbers_passed_over"].items()
    assert last == 1_001
    next_day = "2026-01-06T12:00:00Z"
    issue = ("invoice", "issue", CONTRACT, "--at", next_day, "--data")
    number = lineshaft(*issue, new)
    assert f"{series}-001002" in number.out, number.err
    lineshaft("backup", "restore", backups, "--data", exact, "--skip-numbers", "0")
    assert f"{series}-000002" in lineshaft(*issue, exact).out
    application = build(load_settings({}, data_dir=new))
    (entry,) = application.audit.entries(LOCAL_OPERATOR, AuditQuery(action="backup:restore"))
    assert entry.detail["numbers_skipped"] == {series: 1_001}
    assert application.audit.verify_chain(LOCAL_OPERATOR).is_sound
    application.database.close()


def test_a_damaged_backup_says_what_is_damaged(
    lineshaft: Run, data: Path, backups: Path, tmp_path: Path
) -> None:
    lineshaft("backup", "create", backups, "--data", data)
    path = min(backups.glob("objects/*/*"))
    sound = path.read_bytes()
    path.write_bytes(sound[:-1] + b"\0")
    verified = lineshaft("backup", "verify", backups, "--json")
    assert verified.exit_code == 1
    assert len(verified.json["faults"]) == 1
    assert "not the bytes that were backed up" in verified.json["faults"][0]
    restored = lineshaft("backup", "restore", backups, "--data", tmp_path / "new")
    assert restored.exit_code == 2
    assert "is not the bytes that were written" in restored.err
    assert not (tmp_path / "new" / "hub.sqlite").exists()
    again = lineshaft("backup", "restore", backups, "--data", tmp_path / "new")
    assert again.exit_code == 5
    assert "DataDirectoryNotEmpty" in again.err


def test_a_manifest_that_somebody_has_changed_is_not_what_was_signed(
    lineshaft: Run, data: Path, backups: Path, tmp_path: Path
) -> None:
    lineshaft("backup", "create", backups, "--data", data)
    (path,) = backups.glob("snapshots/*/manifest.json")
    path.write_bytes(path.read_bytes().replace(b'"damaged":[]', b'"damaged":["x"]'))
    verified = lineshaft("backup", "verify", backups, "--json")
    assert any("not what was signed" in fault for fault in verified.json["faults"])
    restored = lineshaft("backup", "restore", backups, "--data", tmp_path / "new")
    assert "not what was signed" in restored.err


def test_a_database_that_rots_in_the_backup_is_noticed(
    lineshaft: Run, data: Path, backups: Path
) -> None:
    lineshaft("backup", "create", backups, "--data", data)
    (path,) = backups.glob("snapshots/*/files/hub.sqlite")
    content = bytearray(path.read_bytes())
    content[4_096:4_196] = bytes(100)
    path.write_bytes(content)
    faults = json.dumps(lineshaft("backup", "verify", backups, "--json").json["faults"])
    assert "hub.sqlite: not the bytes that were backed up" in faults


def test_a_damaged_store_file_is_left_out_and_named(
    lineshaft: Run, data: Path, backups: Path
) -> None:
    path = min(data.glob("store/*/*.parquet"))
    path.unlink()
    made = lineshaft("backup", "create", backups, "--data", data, "--json")
    assert made.exit_code == 1
    assert made.json["damaged"] == [f"{path.parent.name}/{path.name}"]
    assert lineshaft("backup", "verify", backups).exit_code == 1


def test_a_restore_needs_an_empty_directory_and_a_backup(
    lineshaft: Run, data: Path, backups: Path, tmp_path: Path
) -> None:
    lineshaft("backup", "create", backups, "--data", data)
    assert "DataDirectoryNotEmpty" in lineshaft("backup", "restore", backups, "--data", data).err
    nothing = lineshaft("backup", "restore", tmp_path / "none", "--data", tmp_path / "new")
    assert nothing.exit_code == 4
    inside = lineshaft("backup", "create", data / "backups", "--data", data)
    assert "it would be lost with" in inside.err
    late = lineshaft(
        "backup", "restore", backups, "--data", tmp_path / "new", "--at", "2999-01-01T00:00:00Z"
    )
    assert late.exit_code == 2


def test_what_a_dead_backup_left_is_no_snapshot_and_goes(
    lineshaft: Run, data: Path, backups: Path
) -> None:
    lineshaft("backup", "create", backups, "--data", data)
    (snapshot,) = (backups / "snapshots").iterdir()
    rest = shutil.copytree(snapshot, backups / "snapshots" / ".staged-000002-x")
    assert len(lineshaft("backup", "list", backups, "--json").json) == 1
    lineshaft("backup", "create", backups, "--data", data)
    assert not rest.exists()
    assert len(lineshaft("backup", "list", backups, "--json").json) == 2
    assert (
        "would go  000001-" in lineshaft("backup", "prune", backups, "--keep", 1, "--dry-run").out
    )
    assert "removed   000001-" in lineshaft("backup", "prune", backups, "--keep", 1).out
    assert len(lineshaft("backup", "list", backups, "--json").json) == 1


def test_the_newest_backup_is_the_last_one_made_whatever_the_clock_says(
    data: Path, backups: Path
) -> None:
    from lineshaft.bootstrap.backups import Backups
    from lineshaft.infrastructure.backup import Repository

    clock = ManualClock(Instant(DAY + 100 * HOUR))
    application = build(load_settings({}, data_dir=data), clock=clock)
    first, _ = Backups(application).create(LOCAL_OPERATOR, backups)
    clock.advance(-50 * HOUR)
    second, _ = Backups(application).create(LOCAL_OPERATOR, backups)
    application.database.close()
    assert [one.name for one in Repository(backups).snapshots()] == [first, second]
    assert second[7:] < first[7:]


def test_a_spool_beside_the_hub_is_saved_whole(
    lineshaft: Run, data: Path, backups: Path, tmp_path: Path
) -> None:
    (data / "edge").mkdir(exist_ok=True)
    spool = sqlite3.connect(data / "edge" / "edge-9.sqlite")
    spool.execute("PRAGMA journal_mode = WAL")
    spool.execute("CREATE TABLE records (sequence INTEGER)")
    spool.execute("INSERT INTO records VALUES (42)")
    spool.commit()  # and it stays open: nothing has been written back from the log
    lineshaft("backup", "create", backups, "--data", data)
    lineshaft("backup", "restore", backups, "--data", tmp_path / "without")
    assert not (tmp_path / "without" / "edge" / "edge-9.sqlite").exists()
    lineshaft("backup", "restore", backups, "--data", tmp_path / "new", "--spools")
    copy = sqlite3.connect(tmp_path / "new" / "edge" / "edge-9.sqlite")
    assert copy.execute("SELECT sequence FROM records").fetchall() == [(42,)]
    copy.close()
    spool.close()


def test_a_full_disk_leaves_no_half_snapshot_and_the_earlier_ones(
    lineshaft: Run, data: Path, backups: Path
) -> None:
    assert lineshaft("backup", "create", backups, "--data", data).exit_code == 0
    with no_room(1_000):
        full = lineshaft("backup", "create", backups, "--data", data)
    assert full.exit_code == 10
    assert "Unavailable" in full.err
    assert len(lineshaft("backup", "list", backups, "--json").json) == 1
    assert not list(backups.rglob(".staged-*"))
    assert lineshaft("backup", "verify", backups).exit_code == 0
    assert lineshaft("backup", "create", backups, "--data", data).exit_code == 0


def test_the_desk_of_a_restored_hub_begins_a_new_epoch(
    lineshaft: Run, data: Path, backups: Path, tmp_path: Path
) -> None:
    """A correction after the backup has a number and a signature that must not come twice."""

    def correct(directory: Path, value: int) -> tuple[int, int]:
        application = build(load_settings({}, data_dir=directory))
        target = ReadingAt(SIGNAL, Instant(DAY + 3 * HOUR))
        made = application.desk.correct(
            LOCAL_OPERATOR, target, DecimalValue(value, 0), "a typing error"
        )
        application.database.close()
        return made.epoch, made.sequence

    assert correct(data, 11_000) == (1, 1)
    lineshaft("backup", "create", backups, "--data", data)
    assert correct(data, 12_000) == (1, 2)
    new = tmp_path / "new"
    assert lineshaft("backup", "restore", backups, "--data", new).exit_code == 0
    assert correct(new, 13_000) == (2, 1)
    assert lineshaft("historian", "check", "--data", new).exit_code == 0
