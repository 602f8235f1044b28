"""A table refuses what contradicts itself, and says where it does not balance."""

from fractions import Fraction

import numpy as np
import pytest
from msgspec.structs import replace

from lineshaft.core.errors import Invalid
from lineshaft.valuechain.inputoutput import model
from lineshaft.valuechain.inputoutput.model import IMBALANCES_MAX, balance_of
from tests.valuechain.inputoutput.tables import balanced


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"regions": ("C0", "C0", "C2")}, "each of its regions once, got C0, C0, C2"),
        ({"economies": ("C0", "C1")}, "an economy for each of 3 regions"),
        ({"gross_output": np.ones(8)}, r"gross_output of shape \(9,\), got \(8,\)"),
        ({"final_demand": np.ones((9, 5))}, r"final_demand of shape \(9, 6\)"),
        ({"value_added": np.full(9, np.nan)}, "finite numbers, value_added holds others"),
        ({"gross_output": np.zeros(9)}, "an industry that makes something"),
        ({"industries": ()}, "0 rows: expected 1 to 12000"),
    ],
)
def test_a_table_that_contradicts_itself(change: dict[str, object], message: str) -> None:
    with pytest.raises(Invalid, match=message):
        replace(balanced(1), **change)


def test_a_table_has_a_limit_of_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model, "ROWS_MAX", 9)
    balanced(1)
    monkeypatch.setattr(model, "ROWS_MAX", 8)
    with pytest.raises(Invalid, match="9 rows: expected 1 to 8"):
        balanced(1)


def test_a_balance_names_rows_and_sizes() -> None:
    table = balanced(2)
    assert balance_of(table) == model.Balance(1e-3, (), 0, Fraction(1))
    output = table.gross_output.copy()
    output[4] *= 1.01
    found = balance_of(replace(table, gross_output=output), 5e-3)
    assert [(one.side, one.label) for one in found.imbalances] == [
        ("row", "C1 i1"),
        ("column", "C1 i1"),
    ]
    assert [one.size for one in found.imbalances] == pytest.approx(
        [-table.gross_output[4] / 100] * 2
    )
    assert float(found.coverage) == pytest.approx(1 - output[4] / output.sum(), abs=1e-4)
    assert balance_of(replace(table, gross_output=output), 2e-2).count == 0


def test_a_balance_names_the_largest_and_counts_all() -> None:
    table = balanced(2, countries=8, industries=7)
    found = balance_of(replace(table, gross_output=table.gross_output * 2))
    assert found.count == 112
    assert len(found.imbalances) == IMBALANCES_MAX
    sizes = [abs(one.size) for one in found.imbalances]
    assert sizes == sorted(sizes, reverse=True)
    assert found.coverage == 0
