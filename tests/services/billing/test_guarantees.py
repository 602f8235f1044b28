"""Several guarantees of a contract in a document: golden cases, recomputation, properties."""

import json
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lineshaft.core import canonical
from lineshaft.core.errors import Invalid
from lineshaft.core.period import Period
from lineshaft.services.billing.availability import guarantee_results
from lineshaft.services.billing.document import document_content, recompute
from lineshaft.services.billing.errors import DocumentUnreadable, UsageMismatch
from lineshaft.services.billing.model import NO_FACTS, Facts, GuaranteeOutcome
from lineshaft.services.billing.rating import rate
from lineshaft.services.contracts.guarantee import GUARANTEES_MAX
from lineshaft.services.incidents.model import (
    CustomerWait,
    ExclusionCategory,
    IncidentCause,
)
from lineshaft.services.metering.model import UsageRecord
from tests.services.billing.examples import ENGINE
from tests.services.billing.promised import (
    HOUR_US,
    ISSUED_AT,
    JUNE,
    KNOWN_AT,
    MACHINE,
    OFFICE,
    STATES,
    availability,
    counting,
    credits_of,
    excluded,
    incident,
    incident_time,
    named,
    of,
    quality,
    rated,
    states,
    used,
)
from tests.services.contracts.examples import BASE_FEE, CUTTING_TIME, TERMS, contract


class TestCase27AvailabilityAtTheEdge:
    FACTS = Facts(exclusions=(excluded("x-1", "700", "20", "maintenance"),))

    def test_exactly_at_the_target_nothing_is_credited(self) -> None:
        agreed = of(availability())
        found = rated(agreed, used(agreed, states(("14", "FAULT"))), self.FACTS)
        assert found.outcomes[0].value == Fraction(98, 100)
        assert found.outcomes[0].is_met
        assert credits_of(found) == {}

    def test_a_hundredth_of_an_hour_more_costs_500(self) -> None:
        agreed = of(availability())
        found = rated(agreed, used(agreed, states(("14.01", "FAULT"))), self.FACTS)
        value = found.outcomes[0].value
        assert value == 1 - Fraction(1401, 70_000)
        assert f"{float(value) * 100:.5f} {float(value) * 100:.2f}" == "97.99857 98.00"
        assert not found.outcomes[0].is_met
        assert credits_of(found) == {"availability": "-500.00"}


class TestCase28Overlaps:
    def test_maintenance_wins_over_an_outage_for_its_own_interval(self) -> None:
        agreed = of(availability())
        facts = Facts(exclusions=(excluded("x-1", "12", "4", "maintenance"),))
        found = rated(agreed, used(agreed, states(("10", "RUN"), ("4", "FAULT"))), facts)
        outcome = found.outcomes[0]
        assert outcome.value == 1 - Fraction(2, 716)
        assert (outcome.basis["down_us"], outcome.basis["excluded_us"]) == (
            2 * HOUR_US,
            4 * HOUR_US,
        )

    def test_nothing_left_to_judge_is_not_applicable_and_said(self) -> None:
        agreed = of(availability())
        facts = Facts(exclusions=(excluded("x-1", "0", "720", "force_majeure"),))
        found = rated(agreed, used(agreed, states(("7", "FAULT"))), facts)
        assert found.outcomes[0].value is None
        assert credits_of(found) == {}
        assert [each["code"] for each in found.statements] == ["guarantee_not_applicable"]


class TestCase29CapsAndReversal:
    AGREED = of(
        availability(credit={"bands": [{"credit": "15"}], "cap": "15"}),
        quality(credit={"bands": [{"credit": "10"}], "cap": "10"}),
        credits_cap="20",
    )

    def usage(self) -> list[UsageRecord]:
        return used(self.AGREED, states(("100", "FAULT")), 1000, 900)

    def test_fifteen_and_ten_percent_meet_a_cap_of_twenty(self) -> None:
        found = rated(self.AGREED, self.usage())
        assert credits_of(found) == {"availability": "-1500.00", "quality": "-500.00"}
        assert [outcome.rate for outcome in found.outcomes] == [Fraction(15, 100), Fraction(1, 10)]

    def test_an_outage_that_turns_out_to_be_the_customers_is_not_credited(self) -> None:
        agreed = of(availability())
        usage = used(agreed, states(("100", "FAULT")))
        before = rated(agreed, usage)
        facts = Facts(exclusions=(excluded("x-1", "0", "100", "customer"),))
        after = rated(agreed, usage, facts)
        assert credits_of(before) == {"availability": "-1000.00"}
        assert credits_of(after) == {}
        assert after.totals.net.amount - before.totals.net.amount == 1000

    def test_of_one_exclusivity_group_only_the_largest_credit_is_granted(self) -> None:
        credit = {"bands": [{"credit": "15"}], "cap": "15", "group": "outage"}
        strict = availability("strict", credit=credit, target="99")
        agreed = of(availability(credit=credit | {"bands": [{"credit": "8"}]}), strict)
        found = rated(agreed, used(agreed, states(("100", "FAULT")), states(("100", "FAULT"))))
        assert credits_of(found) == {"strict": "-1500.00"}


@pytest.mark.parametrize(
    ("policy", "expected", "counted_h"),
    [
        ("PROVIDER_DOWN", Fraction(717, 720), 720),
        ("ASSUME_LAST", Fraction(1), 720),
        ("EXCLUDED", Fraction(1), 717),
    ],
)
def test_extra_case_telemetry_gap(policy: str, expected: Fraction, counted_h: int) -> None:
    agreed = of(availability(unknown_policy=policy))
    found = rated(agreed, used(agreed, states(("100", "RUN"), ("3", None)))).outcomes[0]
    assert found.value == expected
    counted_us = found.basis["required_us"] - found.basis["excluded_us"]
    assert counted_us == counted_h * HOUR_US


def test_only_the_hours_of_the_calendar_are_required() -> None:
    """June 2026 has 22 working days of nine hours; the fault is on Monday the 1st, 06:00-10:00."""
    agreed = of(availability(calendar=OFFICE))
    found = rated(agreed, used(agreed, states(("6", "RUN"), ("4", "FAULT")))).outcomes[0]
    assert found.basis["required_us"] == 22 * 9 * HOUR_US
    assert found.value == 1 - Fraction(2, 198)


def test_of_several_machines_the_time_is_added_and_an_exclusion_is_of_its_machine() -> None:
    agreed = of(availability(), machines=[MACHINE, "mazak02"])
    usage = used(agreed, states(("10", "FAULT")), states(("30", "FAULT")))
    facts = Facts(exclusions=(excluded("x-1", "0", "20", "customer", "mazak02"),))
    assert rated(agreed, usage).outcomes[0].value == 1 - Fraction(40, 1440)
    assert rated(agreed, usage, facts).outcomes[0].value == 1 - Fraction(20, 1420)


def test_quality_is_a_ratio_of_two_meters_and_nothing_made_is_not_applicable() -> None:
    agreed = of(quality(target="95", credit={"bands": [{"credit": "10"}], "cap": "20"}))
    assert rated(agreed, used(agreed, 800, 760)).outcomes[0].value == Fraction(19, 20)
    missed = rated(agreed, used(agreed, 800, 759))
    assert credits_of(missed) == {"quality": "-1000.00"}
    assert rated(agreed, used(agreed, 0, 0)).outcomes[0].value is None


def test_throughput_oee_energy_and_production_are_judged_on_their_meters() -> None:
    seconds = STATES | {"id": "cutting", "parameters": {}}
    throughput = named(
        "throughput",
        indicator="throughput",
        produced=counting("parts"),
        production_time=seconds,
        planned_s_per_item="30",
    )
    oee = named(
        "oee",
        indicator="oee",
        produced=counting("parts"),
        good=counting("good"),
        production_time=seconds,
        planned_s_per_item="30",
    )
    energy = named(
        "energy",
        indicator="energy",
        target="2",
        credit={"slope": "10", "cap": "20"},
        energy=counting("energy"),
        output=counting("parts"),
    )
    production = availability(
        "production", indicator="production_availability", output=counting("parts"),
        rated_per_hour="50",
    )  # fmt: skip
    agreed = of(throughput, oee, energy, production)
    usage = used(agreed, 48_000, 420, 48_000, 45_600, 420, 100_800, 48_000,
                 states(("60", "FAULT")), 33_000)  # fmt: skip
    found = rated(agreed, usage)
    assert [outcome.value for outcome in found.outcomes] == [
        Fraction(20, 21),
        Fraction(30 * 45_600, 720 * 3600),
        Fraction(21, 10),
        Fraction(11, 12),
    ]
    assert credits_of(found)["energy"] == "-100.00"


class TestIncidents:
    RESPONSE = of(incident_time("response_time", milestone="acknowledged"))
    RESTORATION = of(incident_time("restoration_time"))

    def test_a_response_within_business_hours_is_met(self) -> None:
        found = rated(self.RESPONSE, [], Facts((incident(),)))
        assert found.outcomes[0].value == 2
        assert found.outcomes[0].is_met

    def test_a_restoration_that_takes_too_long_costs_by_how_long(self) -> None:
        found = rated(self.RESTORATION, [], Facts((incident(),)))
        assert found.outcomes[0].value == 9
        assert credits_of(found) == {"restoration-time": "-1000.00"}

    def test_a_wait_of_the_customer_stops_the_clock(self) -> None:
        wait = CustomerWait(
            Period.parse("2026-06-08T10:00:00Z", "2026-06-08T12:00:00Z"), "no access"
        )
        found = rated(self.RESTORATION, [], Facts((incident(waits=(wait,)),)))
        assert found.outcomes[0].value == 7
        assert credits_of(found) == {"restoration-time": "-500.00"}

    @pytest.mark.parametrize(
        "changes",
        [
            {"cause": IncidentCause.CUSTOMER},
            {"cause": IncidentCause.FORCE_MAJEURE},
            {"machine": "mazak02"},
            {
                "reported_at": JUNE.end,
                "acknowledged_at": None,
                "restored_at": None,
            },
        ],
    )
    def test_what_is_not_the_providers_or_not_of_the_period_does_not_count(
        self, changes: dict[str, Any]
    ) -> None:
        found = rated(self.RESTORATION, [], Facts((incident(**changes),)))
        assert found.outcomes[0].value is None
        assert found.outcomes[0].is_met

    def test_the_longest_is_judged_unless_the_mean_is_agreed(self) -> None:
        """The first is still open: half an hour and 18 days of nine hours until it is judged."""
        facts = Facts((incident("i-2"), incident("i-1", restored_at=None, acknowledged_at=None)))
        longest = rated(self.RESTORATION, [], facts)
        assert longest.outcomes[0].basis["incident_us"] == [
            ["i-1", 18 * 9 * HOUR_US + HOUR_US // 2],
            ["i-2", 9 * HOUR_US],
        ]
        mean = of(incident_time("restoration_time", statistic="mean"))
        times = [us for _, us in longest.outcomes[0].basis["incident_us"]]
        assert rated(mean, [], facts).outcomes[0].value == Fraction(sum(times), 2 * HOUR_US)


class TestDocument:
    AGREED = of(availability(calendar=OFFICE), incident_time("restoration_time"))
    FACTS = Facts((incident(),), (excluded("x-1", "6", "3", "maintenance"),))

    def content(self) -> dict[str, Any]:
        usage = used(self.AGREED, states(("6", "RUN"), ("40", "FAULT")))
        found = rate(self.AGREED, JUNE, KNOWN_AT, usage, ENGINE, self.FACTS)
        content: dict[str, Any] = json.loads(
            canonical.encode(document_content(found, "NM-2026-000001", ISSUED_AT))
        )
        return content

    def test_a_document_says_what_its_guarantees_follow_from(self) -> None:
        content = self.content()
        assert content["guarantee"] is None
        assert [each["id"] for each in content["guarantees"]] == [
            "availability",
            "restoration-time",
        ]
        assert [each["id"] for each in content["incidents"]] == ["i-1"]
        assert [each["id"] for each in content["exclusions"]] == ["x-1"]

    def test_what_is_left_out_or_changed_is_found(self) -> None:
        content = self.content()
        for name in ("exclusions", "incidents"):
            assert recompute({**content, name: []}) != {**content, name: []}
        changed = json.loads(json.dumps(content))
        changed["exclusions"][0]["end"] = "2026-06-01T10:00:00Z"
        assert recompute(changed) != changed
        changed = json.loads(json.dumps(content))
        changed["guarantees"][0]["credit"] = "0"
        assert recompute(changed) != changed

    def test_an_exclusion_that_cannot_be_read_is_no_document(self) -> None:
        with pytest.raises(DocumentUnreadable, match="exclusion"):
            recompute({**self.content(), "exclusions": [{"id": "x-1"}]})

    def test_facts_that_nothing_follows_from_are_not_in_it(self) -> None:
        other = Facts(
            (incident("i-9", machine="mazak02"),), (excluded("x-9", "-5", "4", "customer"),)
        )
        agreed = of(availability())
        assert rated(agreed, used(agreed, states()), other).facts == NO_FACTS
        plain = contract(
            terms=TERMS | {"guarantee": None, "usage_prices": []}, start="2026-01-01T00:00:00Z"
        )
        assert rate(plain, JUNE, KNOWN_AT, [], ENGINE, self.FACTS).facts == NO_FACTS

    def test_a_contract_without_a_list_is_the_same_bytes_as_ever(self) -> None:
        text = canonical.encode(contract().to_content())
        assert b"guarantees" not in text
        assert b"credits_cap" not in text


def test_a_time_line_with_a_hole_is_refused() -> None:
    agreed = of(availability())
    with pytest.raises(UsageMismatch, match="does not cover"):
        rate(agreed, JUNE, KNOWN_AT, used(agreed, {"spans": ()}), ENGINE)


@pytest.mark.parametrize(
    ("terms", "says"),
    [
        ({"guarantees": [availability(), availability()]}, "two parts"),
        ({"guarantees": [availability("a")], "base_fee": None}, "no base fee"),
        ({"guarantees": [availability("a")], "guarantee": TERMS["guarantee"]}, "all of them"),
        ({"credits_cap": "20"}, "of guarantees"),
        ({"credits_cap": "101", "guarantees": [availability()]}, "0 to 100"),
        ({"guarantees": [quality(f"q-{i}") for i in range(GUARANTEES_MAX + 1)]}, "at most 20"),
        ({"guarantees": [availability(meter=STATES | {"parameters": {}})]}, "keeps_spans"),
        ({"guarantees": [availability(meter=counting("x"))]}, "expected state_duration"),
        ({"guarantees": [availability(target="101")]}, "at most 100"),
        ({"guarantees": [availability(indicator="uptime")]}, "uptime"),
        ({"guarantees": [availability(credit={"cap": "20"})]}, "credit steps"),
        ({"guarantees": [availability(credit={"slope": "2", "cap": "120"})]}, "100 %"),
        ({"guarantees": [quality(good=counting("g") | {"unit": "KWH"})]}, "cannot convert"),
    ],
)
def test_guarantees_that_make_no_sense_are_refused(terms: dict[str, Any], says: str) -> None:
    base = {"base_fee": BASE_FEE, "vat": TERMS["vat"], "usage_prices": [CUTTING_TIME]}
    with pytest.raises(Invalid, match=says):
        contract(terms=base | terms)


SPANS = st.lists(
    st.tuples(st.integers(1, 60).map(str), st.sampled_from(["RUN", "FAULT", "LUNCH", "NEW", None])),
    max_size=8,
)
WINDOWS = st.lists(
    st.tuples(
        st.integers(0, 700).map(str), st.integers(1, 60).map(str),
        st.sampled_from([each.value for each in ExclusionCategory]),
    ),
    max_size=4,
)  # fmt: skip


@settings(max_examples=50)
@given(SPANS, WINDOWS, st.sampled_from(["EXCLUDED", "ASSUME_LAST", "PROVIDER_DOWN"]))
def test_i7_classes_add_up_and_i8_credits_stay_within_the_cap(
    spans: list[tuple[str, str | None]], windows: list[tuple[str, str, str]], policy: str
) -> None:
    agreed = of(
        availability(unknown_policy=policy, calendar=OFFICE),
        availability("always", credit={"slope": "3", "cap": "40"}),
        credits_cap="25",
    )
    facts = Facts(exclusions=tuple(excluded(f"x-{i}", *window) for i, window in enumerate(windows)))
    found = rated(agreed, used(agreed, states(*spans), states(*spans)), facts)
    for outcome, required in zip(found.outcomes, (198, 720), strict=True):
        assert sum(outcome.basis["class_us"].values()) == required * HOUR_US
    assert 0 <= sum(outcome.credit for outcome in found.outcomes) <= Fraction(1, 4)


@given(WINDOWS, st.randoms(use_true_random=False))
def test_the_order_of_the_facts_changes_nothing(
    windows: list[tuple[str, str, str]], random: Any
) -> None:
    agreed = of(availability())
    exclusions = [excluded(f"x-{i}", *window) for i, window in enumerate(windows)]
    shuffled = random.sample(exclusions, len(exclusions))
    usage = used(agreed, states(("50", "FAULT")))
    given_: list[tuple[GuaranteeOutcome, ...]] = [
        guarantee_results(agreed, JUNE, KNOWN_AT, usage, Facts(exclusions=tuple(each)))
        for each in (exclusions, shuffled)
    ]
    assert given_[0] == given_[1]
