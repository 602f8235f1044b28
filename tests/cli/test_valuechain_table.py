"""`lineshaft valuechain table`: a file of a table in, figures out."""

import csv
import io
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Outcome
from tests.valuechain.inputoutput.files import write_own, write_wiod
from tests.valuechain.inputoutput.tables import balanced

Run = Callable[..., Outcome]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return write_own(tmp_path / "chain 2020.csv", balanced(1), has_totals=True)


def test_a_balance_is_checked(lineshaft: Run, file: Path) -> None:
    command = ("valuechain", "table", "check", file, "--format", "csv")
    found = lineshaft(*command)
    assert found.exit_code == 0
    assert "chain 2020 2020: 3 countries, 3 industries" in found.out
    assert "100.00% of output balances within 0.001; 0 rows and columns do not" in found.out
    file.write_text(file.read_text() + "use,C0,i0,C2,new,1e6\n")
    found = lineshaft(*command, "--json")
    assert found.exit_code == 1
    assert found.json["out_of_balance"] == 2
    assert found.json["imbalances"][0]["label"] == "C0 i0"
    file.write_text(file.read_text() + "use,C0\n")
    found = lineshaft(*command)
    assert found.exit_code == 2
    assert "expected 6 cells" in " ".join(found.err.split())


def test_indicators_are_written(lineshaft: Run, file: Path, tmp_path: Path) -> None:
    to, cache = tmp_path / "out.csv", tmp_path / "cache"
    command = ("valuechain", "table", "indicators", file, "--format", "csv", "--country", "C1")
    assert lineshaft(*command, "--csv", to, "--cache", cache, "--services", "i2").exit_code == 0
    rows = list(csv.DictReader(io.StringIO(to.read_text())))
    exports = [row for row in rows if row["indicator"] == "gross_exports"]
    assert [row["industry"] for row in exports] == ["", "i0", "i1", "i2"]
    assert float(exports[0]["value"]) == pytest.approx(
        float(balanced(1).summed(balanced(1).exports)[1])
    )
    assert exports[0]["unit"] == "XXX"
    assert exports[0]["vintage"] == "2020"
    assert exports[0]["coverage"] == "1.0000"
    (direct,) = [row for row in rows if row["indicator"] == "input_servitization_direct"]
    assert direct["value"] == ""
    assert "name them with --manufacturing" in direct["missing"]
    assert len(list(cache.iterdir())) == 1
    found = lineshaft(*command, "--indicator", "ghosh_loss", "--unverified", "--cache", cache)
    shown = list(csv.DictReader(io.StringIO(found.out)))
    assert {(row["indicator"], row["verified"]) for row in shown} == {("ghosh_loss", "no")}


def test_deliveries_that_stop_are_costed(lineshaft: Run, file: Path) -> None:
    command = ("valuechain", "table", "extract", file, "--format", "csv", "--supplier", "C1")
    found = lineshaft(*command, "--industry", "i0", "--user", "C0")
    assert "chain 2020 2020; upper bound: nothing is replaced" in found.out
    told = lineshaft(*command, "--replaced", "1", "--json").json
    assert told["label"] == "100% replaced by other origins"
    assert told["not_replaceable"] == 0
    lost = {one["country"]: float(one["value"]) for one in told["countries"]}
    assert lost["C1"] > 0 > lost["C0"]
    assert {one["coverage"] for one in told["countries"]} == {"1.0000"}
    assert lineshaft(*command, "--user", "XX").exit_code == 2


def test_the_help_loads_no_heavy_library_and_wiod_finds_pandas(tmp_path: Path) -> None:
    """The command line leaves pandas out of its process; only the formats of pymrio need it."""
    codes = tuple(f"c{number}" for number in range(1, 36))
    table = balanced(2, 2, 35)
    names = {"regions": ("DEU", "USA"), "economies": ("DEU", "USA"), "industries": codes}
    parts = {name: getattr(table, name) for name in table.__struct_fields__}
    path = write_wiod(tmp_path / "wiot11_row_sep12.xlsx", type(table)(**parts | names))
    script = f"""
import sys
from lineshaft.cli.main import run
for words in (["--help"], ["check", {str(path)!r}, "--format", "wiod"]):
    sys.argv = ["lineshaft", "valuechain", "table", *words]
    try:
        run()
    except SystemExit:
        print(sorted({{"scipy", "numba", "ortools", "pymrio", "pandas"}} & set(sys.modules)))
"""
    command = [sys.executable, "-W", "ignore", "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    before, after = done.stdout.split("WIOD 2013")
    assert before.endswith("[]\n")
    assert "2 countries, 35 industries" in after
    assert "'pandas', 'pymrio'" in after


@pytest.mark.engine
@pytest.mark.timeout(30)
def test_tables_are_kept_listed_and_dropped(
    lineshaft: Run, empty_installation: Path, tmp_path: Path, file: Path
) -> None:
    data = shutil.copytree(empty_installation, tmp_path / "data")

    def run(*arguments: object) -> Outcome:
        return lineshaft("valuechain", "table", *arguments, "--data", data)

    assert run("list").out.startswith("kept tables: none")
    kept = ("keep", file, "--format", "csv", "--name", "chain", "--licence", "own")
    made = run(*kept, "--title", "Own chain", "--currency", "EUR", "--json").json["tables"][0]
    assert (made["title"], made["vintage"], made["coverage"]) == ("Own chain", "2020", "1")
    assert run(*kept).exit_code == 5, "another title"
    assert "Lineshaft sample" in run("keep-sample").out
    names = [each["name"] for each in run("list", "--json").json["tables"]]
    assert names == ["chain", "sample"]
    assert run("drop", "chain").out == "dropped chain: Own chain 2020\n"
    assert run("drop", "chain").exit_code == 4
