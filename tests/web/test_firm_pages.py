"""Servitization and smile on their pages: the example firm as it is counted by hand, and a hub."""

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from lineshaft.valuechain.servitization.model import Books
from lineshaft.valuechain.servitization.service import (
    Asked,
    Dashboard,
    RevenueColumns,
    curves,
    dashboard,
    read_books,
)
from lineshaft.web.pages.valuechain import servitization_parts as parts
from lineshaft.web.pages.valuechain import smile_parts, smile_plots
from lineshaft.web.pages.valuechain.servitization_plots import trend_options
from lineshaft.web.session import Preferences
from lineshaft.web.texts import Language
from tests.valuechain.servitization.books import write_books
from tests.web.doors import Served, ask, cookie_of

EXAMPLE = Path(__file__).parents[2] / "examples" / "spindle-works" / "books"
SERVITIZATION, SMILE, LINES = (
    "/valuechain/servitization",
    "/valuechain/smile",
    "/valuechain/lines",
)
EN, ZH = (Preferences(language, ZoneInfo("UTC")) for language in Language)


def year(books: Books, columns: RevenueColumns, number: int) -> Dashboard:
    return dashboard(columns, books, Asked(first=f"{number}-01", last=f"{number}-12"))


def test_the_example_shows_the_shares_that_are_counted_by_hand() -> None:
    books = read_books(EXAMPLE)
    columns = RevenueColumns.of(books.revenue, "books")
    found, before = year(books, columns, 2017), year(books, columns, 2016)
    for reader in (EN, ZH):
        said = str(parts.headline(reader, found, before, "")).replace("\N{NO-BREAK SPACE}", " ")
        for share in ("15.39 %", "10.79 %", "23.07 %", "12.08 %"):
            assert said.count(f"<summary>{share}</summary>") == 1
        assert "2,915,740.00 EUR" in said
    made = str(parts.matrix(EN, found, "3"))
    assert made.count("<td") == 1 + 3 * 2
    assert "--share: 74.5%" in made
    assert "customer_class%3Dproducer&amp;where=binding%3Dproduct_bound&amp;where=month" in made
    assert made.count("version=3") == 6
    stages = str(parts.stages(ZH, found, ""))
    assert "独立" in stages
    assert "740.00" in stages, "growth is against the year before, which was not asked for"
    assert "独立" not in str(parts.stages(EN, found, ""))
    assert str(parts.kinds(EN, found, "")).count("<li>") == 5
    chart = trend_options(EN, dashboard(columns, books, Asked()))
    low, high = chart["series"][0]["markArea"]["data"][0]
    assert (low["yAxis"], high["yAxis"]) == (20, 30)
    assert "no promise" in low["name"]


def test_a_smile_is_only_said_where_the_curve_says_it() -> None:
    whole, *quarters = curves(read_books(EXAMPLE).activities, None)
    assert "A smile" in str(smile_parts.shape_said(EN, whole))
    assert len(smile_plots.curve_options(ZH, whole)["series"][-1]["data"]) == 9
    assert str(smile_parts.move_table(EN, quarters)).count("Smile") == len(quarters) == 8


def test_what_is_not_known_is_said_in_both_languages(tmp_path: Path) -> None:
    books = read_books(write_books(tmp_path / "books"))
    columns = RevenueColumns.of(books.revenue, "books")
    found = dashboard(columns, Books(), Asked())
    assert "installed_base: no machine on the last day" in str(parts.headline(EN, found, None, ""))
    assert "期末没有设备" in str(parts.headline(ZH, found, None, ""))
    assert "no cost in the period" in str(parts.inputs(EN, found))
    unknown = str(parts.stages(ZH, found, ""))
    assert "需要 4 个季度的收入：现有 2 个" in unknown
    whole = curves(books.activities, None)[0]
    assert "mile" not in str(smile_parts.shape_said(EN, whole)).replace("smile_depth", "")


@pytest.mark.engine
@pytest.mark.timeout(60)
def test_the_pages_of_a_hub_that_has_billed(hub: Served) -> None:
    cookie, number = cookie_of(hub, "finance"), hub.prepared.number

    def page(path: str) -> str:
        answer = ask(hub, "GET", path, cookie=cookie)
        assert answer.status == 200, answer.text
        return answer.text

    assert "100.00" in page(SERVITIZATION)
    assert "expected at least one line" in page(f"{SERVITIZATION}?first=2030-01")
    assert "expected such as 2026-03" in page(f"{SERVITIZATION}?first=soon")
    assert f"/invoices/{number}" in page(f"{LINES}?where=kind%3Dservice")
    assert "keys are month" in page(f"{LINES}?where=colour%3Dred")
    assert "No books yet" in page(SMILE)
    files = "/files/valuechain"
    assert "output_servitization" in page(f"{files}/servitization.csv")
    assert page(f"{files}/lines.csv?where=kind%3Dservice").count(number) > 0
    assert "stage" in page(f"{files}/service-lines.csv")
    for path in (SERVITIZATION, LINES, SMILE, f"{files}/lines.csv"):
        assert ask(hub, "GET", path, cookie=cookie_of(hub, "customer")).status == 403
