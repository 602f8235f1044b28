"""Chinese: the three channels of servitization."""

CHANNELS: dict[str, str] = {
    "channels.amount": "金额",
    "channels.before_after_change": "联网之后的变化",
    "channels.capital": "资本：要素替代",
    "channels.capital_text": (
        "沿生产前沿移动：与上一季度相比，单位产出耗用的各要素增减多少，以成本份额加权（Tö"
        "rnqvist）。区间带表示仅用其中一个季度的份额所得的结果；多季度均值的区间为 95 % 置信"
        "区间。"
    ),
    "channels.claim.before_after_only": (
        "这是联网之后的变化，不是效应：尚未联网的产线过少，无法说明不联网时会怎样。"
    ),
    "channels.claim.design_allows_estimate": (
        "这是效应的估计值，前提是后联网的产线本会与先联网的产线同步变化；安慰剂检验没有发现与"
        "此相反的迹象。"
    ),
    "channels.claim.estimate_not_tested": (
        "这只是与尚未联网的产线相比得到的估计值及其区间：联网前的季度过少，无法用安慰剂检验两"
        "者此前是否同步变化。"
    ),
    "channels.claim.no_effect_shown": "未显示出效应：该设计可以给出估计，但其区间包含零。",
    "channels.claim.not_measured": "未测量：账簿中没有相关数据。",
    "channels.claim.placebo_failed": (
        "不能主张有效应：已联网的产线在联网之前的变化就与其他产线不同。"
    ),
    "channels.date": "日期",
    "channels.digital": "数字：由联网设备计费的服务",
    "channels.digital_by_quarter": "数字渠道（按季度）",
    "channels.digital_change": "变化",
    "channels.digital_of_site": "收入只按工厂记录，不按产线：此处为整个工厂。",
    "channels.digital_revenue": "数字收入",
    "channels.digital_share": "占独立服务的比例",
    "channels.digital_text": (
        "独立销售的服务中，用量记录所读取的设备当时均已联网的那部分收入。这是发票行、用量记录"
        "与设备的直接关联，而不是回归估计。"
    ),
    "channels.document": "单据与行",
    "channels.efficiency_change": "效率变化",
    "channels.events": "对{outcome}的效应，按距联网的季度",
    "channels.events_by_quarter": "按距联网季度的效应（表格）",
    "channels.events_text": (
        "0 为产线联网的季度；各季度均与联网前一季度（−1）相比。联网之前不应看到效应。竖线为 "
        "95 % 置信区间。"
    ),
    "channels.factor.it_capital": "IT 资本",
    "channels.factor.labour": "劳动",
    "channels.factor.materials": "材料",
    "channels.factor.operating_capital": "设备与厂房",
    "channels.factor.services": "服务",
    "channels.factors": "各要素（按季度）",
    "channels.factors_text": (
        "各要素的贡献：成本份额乘以其相对产出的变化。五项要素与生产率之和为零。IT 与服务相对"
        "产出上升、劳动与设备下降时，才是替代。"
    ),
    "channels.firm": "全公司",
    "channels.from_connection": "距联网的季度数",
    "channels.frontier_shift": "前沿移动",
    "channels.growth": "生产率",
    "channels.growth_by_quarter": "生产率（按季度）",
    "channels.hours": "释放的工时（按季度）",
    "channels.hours_released": "释放的工时",
    "channels.hours_text": (
        "按上一季度的单位工时计算，受监测作业不再占用的工时，以及工时增加的作业。账簿不记录谁"
        "调到了哪里。"
    ),
    "channels.hours_went": "监测释放的工时及其去向",
    "channels.indicator.digital_revenue": "数字收入",
    "channels.indicator.digital_revenue_change": "数字收入的变化",
    "channels.indicator.digital_share": "占独立服务的比例",
    "channels.indicator.hours_released": "释放的工时",
    "channels.indicator.malmquist_index": "Malmquist 指数",
    "channels.indicator.substitution_effect": "替代效应",
    "channels.indicator.total_factor_productivity": "生产率",
    "channels.is.machine_unknown": "设备未知",
    "channels.is.metered": "联网设备",
    "channels.is.no_usage_record": "无用量记录",
    "channels.is.not_connected": "设备未联网",
    "channels.is_substitution": "替代",
    "channels.lead": (
        "服务化通过资本、技术和数字服务带来的变化，按季度列示，取自公司账簿；以及产线联网的效果。"
    ),
    "channels.lines": "独立服务的发票行",
    "channels.lines_text": "只有最终对应联网设备的行才计入数字渠道。",
    "channels.link": "关联",
    "channels.machines": "设备与用量记录",
    "channels.malmquist_index": "Malmquist 指数",
    "channels.mean.substitution_effect": "平均替代效应，{quarters}",
    "channels.mean.total_factor_productivity": "生产率平均增长，{quarters}",
    "channels.method": "方法",
    "channels.more_missing": "另有 {count} 条原因，见导出文件。",
    "channels.no_place": "账簿中没有 {place}：现显示全公司。",
    "channels.none.text": (
        "三条渠道由公司账簿计算，各自需要相应的表；请以文件夹、zip 或工作簿导入。"
    ),
    "channels.none.title": "还没有账簿",
    "channels.not_measured": "未测量，以及缺少什么",
    "channels.of": "取自 {books}。每个数字都可展开，查看公式、数据表、季度与覆盖率。",
    "channels.other_activities": "其他作业",
    "channels.outcome": "联网推广所影响的指标",
    "channels.outcome.labour_productivity": "每小时产出",
    "channels.outcome.quality_ratio": "合格率",
    "channels.place": "工厂与产线",
    "channels.quarter": "季度",
    "channels.roll_out": "产线联网的效果",
    "channels.roll_out_effect": "对已联网产线的效应",
    "channels.roll_out_placebo": "安慰剂：提前两个季度",
    "channels.roll_out_text": (
        "全公司的产线：已联网的产线与尚未联网的产线相比（双重差分，Callaway 与 Sant’Anna 2021"
        "），指标为{outcome}。"
    ),
    "channels.service": "服务",
    "channels.show": "显示",
    "channels.shown": "第 {first} 至 {last} 条，共 {count} 条",
    "channels.site": "工厂 {site}",
    "channels.substitution": "替代效应",
    "channels.technology": "技术：同样投入，更多合格产出",
    "channels.technology_text": (
        "前沿移动：经质量调整的产出增长中，任何要素都不能解释的部分。可比产线足够时用 "
        "Malmquist 指数，否则用增长核算；表中注明方法及原因。"
    ),
    "channels.title": "三条渠道",
    "channels.to_books": "查看账簿",
    "channels.to_nobody": "未被任何作业吸收",
    "channels.what_is_missing": "缺少什么",
    "channels.where_to": "去向",
}
