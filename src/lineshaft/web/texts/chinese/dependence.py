"""Chinese: strength beside dependence."""

DEPENDENCE: dict[str, str] = {
    "dependence.across": "竞争力（百分位）→",
    "dependence.advantage": "显性比较优势",
    "dependence.after_years": "{part}（{years} 年前清单）",
    "dependence.choose_country": "请选择国家，查看其产品的位置。",
    "dependence.competitive": "竞争力",
    "dependence.controllability": "可控性",
    "dependence.corner.dependent": "弱且依赖",
    "dependence.corner.dual": "二元悖论：强且依赖",
    "dependence.corner.strong": "强且可控",
    "dependence.corner.weak": "弱，不依赖",
    "dependence.country": "国家",
    "dependence.drawn": (
        "图中为清单上的全部 {listed} 种产品，以及清单外进口额最大的 {others} 种。竖线处 RCA "
        "为 1；横线以上满足 CEPII 规则。数值 r 绘于 r/(1+r) 处。"
    ),
    "dependence.dual_stays": "以往的二元悖论产品中仍在的",
    "dependence.edition": "数据版本",
    "dependence.field": "象限",
    "dependence.field.all": "全部产品",
    "dependence.field.dependent": "弱且依赖",
    "dependence.field.dual": "二元悖论",
    "dependence.field.listed": "依赖清单上的",
    "dependence.field.strong": "强",
    "dependence.field.weak": "弱",
    "dependence.first_source": "来源集中度",
    "dependence.imported": "进口产品数",
    "dependence.imports": "三年进口额（美元）",
    "dependence.item": "产品",
    "dependence.items": "各产品",
    "dependence.lead": (
        "竞争力与依赖并存之处：畅销却系于单一来源的，就是二元悖论。分别列示公司自己的产品和一"
        "国的产品。"
    ),
    "dependence.list_stays": "以往清单中仍在列的",
    "dependence.margin": "距规则的裕度",
    "dependence.no_country": "没有国家 {country} 的贸易数据：请从列表中选择。",
    "dependence.none_found": "此处没有产品。",
    "dependence.on_the_list": "按 CEPII 规则形成依赖的",
    "dependence.own": "公司自己的产品",
    "dependence.own_none.text": (
        "需要供应网络，以及账簿中至少含四种产品的 competitiveness 表：报价赢单率、相对他人的"
        "价格、市场份额。"
    ),
    "dependence.own_none.title": "还不能确定产品的位置",
    "dependence.own_picture": "所售产品的竞争力与脆弱性",
    "dependence.own_text": (
        "向右：产品与表中其他产品相比的竞争力。向上：其最薄弱的外购件在多大程度上依赖单一来源"
        "、少数国家、漫长的重新认证和不足的库存。"
    ),
    "dependence.product": "产品（HS6）",
    "dependence.product_said": "{product}：{field}；RCA {advantage}，裕度 {margin}",
    "dependence.products": "各产品",
    "dependence.products_text": (
        "清单：三年中至少两年满足 CEPII 的三个条件。清单会变动；以往清单中仍在列的比例见上方。"
    ),
    "dependence.rule_held": "满足规则的年份",
    "dependence.said": "{name}：{field}；竞争力 {competitive}，脆弱性 {vulnerable}（百分位）",
    "dependence.search": "搜索产品",
    "dependence.show": "显示",
    "dependence.title": "竞争力与依赖",
    "dependence.to_books": "查看账簿",
    "dependence.to_network": "查看供应网络",
    "dependence.trade": "贸易数据的版本",
    "dependence.up": "↑ 脆弱性（百分位）",
    "dependence.version": "版本 {version}：{years}",
    "dependence.vulnerability": "脆弱性",
    "dependence.vulnerable": "脆弱性百分位",
    "dependence.weakest": "最薄弱的外购件",
    "dependence.world": "各国产品",
    "dependence.world_across": "出口显性比较优势（RCA）→",
    "dependence.world_none.text": (
        "请从 CEPII 获取 BACI 年度文件（免费，Etalab 2.0），至少连续三年，并用此命令保留由其"
        "得出的指标。Lineshaft 不下载也不附带贸易数据。"
    ),
    "dependence.world_none.title": "还没有世界贸易数据",
    "dependence.world_picture": "{country} 的产品",
    "dependence.world_text": (
        "向右：产品出口超过该国在世界中的份额（RCA 大于 1 为强）。向上：与 CEPII 依赖规则的接"
        "近程度，即来源集中、世界出口集中、进口多于出口。欧盟委员会的三项指标默认关闭，因其阈"
        "值未经核对：lineshaft valuechain dependence --bloc --unverified。"
    ),
    "dependence.world_up": "↑ 距 CEPII 规则的裕度",
}
