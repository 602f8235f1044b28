"""The input-output kernel at the size of the OECD's table: 77 countries times 45 industries.

A seeded table that balances, with the shape of a real one: most inputs from home, few large cells.
Both the inverse and the product of matrices that it is measured against run in the same process
and with the same threads of NumPy's BLAS; each is warmed up once, and the median of five counts.
"""

import time
from collections.abc import Callable
from statistics import median

import numpy as np

from bench.records import Promise
from lineshaft.valuechain.inputoutput.exports import exports_of
from lineshaft.valuechain.inputoutput.inverse import leontief_inverse
from lineshaft.valuechain.inputoutput.kernel import Kernel
from lineshaft.valuechain.inputoutput.model import Table
from lineshaft.valuechain.inputoutput.whatif import WhatIf

NAMES = ("io_invert_icio", "io_exporters_icio", "io_whatif")
COUNTRIES, INDUSTRIES = 77, 45
SEED = 20_260_101
ROUNDS = 5
INVERT_RATIO_MAX = 2.5
EXPORTERS_S_MAX = 2.0
WHATIF_MS_MAX = 20.0
SLIDER_ROWS = 20
EQUAL = 1e-12


def synthetic(countries: int = COUNTRIES, industries: int = INDUSTRIES) -> Table:
    """Make a table whose inputs are a part of between a third and four fifths of output."""
    rng = np.random.default_rng(SEED)
    size = countries * industries
    coefficients = rng.lognormal(0.0, 1.5, (size, size))
    for first in range(0, size, industries):
        coefficients[first : first + industries, first : first + industries] *= 4 * countries
    coefficients *= rng.uniform(0.33, 0.8, size) / coefficients.sum(axis=0)
    demand = rng.lognormal(8.0, 1.0, size)
    output = np.linalg.solve(np.eye(size) - coefficients, demand)
    used = coefficients * output
    shares = rng.dirichlet(np.full(countries, 0.2), size)
    names = tuple(f"C{number:02}" for number in range(countries))
    return Table(
        name="synthetic",
        vintage=str(SEED),
        currency="USD",
        regions=names,
        economies=names,
        industries=tuple(f"i{number:02}" for number in range(industries)),
        demand=("final",),
        intermediate_use=used,
        final_demand=demand[:, None] * shares,
        gross_output=output,
        value_added=output - used.sum(axis=0),
    )


def middle_s(work: Callable[[], object]) -> float:
    """Return the median time of work, after it was done once."""
    work()
    times_s = []
    for _ in range(ROUNDS):
        began_s = time.perf_counter()
        work()
        times_s.append(time.perf_counter() - began_s)
    return median(times_s)


def measure() -> list[Promise]:
    """Measure, and check each answer against the direct one."""
    kernel = Kernel.of(synthetic())
    coefficients, inverse = kernel.technical_coefficients, kernel.leontief_inverse
    product_s = middle_s(lambda: coefficients @ inverse)
    invert_s = middle_s(lambda: leontief_inverse(coefficients))
    probe = np.linspace(1, 2, len(inverse))
    assert np.abs(inverse @ (probe - coefficients @ probe) - probe).max() < EQUAL * 100
    return [
        Promise.at_most("io_invert_icio", invert_s / product_s, "ratio", INVERT_RATIO_MAX),
        Promise.at_most("io_exporters_icio", exporters_s(kernel), "s", EXPORTERS_S_MAX),
        Promise.at_most("io_whatif", whatif_ms(kernel), "ms", WHATIF_MS_MAX),
    ]


def exporters_s(kernel: Kernel) -> float:
    """Return the time in which the exports of every country are decomposed."""
    parts = kernel.technical_coefficients, kernel.leontief_inverse, kernel.value_added_coefficients
    elapsed_s = middle_s(lambda: exports_of(kernel.table, *parts))
    found = exports_of(kernel.table, *parts)
    content = found.domestic_content + found.foreign_content
    assert np.abs(content - found.gross).max() < 1e-9 * found.gross.max()
    return elapsed_s


def whatif_ms(kernel: Kernel) -> float:
    """Return the median time of a slider on one row, from its move to output and value added."""
    session = WhatIf(kernel)
    rng = np.random.default_rng(SEED)
    rows = rng.choice(len(kernel.demand), SLIDER_ROWS, replace=False).tolist()
    coefficients = kernel.technical_coefficients
    times_ms = []
    for row in rows:
        change = coefficients[row] * rng.uniform(-1, 0.2)
        began_s = time.perf_counter()
        session.reset()
        session.change_row(row, change)
        outcome = session.outcome()
        times_ms.append((time.perf_counter() - began_s) * 1_000)
    changed = coefficients.copy()
    changed[row] += change
    direct = np.linalg.solve(np.eye(len(changed)) - changed, kernel.demand)
    assert np.abs(outcome.output - direct).max() <= EQUAL * np.abs(direct).max()
    return median(times_ms[1:])
