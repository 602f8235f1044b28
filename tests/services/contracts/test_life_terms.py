"""Shares, renewal, anchors, places and pauses of a contract: golden numbers, refusals."""

import datetime as dt
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lineshaft.core.errors import Invalid
from lineshaft.core.money import Money, total
from lineshaft.core.period import Period, format_instant, parse_instant
from lineshaft.services.contracts.contract import Contract
from lineshaft.services.contracts.revenue import RevenueShare, split_revenue
from tests.services.contracts.examples import CONTRACT, CUSTOMER, SUPPLIER, contract

BANK = SUPPLIER | {"id": "first-bank", "name": "First Bank AG"}
HELPER = SUPPLIER | {"id": "helper", "name": "Helper GmbH"}
OTHERS = [{"role": "financier", "party": BANK}, {"role": "partner", "party": HELPER}]
THIRD = Fraction(1, 3)


def money(amount: str) -> Money:
    return Money.rounded(Fraction(amount), "EUR")


def monthly(**changes: Any) -> Contract:
    fields = {"billing_period": "month", "start": "2026-01-01T00:00:00Z"}
    return contract(**(fields | changes))


class TestRevenueSplit:
    def test_case_25_a_hundred_in_three(self) -> None:
        shares = [RevenueShare(party=party, share=THIRD) for party in ("a", "b")]
        found = split_revenue(shares, [("line", money("100"))], "EUR")
        assert {party: str(part) for party, part in found.items()} == {
            "a": "33.33 EUR",
            "b": "33.33 EUR",
        }
        every = [RevenueShare(party=party, share=THIRD) for party in ("c", "a", "b")]
        found = split_revenue(every, [("line", money("100"))], "EUR")
        assert [str(found[party].amount) for party in "abc"] == ["33.33", "33.33", "33.34"]

    def test_a_share_of_a_line_is_taken_from_that_line_and_credits_lower_it(self) -> None:
        of = contract(
            parties=OTHERS,
            revenue_split=[
                {"party": "first-bank", "share": "1/4", "lines": ["base-fee"]},
                {"party": "helper", "share": "1/10"},
            ],
        )
        lines = [
            ("base-fee", money("100")),
            ("cutting-time", money("50")),
            ("guarantee", money("-10")),
        ]
        assert of.partner_shares(lines) == {"first-bank": money("25"), "helper": money("14")}
        assert contract().partner_shares(lines) == {}

    @pytest.mark.parametrize(
        ("split", "said"),
        [
            ([{"party": "nobody", "share": "1/2"}], "one of the contract's parties"),
            ([{"party": "helper", "share": "1/2", "lines": ["x"]}], "no such line"),
            ([{"party": "helper", "share": "0"}], "above 0"),
            ([{"party": "helper", "share": "1/2", "lines": []}], "names no line"),
            (
                [
                    {"party": "helper", "share": "1/2"},
                    {"party": "first-bank", "share": "2/3", "lines": ["base-fee"]},
                ],
                "base-fee add up to 7/6",
            ),
        ],
    )
    def test_what_cannot_be_split_is_refused(self, split: list[dict[str, Any]], said: str) -> None:
        with pytest.raises(Invalid, match=said):
            contract(parties=OTHERS, revenue_split=split)

    @settings(max_examples=30)
    @given(
        st.lists(st.integers(1, 9), min_size=1, max_size=5),
        st.lists(st.integers(-100_000, 100_000), min_size=1, max_size=4),
    )
    def test_no_cent_is_lost_or_made(self, weights: list[int], cents: list[int]) -> None:
        whole = sum(weights)
        shares = [
            RevenueShare(party=f"p{i}", share=Fraction(w, whole)) for i, w in enumerate(weights)
        ]
        lines = [
            (f"l{i}", Money.rounded(Fraction(each, 100), "EUR")) for i, each in enumerate(cents)
        ]
        found = split_revenue(shares, lines, "EUR")
        assert total(list(found.values()), "EUR") == total([each for _, each in lines], "EUR")


def test_what_is_not_said_leaves_no_trace() -> None:
    assert contract().to_content().keys() == CONTRACT.keys()


def test_a_contract_with_everything_is_read_back() -> None:
    of = monthly(
        anchor_day=31,
        parties=OTHERS,
        revenue_split=[{"party": "helper", "share": "1/3"}],
        renewal={"term_months": 12, "renewal_months": 6, "notice_days": 90},
        bindings=[{"place": "p", "machine": "mazak01"}],
        pauses=[{"start": "2026-02-01T00:00:00Z"}],
    )
    assert Contract.from_content(of.to_content()) == of
    assert len(of.sha256) == 64


@pytest.mark.parametrize(
    "others", [[OTHERS[0], OTHERS[0]], [{"role": "partner", "party": CUSTOMER}], [OTHERS[1]] * 21]
)
def test_another_party_is_named_once_and_is_no_side_of_the_contract(others: list[Any]) -> None:
    with pytest.raises(Invalid, match="other parties"):
        contract(parties=others)


class TestCase18Anchors:
    def test_the_31st_sticks(self) -> None:
        of = monthly(anchor_day=31, start="2026-01-31T00:00:00Z")
        at, starts = of.starts_at, []
        for _ in range(4):
            period = of.billed_period(at)
            starts.append(format_instant(period.start)[:10])
            at = period.end
        assert starts == ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30"]

    def test_a_start_before_the_anchor_makes_a_short_first_month(self) -> None:
        of = monthly(anchor_day=15, start="2026-01-10T00:00:00Z", time_zone="Europe/Berlin")
        first = of.billed_period(of.starts_at)
        assert str(first) == "2026-01-10T00:00:00Z/2026-01-14T23:00:00Z"
        assert str(of.billed_period(first.end)) == "2026-01-14T23:00:00Z/2026-02-14T23:00:00Z"

    @settings(max_examples=30)
    @given(st.integers(1, 31), st.dates(dt.date(2020, 1, 1), dt.date(2030, 12, 31)))
    def test_months_touch(self, anchor: int, day: dt.date) -> None:
        of = monthly(anchor_day=anchor, start="2019-06-01T00:00:00Z", time_zone="Europe/Berlin")
        instant = parse_instant(f"{day.isoformat()}T12:00:00Z")
        period = of.billed_period(instant)
        assert period.contains(instant)
        assert of.billed_period(period.end).start == period.end

    @pytest.mark.parametrize("changes", [{"anchor_day": 32}, {"anchor_day": 0}])
    def test_no_such_day(self, changes: dict[str, Any]) -> None:
        with pytest.raises(Invalid, match="anchor_day"):
            monthly(**changes)

    def test_days_have_no_anchor(self) -> None:
        with pytest.raises(Invalid, match="billed by months"):
            contract(anchor_day=3)


class TestRenewal:
    OF = monthly(
        start="2026-01-31T00:00:00Z",
        renewal={"term_months": 12, "renewal_months": 1, "notice_days": 30},
    )

    def test_terms_touch_and_the_day_sticks(self) -> None:
        at, ends = self.OF.starts_at, []
        for _ in range(3):
            term = self.OF.term_around(at)
            assert term is not None
            ends.append(format_instant(term.end)[:10])
            at = term.end
        assert ends == ["2027-01-31", "2027-02-28", "2027-03-31"]

    @pytest.mark.parametrize(
        ("notice", "end"),
        [
            ("2026-06-01T00:00:00Z", "2027-01-31T00:00:00Z"),
            ("2027-01-01T00:00:00Z", "2027-01-31T00:00:00Z"),
            ("2027-01-01T00:00:00.000001Z", "2027-02-28T00:00:00Z"),
        ],
    )
    def test_notice_in_time_ends_the_term_and_late_notice_the_next(
        self, notice: str, end: str
    ) -> None:
        assert format_instant(self.OF.earliest_end(parse_instant(notice))) == end

    def test_without_terms_it_ends_when_it_is_said(self) -> None:
        at = parse_instant("2026-05-01T00:00:00Z")
        assert monthly().earliest_end(at) == at
        assert monthly().term_around(at) is None

    @pytest.mark.parametrize(
        "wrong",
        [
            {"term_months": 0, "renewal_months": 1, "notice_days": 1},
            {"term_months": 1, "renewal_months": 601, "notice_days": 1},
            {"term_months": 1, "renewal_months": 1, "notice_days": -1},
        ],
    )
    def test_terms_have_a_length(self, wrong: dict[str, int]) -> None:
        with pytest.raises(Invalid, match="expected"):
            monthly(renewal=wrong)


BOUND = [
    {"place": "press", "machine": "a", "end": "2026-06-15T00:00:00Z"},
    {"place": "press", "machine": "b", "start": "2026-06-15T06:00:00Z", "work_order": "WO-7"},
]
JUNE = Period.parse("2026-06-01T00:00:00Z", "2026-07-01T00:00:00Z")


class TestPlaces:
    def test_machines_follow_one_another_and_the_gap_is_known(self) -> None:
        of = monthly(machines=["a", "b"], bindings=BOUND)
        assert [(slot.machine, str(slot.period)) for slot in of.slots(JUNE)] == [
            ("a", "2026-06-01T00:00:00Z/2026-06-15T00:00:00Z"),
            ("b", "2026-06-15T06:00:00Z/2026-07-01T00:00:00Z"),
        ]
        assert [str(gap) for gap in of.empty_slots(JUNE)] == [
            "2026-06-15T00:00:00Z/2026-06-15T06:00:00Z"
        ]

    @pytest.mark.parametrize(
        ("bindings", "said"),
        [
            ([], "1 to"),
            ([BOUND[0]], "other machines"),
            ([BOUND[1], BOUND[0]], "order of time"),
            ([*BOUND, {"place": "other", "machine": "a"}], "machine a overlap"),
            ([BOUND[0], BOUND[1] | {"end": "2026-06-15T06:00:00Z"}], "must be after"),
            ([BOUND[0], BOUND[1] | {"reason": "x" * 501}], "501 characters"),
        ],
    )
    def test_what_is_no_place_is_refused(self, bindings: list[Any], said: str) -> None:
        with pytest.raises(Invalid, match=said):
            monthly(machines=["a", "b"], bindings=bindings)


class TestPauses:
    def test_pauses_are_cut_out_of_what_is_promised_and_not_of_what_is_metered(self) -> None:
        of = monthly(pauses=[{"start": "2026-06-10T00:00:00Z", "end": "2026-06-11T12:00:00Z"}])
        assert [slot.period for slot in of.slots(JUNE)] == [JUNE]
        assert [str(slot.period) for slot in of.promised_slots(JUNE)] == [
            "2026-06-01T00:00:00Z/2026-06-10T00:00:00Z",
            "2026-06-11T12:00:00Z/2026-07-01T00:00:00Z",
        ]

    @pytest.mark.parametrize(
        "pauses",
        [
            [],
            [{"start": "2026-06-10T00:00:00Z"}, {"start": "2026-07-10T00:00:00Z"}],
            [
                {"start": "2026-06-10T00:00:00Z", "end": "2026-06-11T00:00:00Z"},
                {"start": "2026-06-11T00:00:00Z"},
            ],
        ],
    )
    def test_pauses_come_one_after_another(self, pauses: list[Any]) -> None:
        with pytest.raises(Invalid, match="pause"):
            monthly(pauses=pauses)
