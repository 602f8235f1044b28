"""Identities on random balanced tables, and the inverse with its file."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from lineshaft.valuechain.errors import TooThin
from lineshaft.valuechain.inputoutput import inverse as inverses
from lineshaft.valuechain.inputoutput.errors import NotProductive
from lineshaft.valuechain.inputoutput.indicators import MEMBERS
from lineshaft.valuechain.inputoutput.inverse import leontief_inverse
from lineshaft.valuechain.inputoutput.kernel import Kernel
from lineshaft.valuechain.inputoutput.model import Table, aggregated, balance_of
from tests.valuechain.inputoutput.tables import balanced

BY_NAME = {member.INDICATOR.name: member for member in MEMBERS}
EXACT = 1e-9
TABLES = st.builds(
    balanced,
    st.integers(0, 10_000),
    countries=st.integers(2, 5),
    industries=st.integers(1, 4),
    idle=st.integers(0, 1),
)
few = settings(max_examples=15)


@few
@given(table=TABLES)
def test_identities_of_leontief_and_ghosh(table: Table) -> None:
    kernel = Kernel.of(table)
    output, made = table.gross_output, table.gross_output > 0
    v, inverse = kernel.value_added_coefficients, kernel.leontief_inverse
    assert (v @ inverse)[made] == pytest.approx(1, rel=EXACT)
    assert inverse @ kernel.demand == pytest.approx(output, rel=EXACT)
    divided = table.intermediate_use / np.where(made, output, 1)[:, None]
    ghosh = np.linalg.inv(np.eye(len(output)) - divided)
    assert kernel.ghosh_row_sums == pytest.approx(ghosh.sum(axis=1), rel=EXACT)
    assert (v * output) @ ghosh == pytest.approx(output, rel=EXACT)


@few
@given(table=TABLES, has_inventories=st.booleans())
def test_identities_of_position(table: Table, has_inventories: bool) -> None:
    kinds = frozenset({"inventories"} if has_inventories else ())
    kernel = Kernel.of(replace(table, inventories=kinds))
    position, output = kernel.position, table.gross_output
    upstreamness, downstreamness = position.upstreamness, position.downstreamness
    assert position.uncorrected == 0
    assert min(upstreamness.min(), downstreamness.min()) >= 1 - EXACT
    assert (output * upstreamness).sum() == pytest.approx((output * downstreamness).sum())
    added, demand = position.value_added_share * output, position.final_demand_share * output
    mean = output.sum() / demand.sum()
    assert (upstreamness * added).sum() / added.sum() == pytest.approx(mean, rel=EXACT)
    assert (downstreamness * demand).sum() / demand.sum() == pytest.approx(mean, rel=EXACT)


@few
@given(table=TABLES)
def test_decompositions_sum_to_gross_exports(table: Table) -> None:
    kernel = Kernel.of(table)
    scale = float(table.gross_output.sum())
    found = {}
    for name in (member.INDICATOR.name for member in MEMBERS):
        values = BY_NAME[name].values(kernel)
        if values.countries is not None and values.rows is not None:
            summed = table.summed(values.rows)
            is_sum = BY_NAME[name].INDICATOR.unit == ""
            assert not is_sum or values.countries == pytest.approx(summed, abs=EXACT * scale)
        found[name] = values.countries
    for whole, parts in {
        "gross_exports": ("domestic_content", "foreign_content"),
        "domestic_content": ("domestic_value_added_in_exports", "domestic_double_counting"),
        "foreign_content": ("foreign_value_added_in_exports", "foreign_double_counting"),
        "domestic_value_added_in_exports": ("value_added_exports", "reflection"),
        "gvc_exports": ("gvc_backward", "gvc_forward"),
    }.items():
        total = sum(found[part] for part in parts)
        assert total == pytest.approx(found[whole], abs=EXACT * scale), whole
    for name, values in found.items():
        if values is not None and BY_NAME[name].INDICATOR.range == "[0, inf)":
            assert values.min() >= -EXACT * scale, name
    assert found["domestic_content"].sum() + found["foreign_content"].sum() == pytest.approx(
        table.exports.sum(), rel=EXACT
    )


@few
@given(table=TABLES)
def test_no_exporter_needs_an_inverse_of_its_own(table: Table) -> None:
    """What the small blocks say of FVA, VAX and IV is what a direct inverse per exporter says."""
    kernel = Kernel.of(table)
    coefficients, v = kernel.technical_coefficients, kernel.value_added_coefficients
    for country, rows in enumerate(table.rows_of_country):
        others = np.setdiff1d(np.arange(len(v)), rows)
        without = coefficients.copy()
        without[np.ix_(rows, others)] = 0
        alone = np.linalg.inv(np.eye(len(v)) - without)
        expected = v[others] @ alone[np.ix_(others, rows)] * table.exports[rows]
        assert kernel.exports.foreign_value_added[rows] == pytest.approx(expected, abs=EXACT)
        full = kernel.leontief_inverse[rows]
        abroad = np.delete(table.demand_by_country, country, axis=1).sum(axis=1)
        expected = v[rows] * (full @ abroad)
        assert kernel.exports.absorbed_abroad[rows] == pytest.approx(expected, abs=EXACT)
        expected = v[rows] * (full[:, others] @ table.exports[others])
        assert kernel.exports.in_exports_of_others[rows] == pytest.approx(expected, abs=EXACT)


def test_every_indicator_speaks_of_every_country_or_row() -> None:
    table = balanced(7, countries=4)
    kernel = Kernel.of(table)
    for member in MEMBERS:
        found = member.values(kernel)
        sizes = [None if v is None else len(v) for v in (found.countries, found.rows)]
        assert sizes != [None, None]
        assert sizes[0] in {None, 4}
        assert sizes[1] in {None, 12}
        indicator = member.INDICATOR
        assert indicator.formula
        assert indicator.source
        is_doubtful = {"production_length_position", "ghosh_loss"}
        assert indicator.is_verified == (indicator.name not in is_doubtful)


def test_every_file_of_an_indicator_is_a_member() -> None:
    folder = Path(inverses.__file__).parent / "indicators"
    files = {path.stem for path in folder.glob("*.py")} - {"__init__"}
    assert files == {member.INDICATOR.name for member in MEMBERS} == set(BY_NAME)
    assert len(files) == len(MEMBERS)


def test_what_needs_kinds_of_industries_refuses_without_them() -> None:
    kernel = Kernel.of(replace(balanced(1), services=frozenset()))
    with pytest.raises(TooThin, match=r"seed 1 does not say which .* are services: name them"):
        BY_NAME["services_in_manufacturing_exports"].values(kernel)


def test_industries_and_countries_that_make_nothing() -> None:
    table = balanced(3, idle=8)
    kernel = Kernel.of(table)
    idle = table.gross_output == 0
    assert idle.sum() == 8
    assert (kernel.leontief_inverse[idle] == np.eye(9)[idle]).all()
    assert (kernel.value_added_coefficients[idle] == 0).all()
    for member in MEMBERS:
        found = member.values(kernel)
        kept = [values for values in (found.countries, found.rows) if values is not None]
        assert all(np.isfinite(values).all() for values in kept), member.INDICATOR.name


@pytest.mark.parametrize("size", [3, inverses.BLOCK_ROWS + 44])
def test_both_ways_to_invert_agree_with_numpy(size: int) -> None:
    rng = np.random.default_rng(size)
    coefficients = rng.random((size, size))
    coefficients /= coefficients.sum(axis=0) * 1.5
    expected = np.linalg.inv(np.eye(size) - coefficients)
    assert np.abs(leontief_inverse(coefficients) - expected).max() < 1e-13
    # a column above 1: still productive
    coefficients[:, 0] *= 1.8
    expected = np.linalg.inv(np.eye(size) - coefficients)
    assert np.abs(leontief_inverse(coefficients) - expected).max() < 1e-12
    # the first quarter has no inverse, the whole has one
    coefficients[0] = 0
    coefficients[0, 0] = 1
    coefficients[0, -1] = -0.1
    expected = np.linalg.inv(np.eye(size) - coefficients)
    assert (
        np.abs(leontief_inverse(coefficients) / expected.max() - expected / expected.max()).max()
        < 1e-12
    )
    with pytest.raises(NotProductive, match="no inverse"):
        leontief_inverse(np.eye(size))


def test_the_inverse_is_kept_as_a_file_and_mapped(tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    table = balanced(5)
    made = Kernel.of(table, tmp_path / "cache", lambda *what: told.append(what))
    mapped = Kernel.of(table, tmp_path / "cache", lambda *what: told.append(what))
    assert told == [("inverting", 0, 1), ("inverting", 1, 1)]
    assert isinstance(mapped.leontief_inverse, np.memmap)
    assert (mapped.leontief_inverse == made.leontief_inverse).all()
    (file,) = (tmp_path / "cache").iterdir()
    assert file.name == f"{table.digest}.npy"
    other = replace(table, gross_output=table.gross_output * 2)
    assert other.digest != table.digest


@pytest.mark.parametrize("damage", ["short", "other", "shape"])
def test_a_file_that_does_not_invert_the_table_is_made_anew(damage: str, tmp_path: Path) -> None:
    table = balanced(5)
    expected = Kernel.of(table, tmp_path).leontief_inverse
    path = tmp_path / f"{table.digest}.npy"
    if damage == "short":
        path.write_bytes(path.read_bytes()[:200])
    else:
        np.save(path, np.eye(9) if damage == "other" else np.eye(3))
    found = Kernel.of(table, tmp_path)
    assert (found.leontief_inverse == expected).all()
    assert isinstance(Kernel.of(table, tmp_path).leontief_inverse, np.memmap)


def test_merging_keeps_totals_and_what_countries_trade() -> None:
    table = balanced(11, countries=4)
    merged = aggregated(table, {"C3": "C2"}, {"i0": "goods", "i1": "goods"})
    assert merged.regions == ("C0", "C1", "C2")
    assert merged.industries == ("goods", "i2")
    assert merged.services == {"i2"}
    assert merged.manufacturing == frozenset()
    assert merged.intermediate_use.sum() == pytest.approx(table.intermediate_use.sum())
    assert merged.demand_by_country[:, 2].sum() == pytest.approx(
        table.demand_by_country[:, 2:].sum()
    )
    assert balance_of(merged).count == 0
    assert merged.summed(merged.exports)[0] == pytest.approx(table.summed(table.exports)[0])


def test_regions_of_one_country_trade_at_home(extended: Kernel) -> None:
    """The rows MX1, MX2, CN1, CN2 are Mexico's and China's, in exports and in final demand."""
    table = extended.table
    assert table.countries == ("ESP", "FRA", "MEX", "USA", "CHN", "ROW")
    merged = aggregated(table, {}, {})
    assert merged.regions == table.countries
    assert merged.summed(merged.exports) == pytest.approx(table.summed(table.exports))
    assert table.label(len(table.industries) * 6) == "MX1 a"
