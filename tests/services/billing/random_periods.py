"""Random contract periods of all price models and modifiers, for the engine and the oracle."""

import datetime as dt
from decimal import Decimal
from fractions import Fraction
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from lineshaft.core.money import currency_exponent
from lineshaft.core.period import Instant, Period, format_instant, from_datetime
from lineshaft.core.quantity import Quantity
from lineshaft.services.billing.model import RatedDocument
from lineshaft.services.billing.rating import rate
from lineshaft.services.contracts.model import Contract
from lineshaft.services.metering.model import UsageRecord
from tests.services.billing.examples import ENGINE
from tests.services.billing.oracle import price_case, spans_before
from tests.services.contracts.examples import CONTRACT

ZONES = ["UTC", "Europe/Berlin", "Asia/Shanghai", "America/New_York", "Australia/Lord_Howe"]
MODELS = ["flat", "per_unit", "graduated", "volume", "package", "percentage", "matrix"]
MODELS += ["energy_saving", "bundle", "lease"]
UNMEASURED = ("percentage", "flat", "bundle", "lease")
NO_QUANTITY = (*UNMEASURED, "energy_saving")
BASES = ["ACT_SECONDS", "ACT_DAYS", "30/360"]
UNITS = [("SEC", "HUR"), ("SEC", "MIN"), ("HUR", "HUR"), ("KWH", "KWH"), ("3B", "KWH")]
STATES = ["idle", "light", "heavy", "alarm", "重载"]
TEXT = {"en": "Text", "zh-Hans": "文本"}
PRICES_MAX = 3
MACHINES_MAX = 3
MONTHS = 12


def random_case(random: Random) -> dict[str, Any]:
    """Return one contract period with its usage, as plain content."""
    zone = random.choice(ZONES)
    is_by_year = random.random() < 0.3
    start = dt.datetime(random.randint(2019, 2027), random.randint(1, 12), 1, tzinfo=ZoneInfo(zone))
    end, period, is_cut = _period(random, start, is_by_year=is_by_year)
    per = "year" if is_by_year else "month"
    make = _Terms(random, BASES[:1] if is_cut else BASES, per, period[0])
    currency = random.choice(["EUR", "EUR", "JPY", "BHD"])
    prices = make.prices()
    case = {
        "zone": zone,
        "currency": currency,
        "decimals": currency_exponent(currency),
        "contract": [_text(start), None if end is None else _text(end)],
        "period": [_text(each) for each in period],
        "machines": [f"m{i}" for i in range(random.choice([1, 1, 1, 2, MACHINES_MAX]))],
        "terms": {
            "usage_prices": prices,
            "vat": {"category": "S", "rate": random.choice(["19", "7", "5.5", "1/3"])},
        },
    }
    if make.has_fee:
        case["terms"]["base_fee"] = make.base_fee()
    return case | {"usage": random_usage(random, case)}


def random_usage(random: Random, case: dict[str, Any]) -> dict[str, Any]:
    """Return other usage of the same period."""
    usage = {}
    for price in case["terms"]["usage_prices"]:
        if "meter" in price:
            usage[price["id"]] = _metered(random, price, case["machines"])
            earlier = [_usage(random, price) for _ in case["machines"]]
            before = [_metered(random, price, case["machines"]) for _ in range(MONTHS)]
            is_saving = price["price"]["model"] == "energy_saving"
            usage[price["id"]] |= {"before": before} if is_saving else {"earlier": earlier}
    return usage


def _metered(random: Random, price: dict[str, Any], machines: list[str]) -> dict[str, Any]:
    """Return what the meters of a price count on each machine, those of drivers too."""
    drivers = [each["meter"]["id"] for each in price["price"].get("drivers", [])]
    return {
        "now": [_usage(random, price) for _ in machines],
        "drivers": {id_: [_usage(random, price) for _ in machines] for id_ in drivers},
    }


def contract_of(case: dict[str, Any]) -> Contract:
    """Return the contract of a case."""
    terms = {"base_fee": None, "guarantee": None} | case["terms"]
    start, end = case["contract"]
    return Contract.from_content(
        CONTRACT
        | {"terms": terms, "start": start, "end": end, "machines": case["machines"]}
        | {"time_zone": case["zone"], "currency": case["currency"], "billing_period": "month"}
    )


def rated_case(case: dict[str, Any], contract: Contract) -> RatedDocument:
    """Rate the same with the engine."""
    period = Period.parse(*case["period"])
    known_at = period.end
    usage = []
    for meter, span in contract.measurements(period):
        amount = _amounts(case, meter.id, span, contract.billed_period(span.start).start)[
            case["machines"].index(meter.machine)
        ]
        states = amount if isinstance(amount, dict) else {}
        quantity = Fraction(0) if isinstance(amount, dict) else Fraction(amount)
        usage.append(
            UsageRecord(
                meter=meter,
                period=span,
                known_at=known_at,
                quantity=Quantity(quantity, meter.unit),
                covered_us=span.duration_us,
                states=states,
            )
        )
    return rate(contract, period, known_at, usage, ENGINE)


def _amounts(case: dict[str, Any], meter: str, span: Period, month: Instant) -> list[Any]:
    """Return what a meter counted on each machine; it is called after its price."""
    price, _, driver = meter.removeprefix("meter-").partition(".")
    usage = case["usage"][price]
    if "before" not in usage:
        return usage["now" if span == Period.parse(*case["period"]) else "earlier"]
    if span != Period.parse(*case["period"]):
        starts = [from_datetime(low) for low, _ in spans_before(case)]
        usage = usage["before"][starts.index(max(month, starts[0]))]
    return usage["drivers"][meter] if driver else usage["now"]


def differences(case: dict[str, Any], rated: RatedDocument) -> list[str]:
    """Return where the engine and the oracle do not agree."""
    wanted = price_case(case)
    unit = 10 ** case["decimals"]
    totals = rated.totals
    found = {
        "exact": {line.id: line.exact for line in rated.lines},
        "rounded": {line.id: line.amount.as_fraction() * unit for line in rated.lines},
        "net": totals.net.as_fraction() * unit,
        "tax": sum(group.amount.as_fraction() * unit for group in totals.vat),
        "gross": totals.gross.as_fraction() * unit,
    }
    return [f"{key}: {found[key]} != {wanted[key]}" for key in wanted if found[key] != wanted[key]]


def _period(
    random: Random, start: dt.datetime, *, is_by_year: bool
) -> tuple[dt.datetime | None, tuple[dt.datetime, dt.datetime], bool]:
    """Return the contract's end, a period, and whether the period cuts a day."""
    months = 11 if is_by_year and random.random() < 0.6 else random.randint(0, 30)
    first = _later(start, months)
    following = _later(start, months + 1)
    kind = random.choice(["month", "month", "days", "cut", "months"])
    if kind == "days":
        first += dt.timedelta(days=random.randint(0, 20))
        following = first + dt.timedelta(days=random.randint(1, 7))
    elif kind == "months" and not is_by_year:
        following = _later(start, months + random.randint(2, 4)) + dt.timedelta(days=9)
    elif kind == "cut":
        utc = first.astimezone(dt.UTC) + dt.timedelta(seconds=random.randint(1, 10**6))
        first, following = utc, utc + dt.timedelta(seconds=random.randint(1, 10**6))
    end = following if random.random() < 0.3 else None
    return end, (first, following), kind == "cut"


def _later(start: dt.datetime, months: int) -> dt.datetime:
    years, month = divmod(start.month - 1 + months, 12)
    return start.replace(year=start.year + years, month=month + 1)


def _text(moment: dt.datetime) -> str:
    return format_instant(from_datetime(moment.astimezone(dt.UTC)))


def _usage(random: Random, price: dict[str, Any]) -> Any:
    """Return a number, or microseconds by state; small and round ones often: edges are met."""
    if price["price"]["model"] == "matrix":
        return {
            state: random.randint(1, 10**12)
            for state in random.sample(STATES, random.randint(0, 4))
        }
    if random.random() < 0.4:
        return str(random.choice([0, 0, 1, 2, 10, 100, 1000, 3600, 36000]))
    return str(Fraction(random.randint(0, 10**6), random.choice([1, 3, 10, 60, 1000])))


class _Terms:
    """Makes random terms: small numbers often, so that edges are met."""

    def __init__(self, random: Random, bases: list[str], per: str, start: dt.datetime) -> None:
        self._random = random
        self._bases = bases
        self._per = per
        self._start = start
        self.has_fee = random.random() < 0.6

    def prices(self) -> list[dict[str, Any]]:
        random, prices = self._random, []
        for i in range(random.randint(0 if self.has_fee else 1, PRICES_MAX)):
            lines = ["fee"] * self.has_fee + [price["id"] for price in prices]
            model = random.choice(MODELS if lines else [m for m in MODELS if m != "percentage"])
            prices.append(self._price(f"p{i}", model, lines))
        return prices

    def base_fee(self) -> dict[str, Any]:
        fee = {"id": "fee", "description": TEXT} | self._monthly(5000)
        return fee | self._modifiers(is_quantity=False)

    def _price(self, id_: str, model: str, lines: list[str]) -> dict[str, Any]:
        random = self._random
        meter_unit, unit = random.choice(UNITS)
        price: dict[str, Any] = {"id": id_, "description": TEXT}
        if model == "matrix":
            meter_unit = random.choice(["SEC", "HUR"])
            unit = random.choice(["SEC", "MIN", "HUR"])
        if model == "energy_saving":
            meter_unit, unit = random.choice([("KWH", "KWH"), ("3B", "KWH")])
        if model not in UNMEASURED or random.random() < (model == "flat") / 2:
            price["meter"] = {
                "id": f"meter-{id_}",
                "signal": id_,
                "kind": "state_duration" if model == "matrix" else "counter",
                "unit": meter_unit,
                "parameters": {} if model == "matrix" else {"rate_max": "1"},
            }
        price["price"] = {"model": model} | self._model(model, unit, lines)
        if model == "energy_saving":
            price["price"] |= self._saving(price["meter"], id_)
        return price | self._modifiers(is_quantity=model not in NO_QUANTITY)

    def _model(self, model: str, unit: str, lines: list[str]) -> dict[str, Any]:
        random = self._random
        if model == "flat":
            return {"amount": self._amount(500)}
        if model == "percentage":
            chosen = random.sample(lines, random.randint(1, len(lines)))
            return {"percent": random.choice(["5", "12.5", "1/3", "0"]), "lines": chosen}
        if model == "bundle":
            return self._monthly(900) | {"parts": [self._part(f"part-{i}") for i in range(3)]}
        if model == "lease":
            due = {
                "months": random.choice([1, 12, 36]),
                "due": random.choice(["advance", "arrears"]),
            }
            own = [{"machine": "m0", "instalment": self._amount(900)}]
            return due | {"instalment": self._amount(900), "machines": random.choice([[], own])}
        if model == "energy_saving":
            return {"unit": unit, "share_percent": "30", "tariff": self._amount(2)}
        if model == "per_unit":
            return {"unit": unit, "unit_price": self._amount(10)}
        if model == "package":
            size = random.choice(["1", "100", "0.5", "10/3"])
            return {"unit": unit, "size": size, "package_price": self._amount(50)}
        if model == "matrix":
            named = random.sample(STATES, random.randint(1, 3))
            states = [{"state": state, "unit_price": self._amount(60)} for state in named]
            return {"unit": unit, "states": states, "other_price": self._amount(5)}
        return {"unit": unit, "tiers": self._tiers(has_fees=model == "graduated")}

    def _part(self, id_: str) -> dict[str, Any]:
        alone = {"stand_alone_price": f"{self._random.randint(1, 500)}.00"}
        return {"id": id_, "description": TEXT, "offering": id_, "offering_version": 1} | alone

    def _saving(self, meter: dict[str, Any], id_: str) -> dict[str, Any]:
        """Baselines from long before, and from the start of the period; a carry by the year."""
        random = self._random
        drivers = [f"meter-{id_}.d{i}" for i in range(random.randint(0, 2))]
        weights = [{"driver": each, "per_unit": random.choice(["2", "1/3"])} for each in drivers]
        since = ["2000-01-01T00:00:00Z", _text(self._start)][: random.randint(1, 2)]
        adjustment = {"id": "a", "kind": "routine", "reason": TEXT, "approved_by": "Customer"}
        month = self._start.replace(day=1) if self._start.tzinfo is not dt.UTC else self._start
        span = {"start": _text(month), "end": _text(month + dt.timedelta(days=3))}
        is_carried = self._per == "year" and random.random() < 0.8
        return {
            "drivers": [
                {"description": TEXT, "meter": meter | {"id": each, "signal": each, "unit": "C62"}}
                for each in drivers
            ],
            "baselines": [
                {"id": "base", "version": i + 1, "since": each, "source": "12 months"}
                | {"quantity_per_month": random.choice(["0", "1000", "50000"]), "weights": weights}
                for i, each in enumerate(since)
            ],
            "adjustments": [
                adjustment | span | {"quantity_per_month": each, "approved_at": since[0]}
                for each in random.choice([[], ["5000"], ["-700/3"]])
            ],
            "proration": random.choice(self._bases),
            "carry": "contract_year" if is_carried else "none",
            "carry_max": random.choice([None, "30000"]) if is_carried else None,
            "carried_in": random.choice(["0", "200"]) if is_carried else "0",
        }

    def _tiers(self, *, has_fees: bool) -> list[dict[str, Any]]:
        random = self._random
        bounds = sorted(random.sample([1, 2, 10, 100, 360, 1000, 36000], random.randint(0, 4)))
        tiers = []
        for bound in [*map(str, bounds), None]:
            tier = {"up_to": bound, "unit_price": self._amount(10)}
            if has_fees and random.random() < 0.3:
                tier["flat_fee"] = self._amount(100)
            tiers.append(tier)
        return tiers

    def _modifiers(self, *, is_quantity: bool) -> dict[str, Any]:
        random, chosen = self._random, {}
        if random.random() < 0.4:
            return {}
        if is_quantity and random.random() < 0.5:
            quantity = random.choice(["12000", "100", "1/7"])
            chosen["take_or_pay"] = {"per": self._per, "quantity": quantity} | {
                "unit_price": self._amount(10),
                "proration": random.choice(self._bases),
            }
        elif random.random() < 0.4:
            chosen["minimum"] = self._monthly(1000)
        if random.random() < 0.3:
            chosen["cap"] = self._cap(chosen.get("minimum"))
        if random.random() < 0.3:
            chosen["indexation"] = self._indexation()
        if random.random() < 0.3:
            by_percent = {"by": "percent", "percent": random.choice(["10", "100", "1/3", "0"])}
            by_amount = {"by": "amount"} | self._monthly(300)
            chosen["discount"] = random.choice([by_percent, by_amount])
        if random.random() < 0.3:
            chosen["credit"] = {"amount": self._amount(100)}
        return {"modifiers": chosen} if chosen else {}

    def _cap(self, minimum: dict[str, Any] | None) -> dict[str, Any]:
        if minimum is None:
            return self._monthly(3000)
        more = Decimal(minimum["amount_per_month"]) + self._random.randint(0, 1000)
        return minimum | {"amount_per_month": f"{more:f}"}

    def _indexation(self) -> dict[str, Any]:
        random = self._random
        weights = random.choice([["1/5", "1/2", "3/10"], ["0", "1"], ["0.15", "0.85"]])
        indices = [
            {"id": f"index-{i}", "weight": weight, "base": "108.1", "values": self._values()}
            for i, weight in enumerate(weights[1:])
        ]
        return {"fixed": weights[0], "indices": indices}

    def _values(self) -> list[dict[str, Any]]:
        random = self._random
        days = sorted(random.sample([-400, -31, -1, 0, 1, 31], random.randint(0, 4)))
        return [
            {
                "since": _text(self._start.astimezone(dt.UTC) + dt.timedelta(days=day)),
                "value": random.choice(["112.4", "131.0", "99", "1000/7"]),
                "publication": f"release {day}",
            }
            for day in days
        ]

    def _monthly(self, most: int) -> dict[str, Any]:
        basis = self._random.choice(self._bases)
        return {"amount_per_month": self._amount(most), "proration": basis}

    def _amount(self, most: int) -> str:
        random = self._random
        if random.random() < 0.1:
            return "0"
        return f"{random.randint(0, most)}.{random.randint(0, 9999):04d}"[
            : random.choice([None, -2])
        ]
