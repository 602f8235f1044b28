"""Small years of trade, and the same figures a second way: plain Python with fractions."""

import gzip
from collections import defaultdict
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import numpy as np

from lineshaft.valuechain.paradox.model import TradeFlows

Flow = tuple[int, int, int, int]
"""Exporter, importer, product, dollars."""


def flows_of(rows: Iterable[Flow], year: int = 2020) -> TradeFlows:
    columns = np.array(list(rows), dtype=np.int64).reshape(-1, 4).T
    exporters, importers, products, dollars = columns
    return TradeFlows("made", year, exporters, importers, products, dollars.astype(np.float64))


def rows_of(flows: TradeFlows) -> list[Flow]:
    columns = (flows.exporters, flows.importers, flows.products, flows.dollars)
    return [tuple(map(int, row)) for row in zip(*columns, strict=True)]  # type: ignore[misc]


def write_baci(path: Path, year: int, rows: Iterable[Flow]) -> Path:
    """Write as the publisher describes it: thousands of dollars with three decimals, tons or NA."""
    lines = ["t,i,j,k,v,q"]
    for place, (i, j, k, dollars) in enumerate(rows):
        tons = "        NA" if place % 3 else f"{dollars / 7:10.3f}"
        lines.append(f"{year},{i},{j},{k:06},{dollars // 1000}.{dollars % 1000:03},{tons}")
    text = "\n".join(lines) + "\n"
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(text.encode()))
    else:
        path.write_text(text, encoding="utf-8")
    return path


def hhi(values: Iterable[int]) -> Fraction:
    given = list(values)
    return Fraction(sum(each * each for each in given), sum(given) ** 2)


def plain_figures(rows: list[Flow]) -> dict[tuple[int, int], tuple[Fraction, Fraction, bool]]:
    """By importer and product: concentration of imports, of the world's exports, and the flag."""
    bought: dict[tuple[int, int], list[int]] = defaultdict(list)
    sold: dict[int, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for i, j, k, dollars in rows:
        bought[j, k].append(dollars)
        sold[k][i] += dollars
    found = {}
    for (j, k), values in bought.items():
        one, other = hhi(values), hhi(sold[k].values())
        is_more = sum(values) > sold[k].get(j, 0)
        limit = Fraction(4, 10)
        found[j, k] = (one, other, one > limit and other > limit and is_more)
    return found
