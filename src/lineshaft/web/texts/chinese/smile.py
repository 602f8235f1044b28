"""Chinese: the smile curve and upgrading."""

SMILE: dict[str, str] = {
    "smile.activity": "活动",
    "smile.by_quarter": "各项活动各季度的每小时毛利",
    "smile.curve": "价值链各环节的每小时毛利",
    "smile.curve_said": "各项活动的每小时毛利，以及拟合曲线和区间",
    "smile.curve_text": (
        "每个点是价值链上的一项活动（按 Tait 和 Gereffi 2016 的顺序）。曲线为最小二乘抛物线，阴影"
        "为其均值的 95% 区间。只有当二次项系数的区间大于零时，才称之为“微笑”。"
    ),
    "smile.depth": "曲线深度",
    "smile.fitted": "拟合曲线",
    "smile.horizontal": "规模",
    "smile.horizontal_axis": "规模：世界产出份额的对数",
    "smile.interval": "95% 区间",
    "smile.lead": "沿着价值链看，一小时的工作在哪里收益最高，如何变化，以及企业是否在升级。",
    "smile.locked_in": "低端锁定：数量增加而价值未升",
    "smile.margin": "每小时毛利",
    "smile.move": "曲线的变化",
    "smile.move_said": "各季度曲线深度及区间",
    "smile.move_text": (
        "各季度曲线的深度及其区间。虚线以上表示两端收益高于中间；若区间跨过虚线，则不能下结论。"
    ),
    "smile.none.text": (
        "微笑曲线由企业的作业账（activities 表）拟合，升级轨迹由 upgrading 表绘制。"
        "请导入含有其中一个表的账簿。"
    ),
    "smile.none.title": "还没有企业账簿",
    "smile.per_hour": "{currency}/小时",
    "smile.place": "位置",
    "smile.points": "活动",
    "smile.quarter": "季度",
    "smile.says": "说明",
    "smile.shape.inverted": "价值链中间的每小时毛利高于两端，且区间不含零。",
    "smile.shape.not_shown": "数据未显示出曲线：二次项系数的区间包含零。",
    "smile.shape.smile": "呈微笑曲线：价值链两端的每小时毛利高于中间，且区间不含零。",
    "smile.short.inverted": "中间收益更高",
    "smile.short.not_shown": "未显示出曲线",
    "smile.short.smile": "微笑",
    "smile.title": "微笑曲线",
    "smile.upgrading": "升级",
    "smile.upgrading_said": "各年的规模与控制力，按年份顺序连接",
    "smile.upgrading_text": (
        "向右为横向升级，即规模扩大：占世界产出份额的对数。向上为纵向升级，即控制力增强：自有增加"
        "值占比乘以（1 减脆弱性）（Huang 和 Ma，第 4.1 节）。"
    ),
    "smile.vertical": "控制力",
    "smile.vertical_axis": "控制力",
    "smile.way": "与上一年相比",
    "smile.way.control_at_the_cost_of_scale": "以规模换控制力",
    "smile.way.decline": "双双下降",
    "smile.way.less_control": "控制力减弱",
    "smile.way.less_scale": "规模缩小",
    "smile.way.more_control": "控制力增强",
    "smile.way.more_scale": "规模扩大",
    "smile.way.more_scale_and_control": "规模与控制力同升",
    "smile.way.none": "没有变化",
    "smile.way.scale_at_the_cost_of_control": "以控制力换规模",
    "smile.within": "{value} {unit}，95% 区间 {low} 至 {high}",
    "smile.year": "年份",
}
