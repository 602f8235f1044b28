"""The official cases are all there, and one that lies is found; the long run judges them."""

from dataclasses import replace
from pathlib import Path

from tests.services.einvoice.official_cases import CASES, cases


def test_all_official_cases_are_there(shared_data: Path) -> None:
    assert len(cases(shared_data / "en16931")) == CASES == 1_131


def test_a_case_that_expects_the_wrong_thing_is_named(shared_data: Path) -> None:
    right = cases(shared_data / "en16931")[1]
    assert right.errors
    assert right.complaint() is None
    lying = replace(right, errors=frozenset(), successes=right.errors)
    assert right.name in (lying.complaint() or "")
