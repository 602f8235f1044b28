"""What a document must say beside its amounts, in both languages."""

from collections.abc import Sequence
from typing import Any

from lineshaft.services.billing.model import (
    GuaranteeOutcome,
    GuaranteeResult,
    shown_percent,
    shown_quantity,
)
from lineshaft.services.contracts.model import LocalText
from lineshaft.services.metering.model import UsageRecord


def statements(
    usage: Sequence[UsageRecord],
    names: Sequence[LocalText],
    guarantee: GuaranteeResult | None,
    outcomes: Sequence[GuaranteeOutcome] = (),
) -> tuple[dict[str, Any], ...]:
    """Say which usage is incomplete, and what the proof is then good for.

    Nothing is said of a complete period. A guarantee that no time remained for is named too.

    Args:
        usage: the usage records of the document.
        names: what each of them is for, in words.
        guarantee: its result, where the contract has one.
        outcomes: of several guarantees, where the contract has a list of them.
    """
    said = [
        _incomplete(place, record, name, is_earlier=record.period != usage[0].period)
        for place, (record, name) in enumerate(zip(usage, names, strict=True))
        if not record.is_complete
    ]
    estimated = [place for place, record in enumerate(usage) if record.estimates]
    said += [_estimated(place, usage[place], names[place]) for place in estimated]
    if said:
        said.append(_RECEIVED_AND_ESTIMATED if estimated else _RECEIVED_ONLY)
    judged = [] if guarantee is None else [guarantee.availability.value]
    judged += [outcome.value for outcome in outcomes if "required_us" in outcome.basis]
    if None in judged:
        said.append(_NOT_APPLICABLE)
    return tuple(said)


def _incomplete(
    place: int, record: UsageRecord, name: LocalText, *, is_earlier: bool
) -> dict[str, Any]:
    """Say it of a record of the billed period, or of the contract year before it."""
    machine, percent = record.meter.machine, shown_percent(record.completeness)
    refused, excluded = record.refusal_count, record.exclusion_count
    span = "contract year before the period" if is_earlier else "period"
    english = f"Incomplete: the readings for {name.en} on {machine} cover {percent} % of the {span}"
    span = "计费期之前的合同年" if is_earlier else "计费期"
    chinese = f"数据不完整：{machine} 的{name.zh_hans}读数覆盖{span}的 {percent} %"
    if refused or excluded:
        english += f"; {refused} were refused and {excluded} excluded"
        chinese += f"；拒收 {refused} 条，排除 {excluded} 条"
    return {
        "code": "usage_incomplete",
        "usage": [place],
        "completeness": percent,
        "text": {"en": f"{english}.", "zh-Hans": f"{chinese}。"},
    }


def _estimated(place: int, record: UsageRecord, name: LocalText) -> dict[str, Any]:
    """Say how much was estimated, and why; it falls away when readings come."""
    shown = shown_quantity(record.estimated)
    amount = f"{shown['shown']} {shown['symbol']}"
    machine = record.meter.machine
    reasons = "; ".join(dict.fromkeys(each.reason for each in record.estimates))
    return {
        "code": "usage_estimated",
        "usage": [place],
        "text": {
            "en": f"Estimated: {amount} of {name.en} on {machine} ({reasons}).",
            "zh-Hans": f"估算用量：{machine} 的{name.zh_hans}中有 {amount} 为估算（{reasons}）。",
        },
    }


_RECEIVED_AND_ESTIMATED: dict[str, Any] = {
    "code": "proof_of_what_was_received",
    "usage": [],
    "text": {
        "en": "Proven is what was received; estimates are corrected once readings come.",
        "zh-Hans": "证明仅以已收到的数据为准；收到读数后，估算部分将予更正。",
    },
}
_RECEIVED_ONLY: dict[str, Any] = {
    "code": "proof_of_what_was_received",
    "usage": [],
    "text": {
        "en": "Billed and proven is what was received; the missing time was not estimated.",
        "zh-Hans": "计费和证明仅以已收到的数据为准；缺失的时段未作估算。",
    },
}
_NOT_APPLICABLE: dict[str, Any] = {
    "code": "guarantee_not_applicable",
    "usage": [],
    "text": {
        "en": "No required time remained to judge the guarantee on: no credit follows.",
        "zh-Hans": "没有可用于评定服务保证的应计时间，因此不产生服务抵扣。",
    },
}
