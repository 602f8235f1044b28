"""Gross margin of each service line."""

from fractions import Fraction

from lineshaft.valuechain.indicator import Indicator
from lineshaft.valuechain.servitization.measured import Measured
from lineshaft.valuechain.servitization.view import View

INDICATOR = Indicator(
    name="service_gross_margin",
    symbol="GM",
    unit="C62",
    formula="GM = (revenue - cost of delivery) / revenue, of lines whose cost is known",
    source="definition of Lineshaft, from document lines and recorded costs",
    range="(-inf, 1]",
)


def values(view: View) -> tuple[Measured, ...]:
    """Compute by service line; revenue without a cost lowers the coverage."""
    found = []
    for name in view.service_lines():
        sums = view.service(service_line=name)
        behind = {"kind": "service", "service_line": name}
        if sums.costed <= 0 or sums.amount <= 0:
            found.append(Measured(name, None, Fraction(0), "cost of what was sold", behind))
            continue
        value = 1 - Fraction(sums.cost) / sums.costed
        coverage = min(Fraction(sums.costed) / sums.amount, Fraction(1))
        found.append(Measured(name, value, coverage, "", behind))
    return tuple(found)
