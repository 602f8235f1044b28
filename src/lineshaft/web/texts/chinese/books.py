"""Chinese: the firm's own books."""

BOOKS: dict[str, str] = {
    "books.absent": "没有",
    "books.archive": "下载 zip",
    "books.checking": "正在检查 {table}，第 {row} 行…",
    "books.feeds": "用于",
    "books.files": "文件",
    "books.import_text": (
        "每张表一个工作表的 Excel 工作簿，或 CSV 文件的 zip，最大 {size}；"
        "每张表都可以没有，但不能全都没有。先检查每一行；只要有一行不对，就什么也不改，并列出所有不对的行。"
    ),
    "books.lead": (
        "企业自己知道而 Lineshaft 不开票的内容：收入、活动、成本、工时、资产、产出。"
        "它们与 Lineshaft 的单据一起构成企业各页面所显示的内容。"
    ),
    "books.none.text": (
        "请以 Excel 工作簿或 CSV 文件的 zip 导入以下至少一张表。示例列出所有表的列；"
        "Lineshaft 开票的内容已经知道。"
    ),
    "books.none.title": "还没有账簿",
    "books.note": "备注",
    "books.says": "内容",
    "books.shown": "此版本",
    "books.size": "大小",
    "books.table": "表",
    "books.table.activities": "每项活动每月的工时、收入和成本",
    "books.table.assets": "长期使用的资产及其每季度的使用成本",
    "books.table.competitiveness": "每种自有产品的销售情况：中标率、价格、市场份额",
    "books.table.hours": "每条产线的工时及其成本",
    "books.table.installed_base": "客户使用的本企业所造设备",
    "books.table.machines": "每台设备从何时起联网",
    "books.table.output": "每条产线的产出（合格与不合格）及其价值",
    "books.table.payroll": "企业各职能的成本",
    "books.table.purchases": "为每条产线采购的货物和服务",
    "books.table.revenue": "Lineshaft 不开票的发票和贷项通知单各行",
    "books.table.roll_out": "每条产线何时联网",
    "books.table.service_inputs": "按科目列出的服务支出和其他支出",
    "books.table.upgrading": "每年的世界份额、增加值、数量和单位价值",
    "books.table.usage": "发票行所结算的用量记录",
    "books.tables": "表",
    "books.title": "账簿",
    "books.until": "截至",
}
