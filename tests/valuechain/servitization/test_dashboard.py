"""The dashboard of a small firm, counted by hand, and what always holds."""

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from lineshaft.core.errors import Invalid
from lineshaft.services.contracts.model import Binding, CustomerClass, ServiceClass
from lineshaft.valuechain.errors import TooThin
from lineshaft.valuechain.servitization import columns as columns_module
from lineshaft.valuechain.servitization.columns import FORMAT, RevenueColumns, write_columns
from lineshaft.valuechain.servitization.errors import (
    ColumnsUnreadable,
    CurrenciesMixed,
    QuestionInvalid,
)
from lineshaft.valuechain.servitization.model import Books, Grain, RevenueLine, SoldKind
from lineshaft.valuechain.servitization.service import (
    Asked,
    Reported,
    dashboard,
    dashboard_content,
    days_of,
    rates_named,
    read_books,
    where_named,
)
from lineshaft.valuechain.servitization.view import Rates, counted, views_of
from lineshaft.valuechain.tables.errors import TablesInvalid
from tests.valuechain.servitization.books import HEAD, REVENUE, write_books

JUNE = dt.date(2026, 6, 30)


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Books:
    return read_books(write_books(tmp_path_factory.mktemp("firm") / "books"))


@pytest.fixture
def columns(books: Books) -> Iterator[RevenueColumns]:
    found = RevenueColumns.of(books.revenue, "books")
    yield found
    found.close()


def values(figures: tuple[Reported, ...], name: str, period: str = "") -> dict[str, object]:
    return {
        each.key: each.figure.value
        for each in figures
        if each.figure.indicator.name == name and each.period == period
    }


def test_the_figures_are_those_that_are_counted_by_hand(
    books: Books, columns: RevenueColumns
) -> None:
    found = dashboard(columns, books, Asked())
    assert (found.revenue, found.service_revenue, found.line_count) == (105_000, 20_000, 8)
    assert values(found.whole, "output_servitization") == {"": Fraction(4, 21)}
    assert values(found.whole, "stand_alone_share") == {"": Fraction(1, 2)}
    assert values(found.whole, "recurring_share") == {"": Fraction(15_000, 105_000)}
    assert values(found.whole, "service_gross_margin") == {
        "": Fraction(10, 19),
        "academy": Fraction(1, 4),
        "care": Fraction(1, 2),
        "freight": None,
        "monitor": Fraction(4, 5),
    }
    matrix = values(found.whole, "customer_binding_matrix")
    assert {key: value for key, value in matrix.items() if value} == {
        "producer/product_bound": Fraction(1, 2),
        "producer/stand_alone": Fraction(1, 4),
        "consumer/stand_alone": Fraction(1, 5),
        "circulation/stand_alone": Fraction(1, 20),
    }
    assert len(matrix) == 6
    kinds = values(found.whole, "service_kinds")
    assert kinds["other_business"] == Fraction(7, 10)
    assert kinds["finance_and_insurance"] == 0
    assert len(kinds) == 5


def test_the_trend_has_the_figures_of_each_quarter(books: Books, columns: RevenueColumns) -> None:
    found = dashboard(columns, books, Asked(), {JUNE: frozenset({"mill-2"})})
    assert values(found.trend, "output_servitization", "2026-Q1") == {"": Fraction(1, 8)}
    assert values(found.trend, "output_servitization", "2026-Q2") == {"": Fraction(2, 5)}
    assert values(found.trend, "attach_rate", "2026-Q1") == {"": Fraction(1, 2)}
    assert values(found.trend, "attach_rate", "2026-Q2") == {"": Fraction(1)}
    assert values(found.trend, "input_servitization_firm", "2026-Q1") == {
        "": Fraction(3, 10),
        "purchased_service": Fraction(1, 5),
        "service_payroll": Fraction(1, 10),
    }
    assert days_of(columns, Asked()) == [dt.date(2026, 3, 31), dt.date(2026, 4, 30), JUNE]
    months = dashboard(columns, books, Asked(first="2026-02", last="2026-03", grain=Grain.MONTH))
    assert values(months.trend, "output_servitization", "2026-02") == {"": Fraction(1)}
    assert months.vintage == "2026-02 to 2026-03"
    assert months.stage_months == "2026-01..2026-03", "a stage looks back beyond what is asked for"
    south = dashboard(columns, books, Asked(where={"site": "south"}))
    assert values(south.whole, "stand_alone_share") == {"": Fraction(1)}
    assert values(south.whole, "input_servitization_firm") == {"": None}


def test_what_is_not_known_is_said_and_not_made_up(books: Books, columns: RevenueColumns) -> None:
    found = dashboard(columns, Books(), Asked())
    missing = {
        each.figure.indicator.name: each.figure.missing
        for each in found.whole
        if each.figure.value is None and not each.key
    }
    assert sorted(missing) == ["attach_rate", "input_servitization_firm"]
    assert all(missing.values())
    with pytest.raises(TooThin, match="at least one line"):
        dashboard(columns, books, Asked(first="2030-01"))


def test_every_figure_leads_to_its_lines(books: Books, columns: RevenueColumns) -> None:
    found = dashboard(columns, books, Asked())
    alone = next(
        each
        for each in found.trend
        if each.figure.indicator.name == "stand_alone_share" and each.period == "2026-Q1"
    )
    page = columns.page(alone.behind)
    assert [(each["document"], each["amount"]) for each in page.lines] == [
        ("INV-2", "4000.00"),
        ("INV-3", "1000.00"),
    ]
    first = columns.page({"service_line": "care"}, limit=2)
    rest = columns.page({"service_line": "care"}, first.after or "", limit=2)
    shown = [each["document"] for each in (*first.lines, *rest.lines)]
    assert (shown, rest.after) == (["INV-1", "CN-1", "INV-5"], None)
    assert rest.lines[0]["machine"] == "mill-2"
    assert rest.lines[0]["amount"] == "5000.00"
    for where, after, limit in (
        ({"colour": "red"}, "", 1),
        ({"month": "soon"}, "", 1),
        ({}, "", 1_001),
        ({}, "next", 1),
    ):
        with pytest.raises(QuestionInvalid):
            columns.page(where, after, limit)
    with pytest.raises(QuestionInvalid, match="colour"):
        where_named(["colour=red"])


def test_a_column_file_gives_the_same_figures(
    books: Books, columns: RevenueColumns, tmp_path: Path
) -> None:
    path = tmp_path / "lines.parquet"
    assert write_columns(books.revenue, path) == 8
    kept = RevenueColumns.open(path)
    assert kept.cells() == columns.cells()
    assert kept.page({"month": "2026"}) == columns.page({"month": "2026-01..2026-12"})
    kept.close()
    path.write_bytes(b"nothing")
    with pytest.raises(ColumnsUnreadable):
        RevenueColumns.open(path)
    assert write_columns([], path) == 0
    assert RevenueColumns.open(path).cells() == []
    table = pq.read_table(path)
    for said in ({"format": "lineshaft/revenue-lines/1"}, {"format": FORMAT}):
        pq.write_table(table.replace_schema_metadata(said), path)
        with pytest.raises(ColumnsUnreadable):
            RevenueColumns.open(path)


def test_sums_beyond_64_bits_are_exact_and_combinations_have_a_limit(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    amount = Decimal(2**63 - 1).scaleb(-6)
    lines = [replace(books.revenue[0], amount=amount, cost=amount)] * 3
    (cell,) = RevenueColumns.of(lines, "books").cells()
    assert (cell.amount, cell.cost, cell.costed, cell.count) == (*[3 * (2**63 - 1)] * 3, 3)
    monkeypatch.setattr(columns_module, "COMBINATIONS_MAX", 1)
    with pytest.raises(Invalid, match="more than 1 combinations"):
        RevenueColumns.of(books.revenue, "books")
    assert RevenueColumns.of(lines, "books").cells() == [cell]


def test_currencies_are_added_up_by_given_rates_only(tmp_path: Path) -> None:
    rows = REVENUE.replace("4000.00,EUR", "4000.00,USD")
    read = read_books(write_books(tmp_path / "books", revenue=rows))
    columns = RevenueColumns.of(read.revenue, "books")
    with pytest.raises(CurrenciesMixed, match="EUR, USD"):
        dashboard(columns, read, Asked())
    with pytest.raises(CurrenciesMixed, match="USD"):
        dashboard(columns, read, Asked(rates=rates_named("EUR", ["CNY=0.13"])))
    found = dashboard(columns, read, Asked(rates=rates_named("EUR", ["USD=0.5"])))
    assert (found.revenue, found.service_revenue) == (103_000, 18_000)
    for currency, rate in (("EUR", "USD"), ("EUR", "USD=0"), ("", "USD=1"), ("EUR", "usd=1")):
        with pytest.raises(QuestionInvalid):
            rates_named(currency, [rate])
    columns.close()


@pytest.mark.parametrize(
    ("was", "is_now", "said"),
    [
        ("18000.00", "", "stand_alone_price"),
        ("mill,product,,", "mill,product,stand_alone,", "services only"),
        ("INV-2,1", "INV-1,1", "row 4"),
    ],
)
def test_wrong_cells_are_named(tmp_path: Path, was: str, is_now: str, said: str) -> None:
    rows = REVENUE.replace(was, is_now)
    with pytest.raises(TablesInvalid, match=said):
        read_books(write_books(tmp_path / "books", revenue=rows))


def test_a_bundle_is_allocated_to_the_cent(tmp_path: Path) -> None:
    components = "".join(
        f"2026-01-01,INV-1,{number},acme,,part,service,,,,no,{amount},EUR,,,line,1.00,\n"
        for number, amount in ((1, "-100.00"), (2, "0.00"), (3, "-0.005"))
    )
    read = read_books(write_books(tmp_path / "books", revenue=HEAD + components))
    amounts = [line.amount for line in read.revenue]
    assert sum(amounts) == Decimal("-100.005")
    assert all(abs(amount - Decimal("-33.335")) <= Decimal("0.01") for amount in amounts)


_SAID = {
    "binding": st.sampled_from([None, *Binding]),
    "customer_class": st.sampled_from([None, *CustomerClass]),
    "service_class": st.sampled_from([None, *ServiceClass]),
}


@st.composite
def sold(draw: st.DrawFn) -> RevenueLine:
    kind = draw(st.sampled_from(SoldKind))
    said = {name: draw(one) for name, one in _SAID.items()} if kind is SoldKind.SERVICE else {}
    return RevenueLine(
        date=dt.date(2026, draw(st.integers(1, 12)), 1),
        document="INV",
        line=str(draw(st.integers(0, 9))),
        customer="acme",
        item=draw(st.sampled_from("ab")),
        kind=kind,
        amount=Decimal(draw(st.integers(-50, 10**12))).scaleb(-2),
        currency="EUR",
        is_recurring=draw(st.booleans()),
        **said,
    )


@settings(max_examples=10, deadline=None)
@given(st.lists(sold(), min_size=1, max_size=12))
def test_shares_are_from_0_to_1_and_parts_add_up_exactly(lines: list[RevenueLine]) -> None:
    columns = RevenueColumns.of(lines, "drawn")
    found = dashboard(columns, Books(), Asked(grain=Grain.MONTH))
    assert found.revenue == sum(Fraction(line.amount) for line in lines)
    for each in (*found.whole, *found.trend):
        if each.figure.value is not None and each.figure.indicator.range == "[0, 1]":
            assert 0 <= each.figure.value <= 1
        assert 0 <= each.figure.coverage <= 1
        assert (each.figure.value is None) == bool(each.figure.missing)
    for name in ("customer_binding_matrix", "service_kinds"):
        parts = values(found.whole, name).values()
        if parts and None not in parts:
            assert sum(parts) == 1
    by_month = views_of(counted(columns.cells(), Rates("EUR", {})), "EUR", str).values()
    assert sum(view.total().amount for view in by_month) == found.revenue * 10**6
    columns.close()
    assert dashboard_content(found)["revenue"] == str(found.revenue)
