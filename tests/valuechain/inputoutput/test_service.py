"""Figures carry table, vintage, coverage and what is missing."""

from fractions import Fraction

import numpy as np
import pytest
from msgspec.structs import replace

from lineshaft.core.errors import Invalid
from lineshaft.valuechain.inputoutput import service
from lineshaft.valuechain.inputoutput.errors import UnknownPlace
from lineshaft.valuechain.inputoutput.indicators import MEMBERS
from lineshaft.valuechain.inputoutput.kernel import Kernel
from lineshaft.valuechain.inputoutput.service import Wanted
from tests.valuechain.inputoutput.tables import balanced


def test_every_verified_indicator_is_reported_with_all_that_it_carries() -> None:
    found = list(service.report(Kernel.of(balanced(1)), Wanted(frozenset({"C1"}))))
    names = {one.figure.indicator.name for one in found}
    assert names == {m.INDICATOR.name for m in MEMBERS if m.INDICATOR.is_verified}
    assert {one.country for one in found} == {"C1"}
    assert {one.figure.coverage for one in found} == {Fraction(1)}
    assert {(one.figure.table, one.figure.vintage) for one in found} == {("seed 1", "2020")}
    assert all(one.figure.value is not None for one in found)
    units = {(one.figure.indicator.unit, one.currency) for one in found}
    assert units == {("C62", ""), ("", "USD")}


def test_what_is_not_verified_must_be_asked_for() -> None:
    kernel = Kernel.of(balanced(1))
    toys = frozenset({"ghosh_loss", "production_length_position"})
    assert not list(service.report(kernel, Wanted(indicators=toys)))
    found = service.report(kernel, Wanted(indicators=toys, is_unverified_wanted=True))
    assert {one.figure.indicator.name for one in found} == toys


def test_what_the_table_is_too_thin_for_says_what_is_missing() -> None:
    kernel = Kernel.of(replace(balanced(1), services=frozenset()))
    wanted = Wanted(frozenset({"C0"}), frozenset({"input_servitization_direct"}))
    (one,) = service.report(kernel, wanted)
    assert (one.figure.value, one.figure.coverage, one.industry) == (None, 0, "")
    assert "does not say which of its industries are services" in one.figure.missing


def test_coverage_is_the_part_that_balances(extended: Kernel) -> None:
    table = balanced(1)
    output = table.gross_output.copy()
    output[0] *= 1.1
    kernel = Kernel.of(replace(table, gross_output=output))
    wanted = Wanted(indicators=frozenset({"gross_exports"}))
    (coverage,) = {one.figure.coverage for one in service.report(kernel, wanted)}
    assert float(coverage) == pytest.approx(1 - output[0] / output.sum(), abs=1e-4)
    rows = [one for one in service.report(extended, wanted) if one.country == "MEX"]
    assert [one.industry for one in rows][:6] == ["", "a", "b", "c", "MX1 a", "MX1 b"]
    assert sum(one.figure.value for one in rows[1:]) == pytest.approx(rows[0].figure.value)


def test_unknown_names_and_tolerances_are_refused() -> None:
    kernel = Kernel.of(balanced(1))
    with pytest.raises(UnknownPlace, match="seed 1 has no XX: expected countries such as C0"):
        list(service.report(kernel, Wanted(frozenset({"XX"}))))
    with pytest.raises(Invalid, match="no indicator is called glory: expected some of backward"):
        list(service.report(kernel, Wanted(indicators=frozenset({"glory"}))))
    for tolerance in (-0.1, 1.1, np.nan):
        with pytest.raises(Invalid, match="expected 0 to 1"):
            service.check(kernel.table, tolerance)
