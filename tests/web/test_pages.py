"""The pages in a real browser: every kind of user, both languages, wide and narrow."""

import re
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from axe_core_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.web.conftest import Served

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

Open = Callable[..., Page]
SHOTS = Path(tempfile.gettempdir()) / "lineshaft-screenshots"
WIDTHS = (1280, 390)
LANGUAGES = ("en", "zh-Hans")
WALK = {
    "fleet": "/",
    "machine": "/machines/mazak01",
    "states": "/machines/mazak01?signal=execution&range=all",
    "refusals": "/refusals",
    "contracts": "/contracts",
    "contract": "/contracts/riverside-milling",
    "invoices": "/invoices",
    "invoice": "/invoices/{number}",
    "readings": "/invoices/{number}/lines/2",
    "account": "/account",
}
OWN = {"sources": "/sources", "people": "/people", "status": "/status"}
KINDS = ("administrator", "engineer", "finance", "customer")
# What a kind of user is refused, with the kind of page that says so.
REFUSED = {
    "engineer": {"invoice", "readings", "people"},
    "finance": {"sources", "people"},
    "customer": {"sources", "people", "status"},
}
# Identifiers that are made for machines, and hashes beyond the fingerprint of a key.
RAW_ID = re.compile(r"\b(usr|tok|evt|txn|ses)_[0-9a-z]{10,}|\b[0-9a-f]{32,}\b")
# Chinese pages name machines, signals, states, units and files as they are called.
ENGLISH_SENTENCE = re.compile(
    r"\b(the|and|this|with|your|invoice|contract|readings)\b", re.IGNORECASE
)

REMOVE_ENGLISH = "document.querySelectorAll('[lang=en], code, pre, .lead').forEach(e => e.remove())"
CLIPPED = """() => [...document.querySelectorAll('main *, header *')].filter(e => {
  if (!e.offsetParent || e.closest('.visually-hidden, svg, canvas')) return false;
  const own = [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
  const style = getComputedStyle(e);
  const hides = style.overflowX !== 'visible' || style.textOverflow === 'ellipsis';
  return own && ((hides && e.scrollWidth > e.clientWidth + 1)
    || e.getBoundingClientRect().right > innerWidth + 1);
}).map(e => e.className + ': ' + e.textContent.slice(0, 60))"""
SCROLL = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def settle(page: Page) -> None:
    """Wait until the page is connected and nothing is being measured."""
    page.wait_for_function("window.socket?.connected || document.querySelector('.bare')")
    page.wait_for_function("!document.querySelector('main .progress')")
    page.wait_for_function("document.fonts.status === 'loaded'")
    if page.query_selector(".chart"):
        page.wait_for_selector(".chart canvas")


def path_of(hub: Served, name: str) -> str:
    return (WALK | OWN)[name].format(number=hub.prepared.number)


def look(page: Page, name: str) -> None:
    """Keep a screenshot for people, and check what a machine can check of the look."""
    SHOTS.mkdir(exist_ok=True)
    page.screenshot(path=SHOTS / f"{name}.png", full_page=True)
    assert page.evaluate(SCROLL) <= 0, "the page scrolls sideways"
    assert page.evaluate(CLIPPED) == []
    text = page.inner_text("body")
    assert RAW_ID.search(text) is None
    assert not re.search("None|undefined|NaN", text)


def contrast(page: Page) -> list[str]:
    options = {"runOnly": {"type": "rule", "values": ["color-contrast", "label", "link-name",
               "button-name", "image-alt", "html-has-lang", "document-title", "list",
               "landmark-one-main", "aria-required-attr", "aria-valid-attr-value"]}}  # fmt: skip
    found = Axe().run(page, options=options)["violations"]
    return [f"{each['id']}: {node['html'][:160]}" for each in found for node in each["nodes"]]


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", ["administrator", "customer"])
def test_the_walk_from_fleet_to_readings(
    hub: Served, open_page: Open, kind: str, language: str, width: int
) -> None:
    page = open_page(kind, "/", language, width)
    names = [*WALK, *(OWN if kind == "administrator" else ())]
    for name in names:
        page.goto(f"{hub.address}{path_of(hub, name)}")
        page.wait_for_selector("main h1")
        settle(page)
        look(page, f"{name}-{kind}-{language}-{width}")
        assert page.get_attribute("html", "lang") == {"en": "en-US", "zh-Hans": "zh-CN"}[language]
        if kind == "administrator" and language == "en":
            assert contrast(page) == []
        if language == "zh-Hans":
            page.evaluate(
                "document.querySelectorAll('[lang=en], code, pre, .lead').forEach(e => e.remove())"
            )
            assert ENGLISH_SENTENCE.findall(page.inner_text("main")) in ([], ["Hours"])


@pytest.mark.parametrize("kind", KINDS)
def test_each_page_opens_as_four_kinds_of_user(hub: Served, open_page: Open, kind: str) -> None:
    page = open_page(kind, "/")
    for name in (*WALK, *OWN):
        response = page.goto(f"{hub.address}{path_of(hub, name)}")
        assert response is not None
        is_refused = name in REFUSED.get(kind, set())
        assert (response.status in {403, 404}) == is_refused, (name, response.status)
        if is_refused:
            page.wait_for_selector("main a.button")


def test_links_lead_from_the_fleet_down_to_the_readings(open_page: Open) -> None:
    page = open_page("customer", "/")
    page.click("main h2 a")
    page.wait_for_url("**/machines/mazak01")
    page.click("nav a[href='/contracts']")
    page.click("main tbody a")
    page.wait_for_url("**/contracts/**")
    settle(page)
    assert "271.69" in page.inner_text("main")
    page.click("main a[href^='/invoices/']")
    page.wait_for_url("**/invoices/LS-*")
    page.click("main .readings-link >> nth=0")
    page.wait_for_url("**/lines/2")
    rows = page.locator("#rows tbody tr")
    assert rows.count() == 100
    assert "4,931,152" in rows.nth(1).inner_text()
    assert "+23" in rows.nth(1).inner_text()
    page.click("text=Next page")
    page.wait_for_url("**after=**")
    assert "4,933,429" in page.locator("#rows tbody tr").nth(0).inner_text()


def test_the_proof_is_checked_on_the_page(hub: Served, open_page: Open) -> None:
    page = open_page("customer", f"/invoices/{hub.prepared.number}")
    settle(page)
    page.click("text=Verify now")
    page.wait_for_selector(".checks li")
    assert page.inner_text(".notice.good").startswith("Proven")
    assert page.locator(".checks .badge.bad").count() == 0


def test_live_values_are_pushed_and_marked_until_stored(open_page: Open) -> None:
    page = open_page("engineer", "/machines/mazak01")
    cell = "[data-live='mazak01/cut_time'] .live"
    first = page.inner_text(cell)
    page.wait_for_function(
        "([cell, first]) => document.querySelector(cell).textContent !== first", arg=[cell, first]
    )
    page.wait_for_selector("[data-live='mazak01/cut_time'] .mark-unstored:not([hidden])")
    assert page.inner_text("[data-contact]") == "Live"


def test_zooming_asks_again_with_more_detail(open_page: Open) -> None:
    page = open_page("engineer", "/machines/mazak01?signal=Srpm")
    settle(page)
    caption = "section.part p.soft >> nth=0"
    assert "540 readings" in page.inner_text(caption)
    page.click("button:has-text('Zoom in')")
    page.wait_for_selector("section.part p.soft:has-text('270 readings')")
    shown = page.inner_text(caption)
    page.click("button:has-text('Later')")
    page.wait_for_function(
        "shown => document.querySelector('section.part p.soft').innerText !== shown", arg=shown
    )


def test_keys_alone_are_enough(open_page: Open) -> None:
    page = open_page("customer", "/")
    settle(page)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip-link"
    page.keyboard.press("Enter")
    page.keyboard.press("g")
    page.keyboard.press("c")
    page.wait_for_url("**/contracts")
    page.wait_for_selector("main tbody a")
    page.keyboard.press("?")
    page.wait_for_selector("dialog[open]")
    page.keyboard.press("Escape")
    page.wait_for_selector("dialog[open]", state="detached")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.matches('[data-search]')")
    page.keyboard.type("no such contract")
    page.wait_for_selector("[data-nothing-for]:not([hidden])")
    page.keyboard.press("Control+a")
    page.keyboard.press("Delete")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('tbody') !== null")
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid", "the focus is to be seen"
    page.keyboard.press("Enter")
    page.wait_for_url("**/contracts/*")
    page.keyboard.press("g")
    page.keyboard.press("i")
    page.wait_for_url("**/invoices")


def test_the_drawer_opens_by_button_and_closes_by_escape(open_page: Open) -> None:
    page = open_page("customer", "/", width=390)
    settle(page)
    assert not page.is_visible("nav a[href='/contracts']")
    page.click("[data-toggle=navigation]")
    page.wait_for_selector("nav a[href='/contracts']")
    page.keyboard.press("Escape")
    page.wait_for_selector("nav a[href='/contracts']", state="hidden")


def test_finance_sees_the_invoice_before_it_is_issued(open_page: Open) -> None:
    page = open_page("finance", "/contracts/riverside-milling?period=2017-06-21T12:00:00Z")
    settle(page)
    page.click("button:has-text('Issue invoice')")
    page.wait_for_selector(".dialog-card .total")
    assert "100.00" in page.inner_text(".dialog-card")
    page.click(".dialog-card >> text=Cancel")
    page.wait_for_selector(".dialog-card", state="hidden")


def test_an_administrator_lets_an_edge_node_in_and_a_person_out(open_page: Open) -> None:
    page = open_page("administrator", "/sources")
    settle(page)
    assert "edge-2" in page.inner_text("tbody")
    page.click("tr:has-text('edge-2') >> text=Refuse")
    page.click(".dialog-card >> text=Refuse")
    page.wait_for_selector("tr:has-text('edge-2') .badge.bad")
    page.click("tr:has-text('edge-2') >> text=Accept")
    page.click(".dialog-card >> text=Accept")
    page.wait_for_selector("tr:has-text('edge-2') .badge.good")
    page.goto(page.url.replace("/sources", "/people"))
    settle(page)
    page.click("text=Add a person")
    page.fill(".dialog-card input[aria-label='Name']", "Nora Novak")
    page.fill(".dialog-card input[aria-label='User name']", "nora")
    page.click(".dialog-card button:has-text('Add')")
    page.wait_for_selector(".dialog-card input.mono")
    assert len(page.input_value(".dialog-card input.mono")) >= 12
    page.click("text=Done")
    page.wait_for_selector("tr:has-text('Nora Novak')")
    page.click("tr:has-text('Nora Novak') >> text=Deactivate")
    page.click(".dialog-card >> button:has-text('Deactivate')")
    page.wait_for_selector("tr:has-text('Nora Novak') >> text=Let in again")
