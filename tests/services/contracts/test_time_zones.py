"""Billed periods follow the contract's own zone, also when it changes."""

from itertools import pairwise

import pytest

from lineshaft.core.period import Instant, Period, parse_instant
from lineshaft.services.contracts.model import Contract
from tests.services.contracts.examples import contract


def monthly(zone: str, start: str, end: str | None = None, version: int = 1) -> Contract:
    return contract(version=version, time_zone=zone, billing_period="month", start=start, end=end)


def test_case_19_the_contract_s_zone_says_which_month_it_is() -> None:
    late = parse_instant("2026-12-31T23:30:00-05:00")
    new_york = monthly("America/New_York", "2026-01-01T05:00:00Z").billed_period(late)
    assert new_york == Period.parse("2026-12-01T00:00:00-05:00", "2027-01-01T00:00:00-05:00")
    berlin = monthly("Europe/Berlin", "2026-01-01T05:00:00Z").billed_period(late)
    assert berlin == Period.parse("2027-01-01T00:00:00+01:00", "2027-02-01T00:00:00+01:00")


@pytest.mark.parametrize(
    ("zones", "switch"),
    [
        (("America/New_York", "Europe/Berlin"), "2026-03-15T12:00:00Z"),
        (("Europe/Berlin", "America/New_York"), "2026-03-29T01:00:00Z"),
        (("Asia/Shanghai", "Pacific/Auckland"), "2026-10-25T00:30:00Z"),
    ],
)
def test_case_19_periods_have_no_gap_and_no_overlap_when_the_zone_changes(
    zones: tuple[str, str], switch: str
) -> None:
    start, end = "2026-01-10T00:00:00Z", "2027-02-01T00:00:00Z"
    versions = [monthly(zones[0], start, switch), monthly(zones[1], switch, end, 2)]
    periods = [period for version in versions for period in billed(version)]
    assert periods[0].start == parse_instant(start)
    assert periods[-1].end == parse_instant(end)
    assert all(one.end == other.start for one, other in pairwise(periods))
    assert any(one.end == parse_instant(switch) for one in periods)


def billed(made: Contract) -> list[Period]:
    """Return every billed period of a contract, in time order."""
    found, at = [], made.starts_at
    while made.ends_at is not None and at < made.ends_at:
        found.append(made.billed_period(Instant(at)))
        at = found[-1].end
    return found
