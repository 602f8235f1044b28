"""Documents of every kind, as they are issued, for whoever writes them as XML."""

from fractions import Fraction
from random import Random
from typing import Any

from msgspec.structs import replace

from lineshaft.core import canonical
from lineshaft.core.money import Money
from lineshaft.core.period import parse_instant
from lineshaft.services.billing.difference import difference
from lineshaft.services.billing.document import correction_content, document_content, documented
from lineshaft.services.billing.model import RatedDocument, RatedLine
from lineshaft.services.billing.rating import rate, sum_up
from lineshaft.services.contracts.model import Vat, VatCategory
from tests.services.billing.examples import (
    ENGINE,
    KNOWN_AT,
    PERIOD,
    example_usage,
    plain_contract,
    rate_amount,
    rated_example,
)
from tests.services.billing.random_periods import (
    contract_of,
    random_case,
    random_usage,
    rated_case,
)
from tests.services.contracts.examples import contract, terms

ISSUED_AT = parse_instant("2017-06-24T06:00:01.5Z")
NUMBER = "NM-2017-000001"
CATEGORIES = [("S", "19"), ("Z", "0"), ("E", "0"), ("AE", "0"), ("K", "0"), ("G", "0"), ("O", "0")]
PRICES: dict[str, tuple[dict[str, Any], Fraction]] = {
    "flat": ({"model": "flat", "amount": "50.00"}, Fraction(0)),
    "per unit": ({"model": "per_unit", "unit": "HUR", "unit_price": "12.50"}, Fraction(9_000)),
    "per unit, periodic": (
        {"model": "per_unit", "unit": "HUR", "unit_price": "0.07"},
        Fraction(12_578),
    ),
    "free": ({"model": "per_unit", "unit": "HUR", "unit_price": "0"}, Fraction(3_600)),
}


def content_of(rated: RatedDocument, **changes: Any) -> dict[str, Any]:
    """Return the content of a rated document as it is read from its file, some fields changed."""
    content = document_content(rated, NUMBER, ISSUED_AT)
    return canonical.decode(canonical.encode(content)) | changes


def example(**changes: Any) -> dict[str, Any]:
    """Return the example day: base fee, graduated usage, service credit."""
    return content_of(rated_example(), **changes)


def taxed(category: str, rate_percent: str, **changes: Any) -> dict[str, Any]:
    """Return the example day under another category of tax."""
    vat = {"category": category, "rate": rate_percent}
    of = contract(**({"terms": terms(vat=vat)} | changes))
    return content_of(rate(of, PERIOD, KNOWN_AT, example_usage(of), ENGINE))


def priced(kind: str, **changes: Any) -> dict[str, Any]:
    """Return a document with one price of `PRICES`."""
    price, amount = PRICES[kind]
    return content_of(rate_amount(plain_contract(price, **changes), amount))


def with_lines(*lines: tuple[str, str, str], type_code: str = "380") -> dict[str, Any]:
    """Return a document of lines given as (exact amount, category, rate in percent)."""
    rated = rated_example()
    made = tuple(_line(rated.lines[2], *line) for line in lines)
    totals = sum_up(made, "EUR")
    changed = replace(rated, lines=made, guarantee=None, totals=totals)
    return content_of(changed, type=type_code)


def random_documents(random: Random) -> list[dict[str, Any]]:
    """Return the document of a random contract period, and the one that corrects it, if any."""
    case = random_case(random)
    of = contract_of(case)
    first = content_of(rated_case(case, of))
    later = rated_case(case | {"usage": random_usage(random, case)}, of)
    before = [documented(first, "00" * 32)]
    found = difference(later, before)
    if found is None:
        return [first]
    corrected = correction_content(later, before, found, ("NM-2017-000002", ISSUED_AT))
    return [first, canonical.decode(canonical.encode(corrected))]


def _line(like: RatedLine, exact: str, category: str, rate_percent: str) -> RatedLine:
    amount = Money.rounded(Fraction(exact), "EUR")
    vat = Vat(category=VatCategory(category), rate=Fraction(rate_percent))
    return replace(like, steps=(), exact=Fraction(exact), amount=amount, vat=vat, usage=())
