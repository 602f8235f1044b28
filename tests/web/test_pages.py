"""The pages in a real browser: as administrator and customer, both languages, wide and narrow.

`LINESHAFT_SCREENSHOTS=DIR` keeps a picture of each page at each width, for people to look at.
"""

import os
import re
from pathlib import Path

import pytest
from axe_core_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.web.conftest import WIDE, Open, settle
from tests.web.doors import Served
from tests.web.hub import PASSWORD
from tests.web.walk import OWN, WALK, path_of

pytestmark = [pytest.mark.browser, pytest.mark.timeout(60)]

SHOTS = os.environ.get("LINESHAFT_SCREENSHOTS")
WIDTHS = (1280, 390)
LANGUAGES = {"en": "en-US", "zh-Hans": "zh-CN"}
IN_FULL = ("fleet", "machine", "contract", "invoice", "readings")
BESIDE = tuple(name for name in WALK if name not in IN_FULL)
SEEN = [
    *(
        (kind, name, language)
        for name in IN_FULL
        for kind in ("administrator", "customer")
        for language in LANGUAGES
    ),
    *(("administrator", name, "en") for name in BESIDE),
    *(("customer", name, "zh-Hans") for name in BESIDE),
    *(("administrator", name, language) for name in OWN for language in LANGUAGES),
    ("customer", "people", "zh-Hans"),
]
"""The walk as administrator and as customer in both languages; of what is beside it each page as
both, in one language each. The last one is refused, and says so."""
LOOKED_AT_CLOSELY = {
    (kind, name, language): 1280 if language == "en" else 390
    for kind, name, language in SEEN
    if kind == "administrator" or name not in IN_FULL or (name, language) == ("contract", "en")
}
"""Where axe-core looks: at each page in both languages, and so at both widths."""
# Identifiers that are made for machines, and hashes beyond the fingerprint of a key.
RAW_ID = re.compile(r"\b(usr|tok|evt|txn|ses)_[0-9a-z]{10,}|\b[0-9a-f]{32,}\b")
# Chinese pages name machines, signals, states, units and files as they are called.
ENGLISH_SENTENCE = re.compile(
    r"\b(the|and|this|with|your|invoice|contract|readings)\b", re.IGNORECASE
)
RULES = (
    "aria-required-attr",
    "aria-valid-attr-value",
    "button-name",
    "color-contrast",
    "document-title",
    "html-has-lang",
    "image-alt",
    "label",
    "landmark-one-main",
    "link-name",
    "list",
)
REMOVE_ENGLISH = "document.querySelectorAll('[lang=en], code, pre, .lead').forEach(e => e.remove())"
# The rows of a table are all alike: looking at the first ones is enough, and much faster.
# What spins for ever is left alone.
STAND_STILL = """async () => {
  const ends = each => Number.isFinite(each.effect.getComputedTiming().endTime);
  const moving = () => document.getAnimations().filter(e => e.playState === 'running' && ends(e));
  while (moving().length) await Promise.allSettled(moving().map(each => each.finished));
}"""
REMOVE_ROWS = "document.querySelectorAll('main tbody tr:nth-child(n+11)').forEach(e => e.remove())"
# The page after it was laid out anew: what is cut off, and how far it scrolls sideways.
LOOK = """() => ({
  clipped: [...document.querySelectorAll('main *, header *')].filter(e => {
    if (!e.offsetParent || e.closest('.visually-hidden, svg, canvas')) return false;
    const own = [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
    const style = getComputedStyle(e);
    const hides = style.overflowX !== 'visible' || style.textOverflow === 'ellipsis';
    return own && ((hides && e.scrollWidth > e.clientWidth + 1)
      || e.getBoundingClientRect().right > innerWidth + 1);
  }).map(e => e.className + ': ' + e.textContent.slice(0, 60)),
  text: document.body.innerText,
  width: innerWidth,
})"""
FITS = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"


def look(page: Page, width: int, name: str) -> None:
    """Check what a machine can check of the look; keep a picture for people if they ask for it."""
    page.set_viewport_size(WIDE | {"width": width})
    page.wait_for_function(FITS)  # charts follow the width a moment later
    seen = page.evaluate(LOOK)
    assert seen["width"] == width
    assert seen["clipped"] == []
    is_trail = name.startswith("audit")  # it names exactly what was done, also to what has no name
    assert is_trail or RAW_ID.search(seen["text"]) is None
    assert not re.search("None|undefined|NaN", seen["text"])
    if SHOTS:
        page.screenshot(path=Path(SHOTS) / f"{name}-{width}.png", full_page=True)


def violations(page: Page) -> list[str]:
    """Return what axe-core finds on a page that stands still: what fades in has no contrast yet."""
    page.evaluate(STAND_STILL)
    page.evaluate(REMOVE_ROWS)
    options = {"runOnly": {"type": "rule", "values": list(RULES)}, "resultTypes": ["violations"]}
    found = Axe().run(page, options=options)["violations"]
    return [f"{each['id']}: {node['html'][:160]}" for each in found for node in each["nodes"]]


@pytest.mark.parametrize(("kind", "name", "language"), SEEN)
def test_a_page_of_the_walk(
    hub: Served, open_page: Open, kind: str, name: str, language: str
) -> None:
    page = open_page(kind, path_of(hub, name), language)
    assert page.get_attribute("html", "lang") == LANGUAGES[language]
    # axe-core takes rows out, so its width comes last
    closely = LOOKED_AT_CLOSELY.get((kind, name, language))
    for width in sorted(WIDTHS, key=lambda width: width == closely):
        look(page, width, f"{name}-{kind}-{language}")
    if closely is not None:
        assert violations(page) == []
    if language == "zh-Hans":
        page.evaluate(REMOVE_ENGLISH)
        assert ENGLISH_SENTENCE.findall(page.inner_text("main")) in ([], ["Hours"])


def test_signing_in_through_the_page(hub: Served, open_page: Open) -> None:
    page = open_page("nobody", "/machines/mazak01")
    for width in WIDTHS:
        look(page, width, "sign-in")
    assert violations(page) == []
    page.fill("input[name=user_name]", "engineer")
    page.fill("input[name=password]", PASSWORD)
    page.click("button[type=submit]")
    page.wait_for_url("**/machines/mazak01")
    page.wait_for_selector("main h1")


def test_the_status_names_each_program(open_page: Open) -> None:
    page = open_page("engineer", "/status")
    rows = page.locator("table >> nth=0").locator("tbody tr").all_inner_texts()
    assert [row.split("\t") for row in rows] == [
        ["Message bus", "Running", "0", "Well"],
        ["Intake", "Running", "1", "Well"],
        ["Edge node of this machine", "Running", "2", "Well"],
        ["Pages and interface", "Running", "3", "Well"],
    ]


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
    assert not page.is_visible("nav a[href='/contracts']")
    page.click("[data-toggle=navigation]")
    page.wait_for_selector("nav a[href='/contracts']")
    page.keyboard.press("Escape")
    page.wait_for_selector("nav a[href='/contracts']", state="hidden")


def test_finance_sees_the_invoice_before_it_is_issued(open_page: Open) -> None:
    page = open_page("finance", "/contracts/riverside-milling?period=2017-06-21T12:00:00Z")
    page.click("button:has-text('Issue invoice')")
    page.wait_for_selector(".dialog-card .total")
    assert "100.00" in page.inner_text(".dialog-card")
    page.click(".dialog-card >> text=Cancel")
    page.wait_for_selector(".dialog-card", state="hidden")


def test_finance_closes_a_month_and_records_what_came_in(hub: Served, open_page: Open) -> None:
    page = open_page("finance", "/finance?month=2017-06")
    page.click("text=Check what is to be billed")
    page.wait_for_selector("text=29 of 29 are ready.")
    page.click("text=Issue all that are ready")
    page.wait_for_selector(".dialog-card >> text=29 periods are checked")
    page.click(".dialog-card >> text=Cancel")
    page.wait_for_selector(".dialog-card", state="hidden")
    page = open_page("finance", f"/invoices/{hub.prepared.number}")
    page.click("text=Show the difference")
    page.wait_for_selector(".dialog-card >> text=there is nothing to correct")
    page.click(".dialog-card >> text=Close")
    page.wait_for_selector(".dialog-card", state="hidden")
    page.click("text=Record a payment")
    page.get_by_label("Amount in EUR").fill("71.69")
    page.get_by_label("Reference of the bank").fill("R-1")
    page.click(".dialog-card >> text=Record >> nth=-1")
    page.wait_for_selector("#payment >> text=Partly paid")
    assert "200.00" in page.inner_text("#payment")
    page.click("text=Dispute this document")
    page.get_by_label("Reason").fill("machine stood still")
    page.click(".dialog-card >> text=Dispute this document >> nth=-1")
    page.wait_for_selector("#payment >> text=Waits for an answer")
    page.click("text=Answer the dispute")
    page.get_by_label("Answer").fill("it ran")
    page.get_by_label("Outcome").click()
    page.click(".q-menu >> text=Rejected")
    page.click(".dialog-card >> text=Answer the dispute >> nth=-1")
    page.wait_for_selector("#payment >> text=Rejected")
    page.click("text=Write a letter")
    page.click(".dialog-card >> text=Write the letter")
    page.wait_for_selector("#payment >> text=Statement of what is open")
    for width in WIDTHS:
        look(page, width, "paid")
    assert violations(page) == []


def test_an_administrator_lets_an_edge_node_in_and_a_person_out(open_page: Open) -> None:
    page = open_page("administrator", "/sources")
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
