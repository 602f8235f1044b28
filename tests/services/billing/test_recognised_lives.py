"""Any life of a contract: what is recognised by its end is what was billed, to the cent.

Fees in advance or in arrears, a bundle, a lease, usage and a guarantee; the contract ends or rests
in the middle of a period, corrections follow, documents are issued whenever.
"""

from decimal import Decimal
from itertools import groupby
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from lineshaft.core.period import US_PER_DAY, Instant, Period, format_instant, parse_instant
from lineshaft.services.billing.difference import difference
from lineshaft.services.billing.document import correction_content, document_content, documented
from lineshaft.services.billing.ledger import book, releases
from lineshaft.services.billing.model import CREDIT_NOTE, Entry, RatedDocument
from lineshaft.services.billing.rating import rate
from lineshaft.services.contracts.model import Contract
from tests.services.billing.examples import ENGINE, record
from tests.services.billing.test_fees_ahead import BUNDLE, METERED
from tests.services.billing.test_lease import PRICE as LEASE
from tests.services.billing.test_lease import TEXT
from tests.services.contracts.examples import BASE_FEE, GUARANTEE, contract, terms

LIABILITY = "contract_liability:c-1001"
START = parse_instant("2026-01-01T00:00:00Z")


@st.composite
def lives(draw: st.DrawFn) -> tuple[Contract, Contract, int, list[int]]:
    """Draw a contract, what becomes of it, after which document, and how late each is issued."""
    start = Instant(START + draw(st.integers(0, 30)) * US_PER_DAY)
    fee = {
        "amount_per_month": str(draw(st.decimals(0, 9, places=2))),
        "proration": draw(st.sampled_from(["ACT_SECONDS", "ACT_DAYS", "30/360"])),
    }
    due = draw(st.sampled_from(["advance", "arrears"]))
    lease = LEASE | {"instalment": "1.01", "classification": "operating", "due": due}
    prices = [METERED, BUNDLE, {"id": "lease", "description": TEXT, "price": lease}]
    parts = {
        "base_fee": BASE_FEE | fee,
        "usage_prices": [each for each in prices if draw(st.booleans())],
        "guarantee": GUARANTEE if draw(st.booleans()) else None,
        "fees_due": draw(st.sampled_from(["advance", "advance", "arrears"])),
    }
    anchored = {"anchor_day": draw(st.integers(1, 31))} if draw(st.booleans()) else {}
    fields: dict[str, Any] = anchored | {
        "terms": terms(**parts),
        "start": format_instant(start),
        "end": format_instant(Instant(start + 150 * US_PER_DAY)),
        "billing_period": "month",
        "machines": [f"mill0{i}" for i in range(draw(st.integers(1, 3)))],
    }
    of = contract(**fields)
    spans = periods(of)
    place = draw(st.integers(0, len(spans) - 2))
    follows = spans[place + 1]
    days = draw(st.integers(1, follows.duration_us // US_PER_DAY))
    at = format_instant(Instant(follows.start + days * US_PER_DAY))
    rests = [{"start": format_instant(follows.start), "end": at, "reason": "holidays"}]
    change: dict[str, Any] = {"end": at} if draw(st.booleans()) else {"pauses": rests}
    now = contract(**(fields | change | {"version": 2}))
    delays = draw(st.lists(st.integers(0, 70), min_size=20, max_size=20))
    return of, now, place, delays


def periods(of: Contract) -> list[Period]:
    """Return what is billed of a contract: its opening, if it has one, and all of its periods."""
    found = [] if of.opening is None else [of.opening]
    at, end = of.starts_at, of.ends_at
    while end is not None and at < end:
        found.append(of.billed_period(at))
        at = found[-1].end
    return found


def down(span: Period) -> dict[str, int]:
    return {"INTERRUPTED": span.duration_us}


def rated(of: Contract, period: Period) -> RatedDocument:
    usage = [
        record(of, 0, 7_200, span, known_at=period.end, meter=meter)
        if meter.kind == "counter"
        else record(of, 0, 0, span, known_at=period.end, meter=meter, states=down(span))
        for meter, span in of.measurements(period)
    ]
    return rate(of, period, period.end, usage, ENGINE)


def lived(
    of: Contract, now: Contract, place: int, delays: list[int]
) -> list[tuple[Contract, dict[str, Any]]]:
    """Bill the periods up to a place, learn of the change, correct the last one, bill the rest."""
    late = iter(delays)
    found: list[tuple[Contract, dict[str, Any]]] = []
    for version, spans in ((of, periods(of)[: place + 1]), (now, periods(now)[place + 1 :])):
        for span in spans:
            made = rated(version, span)
            at = Instant(span.end + next(late) * US_PER_DAY)
            found.append((version, document_content(made, f"NM-{len(found)}", at)))
        if version is of:
            before = found[-1][1]
            said = [documented(before, "0" * 64)]
            made = rated(now, periods(of)[place])
            differs = difference(made, said)
            at = Instant(parse_instant(before["issued_at"]) + next(late) * US_PER_DAY)
            if differs is not None:
                content = correction_content(made, said, differs, (f"NM-{len(found)}", at))
                found.append((now, content))
    return found


def postings(life: list[tuple[Contract, dict[str, Any]]]) -> list[tuple[Instant, Entry]]:
    """Return every entry with when it is posted: months are recognised once they are over."""
    found: list[tuple[Instant, Entry]] = []
    for of, document in life:
        booking, at = book(of, document), parse_instant(document["issued_at"])
        sign = -1 if document["type"] == CREDIT_NOTE else 1
        assert sum(each.amount.amount for each in booking.slices) == sign * Decimal(
            document["totals"]["net"]
        )
        found += [(at, entry) for entry in booking.entries]
        ends = sorted({each.span.end for each in booking.slices if each.is_deferred})
        for end in ends:
            over = [each for each in booking.slices if each.is_deferred and each.span.end == end]
            for release in releases(of.id, over):
                found += [(max(at, end), entry) for entry in release.entries]
    return sorted(found, key=lambda each: each[0])


@settings(max_examples=40)
@given(life=lives())
def test_what_is_recognised_by_the_end_is_what_was_billed(
    life: tuple[Contract, Contract, int, list[int]],
) -> None:
    documents = lived(*life)
    sums: dict[str, Decimal] = {}
    for _, together in groupby(postings(documents), key=lambda each: each[0]):
        for _, entry in together:
            name = str(entry.account)
            sums[name] = sums.get(name, Decimal(0)) + entry.amount.amount
        assert sums.get(LIABILITY, Decimal(0)) <= 0
    assert sums.get(LIABILITY, Decimal(0)) == 0
    assert sum(sums.values()) == 0
    earned = -sum(
        amount for name, amount in sums.items() if name.startswith(("revenue", "service_credits"))
    )
    owed = {"net": Decimal(0), "gross": Decimal(0)}
    for _, document in documents:
        sign = -1 if document["type"] == CREDIT_NOTE else 1
        for name in owed:
            owed[name] += sign * Decimal(document["totals"][name])
    assert earned == owed["net"]
    assert sums.get("receivables:riverside-parts", Decimal(0)) == owed["gross"]
    assert -sums.get("vat_payable:S-19", Decimal(0)) == owed["gross"] - owed["net"]
