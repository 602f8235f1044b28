"""Files to the published description, the list with its vintage and churn, and what is refused."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from lineshaft.cli.main import app
from lineshaft.core.errors import Invalid
from lineshaft.valuechain.errors import TooThin
from lineshaft.valuechain.paradox.errors import ImporterUnknown, UnreadableTrade
from lineshaft.valuechain.paradox.service import DependenceQuestion, dependence
from lineshaft.valuechain.paradox.trade import read_trade
from tests.valuechain.paradox.trades import Flow, rows_of, write_baci

ONE = DependenceQuestion((276,))
# One source of all there is; or bought from four sources alike.
TIED = [(156, 276, 0, 4_000)]
SPREAD = [(country, 276, 0, 1_000) for country in (40, 56, 156, 842)]
# By year, which of two products is tied.
PLAN = {2018: (1, 1), 2019: (1, 1), 2020: (1, 0), 2021: (1, 0), 2022: (0, 0)}


def year_rows(tied: tuple[int, int]) -> list[Flow]:
    return [
        (i, j, code, dollars)
        for code, is_tied in zip((10121, 850440), tied, strict=True)
        for i, j, _, dollars in (TIED if is_tied else SPREAD)
    ]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Path]:
    folder = tmp_path_factory.mktemp("baci")
    return {
        year: write_baci(
            folder / f"BACI_HS17_Y{year}_V202401.csv{'.gz' if year % 2 else ''}",
            year,
            year_rows(tied),
        )
        for year, tied in PLAN.items()
    }


def test_a_file_to_the_published_description(files: dict[int, Path]) -> None:
    flows = read_trade(files[2019])  # compressed
    assert (flows.name, flows.year) == ("BACI HS17 V202401", 2019)
    assert sorted(rows_of(flows)) == sorted(year_rows((1, 1)))


def test_the_list_says_its_vintage_and_how_long_products_stay(files: dict[int, Path]) -> None:
    three = dependence([files[year] for year in (2018, 2019, 2020)], ONE)
    assert [each.product for each in three.products] == ["010121", "850440"]
    assert three.products[1].years == (2018, 2019)  # two of three
    assert (three.table, three.vintage, three.traded) == ("BACI HS17 V202401", "2018-2020", 2)
    assert three.persistence[0].value is None
    assert "4 years" in three.persistence[0].missing
    first, second, ratio = three.products[0].figures
    assert (first.value, second.value, ratio.value) == (1.0, 1.0, 9999.0)
    assert first.vintage == "2020 of 2018-2020"
    five = dependence(list(files.values()), ONE)
    assert [each.product for each in five.products] == ["010121"]
    # 2019-2021 listed 010121 alone, of which all is left; 2018-2020 both, of which half is
    assert [float(each.value or 0) for each in five.persistence] == [1.0, 0.5]


def test_what_the_list_refuses(files: dict[int, Path], tmp_path: Path) -> None:
    with pytest.raises(TooThin, match="3 years in a row, got 2018, 2019"):
        dependence([files[2018], files[2019]], ONE)
    with pytest.raises(TooThin, match="2018, 2019, 2021"):
        dependence([files[2018], files[2019], files[2021]], ONE)
    with pytest.raises(Invalid, match="twice"):
        dependence([files[2018], files[2018]], ONE)
    three = [files[year] for year in (2018, 2019, 2020)]
    with pytest.raises(ImporterUnknown, match="999 imports nothing"):
        dependence(three[:1], DependenceQuestion((999,)))
    with pytest.raises(Invalid, match="of one importer, got 2"):
        dependence(three, DependenceQuestion((276, 40)))
    with pytest.raises(Invalid, match="codes of BACI"):
        dependence(three, DependenceQuestion((1000,)))
    other = write_baci(tmp_path / "BACI_HS17_Y2020_V202501.csv", 2020, year_rows((1, 1)))
    with pytest.raises(Invalid, match="one edition"):
        dependence([three[0], other], ONE)


def test_the_commissions_indicators_are_off_and_say_so(files: dict[int, Path]) -> None:
    three = [files[year] for year in (2018, 2019, 2020)]
    with pytest.raises(Invalid, match="not checked"):
        dependence(three, DependenceQuestion((276, 40), is_bloc=True))
    found = dependence(
        three, DependenceQuestion((276, 40), is_bloc=True, is_unverified_wanted=True)
    )
    assert [each.product for each in found.products] == ["010121", "850440"]
    assert not any(one.indicator.is_verified for one in found.products[0].figures)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("t,i,j,k,v\n2020,1,2,3,4\n", "expected t,i,j,k,v,q"),
        ("t,i,j,k,v,q\n2020,1,2,3,four,\n", "expected numbers"),
        ("t,i,j,k,v,q\n2020,1,1,3,4.000,\n", "two countries"),
        ("t,i,j,k,v,q\n2020,1,2,1234567,4.000,\n", "six digits"),
        ("t,i,j,k,v,q\n2020,1,2,3,-4.000,\n", "values from 0"),
        ("t,i,j,k,v,q\n2020,1,,3,4.000,\n", "codes below"),
        ("t,i,j,k,v,q\n2020,1,2,3,4.000,\n2021,1,2,3,4.000,\n", "of one year"),
        ("t,i,j,k,v,q\n2020,1,2,3,4.000,\n2020,1,2,3,4.000,\n", "each flow once"),
        ("t,i,j,k,v,q\n", "expected 1 to"),
    ],
)
def test_a_file_that_is_otherwise_is_refused(tmp_path: Path, text: str, complaint: str) -> None:
    path = tmp_path / "trade.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UnreadableTrade, match=complaint) as refused:
        read_trade(path)
    assert "trade.csv" in str(refused.value)


def test_no_gzip_and_no_file_are_refused(tmp_path: Path) -> None:
    broken = tmp_path / "trade.csv.gz"
    broken.write_bytes(b"t,i,j,k,v,q\n")
    for path in (broken, tmp_path / "none.csv"):
        with pytest.raises(UnreadableTrade, match=path.name):
            read_trade(path)


def test_the_command_lists_and_writes(files: dict[int, Path]) -> None:
    arguments = ["valuechain", "dependence", *map(str, files.values()), "--importer", "276"]
    shown = CliRunner().invoke(app, arguments)
    assert "2020-2022: 1 of 2 products" in shown.output
    assert "still listed after 2 years: 50.0%" in shown.output
    three = [*arguments[:5], *arguments[-2:]]
    content = json.loads(CliRunner().invoke(app, [*three, "--json"]).output)
    assert [each["product"] for each in content["products"]] == ["010121", "850440"]
    assert content["persistence"][0]["missing"].startswith("how long")
    written = CliRunner().invoke(app, [*three, "--csv"])
    assert written.output.splitlines()[0].startswith("product,years,imports_usd,import_conc")
    refused = CliRunner().invoke(app, [*arguments[:3], "--importer", "276"])
    assert refused.exit_code != 0
    assert "3 years in a row" in refused.output
