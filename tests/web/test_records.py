"""What people record beside readings, in a browser: estimates, clocks, parts on deposit, stocks."""

import re

import pytest
from playwright.sync_api import Page

from tests.web.conftest import Open, settle
from tests.web.test_pages import ENGLISH_SENTENCE, REMOVE_ENGLISH, look

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]


def press(page: Page, name: str, within: str = "main") -> None:
    page.locator(within).get_by_role("button", name=name, exact=True).first.click()


def agree(page: Page, name: str) -> None:
    """Press in the dialog, and wait for the page that is read anew."""
    page.evaluate("window.was = true")
    press(page, name, ".dialog-card")
    page.wait_for_function("window.was === undefined")
    page.wait_for_selector("main h1")
    settle(page)


def fill(page: Page, fields: dict[str, str]) -> None:
    for label, text in fields.items():
        page.locator(".dialog-card").get_by_label(re.compile(f"^{label}")).fill(text)


def refused(page: Page, name: str, said: str) -> None:
    """Press, and read in the dialog why it was refused: once, whatever was refused before."""
    press(page, name, ".dialog-card")
    page.wait_for_selector(f".dialog-card .refused:has-text('{said}')")
    assert page.locator(".refused").count() == 1


def test_an_estimate_counts_once_another_person_has_approved_it(open_page: Open) -> None:
    page = open_page("engineer", "/machines/mazak01/estimates", "zh-Hans")
    press(page, "记录估算")
    refused(page, "记录", "请填写日期和时间")
    fill(page, {"从": "2017-06-23T00:00:00", "至": "2017-06-22T00:00:00", "数量": "many"})
    refused(page, "记录", "结束必须晚于开始")
    fill(page, {"至": "2017-06-24T00:00:00"})
    refused(page, "记录", "不是准确的数值")
    fill(page, {"数量": "3600"})
    refused(page, "记录", "依据")
    fill(page, {"估算依据": "Wie letzte Woche"})
    agree(page, "记录")
    assert "等待第二人批准" in page.inner_text("main tbody")
    assert page.get_by_role("button", name="批准").count() == 0, "not by who has made it"
    page = open_page("finance", "/machines/mazak01/estimates")
    press(page, "Approve")
    agree(page, "Approve")
    assert "Approved" in page.inner_text("main tbody")
    for width in (390, 1280):
        look(page, width, "estimates-finance-en")
    press(page, "Withdraw")
    agree(page, "Withdraw")
    assert "Withdrawn" in page.inner_text("main tbody")


def test_an_offset_of_a_clock_is_replaced_and_never_changed(open_page: Open) -> None:
    page = open_page("engineer", "/sources")
    page.click("tr:has-text('edge-2') >> text=Clock")
    page.wait_for_url("**/sources/edge-2/clock")
    settle(page)
    press(page, "Record an offset")
    fill(page, {"From this stamp on": "2017-06-22T09:00:00", "Offset": "-2.5", "How": "By GPS"})
    agree(page, "Record")
    assert "2.5\N{NO-BREAK SPACE}s behind" in page.inner_text("main tbody")
    press(page, "Replace")
    fill(page, {"How": "It was right"})
    agree(page, "Record")
    rows = page.locator("main tbody tr").all_inner_texts()
    assert ["Right" in rows[0], "Replaced" in rows[1], len(rows)] == [True, True, 2]


def test_parts_and_stocks_are_recorded_and_taken_back(open_page: Open) -> None:
    page = open_page("engineer", "/contracts/riverside-spares/records")
    press(page, "Record a delivery")
    fill(page, {"Part": "SP-2", "Delivered": "2026-03-01T08:00:00", "Delivery": "LN-1"})
    agree(page, "Record")
    press(page, "Record the return")
    fill(page, {"Came back": "2026-02-01T08:00:00"})
    refused(page, "Record", "came back before it was delivered")
    fill(page, {"Came back": "2026-03-09T08:00:00"})
    agree(page, "Record")
    assert "Grade a, inspected by Emil Brandt" in page.inner_text("main")
    press(page, "Take the return back")
    agree(page, "Take the return back")
    assert "Open" in page.inner_text("main tbody")
    press(page, "Record a delivery or count")
    fill(page, {"When": "2026-03-01T09:00:00", "Quantity": "-1", "Delivery": "CS-7"})
    refused(page, "Record", "expected zero or more")
    fill(page, {"Quantity": "40"})
    agree(page, "Record")
    assert "Filter hours counted" in page.inner_text("main")
    page = open_page("finance", "/contracts/riverside-spares/records", "zh-Hans", 390)
    look(page, 390, "records-finance-zh-Hans")
    look(page, 1280, "records-finance-zh-Hans")
    page.evaluate(REMOVE_ENGLISH)
    assert ENGLISH_SENTENCE.findall(page.inner_text("main")) == []
    page.get_by_role("button", name="撤回").last.click()
    agree(page, "撤回")
    assert "已撤回" in page.inner_text("main")
