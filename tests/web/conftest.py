"""One installation with its pages for all browser tests of a worker, and one browser."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.web.hub import PASSWORD, Prepared

START_S_MAX = 50
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@dataclass(frozen=True)
class Served:
    """A hub whose pages are served."""

    address: str
    prepared: Prepared


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


@pytest.fixture(scope="session")
def browser(chromium: Path) -> Iterator[Browser]:
    """The browser of this machine."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(chromium), args=list(ARGUMENTS))
        yield browser
        browser.close()


Open = Callable[..., Page]


@pytest.fixture(scope="session")
def signed_in(hub: Served, browser: Browser) -> Callable[[str], list[dict[str, object]]]:
    """The cookies of a person, signed in once through the page."""
    kept: dict[str, list[dict[str, object]]] = {}

    def cookies(kind: str) -> list[dict[str, object]]:
        if kind not in kept:
            context = browser.new_context()
            page = context.new_page()
            page.goto(f"{hub.address}/sign-in")
            page.fill("input[name=user_name]", kind)
            page.fill("input[name=password]", PASSWORD)
            page.click("button[type=submit]")
            page.wait_for_selector("main h1")
            kept[kind] = [c for c in context.cookies() if c["name"] == "lineshaft_session"]
            context.close()
        return kept[kind]

    return cookies


@pytest.fixture
def open_page(
    hub: Served, browser: Browser, signed_in: Callable[[str], list[dict[str, object]]]
) -> Iterator[Open]:
    """Open a page as somebody, in a language, at a width."""
    contexts: list[BrowserContext] = []

    def open_one(kind: str, path: str, language: str = "en", width: int = 1280) -> Page:
        context = browser.new_context(viewport={"width": width, "height": 900}, locale="en-US")
        contexts.append(context)
        context.add_cookies(signed_in(kind))
        context.add_cookies([{"name": "lineshaft_language", "value": language, "url": hub.address}])
        page = context.new_page()
        page.goto(f"{hub.address}{path}")
        page.wait_for_selector("main h1")
        return page

    yield open_one
    for context in contexts:
        context.close()
