"""What-ifs and extractions against the direct solution of the changed table."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lineshaft.core.errors import Invalid
from lineshaft.valuechain.inputoutput import extraction as extractions
from lineshaft.valuechain.inputoutput import whatif
from lineshaft.valuechain.inputoutput.errors import NotProductive, UnknownPlace
from lineshaft.valuechain.inputoutput.extraction import UPPER_BOUND, extraction
from lineshaft.valuechain.inputoutput.indicators import extraction_loss
from lineshaft.valuechain.inputoutput.kernel import Kernel
from lineshaft.valuechain.inputoutput.model import Stoppage
from lineshaft.valuechain.inputoutput.whatif import WhatIf
from tests.valuechain.inputoutput.tables import balanced

few = settings(max_examples=15)


def direct(kernel: Kernel, change: np.ndarray, demand: np.ndarray) -> np.ndarray:
    system = np.eye(len(demand)) - kernel.technical_coefficients - change
    return np.linalg.solve(system, demand)


@few
@given(
    seed=st.integers(0, 10_000),
    rows=st.sets(st.integers(0, 8), max_size=3),
    columns=st.sets(st.integers(0, 8), max_size=3),
    scale=st.floats(-1, 0.04),
)
def test_a_session_says_what_the_direct_solution_says(
    seed: int, rows: set[int], columns: set[int], scale: float
) -> None:
    kernel = Kernel.of(balanced(seed, idle=seed % 2))
    coefficients = kernel.technical_coefficients
    change, demand = np.zeros((9, 9)), kernel.demand.copy()
    session = WhatIf(kernel)
    for row in rows:
        change[row] += coefficients[row] * scale / 2
        session.change_row(row, np.ones(9))  # replaced by the next
        session.change_row(row, coefficients[row] * scale / 2)
    for column in columns:
        change[:, column] += coefficients[:, column] * scale / 2
        session.change_column(column, coefficients[:, column] * scale / 2)
    demand[seed % 9] *= 1.5
    session.change_demand(demand - kernel.demand)
    expected = direct(kernel, change, demand)
    outcome = session.outcome()
    assert outcome.output == pytest.approx(expected, rel=1e-12, abs=1e-12 * expected.max())
    v = kernel.value_added_coefficients
    assert outcome.value_added == pytest.approx(v * expected, rel=1e-12, abs=1e-11)
    assert outcome.lost_output + outcome.output == pytest.approx(kernel.table.gross_output)
    session.reset()
    assert np.abs(session.outcome().lost_value_added).max() == 0


def test_what_is_not_productive_is_refused() -> None:
    kernel = Kernel.of(balanced(1))
    session = WhatIf(kernel)
    session.change_row(0, np.full(9, 5.0))
    with pytest.raises(NotProductive, match="more than itself"):
        session.outcome()
    session.reset()
    gap = 1 / kernel.leontief_inverse[0, 0]
    session.change_row(0, np.eye(9)[0] * gap)
    with pytest.raises(NotProductive):
        session.outcome()


def test_a_session_has_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(whatif, "CHANGES_MAX", 2)
    session = WhatIf(Kernel.of(balanced(1)))
    session.change_row(0, np.zeros(9))
    session.change_column(3, np.zeros(9))
    session.change_row(0, np.zeros(9))
    with pytest.raises(Invalid, match="at most 2 rows and columns"):
        session.change_row(1, np.zeros(9))


STOPPAGES = st.builds(
    Stoppage,
    supplier=st.sampled_from(["C0", "C1"]),
    industries=st.sets(st.sampled_from(["i0", "i2"])).map(frozenset),
    users=st.sets(st.sampled_from(["C0", "C2"])).map(frozenset),
    replaced=st.sampled_from([0.0, 0.3, 1.0]),
)


@few
@given(seed=st.integers(0, 10_000), stoppage=STOPPAGES, changes_max=st.sampled_from([0, 128]))
def test_an_extraction_says_what_a_changed_table_says(
    seed: int, stoppage: Stoppage, changes_max: int
) -> None:
    table = balanced(seed)
    kernel = Kernel.of(table)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(extractions, "CHANGES_MAX", changes_max)
        found = extraction(kernel, stoppage)
    coefficients, demand = by_hand(kernel, stoppage)
    lost = table.gross_output - np.linalg.solve(np.eye(9) - coefficients, demand)
    scale = table.gross_output.max()
    assert found.lost_output == pytest.approx(lost, abs=1e-10 * scale)
    assert found.lost_value_added == pytest.approx(
        kernel.value_added_coefficients * lost, abs=1e-10 * scale
    )
    assert found.not_replaceable == 0
    assert (found.label == UPPER_BOUND) == (stoppage.replaced == 0)


def by_hand(kernel: Kernel, stoppage: Stoppage) -> tuple[np.ndarray, np.ndarray]:
    """Move what is bought, cell by cell: each industry has an origin in every country."""
    table = kernel.table
    bought = [kernel.technical_coefficients.copy(), table.demand_by_country.copy()]
    buyers = [table.country_of_row, np.arange(3)]
    supplier = table.countries.index(stoppage.supplier)
    for cells, owners in zip(bought, buyers, strict=True):
        for column, owner in enumerate(owners):
            if stoppage.users and table.countries[owner] not in stoppage.users:
                continue
            for number, industry in enumerate(table.industries):
                if stoppage.industries and industry not in stoppage.industries:
                    continue
                rows = [c * 3 + number for c in range(3) if c != supplier]
                others = sum(cells[row, column] for row in rows)
                gone = cells[supplier * 3 + number, column]
                cells[supplier * 3 + number, column] = 0
                for row in rows:
                    cells[row, column] *= 1 + stoppage.replaced * gone / others
    return bought[0], bought[1].sum(axis=1)


@few
@given(seed=st.integers(0, 10_000))
def test_more_substitution_never_loses_more_and_a_bigger_stoppage_never_less(seed: int) -> None:
    kernel = Kernel.of(balanced(seed))
    lost = [
        extraction(kernel, Stoppage(supplier="C0", replaced=replaced)).lost_output.sum()
        for replaced in (0.0, 0.4)
    ]
    one = extraction(kernel, Stoppage(supplier="C0", industries=frozenset({"i0"})))
    assert lost[1] <= lost[0]
    assert one.lost_output.sum() <= lost[0]


def test_the_indicator_of_extraction_is_the_extraction() -> None:
    kernel = Kernel.of(balanced(4))
    total = (kernel.value_added_coefficients * kernel.table.gross_output).sum()
    found = extraction_loss.values(kernel)
    assert found.countries is not None
    assert found.rows is not None
    whole = extraction(kernel, Stoppage(supplier="C1")).lost_value_added.sum() / total
    assert found.countries[1] == pytest.approx(whole)
    alone = Stoppage(supplier="C1", industries=frozenset({"i2"}))
    assert found.rows[5] == pytest.approx(extraction(kernel, alone).lost_value_added.sum() / total)


def test_an_industry_without_another_origin_is_not_replaced() -> None:
    table = balanced(4, countries=2)
    rows = [0]
    used, demanded = table.intermediate_use.copy(), table.final_demand.copy()
    used[rows], used[:, rows], demanded[rows] = 0, 0, 0
    output = table.gross_output * (np.arange(6) != 0)
    changed = Kernel.of(
        type(table)(
            **{name: getattr(table, name) for name in table.__struct_fields__}
            | {"intermediate_use": used, "final_demand": demanded, "gross_output": output}
        )
    )
    stoppage = Stoppage(supplier="C1", industries=frozenset({"i0"}), replaced=1.0)
    assert extraction(changed, stoppage).not_replaceable == 1


@pytest.mark.parametrize(
    ("stoppage", "message"),
    [
        (Stoppage(supplier="XX"), "has no XX: expected countries such as C0, C1, C2"),
        (Stoppage(supplier="C0", users=frozenset({"YY"})), "has no YY"),
        (Stoppage(supplier="C0", industries=frozenset({"z"})), "has no z"),
    ],
)
def test_a_stoppage_names_what_there_is(stoppage: Stoppage, message: str) -> None:
    with pytest.raises(UnknownPlace, match=message):
        extraction(Kernel.of(balanced(1)), stoppage)


@pytest.mark.parametrize("replaced", [-0.1, 1.1])
def test_no_more_than_all_is_replaced(replaced: float) -> None:
    with pytest.raises(Invalid, match="expected 0 to 1"):
        extraction(Kernel.of(balanced(1)), Stoppage(supplier="C0", replaced=replaced))
