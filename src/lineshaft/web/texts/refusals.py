"""Why something was refused, in Chinese: by the kind of the error, and what it is about.

The message of an error is English, for logs and scripts. Here stands what its kind says; of what it
is about, the pages know its `values`. A kind that says many things, such as `Invalid`, is found by
its sentence instead (`sentences.py`); what is in neither stays English on the page, and says so.
"""

from collections.abc import Iterable, Mapping

from lineshaft.core.errors import LineshaftError, Refusal
from lineshaft.web.texts.sentences import in_chinese

KINDS_IN_CHINESE: dict[str, str] = {
    "ActRefused": "合同当前的状态不允许该操作，请刷新页面后查看合同的状态。",
    "AddressRefused": "该地址指向本机或本网络，不能作为接收地址。",
    "AlreadyWithdrawn": "该服务产品的这一版本或更新版本已因其他理由停售。",
    "AmbiguousTime": "该时间在当天出现两次（时钟回拨），请选择另一个时间。",
    "AmountTooLarge": "金额超出账簿可容纳的范围。",
    "AnswerLost": "该请求已执行，但其答复没有保存。",
    "BadKeyFile": "密钥文件无法读取。",
    "BlocksHeld": "数据段被保留，不能删除。",
    "BundleTooLarge": "证据包过大：读数过多的单据需分部分证明。",
    "CircularBill": "物料清单中有物料是其自身的组成部分。",
    "ClockOffsetTaken": "该偏差已有不同内容的记录，而记录从不更改。",
    "ContentDiffers": "接受的内容与发出的要约不一致，请重新阅读后再接受。",
    "ContractNotFound": "没有该合同，或您无权查看。",
    "CorrectionConflict": "该读数已有另一更正，请刷新页面。",
    "CorrectionInvalid": "该更正不能这样记录。",
    "CorrectionRefused": "现行合同的供应商、客户或货币与首份单据不同，不能更正。",
    "CostsWrong": "有些成本行无法接受；所有行都没有记录。",
    "CrossSiteRequest": "该表单来自其他网站，未予处理。",
    "CureNotFound": "所有对策加在一起也达不到目标。",
    "CureSearchTooLong": "寻找费用最低的对策耗时过长，请放宽目标或减少对策。",
    "CurrencyMismatch": "不同货币的金额不能相加。",
    "CursorInvalid": "列表的页码无效，请从第一页重新开始。",
    "DatabaseBusy": "数据库繁忙，请稍候再试。",
    "DatabaseDamaged": "数据库文件已损坏，请检查系统状态。",
    "DatabaseUnavailable": "数据库无法访问，请稍候再试。",
    "DisputeInvalid": "异议需要理由，且不能过长；行号必须属于该单据。",
    "DisputeOpen": "该单据已有未答复的异议。",
    "DisputeTooLate": "提出异议的期限已过，或异议次数过多。",
    "DocumentNotFound": "没有该单据，或您无权查看。",
    "DocumentUnreadable": "该文件不是已知格式的单据。",
    "EstimateBySamePerson": "估算人不能自己批准，须由另一人批准。",
    "EstimateNotFound": "没有该估算，或您无权查看。",
    "EstimateTaken": "该估算已有不同内容的记录，或已被撤回。",
    "EstimatesOverlap": "同一计量表已批准的另一估算覆盖了部分时段。",
    "ExchangeInstantTaken": "同一信号在同一时刻已有另一次获批的更换。",
    "ExchangeNotFound": "没有该更换记录，或您无权查看。",
    "ExchangeVersionTaken": "该版本已有不同内容的记录，或不是下一版本。请刷新页面。",
    "ExclusionNotFound": "没有该排除时段，或您无权查看。",
    "ExtraMissing": "尚未安装所需的程序库：请安装 lineshaft[valuechain]。",
    "FactVersionTaken": "该版本已有不同内容的记录，或不是下一版本。请刷新页面。",
    "FreeSpaceLow": "磁盘空间不足，请先释放空间。",
    "HoldNotFound": "没有该保留，或您无权查看。",
    "ImporterUnknown": "该国在这些年份没有进口。",
    "IncidentNotFound": "没有该服务请求，或您无权查看。",
    "IncidentVersionTaken": "服务请求刚刚被他人更新。请刷新页面后再记录。",
    "InputsChanged": "情景所依据的文件已经改变。",
    "ItemUnknown": "供应网络中没有该产品。",
    "KeyBusy": "同一请求正在处理，请稍候再试。",
    "KeyExposed": "密钥文件的权限过宽，他人可以读取。",
    "KeyMissing": "缺少密钥。",
    "KeyReused": "该请求键已用于另一内容。",
    "KnowledgeCut": "该时刻的数据已按保留规则清除，无从得知当时已知的内容。",
    "LastAdministrator": "这样就没有管理员了：至少要保留一位。",
    "LetterNotDue": "没有未付金额、存在异议，或须先发送上一级信函。",
    "LetterNotFound": "该单据没有这一级信函，或您无权查看。",
    "LimitReached": "数量已达上限，请先删除一个。",
    "LoginRefused": "用户名或密码错误。",
    "MachineInvalid": "设备或信号不能这样描述。",
    "MachineNotFound": "没有该设备，或您无权查看。",
    "MissingGlyph": "文本中有字体无法显示的字符。",
    "MonthNotOver": "该月尚未结束。",
    "NameTaken": "该名称已被使用，请换一个。",
    "NetworkMissing": "还没有导入供应网络：至少需要 items、sourcing 和 lines 三个表。",
    "NetworkTooLarge": "文件过大，超出供应网络版本的上限。",
    "NetworkVersionNotFound": "没有该版本的供应网络，或您无权查看。",
    "NetworkVersionTaken": "该版本已有不同内容，或不是下一版本。请刷新页面。",
    "NoDispute": "该单据没有未答复的异议。",
    "NonexistentTime": "该时间在当天不存在（时钟拨快），请选择另一个时间。",
    "NotADecimal": "应为 12.5 这样的数字。",
    "NotAllowed": "您的角色不允许执行该操作。",
    "NotAnUpload": "应为 Excel 工作簿（.xlsx）或 CSV 文件的 zip。",
    "NotCanonical": "内容无法写成规范形式：应为文本、整数或列表。",
    "NotExpressible": "EN 16931 电子发票无法表达该单据。",
    "NotInForce": "没有已生效的合同版本覆盖整个时段。",
    "NotProductive": "按这些变动，某个产业生产自身所需超过其产出，模型无解；请减小变动。",
    "NotSignedIn": "会话已结束，请重新登录。",
    "NotWholeDays": "按日计费的时段必须在合同时区的零点开始和结束。",
    "NothingToCorrect": "该时段没有开具过单据，无从更正。",
    "OfferingNotFound": "没有该服务产品，或您无权查看。",
    "OfferingNotOnSale": "该版本已停售；已有的合同不受影响。",
    "PackNotFound": "没有该模板。",
    "PasswordsDiffer": "两次输入的密码不同。",
    "PaymentInvalid": "付款金额须大于零、货币与单据一致，并需要银行参考号。",
    "PaymentNotFound": "该单据没有此参考号的付款。",
    "PaymentTaken": "该参考号已记录了不同的金额或日期。",
    "PdfUnreadable": "该 PDF 不是本系统的格式，或已损坏。",
    "PeriodDocumented": "已开具的单据跨越该版本的开始或合同的结束，请选择其他日期。",
    "PeriodIncomplete": "已知的用量少于合同要求，且没有说明仍要开票的理由。",
    "PeriodNotOver": "计费期尚未结束，或其数据尚未全部到达。",
    "PeriodOverlaps": "该合同另一时段的单据已覆盖其中一部分。",
    "PlaceUnknown": "服务产品中没有要更改的项目。",
    "ReadingNotFound": "没有该读数，或您无权查看。",
    "RenderingTooLarge": "单据的呈现形式过大。",
    "ReplayTooLarge": "一次重放的消息过多，请缩短时段。",
    "RowsLost": "部分读数已按保留规则删除。",
    "RulesBroken": "电子发票不符合规则。",
    "RulesNotRun": "无法对该文件运行官方规则：其格式不符合规范。",
    "SamePerson": "记录人不能自己批准，须由另一人批准。",
    "ScenarioNotFound": "没有该情景，或您无权查看。",
    "ScenarioTaken": "该标识的情景已有不同内容，请换一个标识。",
    "SegmentConflict": "该数据段与已存储的不同。",
    "SegmentRunDamaged": "存储的数据段已损坏，请检查系统状态。",
    "SegmentUnknownSource": "没有该数据源。",
    "SeriesTaken": "该单据编号系列属于另一供应商，请换一个系列。",
    "SqlCancelled": "查询用时过长，已取消。",
    "SqlRefused": "只允许读取数据的查询。",
    "SqlTooLong": "查询语句过长。",
    "StoreChanging": "存储文件正在整理，请稍候再试。",
    "StoreFileDamaged": "存储文件已损坏，请检查系统状态。",
    "StoreFilesChanging": "存储文件正在整理，请稍候再试。",
    "StreamTooLong": "读数过多，请缩短时段。",
    "StudyNotFound": "没有该测算，或没有这一版本或方案。",
    "StudyVersionTaken": "测算已被他人保存为新版本。请刷新页面。",
    "TableDamaged": "该投入产出表的文件已损坏或丢失，请用原文件以同一名称重新导入。",
    "TableNotFound": "没有以该名称保存的投入产出表。",
    "TableOutOfBalance": "该投入产出表的平衡部分不足一半，未导入。",
    "TableTaken": "该名称已用于另一投入产出表，请先删除它或换一个名称。",
    "TableTooLarge": "该投入产出表过大。",
    "TablesInvalid": "文件中有错误的行，未作任何更改。",
    "TakesTooMuch": "对同一数值的各项变动合计减少超过 100 %，请减小变动。",
    "TargetUnknown": "供应网络中没有该对象。",
    "TermsInvalid": "条款自相矛盾或无法读取。",
    "TextTooLong": "文本过长，无法写入表格。",
    "TooManyCorrections": "该时段的更正次数已达上限。",
    "TooManyEstimates": "该设备的估算数量已达上限。",
    "TooManyExchanges": "更换记录的数量已达上限。",
    "TooManyFacts": "记录的数量已达上限。",
    "TooManyGrants": "该组织的授权数量已达上限。",
    "TooManyHolds": "保留的数量已达上限。",
    "TooManyLogins": "一分钟内尝试次数过多，请稍候再试。",
    "TooManyOffsets": "该数据源的时钟偏差数量已达上限。",
    "TooManyPayments": "该单据的付款数量已达上限。",
    "TooManyProblems": "文件中的错误过多，未作任何更改。",
    "TooManyQueries": "同时进行的查询过多，请稍候再试。",
    "TooManyRows": "行数过多，表格无法容纳，请缩短时段。",
    "TooManyScenarios": "保存的情景已达上限。",
    "TooManyStreams": "同时进行的读取过多，请稍候再试。",
    "TooManyTables": "保存的投入产出表已达上限，请先删除不用的表。",
    "TooManyVersions": "服务请求或其版本的数量已达上限。",
    "TooManyWatchers": "打开的实时页面过多，请稍后再试。",
    "TooManyWebhooks": "该组织的推送地址数量已达上限。",
    "TooMuchAtOnce": "设备与月份过多，请减少后再测算。",
    "TooThin": "数据不足，无法给出可信的数字。",
    "TotalsWrong": "单据金额合计不一致。",
    "TradeDamaged": "贸易数据文件缺失或已损坏，请重新保留相同的文件。",
    "TradeMissing": "还没有世界贸易数据。",
    "TradeVersionNotFound": "没有该版本的贸易数据，或您无权查看。",
    "TradeVersionTaken": "该版本已有不同内容，或不是下一版本。请刷新页面。",
    "UnitMismatch": "两个单位的量纲不同，不能换算。",
    "UnknownActorType": "没有该类型的行动者。",
    "UnknownAxis": "没有该比较维度。",
    "UnknownCurrency": "ISO 4217 中没有该货币代码。",
    "UnknownKey": "没有该密钥。",
    "UnknownOrganisation": "没有该组织。",
    "UnknownPath": "没有该国家路径。",
    "UnknownPerson": "没有该用户。",
    "UnknownPlace": "该投入产出表中没有这个国家或产业。",
    "UnknownSource": "没有该数据源。",
    "UnknownToken": "没有该令牌。",
    "UnknownUnit": "没有该计量单位代码。",
    "UnreadableTable": "该文件与其发布方所说明的格式不符。",
    "UnreadableTrade": "贸易文件与发布者的说明不符。",
    "Unwritable": "该格式无法写出这些数据。",
    "UsageBatchTooLarge": "一批中的用量事件过多。",
    "UsageBusy": "用量接口繁忙，请稍候再试。",
    "UsageConflict": "该用量事件的标识已有不同内容的记录。",
    "UsageForbidden": "您无权报送该设备的用量。",
    "UsageInvalid": "有用量事件无法接受；整批都没有记录。",
    "UsageMismatch": "用量记录与合同和时段所需不一致。",
    "VersionGap": "版本须依次编号：这不是下一版本。请刷新页面。",
    "VersionTaken": "该版本已有不同内容的记录，而版本从不更改。请换一个名称或刷新页面。",
    "WebhookInvalid": "该地址或事件类型不能使用。",
    "WebhookNotFound": "没有该推送地址或消息，或您无权查看。",
    "WrongEvidence": "证明不成立。",
    "XmlUnreadable": "该文件不是本系统写出的 UBL 单据。",
    "XmpUnreadable": "该 PDF 的元数据无法读取。",
}
GENERAL_IN_CHINESE: dict[str, str] = {
    "Conflict": "与已有的记录不符。",
    "Forbidden": "您无权执行该操作。",
    "Invalid": "输入的内容有误。",
    "NotFound": "没有所要的内容，或您无权查看。",
    "PreconditionFailed": "当前状态不允许该操作，请刷新页面后查看。",
    "RateLimited": "数量或次数已达上限，请稍候再试。",
    "Unauthorized": "请先登录。",
    "Unavailable": "所需的服务暂不可用，请稍候再试。",
}
"""By the eight kinds: for errors of no kind of their own. The words of the error follow."""
_MISSING = {
    "undefined": "{machine} 上的计量表 {meter} 没有数值",
    "negative": "{machine} 上的计量表 {meter} 计得 {quantity}，小于零",
    "unknown": "{machine} 上的计量表 {meter} 仅知 {known} %",
}


def refused_in_chinese(error: LineshaftError) -> str | None:
    """Return why something was refused; None for what is no refusal."""
    said = in_chinese(str(error))
    if said is not None:
        return said
    names = [kind.__name__ for kind in type(error).__mro__]
    kind = next((KINDS_IN_CHINESE[name] for name in names if name in KINDS_IN_CHINESE), None)
    if kind is None:
        general = (GENERAL_IN_CHINESE[name] for name in names if name in GENERAL_IN_CHINESE)
        return next((f"{said}（{error}）" for said in general), None)
    missing = error.values.get("missing") if isinstance(error, Refusal) else None
    if kind is None or not isinstance(missing, Iterable):
        return kind
    return kind + "；".join(map(_missing, missing)) + "。"


def _missing(each: Mapping[str, str]) -> str:
    said = _MISSING[each["why"]].format(**each)
    if each.get("least"):
        said += f"（合同要求至少 {each['least']} %）"
    if each.get("spans"):
        said += f"，缺少 {each['spans']}"
    if each.get("more"):
        said += f"，另有至少 {each['more']} 段"
    return said
