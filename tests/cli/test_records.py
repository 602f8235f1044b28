"""`lineshaft records`: a file is recorded once, listed, approved."""

from collections.abc import Callable
from pathlib import Path

import pytest

from lineshaft.cli import records
from tests.cli.conftest import Outcome

Run = Callable[..., Outcome]

FILE = """
[[clock_offset]]
id = "edge-1-radio"
source = "edge-1"
valid_from = "2026-01-05T00:00:00Z"
offset_us = 90000000
reason = "compared with a radio clock"

[[exchange]]
id = "wo-4711"
signal = "mill/cut_time"
at = "2026-01-05T03:30:00Z"
old_final = 98765.4
new_start = 12.3
unit = "SEC"
reference = "WO-4711"

[[incident]]
id = "inc-1"
machine = "mill"
reported_at = "2026-01-05T04:00:00Z"
cause = "provider"

[[exclusion]]
id = "exc-1"
version = 1
machine = "mill"
start = "2026-01-05T04:00:00Z"
end = "2026-01-05T05:00:00Z"
category = "maintenance"
proof = "MO-12"

[[core]]
id = "c-1"
machine = "mill"
contract = "c-1001"
item = "spindle"
model = "SP-2"
delivered_at = "2026-01-05T09:00:00Z"
reference = "DN-1"
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "records.toml"
    path.write_text(FILE, encoding="utf-8")
    return path


def test_a_file_is_recorded_once_listed_and_approved(
    lineshaft: Run, data: Path, file: Path
) -> None:
    for _ in range(2):
        said = lineshaft("records", "add", file, "--data", data)
        assert said.exit_code == 0, said.err
        assert "exchange wo-4711 is recorded" in said.out
    clocks = lineshaft("records", "clocks", "--source", "edge-1", "--json", "--data", data)
    assert [(one["id"], one["offset_us"]) for one in clocks.json] == [("edge-1-radio", 90_000_000)]
    assert "edge-1-radio" in lineshaft("records", "clocks", "--data", data).out
    for kind, name in (("incident", "inc-1"), ("exclusion", "exc-1")):
        assert lineshaft("records", "approve", kind, name, "--data", data).exit_code == 0
    listed = lineshaft("records", "list", "mill", "--json", "--data", data).json
    assert [(one["kind"], one["id"]) for one in listed] == [
        ("exchange", "wo-4711"),
        ("incident", "inc-1"),
        ("exclusion", "exc-1"),
        ("core", "c-1"),
    ]
    assert listed[0]["old_final"] == "493827/5"
    assert [len(one["approvals"]) for one in listed[1:3]] == [1, 1]
    assert "WO-4711" not in lineshaft("records", "list", "lathe", "--data", data).out
    # Two people see to an exchange: the operator has recorded it.
    assert lineshaft("records", "approve", "exchange", "wo-4711", "--data", data).exit_code == 7


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[gremlin]]\n", "unknown: gremlin"),
        ("exchange = 5\n", "expected at most"),
        ("not toml", "as TOML"),
        ("[[incident]]\nversion = 'x'\n", "expected a whole number"),
        ("[[clock_offset]]\nid = 'x'\n", "a clock offset needs"),
    ],
)
def test_what_a_file_says_wrongly_is_refused(
    lineshaft: Run, data: Path, file: Path, text: str, message: str
) -> None:
    file.write_text(text, encoding="utf-8")
    said = lineshaft("records", "add", file, "--data", data)
    assert said.exit_code == 2
    assert message in " ".join(said.err.split())


def test_a_file_has_a_maximum_and_only_three_kinds_are_approved(
    lineshaft: Run, data: Path, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(records, "ENTRIES_MAX", 3)
    assert "at most 3" in lineshaft("records", "add", file, "--data", data).err
    assert lineshaft("records", "approve", "gremlin", "x", "--data", data).exit_code == 2
