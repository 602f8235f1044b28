"""National tables in a real browser: keep the sample, its figures, a slider, the way back."""

import sqlite3
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.web.conftest import Open, settle
from tests.web.doors import Served, ask, cookie_of
from tests.web.test_pages import ENGLISH_SENTENCE, REMOVE_ENGLISH, look
from tests.web.test_supply import looked_at, press

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]
TABLES = "/valuechain/tables"
WHAT_IF = f"{TABLES}/what-if"
SERVITIZATION = "/valuechain/servitization"
FILES = "/files/valuechain/tables/sample"


def test_from_the_sample_to_a_slider_and_the_export(hub: Served, open_page: Open) -> None:
    page = open_page("finance", TABLES)
    assert "not tried on a real file" in page.inner_text("main")
    assert "table keep 2020_SML.csv --format icio" in page.inner_text("main")
    press(page, "Keep the synthetic sample")
    page.get_by_role("heading", name="In short: XAA").wait_for()
    settle(page)
    page.locator(".figure summary").first.click()
    assert "U = (I - diag(x)^-1 Z)^-1 1" in page.inner_text("main")
    assert "Ghosh model" in page.inner_text("main")
    assert page.get_by_text("Loss in the Ghosh model").count() == 0
    page = open_page("finance", f"{TABLES}?country=XBB&industry=C26&all=1&stop=C26&replaced=30")
    row = page.get_by_role("row", name="Loss in the Ghosh model")
    assert "toy" in row.inner_text()
    assert "The world loses" in page.inner_text("#stop")
    looked_at(page, "tables-en")

    page = open_page("finance", WHAT_IF)
    slider = page.get_by_role("slider", name="Final demand for XAA C26")
    change = page.get_by_role("row", name="World: Value added").locator("summary")
    expect(change).to_have_text("0 (0.000\N{NO-BREAK SPACE}%)")
    slider.focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    number = page.get_by_role("spinbutton", name="Final demand for XAA C26, Percent")
    expect(number).to_have_value("3")
    expect(page.get_by_role("row", name="Final demand for XAA C26")).to_contain_text("2,487")
    expect(change).to_have_text("+72.45 (0.316\N{NO-BREAK SPACE}%)")
    expect(page.get_by_role("status")).to_contain_text("World, Value added: +72.45")
    page.wait_for_url("**XAA%7CC26%7C3**")
    number.fill("-10")
    number.press("Tab")
    page.wait_for_url("**XAA%7CC26%7C-10**")
    press(page, "Undo")
    page.wait_for_url("**XAA%7CC26%7C3**")
    expect(slider).to_have_value("3")
    press(page, "Reset")
    expect(slider).to_have_value("0")
    page.get_by_role("button", name="Remove the change: Value added").click()
    expect(page.get_by_role("slider")).to_have_count(2)
    looked_at(page, "tables-what-if-en")
    page.get_by_role("link", name="简体中文").click()
    page.wait_for_url("**coefficient%7CXAA%7CC28%7CXAA%7CC26%7C0")
    expect(page.get_by_role("slider")).to_have_count(2)
    check_files(hub)
    check_chinese(open_page)
    check_too_much(open_page)
    check_damage(hub)


def check_too_much(open_page: Open) -> None:
    """Who takes more than there is keeps the sliders, and moves one of them back."""
    twice = "&".join(["change=demand%7CXAA%7CC26%7C-60"] * 2)
    page = open_page("finance", f"{WHAT_IF}?table=sample&{twice}")
    why = "together take 120 % of it: expected at most 100 %"
    refused = page.locator("main .notice", has_text=why)
    expect(refused).to_be_visible()
    expect(page.get_by_role("status")).to_contain_text(why)
    looked_at(page, "tables-what-if-refused-en")
    page.get_by_role("spinbutton").first.fill("-40")
    page.get_by_role("spinbutton").first.press("Tab")
    expect(refused).to_have_count(0)
    assert page.get_by_role("row", name="World: Value added").is_visible()


def check_damage(hub: Served) -> None:
    """A table whose file is gone is said, and stands in the list to be dropped."""
    database = sqlite3.connect(Path(hub.prepared.directory) / "hub.sqlite", timeout=10)
    database.row_factory = sqlite3.Row
    row = dict(database.execute("SELECT * FROM input_output_table").fetchone())
    row |= {"name": "lost", "sha256": "0" * 64}
    marks = ", ".join("?" * len(row))
    columns = ", ".join(row)
    statement = f"INSERT INTO input_output_table ({columns}) VALUES ({marks})"
    with database:
        database.execute(statement, list(row.values()))
    try:
        answer = ask(hub, "GET", f"{TABLES}?table=lost", cookie=cookie_of(hub, "finance"))
        assert answer.status == 200
        assert "The file of the table lost is damaged or missing" in answer.text
        assert "?table=sample" in answer.text
        answer = ask(hub, "GET", f"{WHAT_IF}?table=lost", cookie=cookie_of(hub, "finance"))
        assert answer.status == 503
    finally:
        with database:
            database.execute("DELETE FROM input_output_table WHERE name = 'lost'")
        database.close()


def check_files(hub: Served) -> None:
    cookie = cookie_of(hub, "finance")
    figures = ask(hub, "GET", f"{FILES}/figures.csv?country=XAA", cookie=cookie).text
    assert "upstreamness,U,XAA,," in figures
    answer = ask(hub, "GET", f"{FILES}/what-if.csv?change=demand|XAA|C26|3", cookie=cookie).text
    assert answer.count("\r\n") == 1 + 1 + 3 + 12
    excel = ask(hub, "GET", f"{FILES}/what-if.xlsx", cookie=cookie)
    assert excel.body[:2] == b"PK"
    sample = ask(hub, "GET", "/files/valuechain/table-sample.csv", cookie=cookie).text
    assert sample.startswith("kind,country")
    beside = f"{SERVITIZATION}?benchmark=sample&country=XBB"
    shown = ask(hub, "GET", beside, cookie=cookie).text
    assert "Benchmark: manufacturing of a country" in shown
    assert "sum over services i of a_ij" in shown


def check_chinese(open_page: Open) -> None:
    for path, name in ((f"{TABLES}?stop=*", "tables"), (WHAT_IF, "tables-what-if")):
        page = open_page("finance", path, "zh-Hans", 390)
        look(page, 390, f"{name}-zh-Hans")
        page.evaluate(REMOVE_ENGLISH)
        assert ENGLISH_SENTENCE.findall(page.inner_text("main")) == []


@pytest.mark.parametrize("path", [TABLES, WHAT_IF, f"{FILES}/figures.csv?country=XAA"])
def test_customers_are_refused(hub: Served, path: str) -> None:
    assert ask(hub, "GET", path, cookie=cookie_of(hub, "customer")).status == 403
