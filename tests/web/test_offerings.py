"""The story of an offering in a browser: from a pack to a sale that ends."""

import re

import pytest
from playwright.sync_api import Page, WebSocketRoute

from tests.web.conftest import Open, settle
from tests.web.test_pages import look, violations

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]


def begin_and_type_before_the_connection_stands(page: Page) -> None:
    held: list[WebSocketRoute] = []

    def hold_first(route: WebSocketRoute) -> None:
        if held:
            route.connect_to_server()
        held.append(route)

    page.route_web_socket("**/_nicegui_ws/**", hold_first)
    page.click(".panel:has-text('Machine by the running hour') >> text=Begin with this")
    page.wait_for_url("**/packs/pay-per-use")
    page.get_by_label("Name in English").focus()
    page.keyboard.press("End")
    page.keyboard.type(" in the first hall, by the hour", delay=3)
    held[0].connect_to_server()
    settle(page)


def test_an_offering_from_a_pack_to_its_withdrawal(open_page: Open) -> None:
    page = open_page("finance", "/offerings")
    page.keyboard.press("g")
    page.keyboard.press("o")
    page.click("main >> text=New offering")
    begin_and_type_before_the_connection_stands(page)
    page.get_by_label("Identifier").fill("Mill Hour")
    page.get_by_label("Amount a month (EUR)").first.fill("much")
    page.click("text=Record the offering")
    page.wait_for_selector("main .notice.bad")
    said = page.inner_text("main")
    assert "Expected lower-case letters, digits and hyphens" in said
    assert "Expected a number such as 45.00" in said

    page.get_by_label("Identifier").fill("mill-hour")
    page.get_by_label("Amount a month (EUR)").first.fill("1E3")
    page.click("text=Record the offering")
    page.wait_for_selector("main .notice.bad [lang=en]")
    assert "in plain digits such as 45.00" in page.inner_text("main .notice.bad")
    page.get_by_label("Amount a month (EUR)").first.fill("1000.00")
    page.click("text=Record the offering")
    page.wait_for_url("**/offerings/mill-hour")
    settle(page)
    assert page.inner_text("h1").endswith(" in the first hall, by the hour"), "typed too early"
    assert "1,000.00" in page.inner_text("main")
    assert "never changes once it is recorded" in page.inner_text("main")

    page.click("text=New version")
    page.wait_for_url("**/next")
    settle(page)
    page.get_by_label("Tier 1 · Price (EUR/h)").fill("19.25")
    page.click("text=Add a tier")
    page.get_by_label("Tier 2 · Up to (h)").fill("450")
    page.get_by_label("Tier 3 · Price (EUR/h)").fill("12.00")
    page.click("text=Add a tier")
    page.click("text=Remove the last tier")
    page.click("text=Record version 2")
    page.wait_for_url("**/offerings/mill-hour")
    settle(page)
    page.click("text=Compare with version 1")
    page.wait_for_url(re.compile("difference"))
    settle(page)
    page.wait_for_selector("main tbody tr")
    row = page.locator("main tbody tr").all_inner_texts()
    assert [text.split() for text in row] == [
        ["Tier", "1", "·", "Price", "(EUR/h)", "Running", "hours", "18.00", "19.25"],
        ["Tier", "2", "·", "Up", "to", "(h)", "Running", "hours", "–", "450"],
        ["Tier", "3", "·", "Price", "(EUR/h)", "Running", "hours", "–", "12.00"],
    ]

    page = open_page("finance", "/offerings/mill-hour", "zh-Hans", 390)
    page.click("text=停止销售")
    page.fill(".dialog-card input", "改用新报价")
    page.click(".dialog-card button:has-text('停止销售')")
    page.wait_for_selector(".notice:has-text('改用新报价')")
    page = open_page("engineer", "/offerings?kind=pay_per_use", "zh-Hans", 390)
    look(page, 390, "offerings-engineer")
    assert "已停售" in page.inner_text("main tbody")
    assert page.locator("text=新建服务产品").count() == 0
    assert violations(page) == []
