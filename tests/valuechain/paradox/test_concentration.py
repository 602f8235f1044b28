"""Concentrations by hand, against plain Python, and what never changes them."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lineshaft.valuechain.paradox.concentration import (
    bloc_figures,
    concentrations,
    importer_figures,
)
from lineshaft.valuechain.paradox.model import NO_EXPORTS
from tests.valuechain.paradox.trades import Flow, flows_of, hhi, plain_figures

ROWS: list[Flow] = [
    # product 10121 of importer 1: 3 and 1 million from 2 and 3; it exports 1 million to 4
    (2, 1, 10121, 3_000_000),
    (3, 1, 10121, 1_000_000),
    (1, 4, 10121, 1_000_000),
    # product 850440: shares .6 and four times .1 are exactly 0.4, which is not above the limit
    (2, 1, 850440, 600),
    (3, 1, 850440, 100),
    (4, 1, 850440, 100),
    (5, 1, 850440, 100),
    (6, 1, 850440, 100),
    # product 300: one source, and importer 1 exports as much as it imports
    (2, 1, 300, 50),
    (1, 3, 300, 50),
]
flow_rows = st.dictionaries(
    st.tuples(st.integers(1, 5), st.integers(1, 5), st.integers(1, 3)).filter(
        lambda key: key[0] != key[1]
    ),
    st.integers(1, 10**9),
    min_size=1,
    max_size=30,
).map(lambda found: [(*key, value) for key, value in found.items()])


def test_a_small_year_by_hand() -> None:
    found = importer_figures(flows_of(ROWS), 1)
    assert found.products.tolist() == [300, 10121, 850440]
    assert found.imports.tolist() == [50, 4_000_000, 1_000]
    assert found.first == pytest.approx([1, 0.625, 0.4], abs=1e-12)
    # the world exports 10121 with 3/5, 1/5 and 1/5; 300 with two halves
    assert found.second == pytest.approx([0.5, 0.44, 0.4], abs=1e-12)
    assert found.ratio.tolist() == [1.0, 4.0, NO_EXPORTS]
    assert found.flags.tolist() == [False, True, False]
    assert importer_figures(flows_of(ROWS), 99).products.tolist() == []


def test_a_bloc_buys_as_one_and_not_from_itself() -> None:
    rows: list[Flow] = [
        (8, 1, 7, 30),
        (8, 2, 7, 30),  # 8 sells 60 to the bloc of 1 and 2, 9 sells 20
        (9, 2, 7, 20),
        (1, 2, 7, 40),  # inside
        (2, 9, 7, 10),
    ]
    found = bloc_figures(flows_of(rows), (1, 2))
    assert found.imports.tolist() == [80]
    assert found.first == pytest.approx([0.75**2 + 0.25**2])
    assert found.second == pytest.approx([80 / 120])
    assert found.ratio.tolist() == [8.0]
    assert found.flags.tolist() == [True]
    evenly = bloc_figures(flows_of([*rows[:3], (1, 2, 7, 80)]), (1, 2))
    assert evenly.second.tolist() == [0.5]
    assert evenly.flags.tolist() == [False]


@settings(max_examples=12, deadline=None)
@given(flow_rows, st.randoms(use_true_random=False))
def test_all_importers_equal_plain_python_in_any_order(rows: list[Flow], random: object) -> None:
    found = concentrations(flows_of(rows))
    for (j, k), (one, other, is_flagged) in plain_figures(rows).items():
        row, column = found.countries.searchsorted(j), found.products.searchsorted(k)
        assert found.import_hhi[row, column] == pytest.approx(float(one), abs=1e-12)
        assert found.world_export_hhi[column] == pytest.approx(float(other), abs=1e-12)
        assert found.flags[row, column] == is_flagged
    sources = {(j, k): sum((b, c) == (j, k) for _, b, c, _ in rows) for _, j, k, _ in rows}
    for (j, k), count in sources.items():
        value = found.import_hhi[found.countries.searchsorted(j), found.products.searchsorted(k)]
        assert 1 / count - 1e-12 <= value <= 1 + 1e-12
    mixed = list(rows)
    random.shuffle(mixed)  # type: ignore[attr-defined]
    again = concentrations(flows_of(mixed))
    for name in ("imports", "exports", "import_hhi", "world_export_hhi", "flags"):
        assert getattr(found, name).tobytes() == getattr(again, name).tobytes()


@settings(max_examples=12, deadline=None)
@given(st.lists(st.integers(1, 10**6), min_size=1, max_size=8))
def test_one_more_equal_supplier_never_concentrates(values: list[int]) -> None:
    """The newcomer sells as much as the suppliers do on average.

    One that is far larger than all others together would raise it.
    """
    size = len(values)
    scaled = [value * size for value in values]
    before = [(place + 2, 1, 5, value) for place, value in enumerate(scaled)]
    after = [*before, (size + 2, 1, 5, sum(values))]
    one, other = (importer_figures(flows_of(rows), 1).first[0] for rows in (before, after))
    assert other <= one + 1e-12
    assert hhi([*scaled, sum(values)]) <= hhi(scaled)
    assert np.isclose(one, float(hhi(scaled)), atol=1e-12)
    assert Fraction(1, size) <= hhi(scaled) <= 1
