"""The page of prices is true: a plant file can say every price model and every modifier."""

import re
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

from lineshaft.core.period import Period
from lineshaft.core.quantity import Quantity
from lineshaft.plant.reader import read_plant
from lineshaft.services.billing.modifiers import ORDER
from lineshaft.services.billing.pricing import PRICING
from lineshaft.services.billing.rating import rate
from lineshaft.services.contracts.model import Contract, Modifiers, Offering, ProrationBasis
from lineshaft.services.metering.model import UsageRecord
from tests.services.billing.examples import ENGINE
from tests.services.contracts.examples import CONTRACT

PAGE = Path(__file__).parents[2] / "docs" / "prices.md"
MONTH = Period.parse("2027-12-01T00:00:00Z", "2028-01-01T00:00:00Z")
AMOUNTS = {"hours": "445320", "committed-hours": "36000", "energy": "1000", "parts": "201"}
AMOUNTS |= {"saving-energy": "100000", "saving-parts": "2000"}


def offering(directory: Path) -> Offering:
    """Return the offering of the page, read as a plant file."""
    (block,) = re.findall(r"^```toml\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    (directory / "prices.toml").write_text(block, encoding="utf-8")
    (entry,) = read_plant(directory)
    assert isinstance(entry.table, Offering)
    return entry.table


def all_modifiers(sold: Offering) -> Iterator[Modifiers]:
    fee = sold.terms.base_fee
    every = [price.modifiers for price in sold.terms.usage_prices]
    every += [] if fee is None else [fee.modifiers]
    yield from (modifiers for modifiers in every if modifiers is not None)


def test_the_page_has_every_price_model_modifier_and_basis(tmp_path: Path) -> None:
    sold = offering(tmp_path)
    assert {type(price.price) for price in sold.terms.usage_prices} == set(PRICING)
    used: dict[str, list[Any]] = {
        function.__name__: [
            found
            for modifiers in all_modifiers(sold)
            if (found := getattr(modifiers, function.__name__)) is not None
        ]
        for function in ORDER
    }
    assert all(used.values()), used
    assert len({type(terms) for terms in used["take_or_pay"]}) == 2
    assert len({type(terms) for terms in used["discount"]}) == 2
    assert set(ProrationBasis) == {
        ProrationBasis(basis) for basis in re.findall(r'proration = "(.+?)"', PAGE.read_text())
    }
    text = PAGE.read_text()
    for function in [*PRICING.values(), *ORDER]:
        assert f"`{function.__name__}`" in text


def test_a_month_is_priced_with_it(tmp_path: Path) -> None:
    """The last month of a contract year, so that the annual commitment is settled too."""
    sold = offering(tmp_path)
    content = CONTRACT | {"terms": sold.to_content()["terms"], "machines": ["mill"]}
    of = Contract.from_content(
        content | {"start": "2027-01-01T00:00:00Z", "billing_period": "month"}
    )
    usage = [
        UsageRecord(
            meter=meter,
            period=span,
            known_at=MONTH.end,
            quantity=Quantity(Fraction(AMOUNTS.get(meter.id, "0")), meter.unit),
            covered_us=span.duration_us,
            states={"ACTIVE": 3_600_000_000, "READY": 7_200_000_000} if meter.id == "loads" else {},
        )
        for meter, span in of.measurements(MONTH)
    ]
    rated = rate(of, MONTH, MONTH.end, usage, ENGINE)
    assert [(line.id, str(line.amount)) for line in rated.lines] == [
        ("base-fee", "450.00 EUR"),
        ("hours", "52143.38 EUR"),  # 123.7 h, the golden number of power by the hour
        ("committed-hours", "2500.00 EUR"),  # 30 + 20, and 2.50 for each of 980 hours
        ("energy", "120.00 EUR"),  # all at the first price
        ("parts", "65.00 EUR"),  # three packages are 36; at least 100, less 30, less 5
        ("loads", "7.00 EUR"),
        ("software", "49.00 EUR"),
        ("insurance", "1314.83 EUR"),
        ("saving", "1500.00 EUR"),  # the golden number of a share of savings
        ("care", "100.00 EUR"),
        ("lease", "900.00 EUR"),
    ]
