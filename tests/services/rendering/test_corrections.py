"""A credit note and a corrected invoice say what they are, in both languages."""

from typing import Any

import pytest

from lineshaft.core import canonical
from lineshaft.services.billing.difference import difference
from lineshaft.services.billing.document import correction_content, document_content, documented
from lineshaft.services.billing.rendering.model import Language, MediaType
from lineshaft.services.billing.rendering.renderer import render
from lineshaft.services.billing.rendering.view import view_of
from tests.services.billing.examples import KNOWN_AT, plain_contract, rate_amount
from tests.services.billing.late import TIERS
from tests.services.rendering.sample import document_file


def corrected(before: int, now: int) -> dict[str, Any]:
    of = plain_contract(TIERS)
    first = document_content(rate_amount(of, before), "NM-2017-000001", KNOWN_AT)
    said, rated = [documented(first, "0" * 64)], rate_amount(of, now)
    found = difference(rated, said)
    assert found is not None
    content = correction_content(rated, said, found, ("NM-2017-000002", KNOWN_AT))
    return dict(canonical.decode(canonical.encode(content)))


@pytest.mark.parametrize(
    ("before", "now", "language", "title"),
    [
        (900, 1100, Language.ENGLISH, "Corrected invoice"),
        (1100, 900, Language.ENGLISH, "Credit note"),
        (900, 1100, Language.CHINESE, "更正发票"),
        (1100, 900, Language.CHINESE, "贷项通知单"),
    ],
)
def test_the_title_names_the_kind_of_document(
    before: int, now: int, language: Language, title: str
) -> None:
    view = view_of(corrected(before, now), language)
    assert view["title"] == title
    assert view["facts"][-1][1] == "NM-2017-000001"
    assert view["totals"][-1]["value"] == "21.42 EUR"
    notes = view["lines"][0]["notes"]
    assert "NM-2017-000001" in notes[1]
    assert len(notes) == (3 if now < before else 2)


@pytest.mark.parametrize("media_type", [MediaType.HTML, MediaType.PDF])
@pytest.mark.parametrize("language", list(Language))
def test_a_credit_note_is_rendered(media_type: MediaType, language: Language) -> None:
    assert render(document_file(corrected(1100, 900)), media_type, language)
