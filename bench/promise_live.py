"""From a machine's line to the value on an open page, at 2,000 observations per second.

Adapter, edge, bus and pages are processes as in production, the page is open in a real browser. A
script in the page notes when the cell of a running number changes. The delay of a line is the time
from its sending to the moment at which the page shows it or a later one: that a page skips values
does not make it faster.
"""

import bisect
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.installation import open_page, prepare, running, wait_for_text
from bench.machine import LINES_PER_S, MACHINE, write_plant
from bench.records import Promise

NAMES = ("live_delay_p50", "live_delay_p99")
P50_MS_MAX, P99_MS_MAX = 20, 100
WARM_UP_S = 5.0
MEASURED_S = 15.0
ROUNDS = 3
LOG_LAG_S = 1.0
"""The machine's log may be behind by this much."""

OBSERVE = """() => {
  const cell = document.querySelector('[data-live="busy/number"] .live');
  window.seen = [];
  new MutationObserver(() => {
    const at = performance.timeOrigin + performance.now();
    const number = /^n([0-9]+)$/.exec(cell.textContent);
    if (number) window.seen.push([Number(number[1]), at]);
  }).observe(cell, { childList: true, characterData: true, subtree: true });
}"""


def measure() -> list[Promise]:
    """Measure both percentiles: of each the median of some rounds."""
    rounds = measured_rounds()
    p50, p99 = (statistics.median(values) for values in zip(*rounds, strict=True))
    return [
        Promise.at_most("live_delay_p50", round(p50, 2), "ms", P50_MS_MAX),
        Promise.at_most("live_delay_p99", round(p99, 2), "ms", P99_MS_MAX),
    ]


def measured_rounds() -> list[tuple[float, float]]:
    """Return the 50th and 99th percentile of each round, in milliseconds."""
    with tempfile.TemporaryDirectory(prefix="lineshaft-bench-") as name:
        directory = Path(name)
        log = directory / "sent"
        command = [sys.executable, "-m", "bench.machine", str(directory / "port"), str(log)]
        machine = subprocess.Popen(command)
        try:
            write_plant(directory / "plant", int(wait_for_text(directory / "port", machine)))
            settings = prepare(directory / "data", directory / "plant")
            with (
                running(settings) as installation,
                open_page(installation, f"/machines/{MACHINE}") as page,
            ):
                page.wait_for_selector('[data-live="busy/number"] .live:has-text("n")')
                page.evaluate(OBSERVE)
                page.wait_for_timeout(1_000 * WARM_UP_S)
                rounds = []
                for _ in range(ROUNDS):
                    page.evaluate("() => { window.seen = []; }")
                    page.wait_for_timeout(1_000 * MEASURED_S)
                    seen = page.evaluate("() => window.seen")
                    time.sleep(LOG_LAG_S)
                    sent = [int(line) / 1_000 for line in log.read_text().splitlines()]
                    rounds.append(percentiles(sent, seen))
                return rounds
        finally:
            machine.terminate()
            machine.wait()


def percentiles(sent_ms: list[float], seen: list[tuple[int, float]]) -> tuple[float, float]:
    """Return the 50th and 99th percentile of the delays of all lines that were to be seen.

    Args:
        sent_ms: instant of sending of each line, by number.
        seen: the numbers that the page showed, in order, with their instants in milliseconds.
    """
    numbers = [number for number, _ in seen]
    lines = range(numbers[0], numbers[-1] + 1)
    least = 0.9 * MEASURED_S * LINES_PER_S
    if len(lines) < least or numbers != sorted(numbers):
        raise AssertionError(f"the page saw {len(lines)} lines, expected {least:.0f}, in order")
    delays = sorted(seen[bisect.bisect_left(numbers, n)][1] - sent_ms[n] for n in lines)
    return delays[len(delays) // 2], delays[len(delays) * 99 // 100]


if __name__ == "__main__":
    print(measured_rounds())
