"""A country's industries between advantage and foreign value."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from lineshaft.cli.main import app
from lineshaft.valuechain.errors import TooThin
from lineshaft.valuechain.inputoutput.model import TableFile
from lineshaft.valuechain.paradox.service import industry_quadrant
from tests.valuechain.inputoutput.files import write_own
from tests.valuechain.inputoutput.tables import balanced


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("table") / "chain 2020.csv"
    return write_own(path, balanced(1, industries=5), has_totals=True)


def test_industries_stand_between_each_other(file: Path) -> None:
    points = industry_quadrant(TableFile(path=file), "csv", "C0")
    assert [each.industry for each in points] == [f"i{place}" for place in range(5)]
    assert sum(each.advantage_percentile for each in points) == 5 / 2
    ordered = sorted(points, key=lambda each: float(each.foreign.value or 0))
    assert [float(each.foreign_percentile) for each in ordered] == [0.1, 0.3, 0.5, 0.7, 0.9]
    for each in points:
        assert 0 <= float(each.foreign.value or 0) <= 1
        is_strong, is_foreign = each.advantage_percentile > 0.5, each.foreign_percentile > 0.5
        assert (each.quadrant == "dual paradox") == (is_strong and is_foreign)
    assert points[0].foreign.table == "chain 2020"


def test_the_command_says_what_sectors_cannot_show(file: Path, tmp_path: Path) -> None:
    arguments = ["valuechain", "industries", str(file), "--format", "csv", "--country", "C0"]
    assert "sectors cannot show" in CliRunner().invoke(app, arguments).output
    content = json.loads(CliRunner().invoke(app, [*arguments, "--json"]).output)
    assert content[0]["figures"][1]["indicator"] == "foreign_part_of_exports"
    small = write_own(tmp_path / "small 2020.csv", balanced(1), has_totals=True)
    with pytest.raises(TooThin, match="3 industries"):
        industry_quadrant(TableFile(path=small), "csv", "C0")
