"""A document that corrects others is proven from their files and its own evidence."""

import pytest

from lineshaft.core import canonical
from lineshaft.services.billing.difference import difference
from lineshaft.services.billing.document import (
    contract_of,
    correction_content,
    decode_file,
    documented,
    recompute,
    usage_of,
)
from lineshaft.services.billing.model import Engine
from lineshaft.services.billing.rating import rate
from lineshaft.services.contracts.model import Contract
from lineshaft.services.evidence.model import Verdict
from lineshaft.services.evidence.verify import JSON, verify
from tests.services.contracts.examples import BASE_FEE
from tests.services.evidence.world import (
    ISSUED_AT,
    KNOWN_AT,
    PERIOD,
    World,
    make_world,
    sign_bundle,
    sign_document,
)

NUMBER = "NM-2017-000002"


@pytest.fixture(scope="module")
def world() -> World:
    return make_world()


@pytest.fixture(scope="module")
def corrected(world: World) -> bytes:
    """Return the file of a correction: the base fee was agreed anew, to begin when it began."""
    first = decode_file(world.document).document
    content = contract_of(first).to_content()
    fee = BASE_FEE | {"amount_per_month": "3100.00"}
    content["terms"] = content["terms"] | {"base_fee": fee}
    agreed = Contract.from_content(content | {"version": 2})
    now = rate(agreed, PERIOD, KNOWN_AT, usage_of(first), Engine("0.1.0", "2026f"))
    before = [documented(first, canonical.sha256_hex(world.document))]
    found = difference(now, before)
    assert found is not None
    return sign_document(correction_content(now, before, found, (NUMBER, ISSUED_AT)))


def test_a_correction_is_proven_with_the_documents_that_it_corrects(
    world: World, corrected: bytes
) -> None:
    document = decode_file(corrected).document
    assert recompute(document) == document
    assert document["type"] == "384"
    bundle = sign_bundle(corrected, NUMBER, world.proofs)
    report = verify(corrected, JSON, world.keys, bundle=bundle, corrected=[world.document])
    assert report.verdict is Verdict.PROVEN, report


def test_without_them_it_is_authentic_and_says_what_was_not_checked(
    world: World, corrected: bytes
) -> None:
    bundle = sign_bundle(corrected, NUMBER, world.proofs)
    report = verify(corrected, JSON, world.keys, bundle=bundle)
    assert report.verdict is Verdict.AUTHENTIC
    assert [check.name for check in report.unchecked] == ["corrected NM-2017-000001"]


def test_a_correction_that_misquotes_a_document_is_found(world: World, corrected: bytes) -> None:
    document = decode_file(corrected).document
    said = document["corrects"][0]
    first = said["lines"][0]
    quoted = document | {
        "corrects": [said | {"lines": [first | {"amount": "0.00"}, *said["lines"][1:]]}]
    }
    report = verify(sign_document(quoted), JSON, world.keys, corrected=[world.document])
    assert {check.name for check in report.failures} == {"rating", "corrected NM-2017-000001"}


def test_a_correction_of_another_period_is_found(world: World, corrected: bytes) -> None:
    document = decode_file(corrected).document
    first = decode_file(world.document).document
    moved = first | {"service_period": first["service_period"] | {"time_zone": "Europe/Berlin"}}
    other = sign_document(moved)
    said = document["corrects"][0] | {"sha256": canonical.sha256_hex(other)}
    report = verify(
        sign_document(document | {"corrects": [said]}), JSON, world.keys, corrected=[other]
    )
    assert [check.name for check in report.failures] == ["corrected NM-2017-000001"]
    assert "another service period" in report.failures[0].detail


def test_corrects_of_another_shape_is_refused(world: World, corrected: bytes) -> None:
    document = decode_file(corrected).document
    report = verify(sign_document(document | {"corrects": [{"number": 1}]}), JSON, world.keys)
    assert {check.name for check in report.failures} == {"rating", "corrects"}
