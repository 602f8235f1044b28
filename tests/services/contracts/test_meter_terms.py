"""The least completeness that a contract asks of a meter."""

from fractions import Fraction
from typing import Any

import pytest

from lineshaft.services.contracts.content import TermsInvalid, from_content, to_content
from lineshaft.services.contracts.meters import MeterTerms
from tests.services.contracts.examples import CUTTING_TIME

METER: dict[str, Any] = CUTTING_TIME["meter"]


def test_terms_without_a_least_completeness_name_none() -> None:
    terms = from_content(METER, MeterTerms)
    assert terms.completeness_share is None
    assert "completeness_min" not in to_content(terms)


@pytest.mark.parametrize(("percent", "share"), [("99.5", Fraction(199, 200)), (0, 0), (100, 1)])
def test_the_least_completeness_is_a_percentage(percent: Any, share: Fraction) -> None:
    terms = from_content(METER | {"completeness_min": percent}, MeterTerms)
    assert terms.completeness_share == share
    assert from_content(to_content(terms), MeterTerms) == terms
    assert (
        terms.on("mill").to_content().keys()
        == from_content(METER, MeterTerms).on("mill").to_content().keys()
    )


@pytest.mark.parametrize("percent", ["-1", "100.1"])
def test_a_completeness_beyond_the_whole_is_refused(percent: str) -> None:
    with pytest.raises(TermsInvalid, match="completeness_min"):
        from_content(METER | {"completeness_min": percent}, MeterTerms)
