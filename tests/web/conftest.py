"""One installation with its pages for all browser tests of a worker, and one browser."""

import contextlib
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests import lean
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
    "--in-process-gpu",  # without a graphics card a process of its own only costs
    "--renderer-process-limit=1",
    "--js-flags=--no-opt --no-maglev",  # no page lives long enough to gain from it
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@contextlib.contextmanager
def served(directory: Path) -> Iterator[str]:
    """Serve the installation in `directory / "data"` by a process of its own; its address.

    One that is not there is made as `tests.web.hub` does.
    """
    port_file, log = directory / "port", directory / "log"
    command = lean.command("tests.web.hub", str(directory / "data"), str(port_file))
    with log.open("w") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output)
    try:
        deadline = time.monotonic() + START_S_MAX
        while not port_file.exists():
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port_file.read_text()}"
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture(scope="session")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The installation of `tests.web.hub`."""
    directory = tmp_path_factory.mktemp("web")
    with served(directory) as address:
        yield Served(address, Prepared.read(directory / "data"))


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


class Window:
    """The one window of the browser, for whoever signs in.

    Pages are what costs: a window that is kept loads style and scripts once, and no page that
    nobody looks at any more goes on drawing live values.
    """

    def __init__(self, hub: Served, context: BrowserContext) -> None:
        self._hub, self._context = hub, context
        self._page = context.new_page()
        self._page.set_default_timeout(ANSWER_MS_MAX)

    def open(self, kind: str, path: str, language: str, width: int) -> Page:
        address = self._hub.address
        cookies = {"lineshaft_language": language}
        if kind == NOBODY:
            self._context.clear_cookies(name="lineshaft_session")
        else:
            cookies["lineshaft_session"] = session_of(self._hub, kind)
        self._context.add_cookies(
            [{"name": name, "value": value, "url": address} for name, value in cookies.items()]
        )
        self._page.set_viewport_size(WIDE | {"width": width})
        self._page.goto(f"{address}{path}", wait_until="commit")
        self._page.wait_for_selector("main h1")
        settle(self._page)
        return self._page

    def leave(self) -> None:
        self._page.goto("about:blank")


@pytest.fixture(scope="module")
def window(hub: Served, browser: Browser) -> Iterator[Window]:
    context = browser.new_context(locale="en-US", viewport=WIDE)
    yield Window(hub, context)
    context.close()


Open = Callable[..., Page]


@pytest.fixture
def open_page(window: Window) -> Iterator[Open]:
    """Open a page as somebody, in a language, at a width; it is connected when it is returned."""

    def open_one(kind: str, path: str, language: str = "en", width: int = 1280) -> Page:
        return window.open(kind, path, language, width)

    yield open_one
    window.leave()


def settle(page: Page) -> None:
    """Wait until the page is connected, styled and drawn, and nothing is being measured."""
    page.wait_for_function(SETTLED)
