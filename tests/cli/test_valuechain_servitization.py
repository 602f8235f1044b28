"""`lineshaft valuechain servitization` and `smile`: books in, figures and their lines out."""

import csv
import io
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Outcome
from tests.valuechain.inputoutput.files import write_own
from tests.valuechain.inputoutput.tables import balanced
from tests.valuechain.servitization.books import ACTIVITIES, write_books

Run = Callable[..., Outcome]
COMMAND = ("valuechain", "servitization")


@pytest.fixture
def books(tmp_path: Path) -> Path:
    return write_books(tmp_path / "books")


def test_the_dashboard_is_shown_as_table_json_and_csv(
    lineshaft: Run, books: Path, tmp_path: Path
) -> None:
    table = write_own(tmp_path / "chain 2020.csv", balanced(1), has_totals=True)
    benchmark = ("--table", table, "--country", "C0")
    shown = lineshaft(*COMMAND, "show", "--books", books, *benchmark)
    assert shown.exit_code == 0, shown.err
    assert "2026-01 to 2026-04, 8 lines, amounts in EUR" in shown.out
    assert "context: 20% to 30%, Fang" in shown.out
    assert "4 quarters of revenue: there are 2" in " ".join(shown.out.split())
    assert "chain 2020 2020" in shown.out
    content = lineshaft(*COMMAND, "show", "--books", books, "--json").json
    first = content["figures"][0]
    assert (first["indicator"], first["value"]) == ("output_servitization", "4/21")
    assert first["lines"] == {"kind": "service", "month": "2026-01..2026-04"}
    text = lineshaft(*COMMAND, "show", "--books", books, "--by", "month", "--csv").out
    rows = list(csv.DictReader(io.StringIO(text)))
    assert {row["period"] for row in rows} == {"", "2026-01", "2026-02", "2026-03", "2026-04"}
    assert all(row["formula"] and row["source"] and row["table"] for row in rows)
    wrong = lineshaft(*COMMAND, "show", "--books", books, "--by", "week")
    assert (wrong.exit_code, "month or quarter" in wrong.err) == (2, True)
    assert lineshaft(*COMMAND, "show").exit_code == 2


def test_a_figure_leads_to_its_lines_page_by_page(
    lineshaft: Run, books: Path, tmp_path: Path
) -> None:
    kept = tmp_path / "lines.parquet"
    assert "lines kept: 8" in lineshaft(*COMMAND, "keep", kept, "--books", books).out
    ask = (*COMMAND, "lines", "--lines", kept, "--where", "service_line=care", "--limit", 2)
    page = lineshaft(*ask)
    assert "CN-1" in page.out
    assert "more: --after 2" in page.out
    rest = lineshaft(*ask, "--after", 2, "--json").json
    assert [line["document"] for line in rest["lines"]] == ["INV-5"]
    assert rest["after"] is None
    dashboard = lineshaft(*COMMAND, "show", "--lines", kept, "--json").json
    assert dashboard["figures"][0]["value"] == "4/21"
    assert lineshaft(*ask, "--where", "colour=red").exit_code == 2


def test_the_smile_is_said_or_refused(lineshaft: Run, books: Path) -> None:
    found = lineshaft("valuechain", "smile", books)
    assert found.exit_code == 0, found.err
    assert "40.00" in found.out
    assert "the interval holds zero" in found.out
    assert lineshaft("valuechain", "smile", books, "--json").json[0]["shape"] == "not_shown"
    write_books(
        books,
        activities=ACTIVITIES.replace("2026-01,control_service,10", "2026-01,control_service,0"),
    )
    thin = lineshaft("valuechain", "smile", books)
    assert (thin.exit_code, "activities with hours: 4" in thin.err) == (8, True)
