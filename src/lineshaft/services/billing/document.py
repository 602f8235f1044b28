"""The content of a document and its file (`docs/formats/invoice.md`); pure.

Everything that the amounts follow from is in the document itself, so that anybody can compute it
again: `recompute(document) == document`.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

import msgspec

from lineshaft.core import canonical
from lineshaft.core.errors import Invalid
from lineshaft.core.money import Money, currency_exponent
from lineshaft.core.period import Instant, Period, format_instant, parse_instant
from lineshaft.core.quantity import parse_fraction
from lineshaft.services.billing.completeness import released
from lineshaft.services.billing.difference import difference
from lineshaft.services.billing.engines import RULES, Rules, rules_of
from lineshaft.services.billing.errors import DocumentUnreadable, TotalsWrong
from lineshaft.services.billing.inputs import recorded
from lineshaft.services.billing.model import (
    CORRECTIONS_MAX,
    INVOICE,
    NO_FACTS,
    Difference,
    Documented,
    DocumentedLine,
    Engine,
    Facts,
    FeesAhead,
    GuaranteeOutcome,
    GuaranteeResult,
    LineKind,
    RatedDocument,
    RatedLine,
    Totals,
    shown_decimal,
    shown_quantity,
)
from lineshaft.services.billing.release import Release
from lineshaft.services.contracts.model import Contract, LocalText, Vat, VatCategory
from lineshaft.services.facts.model import Core, StockRecord
from lineshaft.services.incidents.model import AgreedExclusion, ServiceIncident
from lineshaft.services.metering.model import UsageRecord

FORMAT = "lineshaft/invoice/1"
FILE_BYTES_MAX = 16 * 1024 * 1024
SIGNATURE_BYTES = 64
AVAILABILITY_DECIMALS = 3
_PERCENT = 100
_MALFORMED = (Invalid, LookupError, TypeError, AttributeError, ValueError, ArithmeticError)
"""What content of another shape, or beyond the calendar, makes the formulas raise."""
_FROM_CONTRACT = ("supplier", "customer", "currency")
"""Stand at the top of the document and are not said again under `contract`."""


class DocumentFile(msgspec.Struct, frozen=True):
    """A file that has been read; its signature is not yet verified.

    Attributes:
        signed_bytes: what the signature is over: the canonical bytes of `document`.
    """

    document: dict[str, Any]
    signed_bytes: bytes
    key_id: str
    signature: bytes


def rated_content(rated: RatedDocument) -> dict[str, Any]:
    """Return everything of a document but its number and date: also what a preview shows."""
    contract = rated.contract.to_content()
    top = {name: contract.pop(name) for name in _FROM_CONTRACT}
    return top | {
        "format": FORMAT,
        "type": INVOICE,
        "contract": contract,
        "service_period": {
            "start": format_instant(rated.period.start),
            "end": format_instant(rated.period.end),
            "time_zone": rated.contract.time_zone,
        },
        "known_at": format_instant(rated.known_at),
        "engine": rated.engine.to_content(),
        "lines": [_line_content(line) for line in rated.lines],
        "usage": [record.to_content() for record in rated.usage],
        "guarantee": None if rated.guarantee is None else _guarantee_content(rated.guarantee),
        "totals": _totals_content(rated.totals),
        "statements": list(rated.statements),
        **_outcome_content(rated),
        **({} if rated.release is None else {"released": rated.release.to_content()}),
    }


def document_content(rated: RatedDocument, number: str, issued_at: Instant) -> dict[str, Any]:
    """Return the content of a document."""
    return numbered(rated_content(rated), number, issued_at)


def numbered(content: Mapping[str, Any], number: str, issued_at: Instant) -> dict[str, Any]:
    """Return the content of a document of what it says but number and date."""
    return {**content, "number": number, "issued_at": format_instant(issued_at)}


def correction_content(
    rated: RatedDocument,
    documented: Sequence[Documented],
    found: Difference,
    place: tuple[str, Instant],
) -> dict[str, Any]:
    """Return the content of a document that corrects others, with its number and date."""
    return numbered(corrected_content(rated, documented, found), *place)


def corrected_content(
    rated: RatedDocument, documented: Sequence[Documented], found: Difference
) -> dict[str, Any]:
    """Return everything of a document that corrects others but its number and date.

    It has everything that a first document has, on the original service period. Its lines and
    totals are the difference; `rating` holds the whole new rating and `corrects` all that was
    documented before, so that anybody can take one from the other.

    Args:
        rated: the period as it is known now.
        documented: every document of the period before this one, in order.
        found: what is to be charged or credited.
    """
    content = rated_content(rated)
    rating = {"lines": content["lines"], "totals": content["totals"]}
    return content | {
        "type": found.type,
        "lines": [_line_content(line) for line in found.lines],
        "totals": _totals_content(found.totals),
        "corrects": [_documented_content(document) for document in documented],
        "rating": rating,
    }


def encode_file(signed_bytes: bytes, key_id: str, signature: bytes) -> bytes:
    """Put the signed bytes of a document and their signature into one canonical file.

    The bytes are canonical themselves, and `document` is the first of the three keys.

    Raises:
        Invalid: when the file has more than `FILE_BYTES_MAX` bytes.
    """
    end = canonical.encode({"key_id": key_id, "signature": signature.hex()})
    data = b"".join((b'{"document":', signed_bytes, b",", end[1:]))
    if len(data) > FILE_BYTES_MAX:
        msg = f"a document of {len(data)} bytes: at most {FILE_BYTES_MAX}"
        raise Invalid(msg)
    return data


def decode_file(data: bytes) -> DocumentFile:
    """Read a file, byte for byte as it was written: another spelling of the same is refused.

    Raises:
        DocumentUnreadable: for anything else, or another format.
    """
    try:
        if len(data) > FILE_BYTES_MAX:
            msg = f"{len(data)} bytes, expected at most {FILE_BYTES_MAX}"
            raise DocumentUnreadable(msg)
        content = canonical.decode(data)
        if not isinstance(content, dict) or set(content) != {"document", "key_id", "signature"}:
            msg = "expected an object of document, key_id and signature"
            raise DocumentUnreadable(msg)
        document = content["document"]
        if not isinstance(document, dict) or document.get("format") != FORMAT:
            msg = f"expected a document of format {FORMAT}"
            raise DocumentUnreadable(msg)
        signature = canonical.decode_hex(content["signature"], SIGNATURE_BYTES)
        # The canonical form has one place for each byte: what surrounds the document is known.
        end = canonical.encode({name: content[name] for name in ("key_id", "signature")})
        signed_bytes = data[len(b'{"document":') : -len(end)]
        return DocumentFile(document, signed_bytes, str(content["key_id"]), signature)
    except (canonical.NotCanonical, TypeError) as error:
        msg = f"these bytes are no document of format {FORMAT}: {error}"
        raise DocumentUnreadable(msg) from error


def contract_of(document: Mapping[str, Any]) -> Contract:
    """Return the contract version that a document was made under.

    Raises:
        TermsInvalid: when it cannot be read.
    """
    return Contract.from_content(
        {**document["contract"], **{name: document[name] for name in _FROM_CONTRACT}}
    )


def usage_of(document: Mapping[str, Any]) -> list[UsageRecord]:
    """Return the usage records of a document.

    Raises:
        DocumentUnreadable: when one cannot be read.
    """
    try:
        return [UsageRecord.from_content(content) for content in document["usage"]]
    except _MALFORMED as error:
        msg = f"cannot read the usage of the document: {error}"
        raise DocumentUnreadable(msg) from error


def documented(document: Mapping[str, Any], sha256: str) -> Documented:
    """Return what a correction needs to know of an issued document.

    Args:
        document: its content.
        sha256: of its file, hexadecimal.

    Raises:
        DocumentUnreadable: when its lines cannot be read.
    """
    try:
        return Documented(
            document["number"],
            sha256,
            document["type"],
            tuple(_documented_line(line, document["currency"]) for line in document["lines"]),
        )
    except _MALFORMED as error:
        msg = f"cannot read the lines of the document: {error}"
        raise DocumentUnreadable(msg) from error


def corrected_by(document: Mapping[str, Any]) -> list[Documented]:
    """Return the documents that a document corrects; none for a first one.

    Raises:
        DocumentUnreadable: when they cannot be read, or are more than `CORRECTIONS_MAX`.
    """
    try:
        said = document.get("corrects", [])
        if len(said) > CORRECTIONS_MAX:
            msg = f"the document corrects {len(said)} others: at most {CORRECTIONS_MAX}"
            raise DocumentUnreadable(msg)
        return [documented({**document, **one}, one["sha256"]) for one in said]
    except _MALFORMED as error:
        msg = f"cannot read which documents it corrects: {error}"
        raise DocumentUnreadable(msg) from error


def rerated(document: Mapping[str, Any], rules: Rules = RULES) -> RatedDocument:
    """Rate a document's period again from its own contract, period, usage and engine.

    Args:
        document: content of a document.
        rules: of every release that has rated documents.

    Raises:
        DocumentUnreadable: when a part that the amounts follow from cannot be read.
    """
    try:
        span = document["service_period"]
        engine = Engine.from_content(document["engine"])
        rated = rules_of(engine, rules)(
            contract_of(document),
            Period.parse(span["start"], span["end"]),
            parse_instant(document["known_at"]),
            usage_of(document),
            engine,
            *_facts(document),
        )
        if "released" in document:
            return released(rated, Release.from_content(document["released"]))
    except _MALFORMED as error:
        msg = f"cannot compute the document again: {error}"
        raise DocumentUnreadable(msg) from error
    return rated


def recompute(document: Mapping[str, Any], rules: Rules = RULES) -> dict[str, Any]:
    """Compute a document again from its own contract, period, usage and engine.

    An authentic, right document equals the result exactly. Of a document that corrects others,
    what those say is taken from itself; `services.evidence` compares it with their files.

    Args:
        document: content of a document.
        rules: of every release that has rated documents.

    Raises:
        DocumentUnreadable: when a part that the amounts follow from cannot be read.
    """
    rated = rerated(document, rules)
    try:
        place = document["number"], parse_instant(document["issued_at"])
        if "corrects" not in document:
            return document_content(rated, *place)
        before = corrected_by(document)
        found = difference(rated, before)
        if found is None:
            msg = "the document corrects others by nothing"
            raise DocumentUnreadable(msg)
        return correction_content(rated, before, found, place)
    except _MALFORMED as error:
        msg = f"cannot compute the document again: {error}"
        raise DocumentUnreadable(msg) from error


def check_totals(document: Mapping[str, Any]) -> None:
    """Check every sum of a document with no tolerance, as a receiver can without the contract.

    Each line is its exact amount rounded once, net is the sum of the lines, the tax of each group
    is rounded once from the exact sum of its lines, gross is net and tax. EN 16931's own rules let
    the tax be wrong by 0.99 (BR-CO-17); this does not.

    Raises:
        TotalsWrong: naming the first amount that is wrong, and what was expected.
    """
    try:
        _check_totals(document)
    except TotalsWrong:
        raise
    except _MALFORMED as error:
        msg = f"cannot add up the document: {type(error).__name__} {error}"
        raise TotalsWrong(msg) from error


def _check_totals(document: Mapping[str, Any]) -> None:
    currency = document["currency"]
    by_vat: dict[tuple[str, str], Fraction] = {}
    for line in document["lines"]:
        amount = Money.rounded(parse_fraction(line["amount_exact"]), currency)
        _expect(f"line {line['id']}", line["amount"], amount)
        vat = (line["vat"]["category"], line["vat"]["rate"])
        by_vat[vat] = by_vat.get(vat, Fraction(0)) + amount.as_fraction()
    totals = document["totals"]
    groups = {(group["category"], group["rate"]): group for group in totals["vat"]}
    if set(groups) != set(by_vat) or len(groups) != len(totals["vat"]):
        msg = "the groups of value-added tax are not those of the lines"
        raise TotalsWrong(msg)
    net = sum(by_vat.values(), Fraction(0))
    gross = net
    for vat, base in by_vat.items():
        tax = Money.rounded(base * parse_fraction(vat[1]) / _PERCENT, currency)
        _expect(f"tax base of {vat[1]} %", groups[vat]["base"], Money.rounded(base, currency))
        _expect(f"tax of {vat[1]} %", groups[vat]["amount"], tax)
        gross += tax.as_fraction()
    _expect("net", totals["net"], Money.rounded(net, currency))
    _expect("gross", totals["gross"], Money.rounded(gross, currency))


def _expect(what: str, said: str, right: Money) -> None:
    if said != _amount(right):
        msg = f"{what} is {said}: expected exactly {_amount(right)}"
        raise TotalsWrong(msg)


def _amount(money: Money) -> str:
    return f"{money.amount:.{currency_exponent(money.currency)}f}"


def _vat_content(vat: Vat) -> dict[str, str]:
    return {"category": str(vat.category), "rate": str(vat.rate)}


def _line_content(line: RatedLine) -> dict[str, Any]:
    own = {} if line.period is None else {"period": _period_content(line.period)}
    return own | {
        "id": line.id,
        "kind": str(line.kind),
        "description": line.description.to_content(),
        "quantity": shown_quantity(line.quantity),
        "steps": list(line.steps),
        "amount_exact": str(line.exact),
        "amount": _amount(line.amount),
        "vat": _vat_content(line.vat),
        "usage": list(line.usage),
    }


def _documented_content(document: Documented) -> dict[str, Any]:
    return {
        "number": document.number,
        "sha256": document.sha256,
        "type": document.type,
        "lines": [_documented_line_content(line) for line in document.lines],
    }


def _documented_line_content(line: DocumentedLine) -> dict[str, Any]:
    own = {} if line.period is None else {"period": _period_content(line.period)}
    return own | {
        "id": line.id,
        "kind": str(line.kind),
        "description": line.description.to_content(),
        "amount": _amount(line.amount),
        "vat": _vat_content(line.vat),
    }


def _period_content(period: Period) -> dict[str, str]:
    return {"start": format_instant(period.start), "end": format_instant(period.end)}


def _period_of(content: Mapping[str, Any]) -> Period:
    return Period.parse(content["start"], content["end"])


def _documented_line(line: Mapping[str, Any], currency: str) -> DocumentedLine:
    vat = Vat(
        category=VatCategory(line["vat"]["category"]), rate=parse_fraction(line["vat"]["rate"])
    )
    description = LocalText(en=line["description"]["en"], zh_hans=line["description"]["zh-Hans"])
    amount = Money(Decimal(line["amount"]), currency)
    own = _period_of(line["period"]) if "period" in line else None
    return DocumentedLine(line["id"], LineKind(line["kind"]), description, amount, vat, own)


def _guarantee_content(result: GuaranteeResult) -> dict[str, Any]:
    durations, judged = result.durations, result.availability
    shown = None if judged.value is None else _percent(judged.value, AVAILABILITY_DECIMALS)
    return {
        "class_us": {
            "up": durations.up_us,
            "down_provider": durations.down_provider_us,
            "down_customer": durations.down_customer_us,
            "excluded": durations.excluded_us,
            "unknown": durations.unknown_us,
        },
        "required_us": judged.required_us,
        "excluded_us": judged.excluded_us,
        "down_us": judged.down_us,
        "availability": {
            "exact": None if judged.value is None else str(judged.value),
            "percent": shown,
        },
        "target": str(result.target),
        "credit": str(result.credit),
        "usage": list(result.usage),
    }


def _outcome_content(rated: RatedDocument) -> dict[str, Any]:
    """Return guarantees of a list, and facts and fees that the lines follow from; else nothing.

    Documents from before there were lists stay as they are, byte for byte.
    """
    outcomes = [_one_outcome(outcome) for outcome in rated.outcomes]
    said = recorded(rated.facts) | ({"guarantees": outcomes} if outcomes else {})
    fees = rated.facts.fees
    ahead = None if fees is None or fees.period is None else _period_content(fees.period)
    return said | ({} if fees is None else {"fee_period": ahead})


def _one_outcome(outcome: GuaranteeOutcome) -> dict[str, Any]:
    return {
        "id": outcome.id,
        "indicator": outcome.indicator,
        "value": None if outcome.value is None else str(outcome.value),
        "target": str(outcome.target),
        "direction": str(outcome.direction),
        "is_met": outcome.is_met,
        "rate": str(outcome.rate),
        "credit": str(outcome.credit),
        "basis": outcome.basis,
        "usage": list(outcome.usage),
    }


def _facts(document: Mapping[str, Any]) -> tuple[Facts, ...]:
    """Return what the rules take beside the usage; nothing for documents that rest on none."""
    facts = Facts(
        tuple(map(ServiceIncident.from_content, document.get("incidents", ()))),
        tuple(map(AgreedExclusion.from_content, document.get("exclusions", ()))),
        tuple(map(Core.from_content, document.get("cores", ()))),
        tuple(map(StockRecord.from_content, document.get("stock", ()))),
        _fees(document),
    )
    return () if facts == NO_FACTS else (facts,)


def _fees(document: Mapping[str, Any]) -> FeesAhead | None:
    if "fee_period" not in document:
        return None
    said = document["fee_period"]
    return FeesAhead(None if said is None else _period_of(said))


def _percent(ratio: Fraction, decimals: int) -> str:
    return shown_decimal(ratio * _PERCENT, decimals)


def _totals_content(totals: Totals) -> dict[str, Any]:
    return {
        "net": _amount(totals.net),
        "vat": [
            _vat_content(group.vat) | {"base": _amount(group.base), "amount": _amount(group.amount)}
            for group in totals.vat
        ],
        "gross": _amount(totals.gross),
    }
