"""Every step of every price model and modifier is said, in both languages, on page and paper."""

import io
import re
from fractions import Fraction
from typing import Any

import pypdf
import pytest

from lineshaft.core import canonical
from lineshaft.services.billing.document import document_content
from lineshaft.services.billing.rating import rate
from lineshaft.services.billing.rendering.model import Language, MediaType
from lineshaft.services.billing.rendering.renderer import render
from lineshaft.services.billing.rendering.steps import step_amount
from lineshaft.services.billing.rendering.view import view_of
from lineshaft.services.contracts.model import Contract
from tests.services.billing.examples import ENGINE, PERIOD, record
from tests.services.contracts.examples import BASE_FEE, CUTTING_TIME, GUARANTEE, contract, terms
from tests.services.rendering.sample import document_file

TAKE_OR_PAY = {"per": "month", "quantity": "300", "unit_price": "2.00", "proration": "30/360"}
INDEXATION = {
    "fixed": "0.4",
    "indices": [
        {
            "id": "labour",
            "weight": "0.6",
            "base": "100",
            "values": [
                {"since": "2017-06-01T00:00:00Z", "value": "110", "publication": "2017-05 final"}
            ],
        }
    ],
}
MINIMUM = {"amount_per_month": "3000.00", "proration": "ACT_DAYS"}
CAP = {"amount_per_month": "6000.00", "proration": "ACT_DAYS"}
TIERS = [{"up_to": "2", "unit_price": "45.00", "flat_fee": "5.00"}, {"unit_price": "30.00"}]
STATES = [{"state": "重载", "unit_price": "60.00"}]
MODELS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"model": "flat", "amount": "12.50"}, {"discount": {"by": "percent", "percent": "10"}}),
    (
        {"model": "per_unit", "unit": "HUR", "unit_price": "1.00"},
        {"take_or_pay": TAKE_OR_PAY, "indexation": INDEXATION},
    ),
    (
        {"model": "graduated", "unit": "HUR", "tiers": TIERS},
        {
            "minimum": MINIMUM,
            "cap": CAP,
            "discount": {"by": "amount", "amount_per_month": "30.00", "proration": "30/360"},
            "credit": {"amount": "7.00"},
        },
    ),
    (
        {
            "model": "volume",
            "unit": "HUR",
            "tiers": [{"up_to": "3", "unit_price": "10.00"}, {"unit_price": "5.00"}],
        },
        {},
    ),
    ({"model": "package", "unit": "SEC", "size": "1000", "package_price": "3.00"}, {}),
]


def everything() -> Contract:
    prices = [
        CUTTING_TIME | {"id": f"p{i}", "price": price} | ({"modifiers": changes} if changes else {})
        for i, (price, changes) in enumerate(MODELS)
    ]
    matrix = {"model": "matrix", "unit": "HUR", "states": STATES, "other_price": "1.00"}
    prices.append(CUTTING_TIME | {"id": "p5", "meter": GUARANTEE["meter"], "price": matrix})
    share = {"model": "percentage", "percent": "2.5", "lines": ["base-fee"]}
    prices.append({"id": "p6", "description": CUTTING_TIME["description"], "price": share})
    fee = BASE_FEE | {"proration": "30/360"}
    return contract(terms=terms(base_fee=fee, usage_prices=prices, guarantee=None))


def document() -> dict[str, Any]:
    of = everything()
    known_at = PERIOD.end
    states = {"重载": 3_600_000_000, "IDLE": 1_800_000_000}
    usage = [record(of, i, 12_578, known_at=known_at) for i in range(5)]
    usage.append(record(of, 5, 0, known_at=known_at, states=states))
    rated = rate(of, PERIOD, known_at, usage, ENGINE)
    content = document_content(rated, "NM-2017-000001", known_at)
    return canonical.decode(canonical.encode(content))


def shown(language: Language) -> list[str]:
    """Return the text on the page and on paper, without white space."""
    file = document_file(document())
    page = render(file, MediaType.HTML, language).decode().partition("<script")[0]
    reader = pypdf.PdfReader(io.BytesIO(render(file, MediaType.PDF, language)))
    paper = " ".join(sheet.extract_text() for sheet in reader.pages)
    return [re.sub(r"\s+|<[^>]*>", "", text) for text in (page, paper)]


ENGLISH = [
    "Once, for usage above 0",
    "3.493889 h at 5.00 EUR per h, the price of usage above 3 h",
    "12,578 s: 13 × 1,000 s at 3.00 EUR",
    "重载: 1 h at 60.00 EUR per h",
    "IDLE: 0.5 h at 1.00 EUR per h",
    "2.5 % of Base fee (100.00 EUR)",
    "June 2017: 1 of 30 days of 300 h per month",
    "Take or pay: 10 h agreed, 3.493889 h used, 6.506111 h missing at 2.00 EUR",
    "Indexed by 1.06 = 0.4 + 0.6 × labour 110 / 100 (2017-05 final)",
    "Minimum of 100.00 EUR",
    "At most 200.00 EUR",
    "Discount of 10 %",
    "Discount of 1.00 EUR",
    "Credit of 7.00 EUR",
]
CHINESE = [
    "用量超过 0 时一次性收取",
    "单价每 h 5.00 EUR（用量超过 3 h 的价格）",
    "13 × 1,000 s，每份 3.00 EUR",
    "状态 重载",
    "基本费（100.00 EUR）的 2.5 %",
    "照付不议：约定 10 h，实际 3.493889 h，不足 6.506111 h，单价 2.00 EUR",
    "按指数调整 1.06 = 0.4 + 0.6 × labour 110 / 100（2017-05 final）",
    "最低金额 100.00 EUR",
    "最高金额 200.00 EUR",
    "折扣 10 %",
    "固定抵减 7.00 EUR",
]


@pytest.mark.parametrize(
    ("language", "said"), [(Language.ENGLISH, ENGLISH), (Language.CHINESE, CHINESE)]
)
def test_every_step_is_said(language: Language, said: list[str]) -> None:
    for text in shown(language):
        for sentence in said:
            assert re.sub(r"\s+", "", sentence) in text, sentence


def test_the_amounts_beside_the_steps_of_a_line_add_up_to_it() -> None:
    """What a reader adds up is the exact amount; where a line is prorated, the months are notes."""
    for line in document()["lines"][1:]:
        amounts = [step_amount(step) for step in line["steps"]]
        assert sum(Fraction(each) for each in amounts if each) == Fraction(line["amount_exact"])


def test_an_index_that_is_not_published_yet_is_its_base_value() -> None:
    content = document()
    steps = content["lines"][2]["steps"]
    (indexed,) = [step for step in steps if step["kind"] == "indexation"]
    indexed["indices"][0]["publication"] = None
    text = str(view_of(content, Language.ENGLISH)["lines"][2])
    assert "(base value)" in text
