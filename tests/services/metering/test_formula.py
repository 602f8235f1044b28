"""The arithmetic over quantities of meters."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineshaft.core.errors import Invalid
from lineshaft.core.quantity import Quantity, UnitMismatch, UnknownUnit
from lineshaft.services.metering.formula import DEPTH_MAX, FORMULA_CHARACTERS_MAX, Formula


def value(text: str, unit: str = "C62", **quantities: str) -> Fraction | None:
    given_quantities = {}
    for name, quantity in quantities.items():
        amount, _, code = quantity.partition(" ")
        given_quantities[name] = Quantity(Fraction(amount), code or "C62")
    formula = Formula.parse(text)
    formula.check({name: each.unit for name, each in given_quantities.items()}, unit)
    return formula.value(given_quantities, unit)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a", 7),
        ("a + b - 1", 9),
        ("a - b - 1", 3),
        ("a - (b - 1)", 5),
        ("2 * a + b * 0.5", Fraction("15.5")),
        ("a / b / 2", Fraction(7, 6)),
        ("-a + 2 * -3", -13),
        ("--a", 7),
        ("(a + b) * (1 + 1)", 20),
        ("a*100/ (a+b)", 70),
        ("a / (b - 3)", None),
    ],
)
def test_formulas_and_their_values(text: str, expected: Fraction | int | None) -> None:
    names = {name: {"a": "7", "b": "3"}[name] for name in Formula.parse(text).names}
    assert value(text, **names) == expected


@pytest.mark.parametrize(
    ("text", "unit", "quantities", "expected"),
    [
        ("a + b", "KWH", {"a": "1 KWH", "b": "3.6 3B"}, 2),
        ("e / t", "KWT", {"e": "3 KWH", "t": "30 MIN"}, 6),
        ("e / n", "KWH", {"e": "3 KWH", "n": "6 C62"}, Fraction(1, 2)),
        ("a / b", "P1", {"a": "1 HUR", "b": "2 HUR"}, 50),
        ("v / t", "MQH", {"v": "5 MTQ", "t": "1 HUR"}, 5),
        ("a - b", "CEL", {"a": "30 CEL", "b": "20 CEL"}, 10),
    ],
)
def test_units_are_exact_in_the_dimensions_of_the_si(
    text: str, unit: str, quantities: dict[str, str], expected: Fraction
) -> None:
    assert value(text, unit, **quantities) == expected


@pytest.mark.parametrize(
    ("text", "unit", "quantities"),
    [
        ("a + b", "KWH", {"a": "1 KWH", "b": "1 HUR"}),
        ("a", "KWH", {"a": "1 HUR"}),
        ("a + 1", "KWH", {"a": "1 KWH"}),
        ("a / b", "KWH", {"a": "1 KWH", "b": "1 HUR"}),
        ("a - b", "KEL", {"a": "1 CEL", "b": "1 CEL"}),
        ("a", "BAR", {"a": "1 MTQ"}),
    ],
)
def test_what_does_not_fit_in_dimension_is_refused(
    text: str, unit: str, quantities: dict[str, str]
) -> None:
    with pytest.raises(UnitMismatch):
        value(text, unit, **quantities)


def test_quantities_are_not_multiplied_and_codes_must_exist() -> None:
    with pytest.raises(Invalid, match="plain numbers"):
        value("a * b", a="1", b="2")
    with pytest.raises(UnknownUnit):
        Formula.parse("a").check({"a": "XYZ"}, "C62")


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "a +",
        "+ a",
        "a b",
        "(a",
        "a)",
        "a ** 2",
        "a.b",
        "a[0]",
        "f(a)",
        "1e5",
        "A",
        "a ! b",
        "a / 1.",
        "__import__",
        "a;b",
        "(" * (DEPTH_MAX + 2) + "a" + ")" * (DEPTH_MAX + 2),
        "-" * (DEPTH_MAX + 2) + "a",
        "a" * (FORMULA_CHARACTERS_MAX + 1),
    ],
)
def test_anything_else_is_no_formula(text: str) -> None:
    with pytest.raises(Invalid):
        Formula.parse(text)


def test_the_deepest_and_longest_formula_is_read() -> None:
    deep = "(" * DEPTH_MAX + "a" + ")" * DEPTH_MAX
    assert value(deep, a="1") == 1
    long = "a" + "+a" * ((FORMULA_CHARACTERS_MAX - 1) // 2)
    assert value(long, a="1") == (FORMULA_CHARACTERS_MAX + 1) // 2


def test_a_formula_has_one_spelling() -> None:
    assert Formula.parse(" (a+b)/ 2 ").text == "( a + b ) / 2"
    assert Formula.parse(Formula.parse("(a+b)/2").text) == Formula.parse("( a + b )/2")


TREES = st.recursive(
    st.sampled_from(["a", "b", "2", "0.5", "7"]),
    lambda inner: st.tuples(inner, st.sampled_from("+-/"), inner).map(
        lambda parts: f"({parts[0]} {parts[1]} {parts[2]})"
    ),
    max_leaves=12,
)


@given(TREES, st.fractions(max_denominator=9), st.fractions(max_denominator=9))
def test_it_computes_what_python_does(text: str, a: Fraction, b: Fraction) -> None:
    formula = Formula.parse(text)
    quantities = {"a": Quantity(a, "C62"), "b": Quantity(b, "C62")}
    spelled = text.replace("2", "Fraction(2)").replace("7", "Fraction(7)")
    spelled = spelled.replace("0.5", "Fraction(1, 2)")
    try:
        expected = eval(spelled, {"Fraction": Fraction, "a": a, "b": b})
    except ZeroDivisionError:
        expected = None
    assert formula.value(quantities, "C62") == expected
