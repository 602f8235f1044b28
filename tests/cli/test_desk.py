"""`lineshaft desk`: studies from files, costs in and out, the account of profit."""

import json
from collections.abc import Callable
from pathlib import Path

from tests.cli.conftest import Outcome

Run = Callable[..., Outcome]

STUDY = {
    "id": "summer",
    "version": 1,
    "name": "Summer prices",
    "months": {"first": "2026-01", "last": "2026-01"},
    "machines": [],
    "variants": [{"label": "As contracted", "offering": None}],
    "known_at": "2026-02-01T00:00:00Z",
    "seed": 1,
}
COSTS = """id,kind,start,end,amount,currency,machine,source
v-1,hours,2026-01-01,2026-02-01,80.00,EUR,mill,work order 9
"""


def test_studies_and_costs_on_the_command_line(lineshaft: Run, data: Path, tmp_path: Path) -> None:
    def desk(*arguments: object) -> Outcome:
        return lineshaft("desk", *arguments, "--data", data)

    file, costs = tmp_path / "study.json", tmp_path / "costs.csv"
    file.write_text(json.dumps(STUDY, indent=1))
    assert "study summer version 1 is saved" in desk("save", file).out
    assert desk("studies", "--json").json[0]["id"] == "summer"
    assert desk("run", "summer", "--csv").out.startswith("variant,contract,")
    assert desk("publish", "summer", "As contracted").exit_code == 2
    file.write_text("no study")
    assert desk("save", file).exit_code == 2

    costs.write_text(COSTS)
    assert "costs recorded: 1" in desk("import-costs", costs).out
    assert "work order 9" in desk("costs", "2026-01", "2026-01").out
    rows = desk("profit", "2026-01", "2026-01", "--by", "machine", "--json").json
    assert [(row["key"], row["margin"]) for row in rows] == [("mill", "-80.00")]
    listed = desk("profit", "2026-01", "2026-01", "--entries", "--csv").out
    assert listed.splitlines()[1].endswith(",cost,hours,-80.00,EUR,v-1")
    assert desk("profit", "2026-01", "2026-01", "--by", "hour").exit_code == 2
    costs.write_bytes(b"\xff\xfe")
    assert desk("import-costs", costs).exit_code == 2
    costs.write_text(COSTS.replace("hours", "rent"))
    wrong = desk("import-costs", costs)
    assert wrong.exit_code == 2
    assert "row 2: kind 'rent'" in " ".join(wrong.err.split())
