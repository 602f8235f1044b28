"""From the content of a document to the words and figures on the page; pure.

Both renderers take their text from here, so that HTML and PDF cannot say two things. Figures are
those of the document; this module formats and never computes an amount.
"""

from datetime import timedelta
from fractions import Fraction
from typing import Any

from lineshaft.core.period import (
    Instant,
    format_instant,
    parse_instant,
    to_datetime,
    zone_named,
)
from lineshaft.core.quantity import unit_named
from lineshaft.services.billing.rendering.guarantees import guarantees
from lineshaft.services.billing.rendering.model import Language
from lineshaft.services.billing.rendering.steps import StepWords, step_amount
from lineshaft.services.billing.rendering.words import (
    STEP_DECIMALS,
    Words,
    grouped,
    percent,
    percent_number,
    shown,
    unrounded,
)
from lineshaft.services.billing.spans import billed_span

_CREDIT_NOTE = "381"
_US_PER_S = 1_000_000
_US_PER_MINUTE = 60_000_000
_PPM = 1_000_000
_CLASSES = ("up", "down_provider", "down_customer", "excluded", "unknown")
_TYPST = {Language.ENGLISH: ("en", "gb"), Language.CHINESE: ("zh", "cn")}
_COMMAND = "lineshaft verify INVOICE.json --evidence EVIDENCE.json --keys KEYS.json"


def view_of(document: dict[str, Any], language: Language) -> dict[str, Any]:
    """Return what a page of this document shows, as JSON content of texts.

    Args:
        document: content of an issued document (`docs/formats/invoice.md`).
        language: of the words; the document's own texts are chosen by it as well.
    """
    return _View(document, language).content()


class _View:
    """The document, the language and the zone, which every text needs."""

    def __init__(self, document: dict[str, Any], language: Language) -> None:
        self._document, self._language = document, language
        self._words = Words(document, language)
        self._steps = StepWords(self._words)

    def content(self) -> dict[str, Any]:
        document, words = self._document, self._words.labels
        issued = to_datetime(parse_instant(document["issued_at"]))
        typst_language, typst_region = _TYPST[self._language]
        title = words.get(f"title_{document['type']}", words["title"])
        return {
            "attachment": words["attachment"],
            "badge": self._badge(),
            "columns": [
                words["position"],
                words["description"],
                words["quantity"],
                words["amount"].format(currency=self._words.currency),
            ],
            "customer": self._party("customer"),
            "evidence": self._evidence(),
            "facts": self._facts(),
            "footer": words["footer"].format(
                title=title, number=document["number"], supplier=document["supplier"]["name"]
            ),
            "guarantee": self._guarantee(),
            "guarantees": guarantees(document, self._words),
            "issued": list(issued.timetuple()[:6]),
            "language": str(self._language),
            "lines": [self._line(i, line) for i, line in enumerate(document["lines"], start=1)],
            "lines_title": words["lines"],
            "number": document["number"],
            "page_pattern": words["page"],
            "supplier": self._party("supplier"),
            "title": title,
            "totals": self._totals(),
            "typst_language": typst_language,
            "typst_region": typst_region,
        }

    def _party(self, role: str) -> dict[str, Any]:
        party = self._document[role]
        keys = [key for key in ("country", "vat_id", "legal_id") if party[key]]
        lines = [*party["address_lines"], *(self._words.say(key, id=party[key]) for key in keys)]
        return {"label": self._words.labels[role], "name": party["name"], "lines": lines}

    def _facts(self) -> list[list[str]]:
        document, words = self._document, self._words.labels
        period, contract = billed_span(document), document["contract"]
        issued_at = parse_instant(document["issued_at"])
        minute = format_instant(Instant(issued_at - issued_at % _US_PER_MINUTE))
        return [
            [words["number"], document["number"]],
            [words["issued"], self._words.instant(minute)],
            *self._due(),
            [words["period_start"], self._words.instant(period["start"])],
            [
                words["period_end"],
                self._words.say("period_end_value", end=self._words.instant(period["end"])),
            ],
            [words["zone"], document["service_period"]["time_zone"]],
            [
                words["contract"],
                self._words.say("contract_value", id=contract["id"], version=contract["version"]),
            ],
            [words["known_at"], self._words.instant(document["known_at"])],
            *self._corrected(),
        ]

    def _due(self) -> list[list[str]]:
        """Say when the document is due, where the contract names a term and something is owed."""
        document, contract = self._document, self._document["contract"]
        if "payment_days" not in contract or document["type"] == _CREDIT_NOTE:
            return []
        days, zone = contract["payment_days"], zone_named(contract["time_zone"])
        issued_on = to_datetime(parse_instant(document["issued_at"]), zone).date()
        due = self._words.day(issued_on + timedelta(days=days))
        return [[self._words.labels["due"], self._words.say("due_value", due=due, days=days)]]

    def _corrected(self) -> list[list[str]]:
        """Name the documents that this one corrects; the first documents of a period name none."""
        numbers = [earlier["number"] for earlier in self._document.get("corrects", ())]
        return [[self._words.labels["corrects"], ", ".join(numbers)]] if numbers else []

    def _badge(self) -> dict[str, Any] | None:
        said = [self._words.text(statement["text"]) for statement in self._document["statements"]]
        return {"title": self._words.labels["notice"], "lines": said} if said else None

    def _line(self, position: int, line: dict[str, Any]) -> dict[str, Any]:
        is_credit = line["kind"] == "service_credit"
        notes, steps = self._line_period(line), []
        for step in line["steps"]:
            text = self._steps.say(step)
            amount = step_amount(step)
            if text is not None and amount is not None:
                steps.append({"text": text, "amount": unrounded(amount)})
            elif text is not None:
                notes.append(text)
        return {
            "position": str(position),
            "description": self._words.text(line["description"]),
            "quantity": "" if is_credit else self._words.quantity(line["quantity"]),
            "amount": grouped(line["amount"]),
            "notes": notes,
            "steps": steps,
        }

    def _line_period(self, line: dict[str, Any]) -> list[str]:
        """Say which period a line is for, where it is not that of the document."""
        if "period" not in line:
            return []
        start, end = (self._words.instant(line["period"][key]) for key in ("start", "end"))
        return [self._words.say("line_period", start=start, end=end)]

    def _totals(self) -> list[dict[str, Any]]:
        totals = self._document["totals"]
        rows = [
            {
                "label": self._words.labels["net"],
                "value": self._words.money(totals["net"]),
                "strong": False,
            }
        ]
        for group in totals["vat"]:
            label = self._words.say(
                "vat",
                rate=shown(Fraction(group["rate"]), STEP_DECIMALS),
                base=grouped(group["base"]),
            )
            rows.append(
                {"label": label, "value": self._words.money(group["amount"]), "strong": False}
            )
        gross = self._words.money(totals["gross"])
        return [*rows, {"label": self._words.labels["gross"], "value": gross, "strong": True}]

    def _guarantee(self) -> dict[str, Any] | None:
        guarantee = self._document["guarantee"]
        if guarantee is None:
            return None
        words, class_us = self._words.labels, guarantee["class_us"]
        whole = sum(class_us.values())
        terms = self._document["contract"]["terms"]["guarantee"]
        policy = words[f"policy_{terms['unknown_policy']}"]
        return {
            "title": words["guarantee"],
            "text": self._outcome(guarantee),
            "classes": [
                {
                    "class": name,
                    "label": self._words.say(f"class_{name}", policy=policy),
                    "duration": self._duration(class_us[name]),
                    "share": percent(Fraction(class_us[name], whole)) if whole else "",
                    "share_ppm": class_us[name] * _PPM // whole if whole else 0,
                }
                for name in _CLASSES
                if class_us.get(name)
            ],
            "results": self._results(guarantee),
        }

    def _outcome(self, guarantee: dict[str, Any]) -> str:
        if guarantee["availability"]["exact"] is None:
            return self._words.labels["guarantee_none"]
        if Fraction(guarantee["credit"]) == 0:
            return self._words.labels["guarantee_met"]
        return self._words.say("guarantee_missed", credit=percent_number(guarantee["credit"]))

    def _results(self, guarantee: dict[str, Any]) -> list[list[str]]:
        words, judged = self._words.labels, guarantee["availability"]
        availability = words["not_applicable"]
        if judged["exact"] is not None:
            availability = f"{judged['percent']} % (= {judged['exact']})"
        credit = percent_number(guarantee["credit"])
        return [
            [words["availability"], availability],
            [words["target"], percent(Fraction(guarantee["target"]))],
            [words["credit"], self._words.say("credit_value", credit=credit)],
        ]

    def _duration(self, duration_us: int) -> str:
        seconds, fraction = divmod(duration_us, _US_PER_S)
        minutes, second = divmod(seconds, 60)
        hour, minute = divmod(minutes, 60)
        last = f"{second}" + (f".{fraction:06d}".rstrip("0") if fraction else "")
        units = ("小时", "分", "秒") if self._language is Language.CHINESE else ("h", "min", "s")
        parts = [(str(hour), units[0]), (str(minute), units[1]), (last, units[2])]
        return " ".join(f"{count} {unit}" for count, unit in parts if count != "0") or "0"

    def _evidence(self) -> dict[str, Any]:
        words = self._words.labels
        names = self._usage_names()
        return {
            "title": words["evidence"],
            "text": words["evidence_text"],
            "root_label": words["root"],
            "usage": [
                self._usage(names.get(place), record)
                for place, record in enumerate(self._document["usage"])
            ],
            "verify_title": words["verify"],
            "verify_text": words["verify_text"],
            "command": _COMMAND,
            "verdicts": words["verdicts"],
        }

    def _usage_names(self) -> dict[int, str]:
        """Name each usage record by the line that charges it."""
        names: dict[int, str] = {}
        for line in self._document["lines"]:
            for place in line["usage"]:
                names.setdefault(place, self._words.text(line["description"]))
        return names

    def _usage(self, name: str | None, record: dict[str, Any]) -> dict[str, Any]:
        words, meter = self._words.labels, record["meter"]
        completeness = Fraction(record["completeness"])
        start, end = (parse_instant(record["period"][key]) for key in ("start", "end"))
        received = self._words.say(
            "completeness_value",
            percent=percent_number(completeness),
            covered=shown(Fraction(record["covered_us"], _US_PER_S), 6),
            whole=shown(Fraction(end - start, _US_PER_S), 6),
        )
        state = words["complete" if record["is_complete"] else "incomplete"]
        kind = words[f"kind_{meter['kind']}"]
        refused, excluded = record["refusal_count"], record["exclusion_count"]
        return {
            "title": name or words["guarantee"],
            "facts": [
                [
                    words["meter"],
                    self._words.say(
                        "meter_value", meter=meter["id"], machine=meter["machine"], kind=kind
                    ),
                ],
                [words["quantity"], self._measure(record["quantity"])],
                [
                    words["completeness"],
                    self._words.say("received", coverage=received, state=state),
                ],
                [
                    words["left_out"],
                    self._words.say("left_out_value", refused=refused, excluded=excluded),
                ],
                [words["ranges"], self._ranges(record["ranges"])],
            ],
            "root": record["evidence_root"],
        }

    def _measure(self, quantity: dict[str, str]) -> str:
        unit = unit_named(quantity["unit"])
        return f"{shown(Fraction(quantity['amount']), 6)} {unit.symbol}"

    def _ranges(self, ranges: list[dict[str, Any]]) -> str:
        said = [
            self._words.say(
                "range_value",
                source=part["source"],
                epoch=part["epoch"],
                first=grouped(str(part["first_ordinal"])),
                last=grouped(str(part["last_ordinal"])),
                first_header=grouped(str(part["first_header"])),
                last_header=grouped(str(part["last_header"])),
            )
            for part in ranges
        ]
        return "; ".join(said) or self._words.labels["no_range"]
