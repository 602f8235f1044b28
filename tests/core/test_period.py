import datetime as dt
import itertools
import zoneinfo
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineshaft.core.clock import CountingIds, ManualClock
from lineshaft.core.errors import Invalid
from lineshaft.core.period import (
    US_PER_DAY,
    US_PER_S,
    AmbiguousTime,
    Instant,
    NonexistentTime,
    Period,
    civil_to_instant,
    day_start,
    format_instant,
    from_datetime,
    intersect,
    month_period,
    parse_instant,
    subtract,
    to_datetime,
    total_us,
    union,
    zone_named,
)

INSTANTS = st.integers(-(10**15), 4 * 10**15).map(Instant)
SMALL = st.lists(
    st.tuples(st.integers(0, 60), st.integers(1, 20)).map(lambda p: Period(p[0], p[0] + p[1])),
    max_size=8,
)


@given(INSTANTS)
def test_instants_round_trip(instant):
    assert parse_instant(format_instant(instant)) == instant
    assert from_datetime(to_datetime(instant)) == instant


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("2026-12-31T23:30-05:00", "2027-01-01T04:30:00Z"),
        ("2017-06-22T18:20:05.738586Z", "2017-06-22T18:20:05.738586Z"),
        ("2017-06-22t18:20:05.500000000z", "2017-06-22T18:20:05.5Z"),
    ],
)
def test_offsets_and_fractions_are_exact(text, same):
    assert format_instant(parse_instant(text)) == same


@pytest.mark.parametrize(
    "text",
    ["", "2017-06-22", "2017-06-22 18:20:05Z", "2017-06-22T18:20:05", "2017-02-30T00:00:00Z",
     "2017-06-22T25:00:00Z", "2017-06-22T18:20:05.1234567Z", "٢017-06-22T18:20:05Z",
     "2017-06-22T18:20:05+99:00"],
)  # fmt: skip
def test_what_is_no_instant_is_refused(text):
    with pytest.raises(Invalid):
        parse_instant(text)


def test_case_16_a_day_with_25_hours():
    start, end = (
        parse_instant("2026-10-25T01:30:00+02:00"),
        parse_instant("2026-10-25T03:30:00+01:00"),
    )
    assert Period(start, end).seconds == 3 * 3600
    assert month_period(2026, 10, zone_named("Europe/Berlin")).seconds == 745 * 3600
    assert month_period(2026, 3, zone_named("Europe/Berlin")).seconds == 743 * 3600


def test_case_17_civil_times_are_never_shifted():
    berlin = zone_named("Europe/Berlin")
    with pytest.raises(AmbiguousTime):
        civil_to_instant(dt.datetime(2026, 10, 25, 2, 30), berlin)
    with pytest.raises(NonexistentTime):
        civil_to_instant(dt.datetime(2026, 3, 29, 2, 30), berlin)
    noon = civil_to_instant(dt.datetime(2026, 3, 29, 12, 0), berlin)
    assert format_instant(noon) == "2026-03-29T10:00:00Z"
    with pytest.raises(Invalid):
        civil_to_instant(dt.datetime(2026, 3, 29, 12, 0, tzinfo=dt.UTC), berlin)


def test_a_naive_moment_has_no_place():
    with pytest.raises(Invalid):
        from_datetime(dt.datetime(2026, 1, 1))
    with pytest.raises(Invalid, match="Mars"):
        zone_named("Mars/Olympus")


@pytest.mark.parametrize("name", ["", "Europe", "../zones", "/etc/localtime", "europe/berlin"])
def test_what_is_no_name_of_a_zone_is_refused(name):
    with pytest.raises(Invalid, match="Europe/Berlin"):
        zone_named(name)


def test_zones_are_those_of_the_package_whatever_the_system_has(tmp_path):
    """A document names the version of the package; the system's files may say something else."""
    (tmp_path / "Europe").mkdir()
    utc = files("tzdata").joinpath("zoneinfo", "UTC").read_bytes()
    (tmp_path / "Europe" / "Berlin").write_bytes(utc)
    zoneinfo.reset_tzpath([str(tmp_path)])
    try:
        assert to_datetime(Instant(0), zoneinfo.ZoneInfo.no_cache("Europe/Berlin")).hour == 0
        zone_named.cache_clear()
        assert to_datetime(Instant(0), zone_named("Europe/Berlin")).hour == 1
    finally:
        zoneinfo.reset_tzpath()


ZONES = files("tzdata").joinpath("zones").read_text().split()


@pytest.mark.parametrize("name", ZONES[::12])
def test_the_months_of_every_zone_touch_without_gap_or_overlap(name):
    zone = zone_named(name)
    months = [month_period(year, month, zone) for year in (2025, 2026) for month in range(1, 13)]
    assert union(months) == [Period(months[0].start, months[-1].end)]
    assert total_us(months) == months[-1].end - months[0].start


def test_midnight_that_is_skipped_starts_the_day_late():
    start = day_start(dt.date(2018, 11, 4), zone_named("America/Sao_Paulo"))
    assert format_instant(start) == "2018-11-04T03:00:00Z"


def test_a_period_is_never_empty_or_backward():
    for start, end in ((5, 5), (5, 4)):
        with pytest.raises(Invalid):
            Period(start, end)
    whole = Period(0, 10)
    assert whole.contains(0)
    assert not whole.contains(10)
    assert whole.split(4) == (Period(0, 4), Period(4, 10))
    assert str(Period(0, US_PER_DAY)) == "1970-01-01T00:00:00Z/1970-01-02T00:00:00Z"


@given(SMALL, SMALL)
def test_interval_arithmetic_agrees_with_counting(left, right):
    def cells(periods):
        return {t for p in periods for t in range(p.start, p.end)}

    for result, expected in (
        (union([*left, *right]), cells(left) | cells(right)),
        (intersect(left, right), cells(left) & cells(right)),
        (subtract(left, right), cells(left) - cells(right)),
    ):
        assert cells(result) == expected
        assert total_us(result) == len(expected)
        assert all(a.end < b.start for a, b in itertools.pairwise(result))


def test_clock_and_ids_by_hand():
    clock, ids = ManualClock(Instant(5)), CountingIds()
    clock.advance(US_PER_S)
    assert clock.now() == 1_000_005
    assert ids.new_id("usr") != ids.new_id("usr")
