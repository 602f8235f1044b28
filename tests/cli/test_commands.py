"""Every command: what it prints, what a script reads, and its exit code by the kind of refusal."""

import csv
import json
import os
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from lineshaft.bootstrap.local_bus import prepare_bus
from lineshaft.cli import query
from lineshaft.core.reading import SourceId
from lineshaft.infrastructure.settings import load_settings
from tests.cli.conftest import Outcome

Run = Callable[..., Outcome]
CONTRACT, AT = "first-customer-milling", "2026-01-05T12:00:00Z"
SPAN = ("--start", "2026-01-05T00:00:00Z", "--end", "2026-01-06T00:00:00Z")


def test_a_starter_is_written_once(lineshaft: Run, tmp_path: Path) -> None:
    made = lineshaft("init", tmp_path / "p")
    assert made.exit_code == 0
    assert f"lineshaft plan {tmp_path / 'p'}" in made.out
    again = lineshaft("init", tmp_path / "p")
    assert again.exit_code == 8
    assert "PlantExists" in again.err


def test_a_plan_leaves_nothing_behind(lineshaft: Run, plant: Path, tmp_path: Path) -> None:
    planned = lineshaft("plan", plant, "--data", tmp_path / "new")
    assert planned.exit_code == 0
    assert "6 to create, 0 to update, 0 as they should be" in planned.out
    assert "+ machine mill" in planned.out
    assert "apply makes it" in planned.err
    assert not (tmp_path / "new").exists()


def test_applying_again_changes_nothing(lineshaft: Run, plant: Path, tmp_path: Path) -> None:
    new = tmp_path / "new"
    assert "6 to create" in lineshaft("apply", plant, "--data", new).out
    assert "0 to create, 0 to update, 6 as" in lineshaft("apply", plant, "--data", new).out
    assert {c["action"] for c in lineshaft("plan", plant, "--data", new, "--json").json} == {"keep"}


def test_what_changes_is_shown_field_by_field(lineshaft: Run, plant: Path, data: Path) -> None:
    file = plant / "plant.toml"
    file.write_text(file.read_text("utf-8").replace('"M 1"', '"M [bold]2[/]"'), "utf-8")
    planned = lineshaft("plan", plant, "--data", data)
    assert "~ machine mill\n    model: 'M 1' -> 'M [bold]2[/]'\n" in planned.out
    (change,) = [
        change
        for change in lineshaft("plan", plant, "--data", data, "--json").json
        if change["action"] == "update"
    ]
    assert change["differences"] == [{"path": "model", "before": "M 1", "after": "M [bold]2[/]"}]
    assert change["declared_at"].startswith(f"{file}:")


@pytest.mark.parametrize("command", ["plan", "apply"])
def test_a_wrong_plant_file_has_exit_code_2_and_changes_nothing(
    lineshaft: Run, plant: Path, tmp_path: Path, command: str
) -> None:
    file = plant / "plant.toml"
    file.write_text(
        file.read_text("utf-8").replace('machine = "mill"', 'machine = "kiln"'), "utf-8"
    )
    refused = lineshaft(command, plant, "--data", tmp_path / "new")
    assert refused.exit_code == 2
    assert f"{file}:" in refused.err
    assert "machine 'kiln': expected one of: mill" in refused.err
    assert not (tmp_path / "new").exists()
    assert lineshaft(command, tmp_path / "none", "--data", tmp_path / "new").exit_code == 8


@pytest.mark.parametrize(
    "arguments",
    [
        ("status",),
        ("apply", "PLANT"),
        ("plan", "PLANT"),
        ("user", "list"),
        ("source", "list"),
        ("invoice", "list"),
        ("query", "mill/x", *SPAN),
        ("up",),
        ("edge",),
        ("intake",),
        ("api",),
        ("prepare",),
    ],
    ids=" ".join,
)
@pytest.mark.parametrize(
    ("environment", "message"),
    [
        ({"LINESHAFT_HTTP_PORT": "eighty"}, "expected a whole number from 0 to 65535"),
        ({"LINESHAFT_HTTP_PROT": "80"}, "did you mean http_port?"),
    ],
    ids=["value", "name"],
)
def test_a_wrong_setting_has_exit_code_2_and_changes_nothing(
    lineshaft: Run,
    plant: Path,
    tmp_path: Path,
    arguments: tuple[str, ...],
    environment: dict[str, str],
    message: str,
) -> None:
    new = tmp_path / "new"
    typed = [plant if word == "PLANT" else word for word in arguments]
    refused = lineshaft(*typed, "--data", new, environment=environment)
    assert refused.exit_code == 2
    assert message in refused.err
    assert not new.exists()


def test_a_wrong_settings_file_is_named(lineshaft: Run, data: Path) -> None:
    (data / "lineshaft.toml").write_text("seal_s = 0\n")
    refused = lineshaft("status", "--data", data)
    assert refused.exit_code == 2
    assert "seal_s = 0 from the file" in refused.err


@pytest.mark.parametrize(
    "arguments",
    [
        ("status",),
        ("user", "list"),
        ("source", "list"),
        ("invoice", "list"),
        ("query", "mill/x", *SPAN),
    ],
    ids=" ".join,
)
def test_reading_makes_no_installation(
    lineshaft: Run, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    refused = lineshaft(*arguments, "--data", tmp_path / "new")
    assert refused.exit_code == 8
    assert "there is no installation in" in refused.err
    assert not (tmp_path / "new").exists()


def test_status_says_how_it_is_without_any_program(lineshaft: Run, data: Path) -> None:
    shown = lineshaft("status", "--data", data)
    assert shown.exit_code == 0
    assert "programs  not running: 'lineshaft up' starts them" in shown.out
    assert "plant     1 machines, 1 contracts, 0 documents" in shown.out
    assert "stored    31 readings, 0 refusals" in shown.out
    content = lineshaft("status", "--data", data, "--json").json
    assert content["sources"][0] | {"last_beat": None} == content["sources"][0]
    assert content["sources"][0]["stored"] == 31
    assert (content["is_up"], content["problems"]) == (False, [])


def test_a_state_file_of_a_supervisor_that_died_is_no_running_program(
    lineshaft: Run, data: Path
) -> None:
    (data / "run").mkdir(exist_ok=True)
    dead = {"pid": 2**22 + 1, "programs": [{"name": "bus"}]}
    (data / "run" / "supervisor.json").write_text(json.dumps(dead))
    assert not lineshaft("status", "--data", data, "--json").json["is_up"]


def test_what_a_program_says_of_itself_is_a_problem(lineshaft: Run, data: Path) -> None:
    (data / "run").mkdir(exist_ok=True)
    silent = {"name": "intake", "state": "ready", "pid": 1, "restarts": 0}
    state = {"pid": os.getpid(), "programs": [silent]}
    (data / "run" / "supervisor.json").write_text(json.dumps(state))
    (data / "run" / "intake.port").write_text("1\n")  # where nobody answers
    content = lineshaft("status", "--data", data, "--json").json
    assert content["is_up"]
    assert "the program intake says: no answer within 1 s" in content["problems"]


def test_problems_are_said(lineshaft: Run, data: Path) -> None:
    (data / "lineshaft.toml").write_text("free_space_floor_mb = 1048576\n")
    said = "MB are free: below 1048576 MB, intake takes nothing"
    (problem,) = lineshaft("status", "--data", data, "--json").json["problems"]
    assert said in problem
    assert said in lineshaft("status", "--data", data).out


def test_the_check_finds_a_flipped_bit(lineshaft: Run, data: Path) -> None:
    sound = lineshaft("status", "--check", "--data", data)
    assert sound.exit_code == 0
    assert "every stored file and the audit chain are sound" in sound.out
    file = min((data / "store").rglob("*.parquet"))
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    broken = lineshaft("status", "--check", "--data", data)
    assert broken.exit_code == 1
    assert file.name in broken.out
    proven = lineshaft("historian", "check", "--data", data)
    assert proven.exit_code == 1
    assert f"{file.name}: its bytes are not those that were written" in proven.out


def test_status_counts_nothing_where_a_file_cannot_be_read(lineshaft: Run, data: Path) -> None:
    file = min((data / "store").rglob("*.parquet"))
    file.write_bytes(b"")
    shown = lineshaft("status", "--data", data)
    assert shown.exit_code == 0
    assert "stored    not counted; " in shown.out
    content = lineshaft("status", "--data", data, "--json").json
    assert (content["records"], content["readings"], content["refusals"]) == (None, None, None)
    assert file.name in content["problems"][0]


def test_records_come_as_csv_or_as_lines_of_json(lineshaft: Run, data: Path) -> None:
    rows = list(
        csv.DictReader(lineshaft("query", "mill/cut_time", *SPAN, "--data", data).out.splitlines())
    )
    assert len(rows) == 24
    assert (rows[5]["ts"], rows[5]["mantissa"]) == ("2026-01-05T05:00:00Z", "18000")
    lines = lineshaft("query", "mill/cut_time", *SPAN, "--data", data, "--json").out.splitlines()
    assert [json.loads(line)["ts"] for line in lines] == [row["ts"] for row in rows]


def test_a_long_span_is_read_in_parts(
    lineshaft: Run, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = ("--start", "2025-11-01T00:00:00Z", "--end", "2026-03-01T00:00:00Z", "--data", data)
    found = lineshaft("query", "mill/cut_time", *whole).out
    assert len(found.splitlines()) == 1 + 29
    monkeypatch.setattr(query, "WINDOW_ROWS", 3)
    assert lineshaft("query", "mill/cut_time", *whole).out == found


def test_a_summary_has_its_points(lineshaft: Run, data: Path) -> None:
    found = lineshaft("query", "mill/cut_time", *SPAN, "--points", 4, "--data", data)
    rows = list(csv.DictReader(found.out.splitlines()))
    assert [float(row["max"]) for row in rows] == [18_000, 36_000, 36_000, 36_000]
    assert lineshaft("query", "m/x", *SPAN, "--points", 9_999, "--data", data).exit_code == 2
    assert lineshaft("query", "m/x", "--start", "x", "--end", "y", "--data", data).exit_code == 2


def test_from_preview_to_proof(lineshaft: Run, data: Path, tmp_path: Path) -> None:
    preview = lineshaft("invoice", "preview", CONTRACT, "--at", AT, "--data", data)
    # 9 h in the day of Berlin, which begins at 23:00Z: 10 h less none; 10 h at 30.00 EUR
    assert "Cutting time" in preview.out
    content = lineshaft("invoice", "preview", CONTRACT, "--at", AT, "--data", data, "--json").json
    assert content["lines"][1] == {
        "id": "cutting-time",
        "description": "Cutting time",
        "amount": "300.00 EUR",
    }
    assert lineshaft("invoice", "list", "--data", data).out == "documents: none\n"

    issued = lineshaft("invoice", "issue", CONTRACT, "--at", AT, "--data", data)
    number, total = issued.out.split(maxsplit=1)
    assert (number, total.strip()) == ("LS-000001", content["gross"])
    assert lineshaft("invoice", "issue", CONTRACT, "--at", AT, "--data", data).out == issued.out
    listed = lineshaft("invoice", "list", "--data", data, "--json").json
    assert [(head["number"], head["kind"]) for head in listed] == [(number, "invoice")]
    shown = lineshaft("invoice", "show", number, "--data", data).out
    assert shown.startswith(f"invoice {number} ")
    assert f"total         {content['gross']}" in shown

    told = lineshaft("ledger", "trial-balance", "--data", data, "--json").json
    assert sum(Decimal(row["balance"]) for row in told) == 0
    assert (
        "receivables:first-customer-ltd,EUR"
        in lineshaft("ledger", "trial-balance", "--data", data, "--csv").out
    )
    by_machine = lineshaft("ledger", "revenue", "--by", "machine", "--data", data).out
    assert "mill" in by_machine
    recognised = lineshaft("ledger", "recognise", "--month", "2026-01", "--data", data)
    assert recognised.out == "2026-01: recognised of 0 documents\n"
    assert lineshaft("ledger", "revenue", "--by", "luck", "--data", data).exit_code == 2
    assert "Assets:Receivables" in lineshaft("ledger", "export", "--beancount", "--data", data).out

    files = tmp_path / "files"
    written = lineshaft("invoice", "export", number, files, "--data", data).out
    assert len(written.splitlines()) == len(list(files.iterdir())) == 15
    file, keys = files / f"{number}.json", files / "keys.json"
    assert (
        lineshaft("invoice", "show", number, "--data", data, "--json").out
        == file.read_text() + "\n"
    )
    bundle = files / f"{number}.evidence.json"

    proven = lineshaft("verify", file, "--evidence", bundle, "--keys", keys)
    assert (proven.exit_code, proven.out.splitlines()[-1]) == (0, "verdict: proven")
    partly = lineshaft("verify", file, "--keys", keys, "--json")
    assert partly.exit_code == 3
    assert "unchecked" in {check["outcome"] for check in partly.json["checks"]}
    pdf = files / f"{number}.en.pdf"
    record = files / f"{number}.en.pdf.record.json"
    rendered = lineshaft("verify", pdf, "--evidence", bundle, "--rendering", record, "--keys", keys)
    assert rendered.exit_code == 0
    file.write_text(file.read_text().replace("300.00", "900.00"))
    wrong = lineshaft("verify", file, "--evidence", bundle, "--keys", keys)
    assert wrong.exit_code == 1
    assert "failed" in wrong.out


@pytest.mark.parametrize(
    ("arguments", "exit_code", "error"),
    [
        (("invoice", "preview", "none", "--at", AT), 4, "ContractNotFound"),
        (("invoice", "issue", CONTRACT, "--at", "soon"), 2, "Invalid"),
        (("invoice", "issue", CONTRACT, "--at", "2999-01-05T12:00:00Z"), 8, "PeriodNotOver"),
        (("invoice", "show", "LS-9"), 4, "DocumentNotFound"),
        (("invoice", "export", "LS-9", "files"), 4, "DocumentNotFound"),
        (("user", "add", "x", "--role", "king"), 2, "expected administrator, engineer"),
        (("user", "add", "x", "--role", "customer"), 2, ""),
        (("user", "password", "nobody"), 4, ""),
        (("user", "deactivate", "nobody"), 4, ""),
        (("source", "accept", "edge-9"), 4, "edge-9"),
        (("source", "refuse", "edge-9"), 4, "edge-9"),
        (("source", "invite", "edge-9"), 8, "run 'lineshaft up' first"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_the_exit_code_follows_the_kind(
    lineshaft: Run, data: Path, arguments: tuple[str, ...], exit_code: int, error: str
) -> None:
    refused = lineshaft(*arguments, "--data", data)
    assert refused.exit_code == exit_code, refused.err
    assert error in refused.err
    assert "Traceback" not in refused.err


def test_people(lineshaft: Run, data: Path) -> None:
    made = lineshaft(
        "user",
        "add",
        "carla",
        "--role",
        "customer",
        "--organisation",
        "first-customer",
        "--data",
        data,
    )
    assert made.exit_code == 0
    assert "password  " in made.out
    assert lineshaft("user", "add", "carla", "--role", "finance", "--data", data).exit_code == 5
    assert "password  " in lineshaft("user", "password", "carla", "--data", data).out
    assert lineshaft("user", "deactivate", "carla", "--data", data).exit_code == 0
    (person,) = lineshaft("user", "list", "--data", data, "--json").json
    assert person == {
        "user": "carla",
        "name": "carla",
        "role": "customer",
        "organisation": "first-customer",
        "active": False,
    }
    assert "carla" in lineshaft("user", "list", "--data", data).out


def test_the_first_administrator_is_made_once(lineshaft: Run, data: Path) -> None:
    assert "user      admin" in lineshaft("prepare", "--data", data).out
    assert lineshaft("prepare", "--data", data).out == ""


def test_sources(lineshaft: Run, data: Path) -> None:
    (row,) = lineshaft("source", "list", "--data", data, "--json").json
    assert (row["source"], row["state"], row["stored"]) == ("edge-1", "accepted", 31)
    prepare_bus(load_settings({}, data_dir=data), SourceId("edge-1"))
    invited = lineshaft("source", "invite", "edge-2", "--data", data)
    assert "lineshaft edge --source edge-2 --plant . --bus 'nats://edge-2:" in invited.out
    assert lineshaft("source", "invite", "edge-2", "--data", data).out == invited.out
    assert lineshaft("source", "refuse", "edge-1", "--data", data).exit_code == 0
    assert lineshaft("source", "list", "--data", data, "--json").json[0]["state"] == "refused"
    assert lineshaft("source", "accept", "edge-1", "--data", data).exit_code == 0


def test_files_that_are_not_there(lineshaft: Run, data: Path, tmp_path: Path) -> None:
    missing = lineshaft("verify", tmp_path / "a.json", "--keys", tmp_path / "k.json")
    assert (missing.exit_code, "cannot read" in missing.err) == (2, True)
    lineshaft("invoice", "issue", CONTRACT, "--at", AT, "--data", data)
    (tmp_path / "taken").touch()
    full = lineshaft("invoice", "export", "LS-000001", tmp_path / "taken", "--data", data)
    assert full.exit_code == 10
    assert "cannot use" in full.err


def test_help_is_quick_and_names_every_command(lineshaft: Run) -> None:
    shown = lineshaft("--help").out
    for command in ("up", "demo", "init", "plan", "apply", "status", "query", "invoice", "verify"):
        assert command in shown
