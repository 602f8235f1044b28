"""Chinese: the report of the value chain."""

REPORT: dict[str, str] = {
    "report.bring": "如何补充缺少的内容",
    "report.bring_text": (
        "请把供应网络和企业账簿作为版本导入，并包含上面列出的各表；把断供推演保存为情景，"
        "报告就会包含其逐日影响、赔付和对策。各表及其列见 docs/supply-network.md、"
        "docs/servitization.md 和 docs/channels.md。"
    ),
    "report.choose": "选择",
    "report.counts": "{numbers} 个关键数字，{plots} 幅图，{tables} 张表",
    "report.empty": "没有数据",
    "report.files": "报告",
    "report.holds": "包含",
    "report.lacks": "缺少",
    "report.language": "语言",
    "report.lead": (
        "登记册、断供推演、服务化、渠道、微笑曲线和象限，供董事会阅读；每个数字都有定义。"
    ),
    "report.no_scenario": "不含断供推演",
    "report.no_scenarios": "还没有保存断供情景，报告中不含断供推演。",
    "report.nothing": "一行文字，说明缺少什么",
    "report.open": "在浏览器中打开",
    "report.partly": "部分",
    "report.question": "报告内容",
    "report.scenario": "断供情景",
    "report.section": "章节",
    "report.sections": "报告将包含的内容",
    "report.state": "数据",
    "report.title": "报告",
    "report.whole": "完整",
}
