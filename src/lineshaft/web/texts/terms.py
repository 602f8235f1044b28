"""Why terms of a contract or an offering are refused, in Chinese.

The sentences of `services/contracts` (and of the few places that read terms), as they are written
there, with a letter in braces for each value; a test reads them from the source.
"""

import re

_TERMS = {
    # What is written: numbers, texts, instants.
    "cannot read a {a}: {b}": "无法读取条款：{b}",
    "{a} {b}: expected zero or more, in plain digits such as 45.00": (
        "金额 {b} 无效：应为不小于零的数值，例如 45.00"
    ),
    "{a} {b}: expected 1 to {c} of a-z, 0-9, '-', '_', '.'": (
        "标识 {b} 无效：应为 1 至 {c} 个小写字母、数字、“-”、“_”或“.”"
    ),
    "{a} '{b}': expected '{c}Z'": "时间 {b} 的写法无效：应写作 {c}Z",
    "{a} version {b}: versions are numbered from 1": "版本号 {b} 无效：版本从 1 开始编号",
    "{a} = {b}: expected 1 to {c}": "{a} = {b}：应为 1 至 {c}",
    "{a}: {b} = {c}, expected more than 0": "{a}：{b} = {c}，应大于零",
    "{a}: expected 1 to {b} characters": "文本应为 1 至 {b} 个字符",
    "a reason of {a} characters: at most {b}, on one line": (
        "原因有 {a} 个字符：最多 {b} 个，且只能一行"
    ),
    # The parts of the terms, and prices.
    "two parts of the terms have the id {a}": "条款中有两个部分的标识同为 {a}",
    "{a} usage prices: expected at most {b}": "用量价格有 {a} 项：最多 {b} 项",
    "VAT category {a} at {b} %: expected {c}": "增值税类别 {a} 的税率不能为 {b} %",
    "take-or-pay on the base fee {a}: expected it on a price of a quantity": (
        "基本费用 {a} 不能约定照付不议：照付不议须对应有数量的价格"
    ),
    "usage price {a}: only a price of a quantity is shared by machines": (
        "用量价格 {a}：只有按数量计价的价格才能由多台设备共用"
    ),
    "usage price {a}: a percentage of lines measures nothing, leave out meter": (
        "用量价格 {a}：按行金额的百分比计价不需要计量表"
    ),
    "usage price {a}: it measures nothing, leave out meter": "用量价格 {a}：该价格不需要计量表",
    "usage price {a}: a deposit measures nothing and stays as it is, leave out meter and "
    "modifiers": "用量价格 {a}：押金不计量也不调整，不需要计量表和调整项",
    "usage price {a}: take-or-pay needs a price of a quantity": (
        "用量价格 {a}：照付不议须对应有数量的价格"
    ),
    "usage price {a}: what a count corrects is priced as what was consumed, leave out modifiers": (
        "用量价格 {a}：盘点更正的数量按消耗计价，不能有调整项"
    ),
    "usage price {a} has no meter: expected one": "用量价格 {a} 缺少计量表",
    "usage price {a}: two of its meters have one id": "用量价格 {a} 有两个计量表的标识相同",
    "usage price {a}: a matrix of states on a {b} meter: expected state_duration": (
        "用量价格 {a}：按状态计价须使用状态时长计量表"
    ),
    "usage price {a} is a share of {b}, which is billed in advance: expected lines of the same "
    "period": "用量价格 {a} 按 {b} 的比例计算，而后者预收：二者须属于同一计费期",
    "usage price {a} is a share of {b}: expected the base fee or a usage price that stands before "
    "it": "用量价格 {a} 按 {b} 的比例计算：应为基本费用或排在其前的用量价格",
    "fees due in advance: expected a base fee or a bundle, a price per month": (
        "预收费用须有按月计价的基本费用或组合价格"
    ),
    "deposit {a}: {b} has more decimals than {c}": "押金 {a}：{b} 的小数位多于货币 {c}",
    "{a} tiers: expected 1 to {b}": "阶梯有 {a} 级：应为 1 至 {b} 级",
    "tier up to {a}: expected a bound above {b}": "阶梯上限 {a} 应大于上一级的 {b}",
    "the last tier ends at {a}: expected no end": "最后一级阶梯不能有上限，现为 {a}",
    "a flat fee in a tier of a volume price: expected it in a graduated price only": (
        "总量阶梯价格中不能有固定费用：固定费用只用于分段阶梯价格"
    ),
    "a package of {a}: expected more than zero": "每包数量 {a} 应大于零",
    "a share of {a} %: expected 0 to {b}": "比例 {a} % 应在 0 至 {b} 之间",
    "a share of {a} lines: expected 1 to {b}, each once": (
        "比例所依据的行有 {a} 个：应为 1 至 {b} 个，且不重复"
    ),
    "state {a}: expected 1 to {b} characters": "状态 {a}：应为 1 至 {b} 个字符",
    "a matrix of {a} states: expected 1 to {b}, each once": (
        "状态有 {a} 个：应为 1 至 {b} 个，且不重复"
    ),
    "meter {a}: completeness_min {b}, expected 0 to 100 %": (
        "计量表 {a} 的最低完整度 {b} 应在 0 至 100 % 之间"
    ),
    # What changes a price.
    "take or pay for {a}: expected more than zero": "照付不议数量 {a} 应大于零",
    "an index value of {a}: expected more than zero": "指数值 {a} 应大于零",
    "publication {a}: expected 1 to 200 characters": "指数的发布名称应为 1 至 200 个字符",
    "index {a}: expected weight and base above zero, at most 1000 values": (
        "指数 {a}：权重和基数应大于零，数值最多 1000 个"
    ),
    "index {a}: expected its values in the order of time": "指数 {a} 的数值应按时间排列",
    "an indexation by {a} indices: expected 1 to {b}, each once": (
        "价格调整使用 {a} 个指数：应为 1 至 {b} 个，且不重复"
    ),
    "the weights of an indexation add up to {a}: expected 1, none below zero": (
        "各指数的权重合计为 {a}：应为 1，且都不小于零"
    ),
    "a discount of {a} %: expected 0 to 100": "折扣 {a} % 应在 0 至 100 之间",
    "a minimum and take-or-pay on one line: expected one of them, never both": (
        "同一行不能既有最低金额又有照付不议"
    ),
    "a minimum and a cap: expected the minimum not above, both prorated alike": (
        "最低金额不能高于上限，且二者须按同一方式折算"
    ),
    # Outcomes: bundles, cores, leases, consumables, savings.
    "offering {a} version {b}: expected 1 or more": "服务产品 {a} 的版本号 {b} 应不小于 1",
    "a bundle of {a} parts: expected 2 to {b}, each id once": (
        "组合有 {a} 个部分：应为 2 至 {b} 个，标识不重复"
    ),
    "a bundle: expected a stand-alone price above zero for at least one part": (
        "组合中至少一个部分的单独售价应大于零"
    ),
    "grade {a}: {b} % of the deposit, expected 0 to 100": (
        "等级 {a} 的退款比例 {b} % 应在 0 至 100 之间"
    ),
    "upgrade from {a} to {b}: expected two models": "从 {a} 升级到 {b}：应为两种不同型号",
    "{a} days to return a core: expected 0 to {b}": "旧件退回期限 {a} 天应在 0 至 {b} 之间",
    "{a} grades of a core: expected 1 to {b}, each once": (
        "旧件等级有 {a} 个：应为 1 至 {b} 个，且不重复"
    ),
    "{a} upgrades: expected at most {b}, each pair once": (
        "升级组合有 {a} 个：最多 {b} 个，且不重复"
    ),
    "a core of grade {a}: expected one of {b}": "旧件等级 {a} 无效：应为 {b} 之一",
    "a core of model {a} came back for {b}: the terms do not exchange them": (
        "退回的型号 {a} 与交付的 {b} 不在条款允许的置换之列"
    ),
    "a lease of {a} instalments: expected 1 to {b}": "租赁期数 {a} 应在 1 至 {b} 之间",
    "{a} machines of a lease: expected at most {b}, each once": (
        "租赁设备有 {a} 台：最多 {b} 台，且不重复"
    ),
    "a lease at {a} % a year: expected 0 to {b} of a finance lease, and none of any other": (
        "租赁年利率 {a} % 无效：融资租赁应为 0 至 {b}，其他租赁不填"
    ),
    "{a} purchases of leased machines: expected each machine once, by an option": (
        "租赁设备的购买有 {a} 项：每台设备只能购买一次，且须有购买选择权"
    ),
    "a lead time of {a} days: expected more than 0, at most {b}": (
        "交货期 {a} 天应大于 0，最多 {b}"
    ),
    "a service level of {a} %: expected one of {b}": "服务水平 {a} % 应为 {b} 之一",
    "a history of {a} days: expected {b} to {c}": "历史天数 {a} 应在 {b} 至 {c} 之间",
    "{a}: {b} and {c} count one stock at {d}: expected one of them to be withdrawn": (
        "{a}：{b} 和 {c} 在同一时刻 {d} 盘点同一库存，须撤回其中之一"
    ),
    "baseline {a}: expected each driver once": "基准 {a} 中每个影响因素只能出现一次",
    "a share of {a} % of the saving: expected 0 to 100": "节能分成 {a} % 应在 0 至 100 之间",
    "{a} baselines: expected 1 to {b}, in the order of time": (
        "基准有 {a} 个：应为 1 至 {b} 个，按时间排列"
    ),
    "{a} adjustments: expected at most {b}, each id once": (
        "调整有 {a} 项：最多 {b} 项，标识不重复"
    ),
    "{a} drivers of a baseline: expected at most {b}, each id once": (
        "基准的影响因素有 {a} 个：最多 {b} 个，标识不重复"
    ),
    "baselines weigh {a}: expected exactly the drivers, {b}": (
        "基准所含的因素为 {a}：应恰好为 {b}"
    ),
    "the carry of a saving: expected zero or more carried in, at most carry_max, and neither of "
    "them where nothing is carried": ("结转的节能量应不小于零且不超过上限；不结转时二者都不填"),
    "no baseline counts at the start of {a}": "时段 {a} 开始时没有有效的基准",
    # Guarantees and calendars.
    "{a} guarantees: expected at most {b}": "服务保证有 {a} 项：最多 {b} 项",
    "terms with a guarantee and with guarantees: expected all of them in guarantees": (
        "服务保证须全部列在 guarantees 中"
    ),
    "a cap of {a} % on the credits: expected 0 to 100, of guarantees": (
        "抵扣上限 {a} % 应在 0 至 100 之间，且须有服务保证"
    ),
    "the guarantee pays a credit on the base fee, and there is no base fee": (
        "服务保证按基本费用抵扣，但没有基本费用"
    ),
    "guarantee {a} on a {b} meter: expected {c}": "服务保证 {a} 的计量表类型应为 {c}，不是 {b}",
    "guarantee {a}: a target of {b} %, expected at most 100": (
        "服务保证 {a} 的目标 {b} % 不能超过 100"
    ),
    "guarantee {a}: expected credits and a cap of at most 100 % of the base fee": (
        "服务保证 {a} 的抵扣和上限不能超过基本费用的 100 %"
    ),
    "credits: expected credits and a cap of at most 100 % of the base fee": (
        "抵扣和上限不能超过基本费用的 100 %"
    ),
    "guarantee {a}: expected a meter with keeps_spans = true, as it counts when a state was": (
        "服务保证 {a} 的计量表须设 keeps_spans = true，因为要知道状态何时出现"
    ),
    "hours {a}: an offset belongs to the exception of a day, not to every week": (
        "时间 {a}：时差只能写在某一天的例外中，不能写在每周的时间里"
    ),
    "hours {a}: expected such as 08:00/17:00, the end after the start, at most 24:00": (
        "时间 {a} 应写作 08:00/17:00，结束晚于开始，最晚 24:00"
    ),
    "the time {a} does not exist": "时间 {a} 不存在",
    "{a} open hours in a day: expected at most {b}": "一天有 {a} 段营业时间：最多 {b} 段",
    "day {a}: expected a date such as 2026-12-25": "日期 {a} 应写作 2026-12-25",
    "weekly hours of {a}: expected of {b}": "每周营业时间中的 {a} 无效：应为 {b}",
    "more than {a} holidays and exceptions": "节假日和例外超过 {a} 个",
    # Contracts.
    "contract {a} has {b} machines: 1 to {c}": "合同有 {b} 台设备：应为 1 至 {c} 台",
    "contract {a} names a machine twice: {b}": "合同两次列出同一设备：{b}",
    "contract {a} has {b} other parties: expected at most {c}, each once": (
        "合同有 {b} 个其他当事方：最多 {c} 个，且不重复"
    ),
    "contract {a}: anchor_day = {b}, expected 1 to {c}, of a contract that is billed by months": (
        "账单日 {b} 应在 1 至 {c} 之间，且合同按月计费"
    ),
    "contract {a} carries {b} from period to period: expected one that is billed by months": (
        "{b} 逐期结转：合同须按月计费"
    ),
    "contract {a} is held to a quantity by the year and starts at {b}: expected the start of a "
    "month": "合同约定年度数量，却从 {b} 开始：应从月初开始",
    "contract {a} is held to a quantity by the year, and a year ends within {b}: expected a "
    "period of one contract year": "合同约定年度数量，而时段 {b} 跨越合同年：应在同一合同年内",
    "contract {a} does not cover {b}: it begins at {c}": ("合同 {a} 不包含该时间：合同自 {c} 开始"),
    "cannot bill {a} on contract {b}: it begins at {c} and ends at {d}": (
        "时段 {a} 不在合同 {b} 之内：合同自 {c} 至 {d}"
    ),
    "cannot bill {a} on contract {b}: it begins at {c}": (
        "时段 {a} 不在合同 {b} 之内：合同自 {c} 开始"
    ),
    "the document of {a} bills the fees of {b} on contract {c}: expected those of the period "
    "behind it, within the contract": (
        "{a} 的单据预收 {b} 的费用：应为其后一期，且在合同 {c} 之内"
    ),
    "contract {a} bills fees in advance, and {b} is a part of a billed period: expected the whole "
    "of {c}": "合同 {a} 预收费用，而 {b} 只是计费期的一部分：应为整个 {c}",
    "a term of payment of {a} days: expected 0 to {b}": "付款期限 {a} 天应在 0 至 {b} 之间",
    "invoice series {a}: expected at most 20 of A-Z, 0-9 and '-'": (
        "单据编号系列 {a} 应为最多 20 个大写字母、数字或“-”"
    ),
    "notice_days = {a}: expected 0 to {b}": "通知期 {a} 天应在 0 至 {b} 之间",
    "{a} asset bindings: expected 1 to {b}": "设备更替有 {a} 项：应为 1 至 {b} 项",
    "the asset bindings name other machines than the contract: expected the same": (
        "设备更替中的设备与合同所列不同"
    ),
    "two asset bindings of {a} overlap or are not in order of time": (
        "{a} 的两项设备更替重叠，或没有按时间排列"
    ),
    "{a} pauses: expected 1 to {b}": "暂停有 {a} 次：应为 1 至 {b} 次",
    "the pause from {a} on begins before the one before it is over": (
        "自 {a} 起的暂停开始时，前一次暂停尚未结束"
    ),
    "party {a} has no name": "当事方 {a} 没有名称",
    "party {a}: expected 1 to {b} lines of address": "当事方 {a} 的地址应为 1 至 {b} 行",
    "party {a}: country {b}, expected two capital letters (ISO 3166-1)": (
        "当事方 {a} 的国家代码 {b} 应为两个大写字母（ISO 3166-1）"
    ),
    "{a} revenue shares: expected at most {b}": "收入分成有 {a} 项：最多 {b} 项",
    "a revenue share for {a}: expected one of the contract's parties": (
        "收入分成的 {a} 不是合同当事方"
    ),
    "a revenue share of {a} for {b}: there is no such line": "{b} 分成的行 {a} 不存在",
    "the revenue shares of {a} add up to {b}: expected at most 1": (
        "{a} 的收入分成合计为 {b}：最多为 1"
    ),
    "a revenue share of {a} for {b}: expected above 0, at most 1": (
        "{b} 的收入分成 {a} 应大于 0，最多为 1"
    ),
    "the revenue share of {a} names no line, or one twice": "{a} 的收入分成没有列出行，或行重复",
}


def terms_in_chinese() -> list[tuple[re.Pattern[str], str]]:
    """Return a pattern for each sentence, and what it says."""
    return [(_pattern(sentence), said) for sentence, said in _TERMS.items()]


def _pattern(sentence: str) -> re.Pattern[str]:
    """Make a pattern of a sentence; a value is whatever stands between its words."""
    return re.compile(re.sub(r"\\{(\w)\\}", r"(?P<\1>.+?)", re.escape(sentence)), re.DOTALL)
