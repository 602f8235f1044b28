"""What an offering is counted as, and that nothing is said where nothing was."""

from typing import Any

import msgspec
import pytest

from lineshaft.core import canonical
from lineshaft.services.contracts.model import (
    Activity,
    Classification,
    Offering,
    OfferingReference,
    ServiceClass,
    TermsInvalid,
)
from tests.services.contracts.examples import OFFERING, offering

SAID: dict[str, Any] = {
    "kind": "pay_per_use",
    "binding": "product_bound",
    "customer_class": "producer",
    "activity": "shop_floor_operation",
    "service_class": "other_business",
}


def test_an_offering_without_a_classification_keeps_its_bytes() -> None:
    content = offering().to_content()
    assert not SAID.keys() & content.keys()
    assert canonical.sha256_hex(canonical.encode(content)) == (
        "9db9f026c06545e88da432bf1c7eec2cf01a1637d9ca1d5cf8e72969b91ea745"
    )
    assert offering().classification == Classification(
        kind=None, binding=None, customer_class=None, activity=None, service_class=None
    )


def test_a_classification_is_content_and_comes_back() -> None:
    said = offering(**SAID)
    assert said.to_content() == offering().to_content() | SAID
    assert Offering.from_content(said.to_content()) == said
    assert msgspec.structs.asdict(said.classification) == SAID
    assert said.reference == OfferingReference(id=OFFERING["id"], version=1)


@pytest.mark.parametrize("field", sorted(SAID))
def test_a_word_that_nobody_knows_is_refused(field: str) -> None:
    with pytest.raises(TermsInvalid, match=field):
        offering(**{field: "else"})


def test_the_value_chain_has_an_order_and_five_kinds_of_service() -> None:
    assert Activity.RESEARCH_AND_DESIGN.position == 1
    assert Activity.AFTER_SALES_SERVICE.position < Activity.REMANUFACTURING.position == 9
    assert len(ServiceClass) == 5
