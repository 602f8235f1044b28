"""Sentences that are written below the pages, in English, and read on them in Chinese.

Why something was refused, and what a verification checked, is written once, where it is found: it
is stored, signed or printed by the command line. Here is what it says in the other language; a
sentence that is not here stays English, and the page says so to readers that speak it aloud.
"""

import re
from functools import cache

from lineshaft.web.texts.measures import MEASURES
from lineshaft.web.texts.terms import terms_in_chinese

_SIGN = r"(?P<a>.+)"
_REFUSALS = {
    rf"no data item of the machine has the key {_SIGN}": "设备没有键为 {a} 的数据项",
    rf"the key {_SIGN} has no value": "键 {a} 没有值",
    r"the line has no key": "该行没有键",
    r"the line is no UTF-8": "该行不是 UTF-8 编码",
    r"a line of more than (?P<a>\d+) bytes": "该行超过 {a} 字节",
    r"the line has (?P<a>\d+) fields: expected stamp\|key\|value, at most (?P<b>\d+)": (
        "该行有 {a} 个字段：应为 时间戳|键|值，最多 {b} 个"
    ),
    rf"the level of a condition is {_SIGN}: expected Normal, Warning or Fault": (
        "状况级别为 {a}：应为 Normal、Warning 或 Fault"
    ),
    rf"cannot read the instant {_SIGN}: expected RFC 3339, such as (?P<b>\S+)": (
        "无法读取时间 {a}：应为 RFC 3339 格式，例如 {b}"
    ),
    r"a message needs a native code and a text": "消息必须包含原生代码和文本",
    rf"cannot read {_SIGN} as a number: expected digits such as 12\.5": (
        "无法将 {a} 读作数值：应为 12.5 这样的数字"
    ),
    rf"cannot store {_SIGN}: more digits or a larger scale than a reading can hold": (
        "无法存储 {a}：位数或小数位超出读数可容纳的范围"
    ),
    rf"cannot store {_SIGN}: expected a finite number": "无法存储 {a}：应为有限数值",
    r"(?P<a>\S+) of (?P<b>\S+) is not taken": "不支持 {b} 的 {a} 表示",
    r"stamped (?P<a>\S+), more than 5 minutes in the future": "时间戳为 {a}，超前 5 分钟以上",
}
_INPUT = {
    rf"cannot sell {_SIGN} under contract (?P<b>.+) at (?P<c>\S+): expected a machine that serves "
    r"then, once, with an option and after its lease": (
        "{a} 在 {c} 不能按购买权出售：设备须当时在用、附有购买权、租期已满，且只能出售一次"
    ),
    rf"cannot take {_SIGN} back from contract (?P<b>.+) at (?P<c>\S+): expected a machine that "
    r"serves then, and another one that goes on": (
        "{a} 在 {c} 不能收回：设备须当时在用，且另有设备继续履约"
    ),
    rf"the changes of {_SIGN} together take (?P<b>\S+) % of it: expected at most (?P<c>\d+) %": (
        "对 {a} 的各项变动合计减少 {b} %：最多减少 {c} %"
    ),
    rf"{_SIGN}: expected an exact number, such as 12 or '0\.5' or '1/3'": (
        "{a} 不是准确的数值：应为 12、0.5 或 1/3 这样的数字"
    ),
    rf"{_SIGN}: expected a number, and nothing is divided by zero": "{a} 不是数值：不能除以零",
    r"period (?P<a>\S+) to (?P<b>\S+): the end must be after the start": (
        "时段 {a} 至 {b}：结束必须晚于开始"
    ),
    r"estimate '(?P<a>[^']*)': expected zero or more, an author and a reason of at most "
    r"(?P<b>\d+) characters": "估算需要不小于零的数量，以及不超过 {b} 个字符的依据",
    r"clock of (?P<a>.+): expected a source and an offset of at most .+": (
        "时钟偏差最多一年：超出范围"
    ),
    r"clock offset (?P<a>\S+): a reason is needed, at most (?P<b>\d+)": (
        "需要说明如何发现，最多 {b} 个字符"
    ),
    r"core (?P<a>\S+) came back before it was delivered": "部件的退回时间早于交付时间",
    r"core (?P<a>\S+): model: expected 1 to (?P<b>\d+) characters": (
        "交付的部件：应为 1 至 {b} 个字符"
    ),
    r"core (?P<a>\S+): reference of the delivery: expected 1 to (?P<b>\d+) characters": (
        "送货单：应为 1 至 {b} 个字符"
    ),
    r"model that came back: expected 1 to (?P<b>\d+) characters": (
        "退回的部件：应为 1 至 {b} 个字符"
    ),
    r"inspected_by: expected 1 to (?P<b>\d+) characters": "检验人：应为 1 至 {b} 个字符",
    r"stock record (?P<a>\S+): person: expected 1 to (?P<b>\d+) characters": (
        "经办人：应为 1 至 {b} 个字符"
    ),
    r"stock record (?P<a>\S+): reference: expected 1 to (?P<b>\d+) characters": (
        "送货单或盘点表：应为 1 至 {b} 个字符"
    ),
    r"delivery (?P<a>\S+) of (?P<b>.+): expected more than zero": "交货数量应大于零，不能为 {b}",
    r"count (?P<a>\S+) of (?P<b>.+): expected zero or more": "盘点数量应不小于零，不能为 {b}",
    r"(an estimate|an exchange|what is recorded|an offset of a clock) needs .*a day and a time.*": (
        "请填写日期和时间"
    ),
    r"an exchange needs a meter, a day and a time": "请选择计量表，并填写日期和时间",
    r"an offset of a clock: expected whole microseconds, such as 0\.25": (
        "偏差最多精确到微秒，例如 0.25"
    ),
    rf"cannot read {_SIGN}: expected a day and a time such as (?P<b>\S+)": (
        "无法读取 {a}：应为日期和时间，例如 {b}"
    ),
    r"a contract is renewed until a day: expected one": "请填写续期至哪一天",
    r"a machine is bought or goes back on a day: expected one": "请填写日期",
    rf"cannot read {_SIGN} as a day: expected such as (?P<b>\S+)": (
        "无法将 {a} 读作日期：应为 {b} 这样的格式"
    ),
}
_CHECKS = {
    r"key file": "密钥文件",
    r"file": "文件",
    r"document form": "单据格式",
    r"document signature": "单据签名",
    r"rendering": "呈现形式",
    r"totals": "合计",
    r"rating": "计费",
    r"usage": "用量",
    r"bundle form": "证据包格式",
    r"bundle signature": "证据包签名",
    r"bundle": "证据包",
    r"segment signatures": "数据段签名",
    r"readings": "读数",
    r"usage records": "用量记录",
    r"disclosure": "披露范围",
    r"sources": "数据源",
    r"usage (?P<a>\d+) \((?P<b>[^)]*)\) evidence": "用量 {a}（{b}）的证据",
    r"usage (?P<a>\d+) \((?P<b>[^)]*)\)": "用量 {a}（{b}）",
}
_WEBHOOKS = {
    r"paused by (?P<a>.+)": "由 {a} 暂停",
    r"nothing was taken for (?P<a>\d+) hours": "连续 {a} 小时未能送达",
    r"the receiver answered 410: it wants no more": "接收方返回 410：不再接收",
}
_CELLS = {
    r"expected 1 to (?P<a>\d+) characters": "应为 1 至 {a} 个字符",
    r"expected at most (?P<a>\d+) characters": "最多 {a} 个字符",
    r"expected an exact number above 0, such as .+": "应为大于 0 的准确数值，例如 4、0.25 或 1/3",
    r"expected an exact number from 0, such as .+": "应为不小于 0 的准确数值，例如 120 或 0.25",
    r"expected an exact number from 0 to 1, such as .+": "应为 0 至 1 的准确数值，例如 0.6 或 1/3",
    r"expected percent from 0 to 100, such as .+": "应为 0 至 100 的百分数，例如 95 或 99.5",
    r"expected whole days from (?P<a>\d+) to (?P<b>\d+)": "应为 {a} 至 {b} 的整天数",
    r"expected a whole number from (?P<a>\d+) to (?P<b>\d+)": "应为 {a} 至 {b} 的整数",
    r"expected an amount such as .+": "应为金额，例如 1250.00",
    r"expected an amount from 0, such as .+": "应为不小于 0 的金额，例如 1250.00",
    r"expected a date such as (?P<a>\S+)": "应为日期，例如 {a}",
    r"expected yes or no": "应为 yes 或 no",
    r"expected a country of ISO 3166-1 alpha-2, such as DE": "应为 ISO 3166-1 国家代码，例如 DE",
    r"expected a currency of ISO 4217, such as EUR": "应为 ISO 4217 货币代码，例如 EUR",
    r"expected a unit of UN/ECE Rec 20, such as .+": "应为 UN/ECE Rec 20 单位代码，例如 C62",
    r"expected bands such as (?P<a>\S+)": "应为分段，例如 {a}",
    r"expected one of (?P<a>.+)": "应为其中之一：{a}",
    r"expected each at most once of (?P<a>.+)": "每列最多一次，可用的列：{a}",
    r"expected this table": "缺少此表",
    r"expected this column": "缺少此列",
    r"expected this file once": "该文件只能出现一次",
    r"expected once; it stands in row (?P<a>\d+)": "只能出现一次；它已在第 {a} 行",
    r"expected at most (?P<a>\d+) rows": "最多 {a} 行",
    r"expected at most (?P<a>\d+) bytes": "最多 {a} 字节",
    r"expected CSV in UTF-8": "应为 UTF-8 编码的 CSV",
    r"expected an Excel file": "应为 Excel 文件",
    r"expected an item of (?P<a>\S+)": "应为 {a} 中的物料",
    r"expected shares of (?P<a>.+) that add up to 1, not (?P<b>\S+)": (
        "{a} 的份额合计应为 1，而不是 {b}"
    ),
    r"expected a site of (?P<a>.+), not of (?P<b>.+)": "应为 {a} 的工厂，而不是 {b} 的",
    r"expected 0 of a source that is not qualified": "未认证的来源份额应为 0",
    r"expected (?P<a>[A-Z]*), the currency of the lines": "应为 {a}，即产线的货币",
    r"expected (?P<a>[A-Z]*), the currency of the first line": "应为 {a}，即第一条产线的货币",
    r"expected at least planned_per_week, (?P<a>\S+)": "应不小于 planned_per_week，即 {a}",
}
"""What a cell of a table should be."""
_FINDINGS = {
    r"can be read": "可以读取",
    r"carries a document": "包含单据",
    r"exact": "逐字节一致",
    rf"document {_SIGN} is authentic": "单据 {a} 真实有效",
    r"this is how the supplier showed the document": "供应商当时就是这样呈现该单据的",
    r"every sum is exact": "所有合计完全准确",
    r"every line follows from the usage": "每一行都可由用量推出",
    r"the bundle is authentic": "证据包真实有效",
    r"is of this document": "属于本单据",
    r"(?P<a>\d+) segments were signed by their sources": "{a} 个数据段由其数据源签名",
    r"(?P<a>\d+) records are as signed": "{a} 条记录与签名时一致",
    r"all named records are there, in one unbroken count": "所列记录全部存在，编号连续无缺",
    rf"{_SIGN} follows from the readings": "{a} 可由读数推出",
    r"the bundle holds nothing that the document does not rest on": "证据包不含与本单据无关的内容",
    r"other sources of these series are not known to me": "无从得知这些序列是否还有其他数据源",
    r"no later record of (?P<a>\S+) covers the end of the period: what it recorded after that is "
    r"not known to me": "没有 {a} 的后续记录覆盖期末：此后它记录了什么无从得知",
    r"that the source lived and had nothing to say after its last record is the supplier's word": (
        "数据源在最后一条记录之后仍在运行且无新数据，仅为供应商单方说明"
    ),
    r"what the pages show was not checked, only the signed document that the file carries: no "
    r"rendering record was given": (
        "未核验页面呈现内容，仅核验了文件所含的已签名单据：未提供呈现记录"
    ),
    r"document authentic, usage not recomputed: no evidence bundle was given": (
        "单据真实有效，但未重新计算用量：未提供证据包"
    ),
}
_ALONE = {
    r"a guarantee is judged": "需要判定服务保证",
    r"fees are billed in advance": "费用预先计收",
    rf"price {_SIGN} follows from more than its quantity": "价格 {a} 不仅取决于用量",
    rf"price {_SIGN} is modified": "价格 {a} 带有调整项",
    r"its terms refuse the quantity that was added up": "条款不接受汇总得到的用量",
    r"not a counter without limits and exchanges": "计量表不是无限值、无更换的计数器",
    r"its signal is also metered as a counter that can rise in another way": (
        "同一信号还按另一种上升规则计量"
    ),
    r"an exchange, an estimate or the offset of a clock is recorded": (
        "记录有计量表更换、估算或时钟偏差"
    ),
    r"its history cannot be read at once": "历史数据无法一次读取",
    r"not to be seen for the whole time": "在该时段内并非始终可见",
    r"not every record is a possible rise of one source in the order of time": (
        "并非每条记录都是同一数据源按时间顺序的合理上升"
    ),
    r"no readings on both sides of the period": "计费期两侧没有读数",
}
"""Why a period of a study is rated by itself."""
_FIRM = {
    r"revenue: expected at least one line in the months that were asked for": (
        "收入：所选月份内至少应有一行"
    ),
    r"installed_base: no machine on the last day": "设备保有量表 installed_base：期末没有设备",
    r"service_inputs: no cost in the period": "服务投入表 service_inputs：期内没有成本",
    r"cost of what was sold": "所售服务的成本",
    r"cost of what was sold: whether it pays for itself is not known": (
        "所售服务的成本：无法判断能否自负盈亏"
    ),
    r"binding of the services sold": "所售服务与产品的关系",
    r"the four quarters before": "之前四个季度的数据",
    r"revenue above its credits": "高于贷项的收入",
    r"revenue above its credits in the last four quarters": "最近四个季度高于贷项的收入",
    r"(?P<a>\d+) quarters of revenue: there are (?P<b>\d+)": "需要 {a} 个季度的收入：现有 {b} 个",
    r"credits exceed revenue in a part of .+: it has no share": "部分贷项超过收入，无法计算占比",
    r"no .+ above nothing": "分母不大于零，无法计算占比",
    r"activities with hours: (?P<a>\d+), expected (?P<b>\d+) or more": (
        "有工时的活动只有 {a} 项：至少需要 {b} 项"
    ),
    r"amounts in (?P<a>.+) are not added up: expected one currency, or a currency to count in and "
    r"rates": "{a} 的金额不能相加：请给出计算货币和汇率",
    r"amounts of (?P<a>\w+) among those of (?P<b>\w*): expected a rate, .+": (
        "{a} 的金额缺少汇率：请给出，例如 {a}=0.92"
    ),
    r"a month of (?P<a>.+): expected such as 2026-03": "月份 {a} 无法读取：应为 2026-03 这样的写法",
    r"a rate of (?P<a>.+): expected .+": "汇率 {a} 无法读取：应为 USD=0.92 这样的写法",
    r"rates into (?P<a>.+): expected the currency to count in, of ISO 4217": (
        "计算货币 {a} 无法识别：应为 ISO 4217 代码"
    ),
    r"books version (?P<a>\d+) have no table (?P<b>\w+): expected it \(docs/dependence\.md\)": (
        "账簿版本 {a} 没有表 {b}"
    ),
    r"books version (?P<a>\d+)": "账簿版本 {a}",
    r"books version (?P<a>\d+) and documents of Lineshaft": "账簿版本 {a}与 Lineshaft 单据",
    r"documents of Lineshaft": "Lineshaft 单据",
    r"a trajectory needs two years in a row, got (?P<a>.+)": "轨迹至少需要连续两年的数据：现有 {a}",
}
"""What is missing of the firm's figures, and what of a question cannot be read."""
_SENTENCES = (
    _REFUSALS | _INPUT | _CHECKS | _WEBHOOKS | _CELLS | _FINDINGS | _ALONE | _FIRM | MEASURES
)


@cache
def _patterns() -> list[tuple[re.Pattern[str], str]]:
    """Return patterns and what they say; made when somebody first asks, as many never do."""
    made = [(re.compile(pattern), said) for pattern, said in _SENTENCES.items()]
    return made + terms_in_chinese()


def in_chinese(sentence: str) -> str | None:
    """Return what an English sentence says, or None where nobody has translated it."""
    for pattern, said in _patterns():
        found = pattern.fullmatch(sentence)
        if found:
            return said.format(**found.groupdict())
    return None
