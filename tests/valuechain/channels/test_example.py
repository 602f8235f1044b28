"""The example firm: its digital channel is the hand count of its invoices."""

from collections import defaultdict
from decimal import Decimal
from pathlib import Path

from lineshaft.valuechain.channels.digital import Link
from lineshaft.valuechain.channels.service import channels

BOOKS = Path(__file__).parents[3] / "examples" / "spindle-works" / "books"
# 5 and 40 months of machines by the hour at 5,400; and all invoices of stand-alone services.
DIGITAL = {"2016": 5 * 5_400, "2017": 40 * 5_400}
STAND_ALONE = {
    "2016": 6 * 14_700 + 4 * 18_500 + 5 * 5_400 + 3 * 5_200 + 28 * 480 + 2 * 4_500,
    "2017": 15 * 14_700 + 8 * 18_500 + 42 * 5_400 + 6 * 5_200 + 40 * 480 + 6 * 4_500,
}


def test_the_channels_of_the_example_firm() -> None:
    found = channels(BOOKS)
    by_year: dict[str, Decimal] = defaultdict(Decimal)
    for each in found.figures:
        if each.figure.indicator.name == "digital_revenue" and not each.site:
            assert isinstance(each.figure.value, Decimal)
            by_year[each.quarter[:4]] += each.figure.value
    assert by_year == DIGITAL
    alone, metered = defaultdict(Decimal), defaultdict(Decimal)
    for line in found.lines:
        alone[str(line.revenue.date.year)] += line.revenue.amount
        if line.link is Link.METERED:
            metered[str(line.revenue.date.year)] += line.revenue.amount
    assert alone == STAND_ALONE
    assert metered == DIGITAL
    # Six lines are too few for a frontier, and the technology channel says so.
    assert all(method.startswith("growth accounting: 6 ") for method in found.methods.values())
