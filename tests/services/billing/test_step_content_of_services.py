"""The steps of savings, deposits, leases and consumables, word for word, with hand-made numbers."""

from typing import Any

from lineshaft.services.billing.model import LineKind, RatedDocument
from tests.services.billing import test_cores as cores
from tests.services.billing import test_energy_saving as savings
from tests.services.billing import test_lease as leases
from tests.services.billing import test_replenishment as stocks


def shown(amount: str, unit: str, symbol: str) -> dict[str, str]:
    return {"exact": amount, "shown": amount, "unit": unit, "symbol": symbol}


def kwh(amount: str) -> dict[str, str]:
    return shown(amount, "KWH", "kW·h")


def kg(amount: str) -> dict[str, str]:
    return shown(amount, "KGM", "kg")


def rounded(exact: str) -> dict[str, Any]:
    return {
        "kind": "rounding",
        "amount": f"{exact}.00",
        "amount_exact": exact,
        "decimals": 2,
        "rule": "half_away_from_zero",
    }


def said(document: RatedDocument) -> dict[str, list[dict[str, Any]]]:
    return {line.id: [dict(step) for step in line.steps] for line in document.lines}


def test_a_saving_after_a_month_that_has_lost_more_than_is_carried() -> None:
    """-10,000 of which 8,000 are carried, then 25,000: 17,000 x 0.20 x 30 % are 1,020.00."""
    document = savings.rated(savings.sold(carry_max="8000"), [135_000, 100_000])
    baseline = {"id": "hall-2", "version": 1}
    pieces = shown("2000", "C62", "1")
    assert said(document)["saving"] == [
        {"kind": "usage", "quantity": kwh("100000"), "usage": 0},
        {"kind": "usage", "quantity": pieces, "usage": 1},
        {
            "kind": "saving_before",
            "amount_exact": "0",
            "baseline": baseline,
            "carried": kwh("0"),
            "carried_on": kwh("-8000"),
            "end": "2027-02-01T00:00:00Z",
            "saved": kwh("-10000"),
            "start": "2027-01-01T00:00:00Z",
        },
        {
            "kind": "saving_baseline",
            "amount_exact": "0",
            "baseline": baseline,
            "expected": kwh("120000"),
            "fixed": kwh("20000"),
            "weights": [{"driver": "parts", "per_unit": "50", "quantity": pieces}],
        },
        {
            "kind": "saving_adjustment",
            "amount_exact": "0",
            "adjusted": kwh("5000"),
            "adjustment": "second-shift",
            "adjustment_kind": "non_routine",
            "approved_at": "2027-01-01T00:00:00Z",
            "approved_by": "Energy office",
            "reason": {"en": "A second shift", "zh-Hans": "增加第二班"},
        },
        {
            "kind": "saving",
            "amount_exact": "1020",
            "carried": kwh("-8000"),
            "carried_on": kwh("0"),
            "measured": kwh("100000"),
            "quantity": kwh("17000"),
            "saved": kwh("25000"),
            "share": "3/10",
            "tariff": "0.20",
        },
        rounded("1020"),
    ]


def test_a_core_that_comes_back_on_the_last_day_and_one_that_never_does() -> None:
    """700 at 50 % less 120 for the old model: 470 are kept; of the lost one all 700."""
    document = cores.rated(cores.JULY, [cores.core("c-1", 30, model="SP-1"), cores.core("c-2")])
    assert said(document) == {
        "spindle": [
            {
                "kind": "core_closed",
                "amount_exact": "-700",
                "closed_at": "2027-07-01T09:00:00Z",
                "core": "c-1",
            },
            {
                "kind": "core_closed",
                "amount_exact": "-700",
                "closed_at": "2027-07-02T00:00:00Z",
                "core": "c-2",
            },
            rounded("-1400"),
        ],
        "spindle.kept": [
            {
                "kind": "core_kept",
                "amount_exact": "470",
                "core": "c-1",
                "deposit": "700.00",
                "grade": "damaged",
                "inspected_by": "Ines",
                "model": "SP-1",
                "received_at": "2027-07-01T09:00:00Z",
                "refund_exact": "230",
                "share": "1/2",
                "upgrade": "120.00",
            },
            {"kind": "core_lost", "amount_exact": "700", "core": "c-2", "deposit": "700.00"},
            rounded("1170"),
        ],
    }
    assert [line.kind for line in document.lines] == [LineKind.CORE_DEPOSIT, LineKind.USAGE]
    kept = document.lines[1].description
    assert (kept.en, kept.zh_hans) == ("Spindle: kept", "主轴：扣留")


def test_a_core_that_is_delivered() -> None:
    assert said(cores.rated(cores.JUNE, [cores.core()])) == {
        "spindle": [
            {
                "kind": "core_delivered",
                "amount_exact": "700",
                "core": "c-1",
                "delivered_at": "2027-06-01T09:00:00Z",
                "deposit": "700.00",
                "model": "SP-2",
                "reference": "DN-1",
            },
            rounded("700"),
        ]
    }


def test_the_last_instalment_says_what_the_machine_is_worth() -> None:
    changes = {"months": 1, "residual": "5.00", "purchase_option": "6.00"}
    steps = said(leases.rated(leases.sold(changes), leases.MONTHS[0]))["lease"]
    assert steps == [
        *(
            {
                "kind": "instalment",
                "amount_exact": "900",
                "due_at": "2027-01-01T00:00:00Z",
                "machine": machine,
                "months": 1,
                "number": 1,
                "purchase_option": "6.00",
                "quantity": shown("1", "C62", "1"),
                "residual": "5.00",
                "unit_price": "900.00",
            }
            for machine in ("m1", "m2")
        ),
        rounded("1800"),
    ]


def test_a_count_says_what_should_have_been_there() -> None:
    """100 + 50 delivered - 4 x 20 consumed are 70; 60 are counted: 10 at 4.00 are missing."""
    told = [
        stocks.told(stocks.COUNT, 0, 100),
        stocks.told(stocks.DELIVERY, 5, 50),
        stocks.told(stocks.COUNT, 20, 60),
    ]
    document = stocks.rated(stocks.JUNE, told)
    by = {"machine": "mill", "person": "Carla", "reference": "CS-1"}
    assert said(document) == {
        "coolant": [
            {"kind": "usage", "quantity": kg("120"), "usage": 0},
            {
                "kind": "unit",
                "amount_exact": "480",
                "quantity": kg("120"),
                "unit_price": "4.00",
            },
            rounded("480"),
        ],
        "coolant.count": [
            {
                "kind": "stock_opening",
                "amount_exact": "0",
                "at": "2027-06-01T00:00:00Z",
                "quantity": kg("100"),
                "record": "count-0.0",
                **by,
            },
            {
                "kind": "stock_delivery",
                "amount_exact": "0",
                "at": "2027-06-06T00:00:00Z",
                "quantity": kg("50"),
                "record": "delivery-5.0",
                **by,
            },
            {
                "kind": "stock_consumed",
                "amount_exact": "0",
                "consumed": kg("80"),
                "usage": [1],
            },
            {
                "kind": "stock_count",
                "amount_exact": "40",
                "at": "2027-06-21T00:00:00Z",
                "counted": kg("60"),
                "estimated": kg("70"),
                "quantity": kg("10"),
                "record": "count-20.0",
                "unit_price": "4.00",
                **by,
            },
            rounded("40"),
        ],
    }


def test_the_line_of_a_count() -> None:
    told = [stocks.told(stocks.COUNT, 0, 100), stocks.told(stocks.COUNT, 20, 10)]
    count = stocks.rated(stocks.JUNE, told).lines[1]
    assert (count.kind, count.usage) == (LineKind.USAGE, (1,))
    assert count.description.en == "Coolant: difference at the count"
    assert count.description.zh_hans == "切削液：盘点差异"
