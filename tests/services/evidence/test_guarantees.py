"""A guarantee that is judged on a time line is proven from the readings, second for second."""

from typing import Any

import pytest

from lineshaft.core.period import Period
from lineshaft.services.billing.model import Facts
from lineshaft.services.contracts.model import Contract
from lineshaft.services.evidence.model import Verdict
from lineshaft.services.evidence.verify import JSON, verify
from lineshaft.services.incidents.model import AgreedExclusion, ExclusionCategory
from tests.services.contracts.examples import CUTTING_TIME, GUARANTEE, TERMS, contract
from tests.services.evidence.world import World, make_world

WINDOW = Period.parse("2017-06-22T09:10:00Z", "2017-06-22T11:20:00Z")


def agreed() -> Contract:
    """The example contract, with its guarantee in a list, on office hours."""
    promised = {name: GUARANTEE[name] for name in ("id", "description", "classes", "target")}
    promised |= {
        "indicator": "availability",
        "meter": GUARANTEE["meter"] | {"parameters": {"keeps_spans": True}},
        "unknown_policy": "PROVIDER_DOWN",
        "calendar": {"time_zone": "Europe/Berlin", "weekly": {"thursday": ["08:00/17:00"]}},
        "credit": {"bands": [{"credit": "10"}], "cap": "20"},
    }
    terms = TERMS | {"guarantee": None, "guarantees": [promised], "usage_prices": [CUTTING_TIME]}
    return contract(terms=terms)


@pytest.fixture(scope="module")
def world() -> World:
    window = AgreedExclusion("x-1", "mazak01", WINDOW, ExclusionCategory.MAINTENANCE, "order 4711")
    return make_world(agreed=agreed(), facts=Facts(exclusions=(window,)))


def test_it_is_proven(world: World) -> None:
    report = verify(world.document, JSON, world.keys, bundle=world.bundle)
    assert report.verdict is Verdict.PROVEN, report
    outcome = world.content()["guarantees"][0]
    assert sum(outcome["basis"]["class_us"].values()) == 9 * 3_600_000_000
    assert outcome["basis"]["class_us"]["excluded"] == WINDOW.duration_us


def test_a_time_line_that_the_readings_do_not_tell_is_found(world: World) -> None:
    usage: list[dict[str, Any]] = world.content()["usage"]
    spans = usage[1]["spans"]
    spans[3][0] += 1
    spans[4][0] -= 1
    changed = world.resigned(usage=usage)
    report = verify(changed.document, JSON, changed.keys, bundle=changed.bundle)
    assert report.verdict is Verdict.WRONG
    assert "usage 2 (execution)" in {failure.name for failure in report.failures}
