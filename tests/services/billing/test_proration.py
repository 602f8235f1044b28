"""A monthly amount over a part of a month."""

import datetime as dt
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from lineshaft.core.errors import Invalid
from lineshaft.core.money import round_half_away
from lineshaft.core.period import (
    US_PER_S,
    AmbiguousTime,
    Instant,
    NonexistentTime,
    Period,
    civil_to_instant,
    day_start,
    month_period,
    zone_named,
)
from lineshaft.services.billing.proration import MONTHS_MAX, NotWholeDays, prorate
from lineshaft.services.contracts.model import ProrationBasis

BERLIN = zone_named("Europe/Berlin")
UTC = zone_named("UTC")


def amount(fee: str, period: Period, zone: str, basis: str) -> Fraction:
    shares = prorate(Decimal(fee), period, zone_named(zone), ProrationBasis(basis))
    return sum((share.amount for share in shares), Fraction(0))


@pytest.mark.parametrize(
    ("basis", "expected"),
    [("ACT_SECONDS", "710.00"), ("ACT_DAYS", "719.03"), ("30/360", "495.33")],
)
def test_case_15_the_days_after_the_clocks_go_forward(basis: str, expected: str) -> None:
    """Case 15: March 2026 in Berlin has 743 h; commissioned on the 29th, 71 h are left."""
    march = month_period(2026, 3, BERLIN)
    assert march.seconds == 743 * 3600
    left = Period(day_start(dt.date(2026, 3, 29), BERLIN), march.end)
    assert left.seconds == 71 * 3600
    rounded = round_half_away(amount("7430.00", left, "Europe/Berlin", basis), 2)
    assert str(rounded) == expected


def test_case_16_a_run_over_the_end_of_summer_time() -> None:
    """Case 16: 25 Oct 2026 01:30 CEST to 03:30 CET are 3 h; October has 745 h."""
    run = Period.parse("2026-10-25T01:30:00+02:00", "2026-10-25T03:30:00+01:00")
    assert run.seconds == 3 * 3600
    assert run.seconds / 3600 * 40 == 120
    assert month_period(2026, 10, BERLIN).seconds == 745 * 3600


def test_case_17_a_civil_time_is_never_shifted_silently() -> None:
    """Case 17."""
    with pytest.raises(AmbiguousTime, match="happens twice"):
        civil_to_instant(dt.datetime(2026, 10, 25, 2, 30), BERLIN)
    with pytest.raises(NonexistentTime, match="never happens"):
        civil_to_instant(dt.datetime(2026, 3, 29, 2, 30), BERLIN)


def test_the_example_day_is_a_thirtieth_of_june() -> None:
    day = Period.parse("2017-06-22T00:00:00Z", "2017-06-23T00:00:00Z")
    (share,) = prorate(Decimal("3000.00"), day, UTC, ProrationBasis.ACT_SECONDS)
    assert (share.month, share.part, share.whole, share.unit) == ("2017-06", 86400, 2592000, "SEC")
    assert share.amount == 100


@pytest.mark.parametrize("basis", list(ProrationBasis))
def test_a_whole_month_is_the_whole_amount_in_every_zone(basis: ProrationBasis) -> None:
    for zone in (
        "UTC",
        "Europe/Berlin",
        "Asia/Shanghai",
        "America/New_York",
        "Australia/Lord_Howe",
    ):
        for month in range(1, 13):
            period = month_period(2026, month, zone_named(zone))
            assert amount("99.99", period, zone, basis) == Fraction("99.99")


def test_a_period_over_months_has_a_share_of_each() -> None:
    period = Period.parse("2026-01-31T00:00:00Z", "2026-03-02T00:00:00Z")
    shares = prorate(Decimal(31 * 28), period, UTC, ProrationBasis.ACT_DAYS)
    assert [(share.month, share.part, share.whole) for share in shares] == [
        ("2026-01", 1, 31),
        ("2026-02", 28, 28),
        ("2026-03", 1, 31),
    ]
    assert sum(share.amount for share in shares) == 28 + 31 * 28 + 28


@pytest.mark.parametrize(
    ("start", "end", "days"),
    [
        ("2026-01-30", "2026-01-31", 0),
        ("2026-01-31", "2026-02-01", 1),
        ("2026-01-01", "2026-01-31", 29),
        ("2026-02-28", "2026-03-01", 3),
        ("2028-02-29", "2028-03-01", 2),
        ("2026-02-01", "2026-02-28", 27),
        ("2026-04-15", "2026-04-16", 1),
    ],
)
def test_a_month_of_30_days(start: str, end: str, days: int) -> None:
    """30E/360 (ISDA 2006 Definitions, 4.16(g)): the 31st is a 30th, the end of February is long."""
    period = Period.parse(f"{start}T00:00:00Z", f"{end}T00:00:00Z")
    (share,) = prorate(Decimal(30), period, UTC, ProrationBasis.THIRTY_360)
    assert (share.part, share.whole, share.unit, share.amount) == (days, 30, "DAY", days)


def test_a_day_that_is_cut_cannot_be_billed_by_days() -> None:
    period = Period.parse("2026-03-29T00:00:00Z", "2026-03-30T22:00:00Z")
    for basis in ("ACT_DAYS", "30/360"):
        with pytest.raises(NotWholeDays, match="2026-03-29T01:00:00"):
            amount("10", period, "Europe/Berlin", basis)


def test_more_months_than_a_contract_can_have_are_refused() -> None:
    start = month_period(2000, 1, UTC).start
    longest = Period(start, month_period(2000 + MONTHS_MAX // 12, 1, UTC).start)
    assert len(prorate(Decimal(1), longest, UTC, ProrationBasis.ACT_SECONDS)) == MONTHS_MAX
    with pytest.raises(Invalid, match="more than 1200 months"):
        amount("1", Period(start, Instant(longest.end + 1)), "UTC", "ACT_SECONDS")


SECONDS = st.integers(min_value=0, max_value=3 * 366 * 86_400)
ZONES = st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Pacific/Apia"])


@given(st.lists(SECONDS, min_size=3, max_size=3, unique=True), ZONES)
def test_the_parts_of_a_period_add_up_to_the_whole(cuts: list[int], zone: str) -> None:
    epoch = month_period(2010, 12, UTC).start
    start, middle, end = (Instant(epoch + cut * US_PER_S) for cut in sorted(cuts))
    parts = [Period(start, middle), Period(middle, end)]
    whole = amount("1234.56", Period(start, end), zone, "ACT_SECONDS")
    assert sum(amount("1234.56", part, zone, "ACT_SECONDS") for part in parts) == whole


@given(st.lists(st.integers(0, 1200), min_size=3, max_size=3, unique=True), ZONES)
def test_the_days_of_parts_add_up_to_the_whole_by_every_basis(cuts: list[int], zone: str) -> None:
    first = dt.date(2010, 12, 1)
    start, middle, end = (
        day_start(first + dt.timedelta(days=cut), zone_named(zone)) for cut in sorted(cuts)
    )
    assume(start < middle < end)  # Apia has no 30 December 2011
    for basis in ProrationBasis:
        parts = [Period(start, middle), Period(middle, end)]
        whole = amount("1234.56", Period(start, end), zone, basis)
        assert sum(amount("1234.56", part, zone, basis) for part in parts) == whole
