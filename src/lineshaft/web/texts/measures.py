"""What is missing of the three channels and of trade, in Chinese; patterns as in `sentences`."""

MEASURES = {
    r"the books have no (?P<a>[\w, ]+)": "账簿中没有表 {a}",
    r"there is no (?P<a>(revenue|usage|machines)(, \w+)*)": "没有表 {a}",
    r"no good output in (?P<a>\S+)": "{a} 没有合格产出",
    r"no cost above 0 in (?P<a>\S+)": "{a} 没有大于零的成本",
    r"no (?P<a>\w+) above 0 in (?P<b>\S+): its logarithm has no start": (
        "{b} 的要素 {a} 不大于零：无法取对数"
    ),
    r"no hours in (?P<a>\S+) and (?P<b>\S+)": "{a} 与 {b} 没有工时",
    r"the table hours names no monitored activity": "hours 表中没有受监测的作业",
    r"no line of it made something and booked hours in both quarters": (
        "两个季度中都没有既产出又记工时的产线"
    ),
    r"no revenue of stand-alone services": "没有独立服务的收入",
    r"no line is connected, or none has an outcome": "没有已联网的产线，或产线没有该指标",
    r"no line is known before and after": "没有产线在联网前后都有数据",
    r"(?P<a>\d+) comparable lines, (?P<b>\d+) needed for (?P<c>\d) inputs and one output": (
        "可比产线 {a} 条；{c} 项投入、一项产出至少需要 {b} 条"
    ),
    r"(?P<a>\d+) comparable lines, (?P<b>\d+) needed for (?P<c>\d) inputs and one output, "
    r"(?P<d>\d+) at most": "可比产线 {a} 条；{c} 项投入、一项产出需要 {b} 至 {d} 条",
    r"growth accounting: (?P<a>\d+) comparable lines, (?P<b>\d+) needed for (?P<c>\d) inputs and "
    r"one output": "增长核算：可比产线 {a} 条；{c} 项投入、一项产出至少需要 {b} 条",
    r"growth accounting: (?P<a>\d+) comparable lines, (?P<b>\d+) needed for (?P<c>\d) inputs and "
    r"one output, (?P<d>\d+) at most": (
        "增长核算：可比产线 {a} 条；{c} 项投入、一项产出需要 {b} 至 {d} 条"
    ),
    r"Malmquist: (?P<a>\d+) comparable lines, (?P<b>\d+) needed for (?P<c>\d) inputs and one "
    r"output": "Malmquist 指数：可比产线 {a} 条；{c} 项投入、一项产出至少需要 {b} 条",
    r"(?P<a>\d+) connected lines can be compared with (?P<b>\d+) that are not yet: expected at "
    r"least (?P<c>\d+) of each, with the quarter before in the books": (
        "可比的已联网产线 {a} 条、尚未联网产线 {b} 条：各至少需要 {c} 条，且账簿含联网前一季度"
    ),
    r"how long products stay listed needs (?P<a>\d+) years in a row": (
        "要知道产品在清单上停留多久，需要连续 {a} 年的数据"
    ),
    r"the older list is empty": "以往的清单为空",
}
