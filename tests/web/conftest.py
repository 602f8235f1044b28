"""One installation with its pages for all browser tests of a worker, and one browser."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.web.doors import Served, session_of
from tests.web.hub import Prepared

START_S_MAX = 50
ANSWER_MS_MAX = 30_000
NOBODY = "nobody"
WIDE = {"width": 1280, "height": 900}
SETTLED = """() => document.readyState === 'complete'
  && (window.socket?.connected || document.querySelector('.bare'))
  && !document.querySelector('main .progress')
  && document.fonts.status === 'loaded'
  && [...document.querySelectorAll('.chart')].every(e => e.querySelector('canvas'))"""
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="session")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The installation of `tests.web.hub`, served by a process of its own."""
    directory = tmp_path_factory.mktemp("web")
    port_file, log = directory / "port", directory / "log"
    command = [sys.executable, "-m", "tests.web.hub", str(directory / "data"), str(port_file)]
    with log.open("w") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output)
    try:
        deadline = time.monotonic() + START_S_MAX
        while not port_file.exists():
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.05)
        prepared = Prepared.read(directory / "data")
        yield Served(f"http://127.0.0.1:{port_file.read_text()}", prepared)
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture(scope="module")
def browser(chromium: Path) -> Iterator[Browser]:
    """The browser of this machine.

    It ends with the module: as long as it is there, its driver's event loop runs in this thread,
    and no other test of this worker could run a loop of its own.
    """
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(chromium), args=list(ARGUMENTS))
        yield browser
        browser.close()


class People:
    """A window of the browser for each kind of user, signed in; its cache stays from page to page.

    Pages are what costs: a window that is kept loads style and scripts once.
    """

    def __init__(self, hub: Served, browser: Browser) -> None:
        self.hub = hub
        self._browser = browser
        self._contexts: dict[str, BrowserContext] = {}

    def context(self, kind: str) -> BrowserContext:
        if kind not in self._contexts:
            context = self._browser.new_context(locale="en-US", viewport=WIDE)
            self._contexts[kind] = context
            if kind == NOBODY:
                return context
            cookie = {"name": "lineshaft_session", "value": session_of(self.hub, kind)}
            context.add_cookies([cookie | {"url": self.hub.address}])
        return self._contexts[kind]

    def close(self) -> None:
        for context in self._contexts.values():
            context.close()


@pytest.fixture(scope="module")
def people(hub: Served, browser: Browser) -> Iterator[People]:
    people = People(hub, browser)
    yield people
    people.close()


Open = Callable[..., Page]


@pytest.fixture
def open_page(people: People) -> Open:
    """Open a page as somebody, in a language, at a width; it is connected when it is returned."""

    def open_one(kind: str, path: str, language: str = "en", width: int = 1280) -> Page:
        context = people.context(kind)
        address = people.hub.address
        context.add_cookies([{"name": "lineshaft_language", "value": language, "url": address}])
        page = context.pages[0] if context.pages else context.new_page()
        page.set_default_timeout(ANSWER_MS_MAX)
        page.set_viewport_size(WIDE | {"width": width})
        page.goto(f"{address}{path}", wait_until="commit")
        page.wait_for_selector("main h1")
        settle(page)
        return page

    return open_one


def settle(page: Page) -> None:
    """Wait until the page is connected, styled and drawn, and nothing is being measured."""
    page.wait_for_function(SETTLED)
