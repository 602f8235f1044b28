"""A little arithmetic over the quantities of meters: sums, differences, ratios, factors. Pure.

    formula = product {("+" | "-") product}
    product = factor {("*" | "/") factor}
    factor  = number | name | "-" factor | "(" formula ")"

It is parsed once into a tree, and units are checked before anything is computed: quantities are
taken in the coherent units of the SI (BIPM, SI Brochure, 9th edition, section 2.3.4), in which a
formula that fits in dimension needs no factors of its own. Of a product one side is a plain number.
"""

import re
from collections.abc import Mapping
from fractions import Fraction

import msgspec

from lineshaft.core.errors import Invalid
from lineshaft.core.quantity import Quantity, UnitMismatch, base_of, parse_exact

FORMULA_CHARACTERS_MAX = 500
DEPTH_MAX = 20
_TOKEN = re.compile(r"\s*(\d+(?:\.\d+)?|[a-z][a-z0-9_]*|[-+*/()])", re.ASCII)

Dimension = Mapping[str, int]
"""Exponents of base units; those of 0 are left out."""

_SI: dict[str, Dimension] = {
    "time": {"s": 1},
    "length": {"m": 1},
    "area": {"m": 2},
    "volume": {"m": 3},
    "mass": {"kg": 1},
    "speed": {"m": 1, "s": -1},
    "angle": {"deg": 1},
    "angular velocity": {"deg": 1, "s": -1},
    "energy": {"kg": 1, "m": 2, "s": -2},
    "power": {"kg": 1, "m": 2, "s": -3},
    "pressure": {"kg": 1, "m": -1, "s": -2},
    "volume flow": {"m": 3, "s": -1},
    "force": {"kg": 1, "m": 1, "s": -2},
    "electric current": {"A": 1},
    "voltage": {"kg": 1, "m": 2, "s": -3, "A": -1},
    "frequency": {"s": -1},
    "number": {},
}
"""By what a unit of Rec 20 measures; any other unit is a base of its own."""


class Number(msgspec.Struct, frozen=True):
    """A plain number."""

    value: Fraction


class Name(msgspec.Struct, frozen=True):
    """The quantity of a meter."""

    name: str


class Operation(msgspec.Struct, frozen=True):
    """Two parts and what is done with them: `+`, `-`, `*` or `/`."""

    symbol: str
    left: "Node"
    right: "Node"


Node = Number | Name | Operation


class Formula(msgspec.Struct, frozen=True):
    """A formula that has been read.

    Attributes:
        text: with one blank between all its parts.
    """

    text: str
    tree: Node

    @classmethod
    def parse(cls, text: str) -> "Formula":
        """Read a formula such as `(total - rejects) / 100`.

        Raises:
            Invalid: for anything that is not of the grammar above, or too long or too deep.
        """
        if len(text) > FORMULA_CHARACTERS_MAX:
            msg = f"a formula of {len(text)} characters: expected at most {FORMULA_CHARACTERS_MAX}"
            raise Invalid(msg)
        tokens = _tokens(text)
        return cls(" ".join(tokens), _Parser(tokens).whole())

    @property
    def names(self) -> set[str]:
        """The quantities that it is made of."""
        return _names(self.tree)

    def check(self, units: Mapping[str, str], unit: str) -> None:
        """Pass a formula that gives something that can be told in a unit.

        Args:
            units: of the quantities, by name.
            unit: of the result.

        Raises:
            UnknownUnit: for a code that does not exist.
            UnitMismatch: when it adds what cannot be added, or gives another dimension.
            Invalid: for a product of two quantities.
        """
        found = _dimension(self.tree, {name: _of(code) for name, code in units.items()})
        if found != _of(unit):
            msg = f"the formula {self.text!r} gives {_shown(found)}: expected {_shown(_of(unit))}"
            raise UnitMismatch(msg + f", as {unit} is")

    def value(self, quantities: Mapping[str, Quantity], unit: str) -> Fraction | None:
        """Return the exact result in a unit; None where it divides by zero."""
        values = {name: each.amount * base_of(each.unit)[1] for name, each in quantities.items()}
        try:
            return _value(self.tree, values) / base_of(unit)[1]
        except ZeroDivisionError:
            return None


def _tokens(text: str) -> list[str]:
    tokens, at, end = [], 0, len(text.rstrip())
    while at < end:
        match = _TOKEN.match(text, at)
        if match is None:
            msg = f"cannot read the formula {text!r} from {text[at:].strip()[:20]!r} on: expected "
            raise Invalid(msg + "names, numbers, + - * / and parentheses")
        tokens.append(match[1])
        at = match.end()
    return tokens


class _Parser:
    """Reads tokens from left to right; the deepest call is `DEPTH_MAX` factors down."""

    def __init__(self, tokens: list[str]) -> None:
        self._tokens = tokens
        self._at = 0

    def whole(self) -> Node:
        node = self._sum(0)
        if self._at < len(self._tokens):
            raise Invalid(self._unexpected())
        return node

    def _sum(self, depth: int) -> Node:
        node = self._product(depth)
        while self._next() in ("+", "-"):
            node = Operation(self._take(), node, self._product(depth))
        return node

    def _product(self, depth: int) -> Node:
        node = self._factor(depth)
        while self._next() in ("*", "/"):
            node = Operation(self._take(), node, self._factor(depth))
        return node

    def _factor(self, depth: int) -> Node:
        first = self._next()
        if depth > DEPTH_MAX:
            msg = f"the formula is nested more than {DEPTH_MAX} deep"
            raise Invalid(msg)
        if first == "-":
            self._at += 1
            return Operation("*", Number(Fraction(-1)), self._factor(depth + 1))
        if first == "(":
            self._at += 1
            node = self._sum(depth + 1)
            if self._next() != ")":
                raise Invalid(self._unexpected())
            self._at += 1
            return node
        if not first.isidentifier() and not first[:1].isdigit():
            raise Invalid(self._unexpected())
        return Number(parse_exact(self._take())) if first[0].isdigit() else Name(self._take())

    def _next(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _take(self) -> str:
        self._at += 1
        return self._tokens[self._at - 1]

    def _unexpected(self) -> str:
        found = f"{self._next()!r}" if self._next() else "the end"
        return f"the formula {' '.join(self._tokens)!r} has {found} where it cannot be"


def _names(node: Node) -> set[str]:
    match node:
        case Name(name):
            return {name}
        case Operation(_, left, right):
            return _names(left) | _names(right)
        case Number():
            return set()


def _of(unit: str) -> Dimension:
    measured, _ = base_of(unit)
    return _SI.get(measured, {measured: 1})


def _dimension(node: Node, dimensions: Mapping[str, Dimension]) -> Dimension:
    match node:
        case Number():
            return {}
        case Name(name):
            return dimensions[name]
        case Operation(symbol, left, right):
            first, second = _dimension(left, dimensions), _dimension(right, dimensions)
            if symbol in "+-":
                return _same(first, second)
            if symbol == "*" and _names(left) and _names(right):
                msg = "a formula multiplies quantities by plain numbers only"
                raise Invalid(msg)
            sign = 1 if symbol == "*" else -1
            exponents = {
                base: first.get(base, 0) + sign * second.get(base, 0) for base in {*first, *second}
            }
            return {base: exponent for base, exponent in exponents.items() if exponent}


def _same(first: Dimension, second: Dimension) -> Dimension:
    if first != second:
        msg = f"a formula cannot add or subtract {_shown(first)} and {_shown(second)}"
        raise UnitMismatch(msg)
    return first


def _shown(dimension: Dimension) -> str:
    return " ".join(f"{base}^{dimension[base]}" for base in sorted(dimension)) or "a plain number"


def _value(node: Node, values: Mapping[str, Fraction]) -> Fraction:
    match node:
        case Number(value):
            return value
        case Name(name):
            return values[name]
        case Operation(symbol, left, right):
            first, second = _value(left, values), _value(right, values)
            match symbol:
                case "+":
                    return first + second
                case "-":
                    return first - second
                case "*":
                    return first * second
                case _:
                    return first / second
