"""The value chain in a real browser: a strategist's Monday, from the import to the export."""

import io
import json
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.valuechain.supplynetwork.examples import TABLES
from tests.web.conftest import Open, settle
from tests.web.doors import Served, ask, cookie_of
from tests.web.test_pages import ENGLISH_SENTENCE, REMOVE_ENGLISH, look, violations

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]
REGISTER, OUTAGE = "/valuechain/register", "/valuechain/outage"


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).last.click()


def upload(page: Page, folder: Path, **changed: str) -> None:
    """Choose a zip of the tables in the dialog."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in (TABLES | changed).items():
            archive.writestr(f"{name}.csv", text)
    path = folder / "network.zip"
    path.write_bytes(buffer.getvalue())
    page.locator(".dialog-card input[type=file]").set_input_files(path)


def imported(page: Page, folder: Path, version: int, **changed: str) -> None:
    upload(page, folder, **changed)
    page.wait_for_selector(f"main :text-matches('^{version}, imported')", state="attached")
    settle(page)


def looked_at(page: Page, name: str) -> None:
    for width in (390, 1280):
        look(page, width, name)
    assert violations(page) == []


def test_from_the_import_to_the_cure_and_the_export(
    hub: Served, open_page: Open, tmp_path: Path
) -> None:
    page = open_page("finance", OUTAGE)
    assert "No supply network yet" in page.inner_text("main")
    page = open_page("finance", REGISTER)
    looked_at(page, "supply-none-en")
    press(page, "Import a version")
    upload(page, tmp_path, lines=TABLES["lines"].replace("20000,EUR", "much,EUR"))
    page.get_by_role("table", name="rows or cells are wrong").get_by_text("much").wait_for()
    imported(page, tmp_path, 1)
    press(page, "Import a version")
    less = TABLES["stock"].replace("spindle,50,", "spindle,20,")
    imported(page, tmp_path, 2, stock=less)

    changed = page.get_by_role("table", name="What changed").inner_text()
    assert "Stock cover, days" in changed
    assert "worse" in changed
    page.locator(".figure summary:has-text('208,253.50')").last.click()
    assert "sum over lines p that need i" in page.inner_text("main")
    looked_at(page, "supply-register-en")

    page = open_page("finance", OUTAGE)
    page.get_by_label("First day").fill("2026-03-01")
    page.get_by_label("Lines that must do all their plan").click()
    page.get_by_role("option", name="mills").click()
    page.keyboard.press("Escape")
    press(page, "Compute")
    page.get_by_role("table", name="The cheapest cures").wait_for()
    broken = page.get_by_role("table", name="Guarantees that break").inner_text()
    assert "riverside" in broken
    assert "more-spindles, new-head" in page.inner_text("main")
    press(page, "Save as a scenario")
    page.locator(".dialog-card").get_by_label("Name").fill("Acme fails for 60 days")
    press(page, "Save")
    page.wait_for_url("**scenario=supplier-acme-2026-03-01")
    settle(page)
    press(page, "Ask again")
    page.get_by_text("The same, to the byte").wait_for()
    looked_at(page, "supply-outage-en")
    check_files(hub)
    check_chinese(open_page)


def check_files(hub: Served) -> None:
    cookie = cookie_of(hub, "finance")
    scenario = "/files/valuechain/scenarios/supplier-acme-2026-03-01"
    answer = json.loads(ask(hub, "GET", f"{scenario}.json", cookie=cookie).body)["answer"]
    assert answer["cures"] == ["more-spindles", "new-head"]
    assert "2026-03-01" in ask(hub, "GET", f"{scenario}.csv", cookie=cookie).text
    for name in ("register.csv", "changes.csv"):
        assert "spindle" in ask(hub, "GET", f"/files/valuechain/{name}", cookie=cookie).text
    assert ask(hub, "GET", "/files/valuechain/sample.zip", cookie=cookie).body[:2] == b"PK"


def check_chinese(open_page: Open) -> None:
    for name in ("register", "outage", "network"):
        query = "?scenario=supplier-acme-2026-03-01" if name == "outage" else ""
        page = open_page("finance", f"/valuechain/{name}{query}", "zh-Hans")
        for width in (390, 1280):
            look(page, width, f"supply-{name}-zh-Hans")
        assert violations(page) == []
        page.evaluate(REMOVE_ENGLISH)
        assert ENGLISH_SENTENCE.findall(page.inner_text("main")) == []


@pytest.mark.parametrize("kind", ["engineer", "customer"])
@pytest.mark.parametrize("path", [REGISTER, OUTAGE, "/files/valuechain/sample.zip"])
def test_others_are_refused(hub: Served, kind: str, path: str) -> None:
    assert ask(hub, "GET", path, cookie=cookie_of(hub, kind)).status == 403


def test_a_form_is_no_upload(hub: Served) -> None:
    said = ask(hub, "POST", "/api/v1/valuechain/networks?version=1", "x" * 100_000)
    assert said.status == 401, "it is taken, and then somebody has to say who asks"
    assert ask(hub, "POST", "/sign-in", "x" * 100_000).status == 413
