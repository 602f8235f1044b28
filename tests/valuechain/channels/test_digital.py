"""The digital channel is a join: counted by hand, line by line."""

import datetime as dt
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from msgspec.structs import replace

from lineshaft.services.contracts.model import Binding
from lineshaft.valuechain.channels.service import Revenue, channels, ledger_content
from lineshaft.valuechain.servitization.errors import CurrenciesMixed
from lineshaft.valuechain.servitization.model import RevenueLine, SoldKind
from tests.valuechain.channels.books import write_books


def line(document: str, number: str, day: str, amount: str, **more: object) -> RevenueLine:
    said = {"kind": SoldKind.SERVICE, "binding": Binding.STAND_ALONE, "site": "ulm"} | more
    date = dt.date.fromisoformat(day)
    money = {"amount": Decimal(amount), "currency": "EUR"}
    fixed = {"customer": "Riverside", "item": "hours", "document": document, "line": number}
    return RevenueLine(date=date, **money, **fixed, **said)  # type: ignore[arg-type]


BILLED = (
    line("F-1", "1", "2025-10-01", "1000.10"),  # M1, connected in the month that was served
    line("F-1", "2", "2025-10-01", "500"),  # M2 and M3: M3 is not connected
    line("F-1", "3", "2025-10-01", "40"),  # no usage record
    line("F-1", "4", "2025-10-01", "70", binding=Binding.PRODUCT_BOUND),
    line("F-1", "5", "2025-10-01", "30", binding=None),
    line("F-1", "6", "2025-10-01", "9000", kind=SoldKind.PRODUCT, binding=None),
    line("F-2", "1", "2026-01-01", "1200.25"),
    line("F-2", "2", "2026-01-01", "300"),  # M9 is no machine that is known
    line("C-1", "1", "2026-01-01", "-0.25", site="bonn"),
)


def test_the_digital_channel_is_a_hand_count(tmp_path: Path) -> None:
    found = channels(write_books(tmp_path), Revenue("invoices", BILLED))
    digital = [each for each in found.figures if each.channel == "digital"]
    by_name = {
        (each.figure.indicator.name, each.site, each.quarter): each.figure for each in digital
    }
    revenue = {
        place[1:]: each.value for place, each in by_name.items() if place[0] == "digital_revenue"
    }
    assert revenue == {
        ("", "2025-Q4"): Decimal("1000.10"),
        ("", "2026-Q1"): Decimal("1200.00"),
        ("bonn", "2025-Q4"): 0,
        ("bonn", "2026-Q1"): Decimal("-0.25"),
        ("ulm", "2025-Q4"): Decimal("1000.10"),
        ("ulm", "2026-Q1"): Decimal("1200.25"),
    }
    first = by_name["digital_revenue", "", "2025-Q4"]
    assert first.indicator.unit == "EUR"
    assert first.coverage == Fraction(161010, 164010)  # of 1640.10 of services 30 say no binding
    assert by_name["digital_revenue_change", "", "2026-Q1"].value == Decimal("199.90")
    assert by_name["digital_revenue_change", "", "2025-Q4"].missing == "no quarter before"
    share = Fraction(100010, 154010)
    assert by_name["digital_share", "", "2025-Q4"].value == share
    assert by_name["digital_share", "bonn", "2025-Q4"].missing
    assert {
        (each.revenue.document, each.revenue.line): each.link.value for each in found.lines
    } == {
        ("F-1", "1"): "metered",
        ("F-1", "2"): "not_connected",
        ("F-1", "3"): "no_usage_record",
        ("F-2", "1"): "metered",
        ("F-2", "2"): "machine_unknown",
        ("C-1", "1"): "metered",
    }
    shown = ledger_content(found)["lines"][0]
    assert (shown["usage_records"], shown["machines"]) == (["u-1"], ["M1"])


def test_revenue_in_two_currencies_is_refused(tmp_path: Path) -> None:
    mixed = (*BILLED, replace(BILLED[0], currency="USD", document="F-3"))
    with pytest.raises(CurrenciesMixed, match="EUR, USD: expected lines of one currency"):
        channels(write_books(tmp_path), Revenue("invoices", mixed))


def test_revenue_is_read_beside_the_books(tmp_path: Path) -> None:
    folder = write_books(tmp_path)
    revenue = "date,document,line,customer,item,kind,binding,amount,currency\n"
    revenue += "2025-10-01,F-1,1,Riverside,hours,service,stand_alone,1000.10,EUR\n"
    (folder / "revenue.csv").write_text(revenue)
    (line,) = channels(folder).lines
    assert (line.link.value, line.revenue.amount) == ("metered", Decimal("1000.10"))
