"""The demo: unattended at full speed, and as a person sees it at 600 times the real speed."""

import os
import queue
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from pathlib import Path

from bench.records import Promise

NAMES = ("demo_seconds", "demo_first_page_s", "demo_invoice_s")
CHECK_S_MAX, FIRST_PAGE_S_MAX, INVOICE_S_MAX = 30, 10, 90
ROUNDS = 3
DEADLINE_S = 300.0
STOP_S_MAX = 15.0
DEMO = (sys.executable, "-m", "lineshaft.cli", "demo")
PAGES = re.compile(r"Lineshaft runs at (http\S+)")
INVOICE = re.compile(r"(http\S+/invoices/\S+)")


def measure() -> list[Promise]:
    """Measure the check as the median of some rounds, and the demo as it is shown once."""
    check_s = statistics.median(checked_s() for _ in range(ROUNDS))
    first_page_s, invoice_s = shown_s()
    return [
        Promise.at_most("demo_seconds", round(check_s, 2), "s", CHECK_S_MAX),
        Promise.at_most("demo_first_page_s", round(first_page_s, 2), "s", FIRST_PAGE_S_MAX),
        Promise.at_most("demo_invoice_s", round(invoice_s, 2), "s", INVOICE_S_MAX),
    ]


def checked_s() -> float:
    """Return how long `demo --check` takes from its start to its end, in seconds."""
    started_s = time.monotonic()
    done = subprocess.run([*DEMO, "--check"], capture_output=True, text=True, check=False)
    took_s = time.monotonic() - started_s
    if done.returncode != 0 or "lost=0 duplicated=0" not in done.stdout:
        raise AssertionError(f"the demo failed: {done.stdout}{done.stderr}")
    return took_s


def shown_s() -> tuple[float, float]:
    """Return the seconds until the first page and until the invoice's page are served."""
    with tempfile.TemporaryDirectory(prefix="lineshaft-bench-") as name:
        started_s = time.monotonic()
        process = subprocess.Popen(
            [*DEMO, "--no-browser", "--data", str(Path(name) / "data")],
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        lines: queue.Queue[str] = queue.Queue()
        assert process.stdout is not None
        output = process.stdout
        threading.Thread(target=lambda: [lines.put(line) for line in output], daemon=True).start()
        try:
            ask(said(lines, PAGES))
            first_page_s = time.monotonic() - started_s
            ask(said(lines, INVOICE))
            return first_page_s, time.monotonic() - started_s
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(STOP_S_MAX)


def said(lines: "queue.Queue[str]", wanted: re.Pattern[str]) -> str:
    """Wait until the demo says it; returns the address."""
    while True:
        match = wanted.search(lines.get(timeout=DEADLINE_S))
        if match is not None:
            return match[1]


def ask(address: str) -> None:
    """Ask for a page; one for somebody signed in leads to the sign-in page."""
    with urllib.request.urlopen(address, timeout=STOP_S_MAX) as response:
        assert response.status == 200
        assert b"<html" in response.read().lower()
