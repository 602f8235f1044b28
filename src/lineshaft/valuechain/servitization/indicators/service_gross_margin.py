"""Gross margin of all services, and of each service line."""

from collections.abc import Mapping
from fractions import Fraction

from lineshaft.valuechain.indicator import Indicator
from lineshaft.valuechain.servitization.measured import Measured
from lineshaft.valuechain.servitization.view import Sums, View

INDICATOR = Indicator(
    name="service_gross_margin",
    symbol="GM",
    unit="C62",
    formula="GM = (revenue - cost of delivery) / revenue, of lines whose cost is known",
    source="definition of Lineshaft, from document lines and recorded costs",
    range="(-inf, 1]",
)


def values(view: View) -> tuple[Measured, ...]:
    """Compute of all services and by service line; revenue without a cost lowers the coverage."""
    names = view.service_lines()
    whole = _margin("", view.service(), {"kind": "service"})
    return (whole, *(_of_line(name, view) for name in names)) if names else ()


def _of_line(name: str, view: View) -> Measured:
    behind = {"kind": "service", "service_line": name}
    return _margin(name, view.service(service_line=name), behind)


def _margin(key: str, sums: Sums, behind: Mapping[str, str]) -> Measured:
    if sums.costed <= 0 or sums.amount <= 0:
        return Measured(key, None, Fraction(0), "cost of what was sold", behind)
    value = 1 - Fraction(sums.cost) / sums.costed
    coverage = min(Fraction(sums.costed) / sums.amount, Fraction(1))
    return Measured(key, value, coverage, "", behind)
