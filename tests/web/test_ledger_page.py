"""The ledger in a real browser: from a balance and from revenue down to the document."""

import pytest

from tests.web.conftest import Open, settle
from tests.web.doors import Served, ask, cookie_of
from tests.web.test_pages import ENGLISH_SENTENCE, REMOVE_ENGLISH, look, violations

pytestmark = [pytest.mark.browser, pytest.mark.timeout(60)]


def test_every_amount_leads_down_to_its_document(hub: Served, open_page: Open) -> None:
    page = open_page("finance", "/finance/ledger")
    balances = page.inner_text("main tbody")
    assert "receivables:" in balances
    assert "Owed by Riverside Precision Parts GmbH" in balances
    assert "vat_payable:S-19" in balances
    for width in (390, 1280):
        look(page, width, "ledger-finance-en")
    assert violations(page) == []
    page.goto(page.url)
    page.click("main tbody a[href*='receivables']")
    page.wait_for_selector("main h2:has-text('Owed by Riverside')")
    settle(page)
    look(page, 1280, "statement-finance-en")
    page = open_page("finance", "/finance/ledger?view=month")
    page.click("main tbody a")
    page.wait_for_selector("main h2:has-text('Document lines')")
    settle(page)
    look(page, 390, "ledger-lines-finance-en")
    page.click("main tbody a")
    page.wait_for_url("**/invoices/*")


def test_the_ledger_in_chinese_and_as_a_file(hub: Served, open_page: Open) -> None:
    for view in ("machine", "ages", "vat"):
        page = open_page("finance", f"/finance/ledger?view={view}", "zh-Hans")
        look(page, 1280, f"ledger-{view}-zh-Hans")
        page.evaluate(REMOVE_ENGLISH)
        assert ENGLISH_SENTENCE.findall(page.inner_text("main")) == []
    page = open_page("finance", "/finance/ledger?until=2001-01-01")
    assert "Nothing is posted here" in page.inner_text("main")
    finance, customer = cookie_of(hub, "finance"), cookie_of(hub, "customer")
    path = "/files/finance/ledger.csv"
    rows = ask(hub, "GET", path, cookie=finance).text.splitlines()
    assert rows[0].endswith("account,currency,debit,credit,balance")
    tax = ask(hub, "GET", f"{path}?view=vat&first_month=2017-06", cookie=finance)
    assert tax.text.splitlines()[1].startswith("S,19,EUR,")
    for wrong in ("?view=luck", "?until=soon", "?view=vat&last_month=13"):
        assert ask(hub, "GET", path + wrong, cookie=finance).status == 422
    assert ask(hub, "GET", path, cookie=customer).status == 403
