"""Dependency flags of all importers and products: 6 million bilateral rows of one year.

A seeded year of BACI's size: 230 countries, 5,000 products, each pair of countries trading some of
them, values log-normal, no flow twice. From the columns in memory to the flags of all cells; the
median of five. On a small sample, plain Python with fractions finds the same figures and flags.
"""

import statistics
import time
from collections import defaultdict
from fractions import Fraction

import numpy as np

from bench.records import Promise
from lineshaft.valuechain.paradox.concentration import Concentrations, concentrations
from lineshaft.valuechain.paradox.model import TradeFlows

NAMES = ("hs6_flags",)
LIMIT_S = 2.0
ROWS = 6_000_000
COUNTRIES, PRODUCTS = 230, 5_000
SAMPLE_ROWS = 20_000
SAMPLE_COUNTRIES, SAMPLE_PRODUCTS = 30, 40
SIGMA = 2.5
ROUNDS = 5
SEED = 20_261_122
LIMIT = Fraction(2, 5)


def year_of(rows: int, countries: int, products: int) -> TradeFlows:
    """Return a seeded year in which no flow stands twice."""
    rng = np.random.default_rng(SEED)
    cells = countries * (countries - 1) * products
    cell = rng.choice(cells, rows, replace=False) if rows * 50 > cells else _distinct(rng, cells)
    pair, product = np.divmod(rng.permutation(cell[:rows]), products)
    exporter, other = np.divmod(pair, countries - 1)
    return TradeFlows(
        name="synthetic",
        year=2022,
        exporters=exporter + 4,
        importers=other + (other >= exporter) + 4,
        products=product * 190 + 10_121,
        dollars=np.rint(rng.lognormal(9.0, SIGMA, len(product))) + 1,
    )


def _distinct(rng: np.random.Generator, cells: int) -> np.ndarray:
    return np.unique(rng.integers(0, cells, ROWS + ROWS // 20))


def check(flows: TradeFlows, found: Concentrations) -> int:
    """Compare with plain Python; return how many flags there are."""
    bought: dict[tuple[int, int], list[int]] = defaultdict(list)
    sold: dict[int, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    columns = (flows.exporters, flows.importers, flows.products, flows.dollars)
    for i, j, k, dollars in zip(*(each.tolist() for each in columns), strict=True):
        bought[j, k].append(int(dollars))
        sold[k][i] += int(dollars)
    flags = 0
    for (j, k), values in bought.items():
        row, column = found.countries.searchsorted(j), found.products.searchsorted(k)
        one, other = _hhi(values), _hhi(list(sold[k].values()))
        assert abs(found.import_hhi[row, column] - one) < 1e-12, (j, k)
        assert abs(found.world_export_hhi[column] - other) < 1e-12, k
        is_flagged = one > LIMIT and other > LIMIT and sum(values) > sold[k].get(j, 0)
        assert found.flags[row, column] == is_flagged, (j, k)
        flags += is_flagged
    assert found.flags.sum() == flags
    return flags


def _hhi(values: list[int]) -> Fraction:
    return Fraction(sum(each * each for each in values), sum(values) ** 2)


def measure() -> list[Promise]:
    """Check a sample, then flag the whole year five times."""
    sample = year_of(SAMPLE_ROWS, SAMPLE_COUNTRIES, SAMPLE_PRODUCTS)
    assert check(sample, concentrations(sample)), "the sample flags something"
    flows = year_of(ROWS, COUNTRIES, PRODUCTS)
    assert len(flows.dollars) == ROWS
    times_s = []
    for _ in range(ROUNDS):
        began_s = time.perf_counter()
        flags = concentrations(flows).flags
        times_s.append(time.perf_counter() - began_s)
        assert 0 < flags.sum() < flags.size
    return [Promise.at_most("hs6_flags", statistics.median(times_s), "s", LIMIT_S)]
