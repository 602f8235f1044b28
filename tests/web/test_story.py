"""One sale from the first price to the proof, as five people see it in a real browser.

The product manager makes an offering and a contract; the customer accepts it, is billed, disputes
what it is billed and asks for help; the engineer records what happened at the machine; finance
bills, corrects and takes the money; the auditor believes none of them and recomputes it.
`LINESHAFT_SCREENSHOTS=DIR` keeps a picture of each page on the way.
"""

import json
import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import asdict
from importlib.resources import files
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from lineshaft.bootstrap.application import Application
from lineshaft.core.period import parse_instant
from lineshaft.core.reading import signal_id
from lineshaft.network.connectors.service import sample_day
from lineshaft.platform.historian.intake.commit import Committer
from lineshaft.security.authorisation.model import LOCAL_OPERATOR, Role
from lineshaft.security.identity.service import NewPerson
from lineshaft.services.evidence.model import Verdict
from lineshaft.services.evidence.verify import verify
from tests.platform.historian.house import Source, opened
from tests.web.conftest import ANSWER_MS_MAX, WIDE, served, settle
from tests.web.doors import Served, ask, cookie_of, session_of
from tests.web.hub import MINUTE, PASSWORD, Prepared, _built, _request
from tests.web.test_pages import look, violations

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

SHOTS = os.environ.get("LINESHAFT_SCREENSHOTS")
MORNING = parse_instant("2017-06-30T08:00:00Z")
PEOPLE = {
    "manager": (Role.FINANCE, None, "Petra Okafor"),
    "customer": (Role.CUSTOMER, "riverside", "Carla Weiss"),
    "stranger": (Role.CUSTOMER, "northgate", "Sven Halvorsen"),
    "engineer": (Role.ENGINEER, None, "Emil Brandt"),
    "finance": (Role.FINANCE, None, "Fiona Moreau"),
    "auditor": (Role.AUDITOR, None, "Aya Tanaka"),
}
SUPPLIER = {
    "Short name": "northgate-gmbh",
    "Name": "Northgate Machine Tools GmbH",
    "Address": "Werkstrasse 12\n70565 Stuttgart",
    "Country": "DE",
    "VAT number": "DE123456789",
}
BUYER = {
    "Short name": "riverside-gmbh",
    "Name": "Riverside Precision Parts GmbH",
    "Address": "Am Fluss 3\n72074 Tübingen",
    "Country": "DE",
    "VAT number": "DE987654321",
}
CONTRACT = "/contracts/riverside-mill"


class Plant:
    """The installation of the story: a machine, people, and readings when they come."""

    def __init__(self, directory: Path) -> None:
        self.application: Application = _built(directory)
        self._source = Source("edge-1")
        plant = directory / "files"
        plant.mkdir(parents=True)
        shutil.copyfile(sample_day()[1], plant / "Devices.xml")
        text = files("lineshaft.plant").joinpath("demo", "plant.toml").read_text(encoding="utf-8")
        (plant / "plant.toml").write_text(text.partition("[[offering]]")[0], encoding="utf-8")
        self.application.plant.apply(LOCAL_OPERATOR, plant)
        for user, (role, organisation, name) in PEOPLE.items():
            person = NewPerson(user, name, role, organisation)
            self.application.identity.create_user(LOCAL_OPERATOR, person, PASSWORD)
        self.application.identity.enrol_local(LOCAL_OPERATOR, _request(self._source))
        self.prepared = Prepared(str(directory), "", "", "", "")
        (directory / "prepared.json").write_text(json.dumps(asdict(self.prepared)))

    def readings_arrive(self) -> None:
        """A day of cutting: nothing between eleven and twelve, as the meter is exchanged then."""
        for minute in (*range(180), *range(240, 480)):
            counted = 4_931_129 + minute * 23
            at = MORNING + minute * MINUTE
            self._source.add(signal_id("mazak01", "cut_time"), at, counted, 0)
        self._source.seal()
        app = self.application
        committer = Committer(app.database, app.manifest, app.files, app.clock)
        committer.commit(opened(self._source.segments, self._source))


@pytest.fixture
def installed(tmp_path: Path) -> Iterator[tuple[Served, Plant]]:
    plant = Plant(tmp_path / "data")
    with served(tmp_path) as address:
        yield Served(address, plant.prepared), plant
    plant.application.database.close()


class Story:
    """The window of the browser, with whoever sits before it."""

    def __init__(self, hub: Served, page: Page) -> None:
        self._hub, self.page, self._shots = hub, page, 0

    def open(self, kind: str, path: str, language: str = "en") -> Page:
        cookies = {"session": session_of(self._hub, kind), "language": language}
        self.page.context.add_cookies(
            [
                {"name": f"lineshaft_{name}", "value": value, "url": self._hub.address}
                for name, value in cookies.items()
            ]
        )
        self.page.goto(f"{self._hub.address}{path}", wait_until="commit")
        self.arrived()
        return self.page

    def arrived(self) -> None:
        self.page.wait_for_selector("main h1")
        settle(self.page)
        self.picture()

    def picture(self) -> None:
        self._shots += 1
        if SHOTS:
            for width in (390, 1280):
                self.page.set_viewport_size(WIDE | {"width": width})
                name = f"story-{self._shots:02d}-{width}.png"
                self.page.screenshot(path=Path(SHOTS) / name, full_page=True)

    def press(self, text: str, within: str = "main") -> None:
        self.page.locator(within).get_by_role("button", name=text, exact=True).first.click()

    def agree(self, text: str) -> None:
        """Say yes in the dialog, and wait for the page that is read anew."""
        self.picture()
        self.page.evaluate("window.was = true")
        self.press(text, ".dialog-card")
        self.page.wait_for_function("window.was === undefined")
        self.arrived()

    def fill(self, fields: dict[str, str], within: str = "main") -> None:
        place = self.page.locator(within).last
        for label, value in fields.items():
            place.get_by_label(re.compile(f"^{label}")).first.fill(value)

    def choose(
        self, label: str, option: str, within: str = "main", *, several: bool = False
    ) -> None:
        place = self.page.locator(within).last
        place.get_by_label(re.compile(f"^{label}")).first.click()
        self.page.get_by_role("option", name=option).click()
        self.page.keyboard.press("Escape" if several else "Tab")
        self.page.wait_for_selector(".q-menu", state="detached")


def test_the_whole_story(installed: tuple[Served, Plant], browser: Browser) -> None:
    hub, plant = installed
    context = browser.new_context(locale="en-US", viewport=WIDE, timezone_id="UTC")
    page = context.new_page()
    page.set_default_timeout(ANSWER_MS_MAX)
    story = Story(hub, page)
    make_and_offer(story)
    accept(story, hub)
    plant.readings_arrive()
    number = bill(story)
    dispute_and_ask(story, number)
    record_what_happened(story)
    correction = correct_and_be_paid(story, number)
    look_back(story, number)
    audit(story, hub, (number, correction))
    context.close()


def make_and_offer(story: Story) -> None:
    """The product manager sells running hours, and offers them to a customer."""
    story.open("manager", "/packs/pay-per-use")
    story.fill({"Identifier": "mill-hours", "Signal": "cut_time"})
    story.press("Record the offering")
    story.page.wait_for_url("**/offerings/mill-hours")
    story.arrived()
    page = story.open("manager", "/contracts/new?offering=mill-hours")
    story.choose("Organisation", "Riverside Precision Parts")
    story.choose("Machines", "Mazak Integrex 100-IV", several=True)
    story.choose("Billed by", "Each day")
    story.fill({"Name of the contract": "riverside-mill", "Starts on": "2017-06-30"})
    story.fill({"Time zone": "UTC", "Series": "ST-2017"})
    story.fill(SUPPLIER, "section.panel >> nth=1")
    story.fill(BUYER, "section.panel >> nth=2")
    story.picture()
    story.press("Make the draft")
    page.wait_for_url(f"**{CONTRACT}")
    story.arrived()
    story.press("Offer to the customer")
    story.agree("Offer to the customer")


def accept(story: Story, hub: Served) -> None:
    """The customer signs in, reads the offer and accepts it; nobody else sees it."""
    assert ask(hub, "GET", CONTRACT, cookie=cookie_of(hub, "stranger")).status == 404
    page = story.page
    page.context.clear_cookies(name="lineshaft_session")
    page.goto(f"{hub.address}/sign-in")
    page.fill("input[name=user_name]", "customer")
    page.fill("input[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/portal")
    story.arrived()
    assert "Machine by the running hour" in page.inner_text("#offers")
    page.click("#offers .button")
    page.wait_for_url(f"**{CONTRACT}")
    story.arrived()
    story.press("Read and accept")
    story.agree("Accept this contract")
    story.open("manager", CONTRACT)
    story.press("Activate")
    story.agree("Activate")


def bill(story: Story) -> str:
    """Finance looks at the month, checks it, and issues what is ready."""
    page = story.open("finance", "/finance?month=2017-06")
    story.press("Check what is to be billed")
    page.wait_for_selector("main td .badge.good")
    assert "€" in page.inner_text("main tbody") or "EUR" in page.inner_text("main tbody")
    story.press("Issue all that are ready")
    story.agree("Issue them for ever")
    number = page.inner_text("main a[href^='/invoices/ST-2017']")
    assert number == "ST-2017-000001"
    return number


def dispute_and_ask(story: Story, number: str) -> None:
    """The customer, in Chinese: usage and proof, a dispute, and a request for service."""
    page = story.open("customer", "/portal", "zh-Hans")
    assert "切削时间" in page.inner_text("#usage")
    assert number in page.inner_text("main")
    for width in (390, 1280):
        look(page, width, "portal-customer-zh-Hans")
    page.locator("#requests").get_by_role("button", name="提交服务请求").click()
    story.fill({"问题描述": "Spindle does not start"}, ".dialog-card")
    story.agree("发送请求")
    assert "Spindle does not start" in page.inner_text("#requests")
    page = story.open("customer", f"/invoices/{number}", "zh-Hans")
    story.press("立即核验")
    page.wait_for_selector(".checks li")
    assert page.locator(".notice.good").count() == 1
    story.press("对单据提出异议")
    reason = "The machine stood still: its meter was exchanged"
    story.fill({"理由": reason}, ".dialog-card")
    story.agree("对单据提出异议")
    assert reason in page.inner_text("#payment")


def record_what_happened(story: Story) -> None:
    """The engineer records the exchange of the meter, and what was done about the request."""
    page = story.open("engineer", "/machines/mazak01/exchanges")
    story.press("Record an exchange")
    story.choose("Meter", "Cutting time", ".dialog-card")
    last, first = 4_931_129 + 179 * 23 + 10, 4_931_129 + 240 * 23 - 20
    story.fill(
        {
            "Exchanged at": "2017-06-30T11:30:00",
            "Last value of the old meter": str(last),
            "First value of the new meter": str(first),
            "Work order": "WO-77",
        },
        ".dialog-card",
    )
    story.agree("Record")
    assert "Waits for a second person" in page.inner_text("main tbody")
    assert page.get_by_role("button", name="Approve").count() == 0
    page = story.open("engineer", "/requests")
    story.press("Record progress")
    story.choose("Who answers for it", "Provider", ".dialog-card")
    story.agree("Record")
    story.press("Agree")
    story.agree("Agree")
    assert "Provider" in page.inner_text("main tbody")


def correct_and_be_paid(story: Story, number: str) -> str:
    """Finance approves as the second person, corrects the period, answers, and is paid."""
    page = story.open("finance", "/machines/mazak01/exchanges")
    story.press("Approve")
    story.agree("Approve")
    assert "Approved" in page.inner_text("main tbody")
    page = story.open("finance", f"/invoices/{number}")
    story.press("Show the difference")
    page.wait_for_selector(".dialog-card")
    story.picture()
    story.press("Issue the correction", ".dialog-card")
    page.wait_for_url("**/invoices/ST-2017-000002")
    story.arrived()
    assert "Credit note" in page.inner_text("h1")
    page = story.open("finance", f"/invoices/{number}")
    story.press("Answer the dispute")
    story.fill({"Answer": "The hour of the exchange is credited"}, ".dialog-card")
    story.agree("Answer the dispute")
    story.press("Record a payment")
    story.fill({"Reference of the bank": "SEPA-4711"}, ".dialog-card")
    story.agree("Record")
    assert "SEPA-4711" in page.inner_text("#payment")
    return "ST-2017-000002"


def look_back(story: Story, number: str) -> None:
    """The customer agrees to what happened at the machine, and finds all of it at home."""
    page = story.open("customer", "/portal")
    page.locator("#requests").get_by_role("button", name="Agree").click()
    story.agree("Agree")
    assert "Customer" in page.inner_text("#requests tbody")
    assert "Paid" in page.inner_text("main")
    for width in (390, 1280):
        look(page, width, "portal-customer-en")
    assert violations(page) == []


def audit(story: Story, hub: Served, numbers: tuple[str, str]) -> None:
    """The auditor recomputes both documents offline, and looks at ledger and audit trail."""
    cookie = cookie_of(hub, "auditor")

    def file(number: str, name: str) -> bytes:
        answer = ask(hub, "GET", f"/files/invoices/{number}/{name}", cookie=cookie)
        assert answer.status == 200, answer.text
        return answer.body

    page = story.open("auditor", f"/invoices/{numbers[0]}")
    with page.expect_download() as waiting:
        page.click("a[href$='evidence.json']")
    first = Path(waiting.value.path()).read_bytes()
    report = verify(
        file(numbers[0], "invoice.json"),
        "application/json",
        file(numbers[0], "keys.json"),
        bundle=first,
    )
    assert report.verdict is Verdict.PROVEN, report.checks
    assert page.get_by_role("button", name="Record a payment").count() == 0
    page = story.open("auditor", "/finance/ledger")
    assert "receivables:" in page.inner_text("main tbody")
    page = story.open("auditor", "/audit")
    story.press("Check the trail")
    page.wait_for_selector("main .notice.good")
    said = page.inner_text("main tbody")
    for action in ("payment:record", "dispute:open", "exchange:approve", "incident:report"):
        assert action in said
    story.picture()
