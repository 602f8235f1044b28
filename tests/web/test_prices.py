"""Every price and modifier of the page of prices is said in words, in both languages."""

import re
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from lineshaft.web.markup import tag
from lineshaft.web.pages.contracts.prices import line_names, modifiers_in_words, price_in_words
from lineshaft.web.session import Preferences
from lineshaft.web.texts import Language
from tests.plant.test_prices import offering

ENGLISH = [
    "Discount: 10 %",
    "410.00 EUR per h",
    "Prices follow published indices: 20.00 % fixed, labour 50.00 %, material 30.00 %",
    "Up to 100 h: 3.00 EUR per h, and 20.00 EUR once",
    "Take or pay: 1,000 a contract year, each missing 2.50 EUR",
    "All usage of the period at the price of one tier:",
    "Take or pay: 500 a month, each that is missing 0.10 EUR",
    "12.00 EUR for each 100",
    "At least 100.00 EUR a month, divided by days",
    "At most 1,500.00 EUR a month, divided by days",
    "Discount: 30.00 EUR a month, divided by seconds",
    "A credit of 5.00 EUR is taken off each billed period",
    "ACTIVE: 6.00 EUR per h",
    "any other state: 0.50 EUR per h",
    "49.00 EUR for each billed period",
    "2.5 % of: Base fee, Operating hours",
    "30 % of the energy that is saved, at 0.20 EUR per kW·h",
    "Baseline hall-2, version 1, from 1 Jan 2027 on: 20,000 kW·h a month, divided by days",
    " + 50 kW·h × Parts made (Regression over 2026, 12 months)",
    "Non-routine adjustment: 5,000 kW·h a month",
    "A second shift (approved by Riverside Milling, energy office, 20 Nov 2027)",
    "At most 50,000 kW·h is carried",
    "100.00 EUR a month, divided by days of a month of 30",
    "Training: 40.00 EUR a month alone",
    "700.00 EUR deposit for each part delivered, given back when the used one comes within 30 days",
    "Grade damaged: 50 % of the deposit is given back",
    "900.00 EUR for each machine, at the start of each month, 36 instalments",
    "At the end each machine may be bought for 21,000.00 EUR",
    "Finance lease at 6 % a year: each is interest and principal",
    "1.55 EUR per l consumed, corrected where the stock is counted",
    "Each machine has a stock of its own",
    "Reorder point: 4 days from order to delivery, 97.5 % service level, from the last 28 days",
    "SP-1 returned for SP-2: 120.00 EUR is taken off",
]
CHINESE = [
    "折扣：10 %",
    "价格随公布的指数调整：固定部分 20.00 %",
    "另一次性收取 20.00 EUR",
    "照付不议：每合同年 1,000",
    "照付不议：每月 500",
    "每满或不满 100",
    "最低：每月 100.00 EUR，按日折算",
    "其他状态",
    "下列项目的 2.5 %：基本费用, 运行小时",
    "节能量的 30 %",
    "基准 hall-2 第 1 版",
    "非常规调整：每月 5,000 kW·h",
    "最多结转 50,000 kW·h",
    "培训：单独每月 40.00 EUR",
    "按消耗每 l 1.55 EUR，盘点时更正",
    "订货点：到货周期 4 天，服务水平 97.5 %，按最近 28 天的消耗",
    "每台机器各有库存",
    "每台机器每月月初 900.00 EUR，共 36 期",
    "融资租赁，年利率 6 %：每期含利息和本金",
    "等级 damaged：退还押金的 50 %",
]


@pytest.mark.parametrize(
    ("language", "said"), [(Language.ENGLISH, ENGLISH), (Language.CHINESE, CHINESE)]
)
def test_every_price_and_modifier_is_said(
    language: Language, said: list[str], tmp_path: Path
) -> None:
    terms = offering(tmp_path).terms
    reader = Preferences(language, ZoneInfo("UTC"))
    assert terms.base_fee is not None
    parts = [modifiers_in_words(reader, terms.base_fee.modifiers, "EUR")]
    for price in terms.usage_prices:
        parts.append(price_in_words(reader, price.price, "EUR", line_names(reader, terms), {}))
        parts.append(modifiers_in_words(reader, price.modifiers, "EUR"))
    text = re.sub(r"<[^>]*>", "", str(tag("div", parts))).replace("\N{NO-BREAK SPACE}", " ")
    for sentence in said:
        assert sentence in text, text
