"""The design desk in a real browser: a study from the question to the published offering."""

import pytest
from playwright.sync_api import Page

from tests.web.conftest import Open, settle
from tests.web.doors import Served, ask, cookie_of
from tests.web.test_pages import ENGLISH_SENTENCE, REMOVE_ENGLISH, look, violations

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

MONTHS = "first=2017-06&last=2017-06"
COSTS = """id,kind,start,end,amount,currency,machine,source
v-1,spare_parts,2017-06-01,2017-07-01,120.50,EUR,mazak01,voucher 17
"""


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).last.click()


def new_study(page: Page) -> None:
    """Make a study of June 2017, with a base fee that is half as high again, and save it."""
    press(page, "New study")
    page.get_by_label("Name of the study").fill("Dearer base fee")
    page.get_by_label("Offering").click()
    page.get_by_role("option", name="Milling by the hour").click()
    page.wait_for_selector(".q-menu", state="detached")
    for name in ("First month", "Last month"):
        page.get_by_label(name).fill("2017-06")
    press(page, "Create study")
    page.wait_for_url("**/desk/study-1")
    page.wait_for_selector("main h1:has-text('Dearer base fee')")
    press(page, "Edit tariff")
    page.get_by_label("Name of the variant").fill("Half as much again")
    page.get_by_label("Amount for each month").fill("4500.00")
    press(page, "Apply and compute")
    page.get_by_role("table", name="Sums").get_by_text("Half as much again").wait_for()
    press(page, "Save")
    page.get_by_text("Saved as version 2").wait_for()
    settle(page)


def test_a_study_from_the_question_to_the_published_offering(hub: Served, open_page: Open) -> None:
    page = open_page("finance", "/desk")
    assert "No studies yet" in page.inner_text("main")
    new_study(page)
    # The fee of a month is 3,000.00, so that the new tariff brings half of it more.
    sums = page.get_by_role("table", name="Sums").inner_text()
    assert "As contracted" in sums
    assert "Half as much again" in sums
    more = page.get_by_role("table", name="Who pays more").inner_text()
    assert "1,497.50" in more
    assert "a guarantee is judged" in page.inner_text("main")
    for width in (390, 1280):
        look(page, width, "study-finance-en")
    assert violations(page) == []
    press(page, "Publish")
    page.locator(".dialog-card").get_by_role("button", name="Publish", exact=True).click()
    page.get_by_text("version 2", exact=False).last.wait_for()
    # Opened again it asks the same and finds the same.
    page = open_page("finance", "/desk/study-1", "zh-Hans")
    assert page.get_by_role("table", name="合计").inner_text().count("EUR") == 8
    for width in (1280, 390):
        look(page, width, "study-finance-zh-Hans")
    page.evaluate(REMOVE_ENGLISH)
    assert ENGLISH_SENTENCE.findall(page.inner_text("main")) == []
    cookie = cookie_of(hub, "finance")
    file = ask(hub, "GET", "/files/desk/study-1.csv", cookie=cookie)
    assert "Half as much again,riverside-milling,mazak01,2017-06," in file.text


def test_profit_leads_down_to_documents_and_recorded_costs(hub: Served, open_page: Open) -> None:
    page = open_page("finance", f"/profit?{MONTHS}&by=machine")
    press(page, "Record costs")
    page.get_by_label("Rows").fill(COSTS.replace("mazak01", ""))
    press(page, "Record")
    page.wait_for_selector(".dialog-card .notice:has-text('row 2: cost v-1: expected a machine')")
    page.get_by_label("Rows").fill(COSTS)
    press(page, "Record")
    page.wait_for_selector("main table:has-text('120.50')")
    page.click("main tbody a")
    page.wait_for_url("**#entries")
    settle(page)
    entries = page.locator("#entries").inner_text()
    assert "voucher 17" in entries
    assert hub.prepared.number in entries
    for width in (390, 1280):
        look(page, width, "profit-finance-en")
    assert violations(page) == []
    page = open_page("finance", f"/profit?{MONTHS}&by=month", "zh-Hans")
    look(page, 390, "profit-finance-zh-Hans")
    page.evaluate(REMOVE_ENGLISH)
    assert ENGLISH_SENTENCE.findall(page.inner_text("main")) == []
    cookie = cookie_of(hub, "finance")
    for name in ("profit", "profit-entries"):
        file = ask(hub, "GET", f"/files/{name}.csv?{MONTHS}&by=machine", cookie=cookie)
        assert file.status == 200
        assert "mazak01" in file.text
    page = open_page("finance", "/profit?first=2016-01&last=2016-01")
    assert "Nothing earned and nothing spent yet" in page.inner_text("main")


@pytest.mark.parametrize("kind", ["engineer", "customer"])
@pytest.mark.parametrize(
    "path", ["/desk", "/desk/study-1", "/profit", "/files/profit.csv?by=month"]
)
def test_others_are_refused(hub: Served, kind: str, path: str) -> None:
    asked = f"{path}&{MONTHS}" if "?" in path else path
    assert ask(hub, "GET", asked, cookie=cookie_of(hub, kind)).status == 403
