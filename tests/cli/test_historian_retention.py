"""`lineshaft historian correct`, `delete`, `holds`, `rules`."""

from collections.abc import Callable
from pathlib import Path

from tests.cli.conftest import Outcome

Run = Callable[..., Outcome]


def test_a_reading_is_corrected_by_instant_and_by_identity(lineshaft: Run, data: Path) -> None:
    at = ("--at", "2026-01-05T03:00:00Z")
    said = lineshaft(
        "historian", "correct", "mill/cut_time", "10000", *at, "--reason", "misread", "--data", data
    )
    assert said.exit_code == 0, said.err
    assert "mill/cut_time: 10800 is 10000 now, by correction 1 of desk/1" in said.out
    said = lineshaft(
        "historian", "correct", "edge-1/1/30", "none", "--reason", "no machine", "--data", data
    )
    assert "mill/execution: ACTIVE is none now, by correction 2 of desk/1" in said.out
    assert lineshaft("historian", "check", "--data", data).exit_code == 0


def test_a_correction_of_nothing_or_by_nonsense_is_refused(lineshaft: Run, data: Path) -> None:
    def refused(*words: str) -> Outcome:
        return lineshaft("historian", "correct", *words, "--reason", "why", "--data", data)

    assert refused("mill/cut_time", "1", "--at", "2026-01-05T03:00:01Z").exit_code == 4
    assert refused("mill/cut_time", "1").exit_code == 2
    assert refused("edge-1/1/99", "1").exit_code == 4
    assert refused("edge-1/1/1", "abc").exit_code == 2


def test_what_is_held_is_not_deleted(lineshaft: Run, data: Path) -> None:
    cut = ("--before", "2026-01-04T23:00:00Z", "--reason", "old")
    said = lineshaft("historian", "holds", "list", "--data", data)
    assert "mill/cut_time" in said.out
    assert "contract/" in said.out
    assert lineshaft("historian", "delete", "*", *cut, "--data", data).exit_code == 0
    later = ("--before", "2026-02-01T00:00:00Z", "--reason", "old")
    planned = lineshaft("historian", "delete", "*", *later, "--dry-run", "--json", "--data", data)
    assert {one["signal"] for one in planned.json["held"]} == {"mill/cut_time", "mill/execution"}
    refused = lineshaft("historian", "delete", "*", *later, "--data", data)
    assert refused.exit_code == 5
    assert "billed under contract" in refused.err


def test_holds_and_rules_are_set_and_taken_back(lineshaft: Run, data: Path) -> None:
    def run(*words: str) -> Outcome:
        return lineshaft("historian", *words, "--data", data)

    start = ("--start", "2026-01-01T00:00:00Z")
    said = run("holds", "set", "case-7", "mill/*", *start, "--reason", "court")
    assert "hold case-7 on mill/*" in said.out
    assert run("holds", "release", "case-7", "--reason", "closed").exit_code == 0
    assert run("holds", "release", "case-7", "--reason", "closed").exit_code == 4
    assert run("rules", "set", "mill/*", "--days", "30", "--drop-rollups").exit_code == 0
    assert run("rules", "list", "--json").json == [
        {"pattern": "mill/*", "days": 30, "keep_rollups": False}
    ]
    applied = run("rules", "apply", "--json").json
    assert (applied["rows"], applied["is_plan"]) == (0, False)
    assert run("rules", "remove", "mill/*").exit_code == 0
    assert "rules: none" in run("rules", "list").out
