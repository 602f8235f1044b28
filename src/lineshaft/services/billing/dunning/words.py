"""From the content of a letter to the words on its page, in each language; pure."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from lineshaft.core.period import parse_instant, to_datetime, zone_named
from lineshaft.services.billing.dunning.model import day_of
from lineshaft.services.billing.rendering.labels import MONTHS
from lineshaft.services.billing.rendering.model import Language
from lineshaft.services.billing.rendering.words import grouped, shown

_ENGLISH = {
    "title_0": "Statement of what is open",
    "title_1": "First reminder",
    "title_2": "Second reminder",
    "title_3": "Last reminder",
    "text_0": "According to our books the following amount of this document is open.",
    "text_1": "We have not yet received the payment below. Please pay it now; if it has crossed "
    "with this letter, take no notice of it.",
    "text_2": "We reminded you of the amount below and have still not received it. Please pay it "
    "within seven days.",
    "text_3": "Despite our reminders the amount below is open. Without payment within seven days "
    "we shall claim it in court, without writing to you again.",
    "fee": "A fee of {fee} is charged for this letter.",
    "no_fee": "No fee is charged for this letter.",
    "interest": "Interest of {percent} % a year is charged on the open amount for {days} days, of "
    "365 in a year: {interest}.",
    "no_interest": "No interest is charged.",
    "unchanged": "This letter changes nothing in the document that it reminds of. It is not a tax "
    "invoice.",
    "number": "Document",
    "issued": "Issued",
    "written": "Date",
    "due": "Payable until",
    "no_due": "no term agreed",
    "overdue": "Overdue for",
    "days": "{days} days",
    "gross": "Total of the document",
    "paid": "Paid so far",
    "open": "Open",
    "disputed": "Of this in dispute, not to be paid now",
    "fee_label": "Fee",
    "interest_label": "Interest",
    "total": "Please pay",
}
_CHINESE = {
    "title_0": "未付款项通知",
    "title_1": "首次催款通知",
    "title_2": "第二次催款通知",
    "title_3": "最后催款通知",
    "text_0": "根据我方账目，该单据尚有以下款项未付。",
    "text_1": "我方尚未收到以下款项，请尽快付款；如已付款，请忽略本通知。",
    "text_2": "我方已就以下款项发出提醒，但仍未收到。请在七日内付款。",
    "text_3": "经多次提醒，以下款项仍未付。如七日内仍未付款，"
    "我方将不再另行通知，直接通过法律途径追讨。",
    "fee": "本通知收取费用 {fee}。",
    "no_fee": "本通知不收取费用。",
    "interest": "对未付款项按年利率 {percent} % 计收 {days} 天利息"
    "（一年按 365 天计）：{interest}。",
    "no_interest": "不计收利息。",
    "unchanged": "本通知不改变所涉单据的任何内容，也不是税务发票。",
    "number": "单据",
    "issued": "开具日期",
    "written": "日期",
    "due": "付款期限",
    "no_due": "未约定期限",
    "overdue": "逾期",
    "days": "{days} 天",
    "gross": "单据总额",
    "paid": "已付",
    "open": "未付",
    "disputed": "其中有异议，暂不付款",
    "fee_label": "费用",
    "interest_label": "利息",
    "total": "请支付",
}
LABELS = {Language.ENGLISH: _ENGLISH, Language.CHINESE: _CHINESE}


def letter_view(content: Mapping[str, Any], language: Language) -> dict[str, Any]:
    """Return what a page of a letter shows, text by text.

    Args:
        content: of a letter, see `letter_content`.
        language: of the words.
    """
    words = LABELS[language]
    written = parse_instant(content["written_at"])
    due = day_of(content["due_on"])
    facts = [
        [words["number"], content["document"]],
        [words["issued"], _day(content["issued_at"], content, language)],
        [words["written"], _day(content["written_at"], content, language)],
        [words["due"], words["no_due"] if due is None else _date(due, language)],
    ]
    if content["overdue_days"]:
        facts.append([words["overdue"], words["days"].format(days=content["overdue_days"])])
    return {
        "title": words[f"title_{content['level']}"],
        "number": content["document"],
        "language": str(language),
        "written": list(to_datetime(written).timetuple()[:6]),
        "supplier": _party(content["supplier"]),
        "customer": _party(content["customer"]),
        "facts": facts,
        "text": words[f"text_{content['level']}"],
        "amounts": _amounts(content, words),
        "terms": _terms(content, words),
    }


def _amounts(content: Mapping[str, Any], words: Mapping[str, str]) -> list[list[str]]:
    names = ["gross", "paid", "open", *(["disputed"] if "disputed" in content else [])]
    rows = [[words[name], _money(content, name)] for name in names]
    rows += [
        [words[f"{name}_label"], _money(content, name)]
        for name in ("fee", "interest")
        if Fraction(content[name])
    ]
    return [*rows, [words["total"], _money(content, "total")]]


def _terms(content: Mapping[str, Any], words: Mapping[str, str]) -> list[str]:
    fee = words["fee"].format(fee=_money(content, "fee"))
    interest = words["interest"].format(
        percent=shown(Fraction(content["interest_percent"]), 4),
        days=content["overdue_days"],
        interest=_money(content, "interest"),
    )
    return [
        fee if Fraction(content["fee"]) else words["no_fee"],
        interest if Fraction(content["interest_percent"]) else words["no_interest"],
        words["unchanged"],
    ]


def _money(content: Mapping[str, Any], name: str) -> str:
    return f"{grouped(content[name])} {content['currency']}"


def _party(party: Mapping[str, Any]) -> dict[str, Any]:
    return {"name": party["name"], "lines": [*party["address_lines"], party["country"]]}


def _day(instant: str, content: Mapping[str, Any], language: Language) -> str:
    zone = zone_named(content["time_zone"])
    return _date(to_datetime(parse_instant(instant), zone).date(), language)


def _date(day: Any, language: Language) -> str:
    if language is Language.CHINESE:
        return f"{day.year}年{day.month}月{day.day}日"
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"
