"""Every step of every price model and modifier is said, in both languages, on page and paper."""

import io
import re
from fractions import Fraction
from typing import Any

import pypdf
import pytest

from lineshaft.core import canonical
from lineshaft.core.period import Instant
from lineshaft.core.quantity import Quantity
from lineshaft.services.billing.document import document_content
from lineshaft.services.billing.model import Facts
from lineshaft.services.billing.rating import rate
from lineshaft.services.billing.rendering.model import Language, MediaType
from lineshaft.services.billing.rendering.renderer import render
from lineshaft.services.billing.rendering.steps import step_amount
from lineshaft.services.billing.rendering.view import view_of
from lineshaft.services.contracts.model import Contract
from lineshaft.services.facts.model import Core, CoreReturn, StockKind, StockRecord
from tests.services.billing.examples import ENGINE, PERIOD, record
from tests.services.contracts.examples import BASE_FEE, CUTTING_TIME, GUARANTEE, contract, terms
from tests.services.rendering.sample import document_file

TEXT = {"en": "Text", "zh-Hans": "文本"}
METER = CUTTING_TIME["meter"]
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


COMPLETE = METER | {"id": "energy", "unit": "KWH", "parameters": {"rate_max": "1"}}
SAVING = {
    "model": "energy_saving",
    "unit": "KWH",
    "share_percent": "30",
    "tariff": "0.20",
    "drivers": [{"description": TEXT, "meter": COMPLETE | {"id": "driver"}}],
    "baselines": [
        {"id": "hall-2", "version": 3, "since": "2017-01-01T00:00:00Z", "source": "2016"}
        | {"quantity_per_month": "3000", "weights": [{"driver": "driver", "per_unit": "1/2"}]}
    ],
    "adjustments": [
        {"id": "shift", "kind": "non_routine", "quantity_per_month": "600", "reason": TEXT}
        | {"start": "2017-06-01T00:00:00Z", "end": "2017-07-01T00:00:00Z"}
        | {"approved_by": "Ines", "approved_at": "2017-06-01T00:00:00Z"}
    ],
    "proration": "ACT_DAYS",
    "carry": "none",
}
PART = {"description": TEXT, "offering_version": 1}
BUNDLE = {
    "model": "bundle",
    "amount_per_month": "300.00",
    "proration": "ACT_DAYS",
    "parts": [
        PART | {"id": "a", "offering": "a", "stand_alone_price": "50.00"},
        PART | {"id": "b", "offering": "b", "stand_alone_price": "25.00"},
    ],
}
LEASE = {"model": "lease", "instalment": "900.00", "months": 1, "due": "advance"}
LEASE |= {"since": "2017-06-22T00:00:00Z", "residual": "5.00", "purchase_option": "6.00"}
DEPOSIT = {
    "model": "core_deposit",
    "deposit": "700.00",
    "days": 0,
    "grades": [{"grade": "damaged", "percent": "50"}],
    "upgrades": [{"old": "SP-1", "new": "SP-2", "amount": "120.00"}],
}


REORDER = {"lead_days": "4", "service_level": "97.5", "history_days": 28}
REPLENISHMENT = {"model": "replenishment", "unit": "HUR", "unit_price": "4.00"}
REPLENISHMENT |= {"stock": "machine", "reorder": REORDER}


def recorded() -> Facts:
    """Return cores: one back on the day, one lost, one open; and a stock that was counted twice."""
    back = CoreReturn(Instant(PERIOD.start + 60_000_000), "SP-1", "damaged", "Ines")
    place = {"machine": "mill", "contract": "c-1001", "item": "p9", "model": "SP-2"}
    starts = [PERIOD.start, Instant(PERIOD.start - 1), Instant(PERIOD.end - 1)]
    return Facts(
        cores=tuple(
            Core(id=f"c-{i}", delivered_at=at, reference="DN-7", returned=returned, **place)
            for i, (at, returned) in enumerate(zip(starts, (back, None, None), strict=True))
        ),
        stock=(stock(0, "count", 8), stock(1, "delivery", 2), stock(86_400, "count", 7)),
    )


def stock(second: int, kind: str, hours: int) -> StockRecord:
    return StockRecord(
        id=f"{kind}-{second}",
        kind=StockKind(kind),
        machine="mazak01",
        contract="c-1001",
        item="p11",
        at=Instant(PERIOD.start + second * 1_000_000),
        quantity=Quantity(Fraction(hours), "HUR"),
        person="Carla",
        reference="CS-7",
    )


def everything() -> Contract:
    prices = [
        CUTTING_TIME | {"id": f"p{i}", "price": price} | ({"modifiers": changes} if changes else {})
        for i, (price, changes) in enumerate(MODELS)
    ]
    matrix = {"model": "matrix", "unit": "HUR", "states": STATES, "other_price": "1.00"}
    prices.append(CUTTING_TIME | {"id": "p5", "meter": GUARANTEE["meter"], "price": matrix})
    share = {"model": "percentage", "percent": "2.5", "lines": ["base-fee"]}
    prices.append({"id": "p6", "description": CUTTING_TIME["description"], "price": share})
    energy = {"meter": COMPLETE, "price": SAVING}
    for i, outcome in enumerate(
        (
            energy,
            {"price": BUNDLE},
            {"price": DEPOSIT},
            {"price": LEASE},
            {"price": REPLENISHMENT, "meter": METER},
        ),
        start=7,
    ):
        prices.append({"id": f"p{i}", "description": CUTTING_TIME["description"]} | outcome)
    fee = BASE_FEE | {"proration": "30/360"}
    return contract(terms=terms(base_fee=fee, usage_prices=prices, guarantee=None))


def document() -> dict[str, Any]:
    of = everything()
    known_at = PERIOD.end
    states = {"重载": 3_600_000_000, "IDLE": 1_800_000_000}
    usage = [record(of, i, 12_578, known_at=known_at) for i in range(5)]
    usage.append(record(of, 5, 0, known_at=known_at, states=states))
    usage.append(record(of, 6, 110, known_at=known_at))
    usage.append(record(of, 7, 40, known_at=known_at))
    usage += [record(of, 8, 1_800, known_at=known_at) for _ in range(2)]
    rated = rate(of, PERIOD, known_at, usage, ENGINE, recorded())
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
    "Baseline hall-2, version 3: 120 kW·h = 100 kW·h + 0.5 × 40 kW·h",
    "Adjustment, non-routine: 20 kW·h – Text (approved by Ines, 1 June 2017, 00:00)",
    "Saved 30 kW·h, carried 0 kW·h: 30 kW·h at 30 % of 0.20 EUR per kW·h",
    "June 2017: 1 of 30 days of 300.00 EUR per month",
    "Of which Text: 6.67 EUR (alone 50.00 EUR per month)",
    "instalment 1 of 1, due on 22 June 2017, 00:00; residual value 5.00 EUR; it may be bought for",
    "Deposit of core c-2: SP-2 delivered on",
    "Deposit of core c-0 closed on",
    "50 % of 700.00 EUR less upgrade 120.00 EUR is 230.00 EUR; the rest is kept",
    "Core c-1 did not come back in time: its deposit is kept",
    "Count before, by Carla on 22 June 2017, 00:00 (CS-7): 8 h",
    "Delivered on 22 June 2017, 00:00:01 by Carla (CS-7): 2 h",
    "Consumed since then, as the machines told: 0.5 h",
    "(CS-7): 7 h, expected 9.5 h; difference 2.5 h at 4.00 EUR per h",
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
    "基准 hall-2 第 3 版：120 kW·h = 100 kW·h + 0.5 × 40 kW·h",
    "非常规调整：20 kW·h – 文本（Ines 于 2017年6月1日 00:00 批准）",
    "节约 30 kW·h，结转 0 kW·h",
    "其中文本：6.67 EUR",
    "第 1 期，共 1 期，2017年6月22日 00:00 到期；残值 5.00 EUR；可按 6.00 EUR 购买",
    "旧件 c-2 的押金",
    "退还 230.00 EUR，其余扣留",
    "旧件 c-1 未按期退回：押金扣留",
    "上次盘点，Carla 于 2017年6月22日 00:00（CS-7）：8 h",
    "Carla 于 2017年6月22日 00:00:01 送货（CS-7）：2 h",
    "此后设备计量的消耗：0.5 h",
    "盘点（CS-7）：7 h，应有 9.5 h；差异 2.5 h，单价每 h 4.00 EUR",
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
