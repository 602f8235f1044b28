"""The value chain in a real browser: a strategist's Monday, from what changed to the report."""

import csv
import json
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import ConsoleMessage, Page

from tests.web.conftest import Open, settle
from tests.web.doors import Served, ask, cookie_of
from tests.web.test_pages import ENGLISH_SENTENCE, REMOVE_ENGLISH, look, violations

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]
REGISTER, OUTAGE = "/valuechain/register", "/valuechain/outage"
REPORT = "/valuechain/report"
SCENARIO = "supplier-havelin-2018-01-01"
NAMED = "Havelin fails for 60 days"
SPINDLE_WORKS = Path(__file__).parents[2] / "examples" / "spindle-works"
LAST_WEEK, NOW = SPINDLE_WORKS / "network-last-week", SPINDLE_WORKS / "network"


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).last.click()


def upload(page: Page, folder: Path, source: Path, **changed: str) -> None:
    """Choose a zip of the tables of a folder in the dialog, some of them others."""
    path = folder / "network.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for each in sorted(source.glob("*.csv")):
            text = changed.get(each.stem, each.read_text(encoding="utf-8"))
            archive.writestr(each.name, text)
    page.locator(".dialog-card input[type=file]").set_input_files(path)


def imported(page: Page, folder: Path, source: Path, version: int) -> None:
    press(page, "Import a version")
    upload(page, folder, source)
    page.wait_for_selector(f"main :text-matches('^{version}, imported')", state="attached")
    settle(page)


def looked_at(page: Page, name: str) -> None:
    for width in (390, 1280):
        look(page, width, name)
    assert violations(page) == []


def test_a_strategists_monday(hub: Served, open_page: Open, tmp_path: Path) -> None:
    page = open_page("finance", OUTAGE)
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if is_error(message) else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    assert "No supply network yet" in page.inner_text("main")
    page = open_page("finance", REGISTER)
    looked_at(page, "supply-none-en")
    press(page, "Import a version")
    lines = (NOW / "lines.csv").read_text(encoding="utf-8").replace("62000", "much")
    upload(page, tmp_path, NOW, lines=lines)
    page.get_by_role("table", name="rows or cells are wrong").get_by_text("much").first.wait_for()
    press(page, "Cancel")
    imported(page, tmp_path, LAST_WEEK, 1)
    imported(page, tmp_path, NOW, 2)

    check_register(page)
    check_care(page)
    check_outage(open_page("finance", OUTAGE))
    check_files(hub)
    check_report(open_page("finance", REPORT))
    check_chinese(open_page)
    assert said == [], "nothing in the console"


def is_error(message: ConsoleMessage) -> bool:
    return message.type == "error"


def check_register(page: Page) -> None:
    """What changed since last week, and the top entry with what it is computed from."""
    changed = page.get_by_role("table", name="What changed").inner_text()
    for item, kind in (("ball-screw", "new single source"), ("servo-drive", "no single source")):
        assert f"{item}\t{kind}" in changed
    stock = [line for line in changed.splitlines() if line.startswith("motor-spindle")]
    assert any("Stock cover" in line and "30\t20" in line for line in stock)
    rows = page.get_by_role("table", name="Single-source register").locator("tbody tr")
    top = rows.first
    assert "ball-screw" in top.inner_text(), "what is new is also what most depends on"
    top.locator(".figure summary").first.click()
    assert "sum over lines p that need i" in top.inner_text()
    assert "42,210.00" in rows.filter(has_text="motor-spindle").inner_text()
    looked_at(page, "supply-register-en")


def check_care(page: Page) -> None:
    """The owner of the spindle is noted on the page, and undone."""

    def row() -> str:
        table = page.get_by_role("table", name="Single-source register")
        return table.locator("tbody tr").filter(has_text="motor-spindle").inner_text()

    def opened(button: str) -> None:
        page.goto(page.url.partition("?")[0])
        settle(page)
        page.get_by_role("link", name="Owner and action of motor-spindle").click()
        page.get_by_role("button", name=button).wait_for()
        settle(page)

    opened("Note it")
    page.get_by_label("Owner", exact=True).fill("R. Castellanos")
    press(page, "Note it")
    page.wait_for_url("**" + REGISTER)
    settle(page)
    assert "R. Castellanos" in row()
    opened("Undo the last change")
    looked_at(page, "supply-care-en")
    opened("Undo the last change")
    press(page, "Undo the last change")
    page.wait_for_url("**" + REGISTER)
    settle(page)
    assert "E. Lindqvist" in row()


def check_outage(page: Page) -> None:
    """The only supplier of the spindle is out for 60 days: what stops, costs and cures."""
    assert "Havelin" in page.inner_text("main")
    assert page.get_by_label("For how many days").input_value() == "60"
    page.get_by_label("First day").fill("2018-01-01")
    page.get_by_label("Lines that must do all their plan").click()
    for line in ("mill-turn", "five-axis"):
        page.get_by_role("option", name=line).click()
    page.keyboard.press("Escape")
    page.get_by_label("Most credits").fill("0")
    press(page, "Compute")
    page.get_by_role("table", name="The cheapest cures").wait_for()
    answer = page.inner_text("main")
    for number in ("115,282.00", "6,500.00", "46,000.00"):
        assert number in answer
    assert "one-spindle, refurbished, belt-head" in answer
    stops = page.locator("dt:has-text('Lines that stand still') + dd")
    assert stops.inner_text() == "3"
    broken = page.get_by_role("table", name="Guarantees that break").inner_text()
    assert "harbour-care" in broken
    press(page, "Save as a scenario")
    page.locator(".dialog-card").get_by_label("Name").fill(NAMED)
    press(page, "Save")
    page.wait_for_url(f"**scenario={SCENARIO}")
    settle(page)
    press(page, "Ask again")
    page.get_by_text("The same, to the byte").wait_for()
    looked_at(page, "supply-outage-en")


def check_report(page: Page) -> None:
    """The report that is downloaded holds the numbers of the scenario."""
    link = page.get_by_role("link", name="Open in the browser").get_attribute("href")
    assert link is not None
    assert SCENARIO in link, "of the scenario that was saved last"
    answer = page.request.get(page.url.partition("/valuechain")[0] + link)
    assert answer.headers["content-type"].startswith("text/html")
    text = answer.text()
    for number in ("42,210", "115,282", "6,500", "46,000", "mill-turn", "five-axis", "belt-head"):
        assert number in text, number


def check_files(hub: Served) -> None:
    cookie = cookie_of(hub, "finance")
    scenario = f"/files/valuechain/scenarios/{SCENARIO}"
    answer = json.loads(ask(hub, "GET", f"{scenario}.json", cookie=cookie).body)["answer"]
    assert (answer["credits"], answer["cost"]) == ("-6500.00", {"EUR": "46000.00"})
    assert "2018-01-01" in ask(hub, "GET", f"{scenario}.csv", cookie=cookie).text
    for name in ("register.csv", "changes.csv"):
        assert "spindle" in ask(hub, "GET", f"/files/valuechain/{name}", cookie=cookie).text
    assert ask(hub, "GET", "/files/valuechain/sample.zip", cookie=cookie).body[:2] == b"PK"


def column(table: str, name: str) -> list[str]:
    with (NOW / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return [row[name] for row in csv.DictReader(file)]


def check_chinese(open_page: Open) -> None:
    written_by_people = [NAMED, *column("owners", "action"), *column("items", "name")]
    for name in ("register", "outage", "network"):
        query = f"?scenario={SCENARIO}" if name == "outage" else ""
        page = open_page("finance", f"/valuechain/{name}{query}", "zh-Hans")
        for width in (390, 1280):
            look(page, width, f"supply-{name}-zh-Hans")
        assert violations(page) == []
        page.evaluate(REMOVE_ENGLISH)
        text = page.inner_text("main")
        for written in written_by_people:
            text = text.replace(written, "")
        assert ENGLISH_SENTENCE.findall(text) == []


@pytest.mark.parametrize("kind", ["engineer", "customer"])
@pytest.mark.parametrize("path", [REGISTER, OUTAGE, "/files/valuechain/sample.zip"])
def test_others_are_refused(hub: Served, kind: str, path: str) -> None:
    assert ask(hub, "GET", path, cookie=cookie_of(hub, kind)).status == 403


def test_a_form_is_no_upload(hub: Served) -> None:
    said = ask(hub, "POST", "/api/v1/valuechain/networks?version=1", "x" * 100_000)
    assert said.status == 401, "it is taken, and then somebody has to say who asks"
    assert ask(hub, "POST", "/sign-in", "x" * 100_000).status == 413
