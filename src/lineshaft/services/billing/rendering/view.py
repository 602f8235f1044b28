"""From the content of a document to the words and figures on the page; pure.

Both renderers take their text from here, so that HTML and PDF cannot say two things. Figures are
those of the document; this module formats and never computes an amount.
"""

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

from lineshaft.core.money import round_half_away
from lineshaft.core.period import (
    Instant,
    format_instant,
    parse_instant,
    to_datetime,
    zone_named,
)
from lineshaft.core.quantity import unit_named
from lineshaft.services.billing.rendering.labels import LABELS, MONTHS
from lineshaft.services.billing.rendering.model import Language

STEP_DECIMALS = 4
PERCENT_DECIMALS = 2
FACTOR_DECIMALS = 6
_US_PER_S = 1_000_000
_US_PER_MINUTE = 60_000_000
_PPM = 1_000_000
_CLASSES = ("up", "down_provider", "down_customer", "excluded", "unknown")
_TYPST = {Language.ENGLISH: ("en", "gb"), Language.CHINESE: ("zh", "cn")}
_COMMAND = "lineshaft verify INVOICE.json --evidence EVIDENCE.json --keys KEYS.json"
_MONTH_UNIT = "MON"


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
        self._words = LABELS[language]
        self._zone = zone_named(document["service_period"]["time_zone"])
        self._currency = document["currency"]

    def content(self) -> dict[str, Any]:
        document, words = self._document, self._words
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
                words["amount"].format(currency=self._currency),
            ],
            "customer": self._party("customer"),
            "evidence": self._evidence(),
            "facts": self._facts(),
            "footer": words["footer"].format(
                title=title, number=document["number"], supplier=document["supplier"]["name"]
            ),
            "guarantee": self._guarantee(),
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

    def _say(self, key: str, **values: object) -> str:
        return self._words[key].format(**values)

    def _text(self, local: dict[str, str]) -> str:
        return local[str(self._language)]

    def _instant(self, text: str) -> str:
        at = to_datetime(parse_instant(text), self._zone)
        clock = f"{at:%H:%M}" + (f":{at:%S}" if at.second or at.microsecond else "")
        clock += f".{at.microsecond:06d}".rstrip("0") if at.microsecond else ""
        if self._language is Language.CHINESE:
            return f"{at.year}年{at.month}月{at.day}日 {clock}"
        return f"{at.day} {MONTHS[at.month - 1]} {at.year}, {clock}"

    def _month(self, text: str) -> str:
        year, month = text.split("-")[:2]
        if self._language is Language.CHINESE:
            return f"{year}年{int(month)}月"
        return f"{MONTHS[int(month) - 1]} {year}"

    def _party(self, role: str) -> dict[str, Any]:
        party = self._document[role]
        keys = [key for key in ("country", "vat_id", "legal_id") if party[key]]
        lines = [*party["address_lines"], *(self._say(key, id=party[key]) for key in keys)]
        return {"label": self._words[role], "name": party["name"], "lines": lines}

    def _facts(self) -> list[list[str]]:
        document, words = self._document, self._words
        period, contract = document["service_period"], document["contract"]
        issued_at = parse_instant(document["issued_at"])
        minute = format_instant(Instant(issued_at - issued_at % _US_PER_MINUTE))
        return [
            [words["number"], document["number"]],
            [words["issued"], self._instant(minute)],
            [words["period_start"], self._instant(period["start"])],
            [
                words["period_end"],
                self._say("period_end_value", end=self._instant(period["end"])),
            ],
            [words["zone"], period["time_zone"]],
            [
                words["contract"],
                self._say("contract_value", id=contract["id"], version=contract["version"]),
            ],
            [words["known_at"], self._instant(document["known_at"])],
            *self._corrected(),
        ]

    def _corrected(self) -> list[list[str]]:
        """Name the documents that this one corrects; the first documents of a period name none."""
        numbers = [earlier["number"] for earlier in self._document.get("corrects", ())]
        return [[self._words["corrects"], ", ".join(numbers)]] if numbers else []

    def _compared(self, step: dict[str, Any]) -> str:
        """Say what is right, what a document said, or that the rest is credited."""
        if step["kind"] == "credited":
            return self._words["step_credited"]
        amount = self._money(step["amount"])
        return self._say(f"step_{step['kind']}", amount=amount, document=step.get("document", ""))

    def _badge(self) -> dict[str, Any] | None:
        said = [self._text(statement["text"]) for statement in self._document["statements"]]
        return {"title": self._words["notice"], "lines": said} if said else None

    def _money(self, amount: str) -> str:
        return f"{_grouped(amount)} {self._currency}"

    def _quantity(self, quantity: dict[str, str]) -> str:
        if quantity["unit"] == _MONTH_UNIT:
            return self._say("month", count=quantity["exact"])
        return f"{_grouped(quantity['shown'])} {quantity['symbol']}"

    def _line(self, position: int, line: dict[str, Any]) -> dict[str, Any]:
        is_credit = line["kind"] == "service_credit"
        notes, steps = [], []
        for step in line["steps"]:
            text = self._step(step)
            amount = step_amount(step)
            if text is not None and amount is not None:
                steps.append({"text": text, "amount": _unrounded(amount)})
            elif text is not None:
                notes.append(text)
        return {
            "position": str(position),
            "description": self._text(line["description"]),
            "quantity": "" if is_credit else self._quantity(line["quantity"]),
            "amount": _grouped(line["amount"]),
            "notes": notes,
            "steps": steps,
        }

    def _step(self, step: dict[str, Any]) -> str | None:
        """Say a step; rounding is said once, in the footer."""
        kinds: dict[str, Callable[[dict[str, Any]], str]] = {
            "usage": self._measured,
            "sum": self._measured,
            "conversion": self._measured,
            "flat": lambda _: self._words["step_flat"],
            "unit": self._priced,
            "tier": self._priced,
            "tier_fee": self._priced,
            "volume": self._priced,
            "package": self._packed,
            "state": self._of_state,
            "share": self._shared,
            "proration": self._prorated,
            "rated": self._compared,
            "documented": self._compared,
            "credited": self._compared,
            "credit": self._credited,
        }
        say = kinds.get(step["kind"], self._changed)
        return None if step["kind"] == "rounding" else say(step)

    def _measured(self, step: dict[str, Any]) -> str:
        return self._say(f"step_{step['kind']}", quantity=self._quantity(step["quantity"]))

    def _priced(self, step: dict[str, Any]) -> str:
        above, up_to = step.get("above"), step.get("up_to")
        key = "step_unit"
        if step["kind"] != "unit":
            key = "step_tier_last" if up_to is None else "step_tier_middle"
            key = "step_tier_first" if above == "0" and up_to is not None else key
        if step["kind"] in {"volume", "tier_fee"}:
            key = f"step_{step['kind']}"
        quantity = step.get("quantity")
        return self._say(
            key,
            quantity=None if quantity is None else self._quantity(quantity),
            price=self._money(step["unit_price"]),
            unit=None if quantity is None else quantity["symbol"],
            above=_shown(Fraction(above or 0), STEP_DECIMALS),
            up_to=_shown(Fraction(up_to or 0), STEP_DECIMALS),
        )

    def _packed(self, step: dict[str, Any]) -> str:
        return self._say(
            "step_package",
            quantity=self._quantity(step["quantity"]),
            packages=_grouped(step["packages"]),
            size=_shown(Fraction(step["size"]), STEP_DECIMALS),
            unit=step["quantity"]["symbol"],
            price=self._money(step["package_price"]),
        )

    def _of_state(self, step: dict[str, Any]) -> str:
        return self._say("step_state", state=step["state"], price=self._priced_unit(step))

    def _priced_unit(self, step: dict[str, Any]) -> str:
        return self._priced({**step, "kind": "unit"})

    def _shared(self, step: dict[str, Any]) -> str:
        names = {line["id"]: self._text(line["description"]) for line in self._rated_lines()}
        return self._say(
            "step_share",
            percent=_percent_number(step["share"]),
            line=names.get(step["base_line"], step["base_line"]),
            base=self._unrounded_money(step["base_exact"]),
        )

    def _rated_lines(self) -> list[dict[str, Any]]:
        """Return the lines of the whole rating: a correction shows the lines that differ."""
        rating = self._document.get("rating", self._document)
        lines: list[dict[str, Any]] = rating["lines"]
        return lines

    def _changed(self, step: dict[str, Any]) -> str:
        """Say what a modifier did."""
        says: dict[str, Callable[[], dict[str, str]]] = {
            "take_or_pay": lambda: (
                {name: self._quantity(step[name]) for name in ("committed", "used", "missing")}
                | {"price": self._money(step["price"])}
            ),
            "indexation": lambda: self._indexed(step),
            "minimum": lambda: {"amount": self._unrounded_money(step["minimum_exact"])},
            "cap": lambda: {"amount": self._unrounded_money(step["cap_exact"])},
            "discount": lambda: {"by": self._discounted(step)},
            "fixed_credit": lambda: {"amount": self._money(step["credit"])},
        }
        return self._say(f"step_{step['kind']}", **says[step["kind"]]())

    def _discounted(self, step: dict[str, Any]) -> str:
        if "share" in step:
            return f"{_percent_number(step['share'])} %"
        return self._unrounded_money(step["discount_exact"])

    def _indexed(self, step: dict[str, Any]) -> dict[str, str]:
        indices = [
            self._say(
                "step_index",
                id=index["id"],
                weight=_shown(Fraction(index["weight"]), STEP_DECIMALS),
                value=_shown(Fraction(index["value"]), STEP_DECIMALS),
                base=_shown(Fraction(index["base"]), STEP_DECIMALS),
                publication=index["publication"] or self._words["not_published"],
            )
            for index in step["indices"]
        ]
        return {
            "factor": _shown(Fraction(step["factor"]), FACTOR_DECIMALS),
            "fixed": _shown(Fraction(step["fixed"]), STEP_DECIMALS),
            "indices": " + ".join(indices),
        }

    def _unrounded_money(self, exact: str) -> str:
        return f"{_unrounded(exact)} {self._currency}"

    def _prorated(self, step: dict[str, Any]) -> str:
        unit = self._words["days"] if step["unit"] == "DAY" else unit_named(step["unit"]).symbol
        per_month = step.get("quantity_per_month")
        return self._say(
            "step_proration",
            month=self._month(step["month"]),
            part=_shown(Fraction(step["part"]), STEP_DECIMALS),
            whole=_shown(Fraction(step["whole"]), STEP_DECIMALS),
            unit=unit,
            price=self._money(step["amount_per_month"])
            if per_month is None
            else self._quantity(per_month),
        )

    def _credited(self, step: dict[str, Any]) -> str:
        base = self._unrounded_money(step["base_exact"])
        percent = _percent_number(step["share"])
        return self._say("step_credit", percent=percent, base=base)

    def _totals(self) -> list[dict[str, Any]]:
        totals = self._document["totals"]
        rows = [{"label": self._words["net"], "value": self._money(totals["net"]), "strong": False}]
        for group in totals["vat"]:
            label = self._say(
                "vat",
                rate=_shown(Fraction(group["rate"]), STEP_DECIMALS),
                base=_grouped(group["base"]),
            )
            rows.append({"label": label, "value": self._money(group["amount"]), "strong": False})
        gross = self._money(totals["gross"])
        return [*rows, {"label": self._words["gross"], "value": gross, "strong": True}]

    def _guarantee(self) -> dict[str, Any] | None:
        guarantee = self._document["guarantee"]
        if guarantee is None:
            return None
        words, class_us = self._words, guarantee["class_us"]
        whole = sum(class_us.values())
        terms = self._document["contract"]["terms"]["guarantee"]
        policy = words[f"policy_{terms['unknown_policy']}"]
        return {
            "title": words["guarantee"],
            "text": self._outcome(guarantee),
            "classes": [
                {
                    "class": name,
                    "label": self._say(f"class_{name}", policy=policy),
                    "duration": self._duration(class_us[name]),
                    "share": _percent(Fraction(class_us[name], whole)) if whole else "",
                    "share_ppm": class_us[name] * _PPM // whole if whole else 0,
                }
                for name in _CLASSES
                if class_us.get(name)
            ],
            "results": self._results(guarantee),
        }

    def _outcome(self, guarantee: dict[str, Any]) -> str:
        if guarantee["availability"]["exact"] is None:
            return self._words["guarantee_none"]
        if Fraction(guarantee["credit"]) == 0:
            return self._words["guarantee_met"]
        return self._say("guarantee_missed", credit=_percent_number(guarantee["credit"]))

    def _results(self, guarantee: dict[str, Any]) -> list[list[str]]:
        words, judged = self._words, guarantee["availability"]
        availability = words["not_applicable"]
        if judged["exact"] is not None:
            availability = f"{judged['percent']} % (= {judged['exact']})"
        credit = _percent_number(guarantee["credit"])
        return [
            [words["availability"], availability],
            [words["target"], _percent(Fraction(guarantee["target"]))],
            [words["credit"], self._say("credit_value", credit=credit)],
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
        words = self._words
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
                names.setdefault(place, self._text(line["description"]))
        return names

    def _usage(self, name: str | None, record: dict[str, Any]) -> dict[str, Any]:
        words, meter = self._words, record["meter"]
        completeness = Fraction(record["completeness"])
        start, end = (parse_instant(record["period"][key]) for key in ("start", "end"))
        received = self._say(
            "completeness_value",
            percent=_percent_number(completeness),
            covered=_shown(Fraction(record["covered_us"], _US_PER_S), 6),
            whole=_shown(Fraction(end - start, _US_PER_S), 6),
        )
        state = words["complete" if record["is_complete"] else "incomplete"]
        kind = words[f"kind_{meter['kind']}"]
        refused, excluded = record["refusal_count"], record["exclusion_count"]
        return {
            "title": name or words["guarantee"],
            "facts": [
                [
                    words["meter"],
                    self._say(
                        "meter_value", meter=meter["id"], machine=meter["machine"], kind=kind
                    ),
                ],
                [words["quantity"], self._measure(record["quantity"])],
                [words["completeness"], self._say("received", coverage=received, state=state)],
                [
                    words["left_out"],
                    self._say("left_out_value", refused=refused, excluded=excluded),
                ],
                [words["ranges"], self._ranges(record["ranges"])],
            ],
            "root": record["evidence_root"],
        }

    def _measure(self, quantity: dict[str, str]) -> str:
        unit = unit_named(quantity["unit"])
        return f"{_shown(Fraction(quantity['amount']), 6)} {unit.symbol}"

    def _ranges(self, ranges: list[dict[str, Any]]) -> str:
        said = [
            self._say(
                "range_value",
                source=part["source"],
                epoch=part["epoch"],
                first=_grouped(str(part["first_ordinal"])),
                last=_grouped(str(part["last_ordinal"])),
                first_header=_grouped(str(part["first_header"])),
                last_header=_grouped(str(part["last_header"])),
            )
            for part in ranges
        ]
        return "; ".join(said) or self._words["no_range"]


def step_amount(step: dict[str, Any]) -> str | None:
    """Return what a step adds to its line, exact; None for one that only explains."""
    if "change_exact" in step:
        return str(step["change_exact"])
    is_priced = "unit_price" in step or step["kind"] in {"package", "share"}
    return str(step["amount_exact"]) if is_priced else None


def _grouped(number: str) -> str:
    """Group thousands and write a real minus sign; the decimals stay as they are."""
    return f"{Decimal(number):,f}".replace("-", "\N{MINUS SIGN}")


def _shown(value: Fraction, decimals: int) -> str:
    """Round for the eye, half away from zero, without trailing zeros."""
    text = f"{round_half_away(value, decimals):f}"
    return _grouped(text.rstrip("0").rstrip(".") if "." in text else text)


def _unrounded(exact: str) -> str:
    """Show an exact amount with four decimals, or two where the others are zero."""
    text = f"{round_half_away(Fraction(exact), STEP_DECIMALS):f}"
    return _grouped(text.removesuffix("00"))


def _percent_number(ratio: Fraction | str) -> str:
    return _shown(Fraction(ratio) * 100, PERCENT_DECIMALS)


def _percent(ratio: Fraction, decimals: int = PERCENT_DECIMALS) -> str:
    return f"{round_half_away(ratio * 100, decimals):f} %"
