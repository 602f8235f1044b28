"""Random invoices, corrections and recognition: every sum holds to the last minor unit.

Each contract period has a first document and up to `CORRECTIONS_MAX` corrections, with service
credits and partners' shares where its terms allow. Whole numbers of minor units are added here by
themselves: lines, tax, totals, postings, slices, what is deferred, and a trial balance over all of
a worker's documents. Drift is the sum of all differences, and has to be 0.
"""

import os
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from fractions import Fraction
from multiprocessing import get_context
from random import Random
from typing import Any

from bench.records import Outcome, told
from lineshaft.core.period import US_PER_DAY, Instant, Period
from lineshaft.services.billing.difference import difference
from lineshaft.services.billing.document import correction_content, document_content, documented
from lineshaft.services.billing.ledger import Booking, book, releases
from lineshaft.services.billing.model import Documented, RatedDocument
from lineshaft.services.contracts.model import Contract
from tests.services.billing.random_periods import (
    contract_of,
    random_case,
    random_usage,
    rated_case,
)
from tests.services.contracts.examples import GUARANTEE
from tests.services.contracts.test_life_terms import OTHERS

FULL = 1_000_000
SLICE_ELSEWHERE = "tests/services/billing/test_random_invoices.py"
BATCH = 500
"""Documents that a worker makes of one seed."""
CORRECTIONS_MAX = 3
PERIODS_PER_CONTRACT = 6
_SHARES = ["1/3", "1/7", "1/4", "1/100", "1"]

Sums = Counter[tuple[str, str]]
"""Minor units by account and currency."""


def run(count: int, seed: int) -> Outcome:
    """Make at least `count` documents in as many processes as there are cores."""
    batches = [(seed * 1_000_003 + place, BATCH) for place in range(-(-count // BATCH))]
    counts: Counter[str] = Counter()
    balances: Sums = Counter()
    wrong: list[str] = []
    # fork: the workers have loaded everything already
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("fork")) as pool:
        for found, sums, said in told(pool.map(batch, batches, chunksize=4), len(batches)):
            counts.update(found)
            balances.update(sums)
            wrong += said
    drift = sum(abs(each) for each in _by_currency(balances).values()) + counts.pop("drift", 0)
    detail = "; ".join(wrong[:3])
    totals = {"documents": counts["documents"], **counts, "drift": drift}
    return Outcome(is_ok=not drift and not wrong, detail=detail, counts=totals)


def batch(task: tuple[int, int]) -> tuple[Counter[str], Sums, list[str]]:
    """Make the documents of one seed; return counts, balances, and what was wrong."""
    seed, count = task
    random, counts = Random(seed), Counter[str]()
    balances: Sums = Counter()
    wrong: list[str] = []
    while counts["documents"] < count:
        case = _case(random)
        contract = _shared(random, contract_of(case))
        for _ in range(PERIODS_PER_CONTRACT):
            books = _Books(contract, counts, balances)
            books.write(random, case)
            wrong += [f"seed {seed}: {each} of {case}" for each in books.wrong]
    counts["drift"] += len(wrong)
    return counts, balances, wrong


class _Books:
    """The documents of one period, and the sums that have to hold."""

    def __init__(self, contract: Contract, counts: Counter[str], balances: Sums) -> None:
        """Begin without documents."""
        self._contract, self._counts, self._balances = contract, counts, balances
        self._said: list[Documented] = []
        self._bookings: list[Booking] = []
        self._standing: list[tuple[str, int]] = []
        self._decimals = 0
        self.wrong: list[str] = []

    def write(self, random: Random, case: dict[str, Any]) -> None:
        """Issue, correct, recognise what is left, and compare."""
        self._decimals = case["decimals"]
        # Sometimes before the period is over: then it is billed in advance.
        count = 1 + random.randint(0, CORRECTIONS_MAX)
        for days in sorted(random.choices([-40, -10, 0, 1, 400], k=count)):
            case["usage"] = _usage(random, case)
            rated = rated_case(case, self._contract)
            issued_at = max(Instant(rated.period.end + days * US_PER_DAY), rated.period.start)
            self._document(rated, issued_at)
        self._compare(rated)

    def _document(self, rated: RatedDocument, issued_at: Instant) -> None:
        place = (f"RI-{len(self._said) + 1:06d}", issued_at)
        found = difference(rated, self._said) if self._said else None
        if found is None and self._said:
            return
        content = document_content(rated, *place)
        if found is not None:
            content = correction_content(rated, self._said, found, place)
        self._said.append(documented(content, "0" * 64))
        self._counts["documents"] += 1
        self._counts["lines"] += len(content["lines"])
        self._check(content)
        booking = book(self._contract, content)
        self._bookings.append(booking)
        self._post(content, booking)
        self._standing = [
            (line["id"], self._minor(line["amount"]))
            for line in content.get("rating", content)["lines"]
        ]

    def _check(self, content: dict[str, Any]) -> None:
        """Compare lines, tax and totals with sums of whole numbers."""
        unit = 10**self._decimals
        bases: Counter[str] = Counter()
        for line in content["lines"]:
            amount = self._minor(line["amount"])
            self._expect(f"line {line['id']}", amount, _half_away(line["amount_exact"], unit))
            bases[line["vat"]["rate"]] += amount
        taxes = {group["rate"]: self._minor(group["amount"]) for group in content["totals"]["vat"]}
        for rate, base in bases.items():
            right = _half_away(str(Fraction(base, unit) * Fraction(rate) / 100), unit)
            self._expect(f"tax of {rate} %", taxes[rate], right)
        totals = content["totals"]
        self._expect("net", self._minor(totals["net"]), sum(bases.values()))
        gross = sum(bases.values()) + sum(taxes.values())
        self._expect("gross", self._minor(totals["gross"]), gross)

    def _post(self, content: dict[str, Any], booking: Booking) -> None:
        """Add the postings to the balances; compare them with the document."""
        sign = -1 if content["type"] == "381" else 1
        posted = self._added(booking.entries)
        gross = sign * self._minor(content["totals"]["gross"])
        self._expect("receivables", posted["receivables"], gross)
        tax = sum(self._minor(group["amount"]) for group in content["totals"]["vat"])
        self._expect("tax payable", posted["vat_payable"], -sign * tax)
        self._expect("shares", posted["partner_shares"], -posted["partner_payable"])
        self._expect("debits and credits", sum(posted.values()), 0)
        for release in booking.releases:
            self._expect("release", sum(self._added(release.entries).values()), 0)
        sliced: Counter[str] = Counter()
        for each in booking.slices:
            sliced[each.line] += self._minor(str(each.amount.amount))
        for line in content["lines"]:
            amount = sign * self._minor(line["amount"])
            self._expect(f"slices of {line['id']}", sliced[line["id"]], amount)
        self._counts["slices"] += len(booking.slices)

    def _compare(self, rated: RatedDocument) -> None:
        """Recognise what still waits, month by month; compare what stands with the last rating."""
        waiting = [
            each
            for booking in self._bookings
            for each in booking.slices
            if each.is_deferred and each.month not in {r.month for r in booking.releases}
        ]
        left = sum(self._minor(str(each.amount.amount)) for each in waiting)
        for release in releases(self._contract.id, waiting):
            self._expect("contract liability below zero", min(left, 0), 0)
            left += self._added(release.entries)["contract_liability"] * -1
        self._expect("contract liability at the end", left, 0)
        net = sum(amount for _, amount in self._standing)
        slices = [each for booking in self._bookings for each in booking.slices]
        recognised = sum(self._minor(str(each.amount.amount)) for each in slices)
        self._expect("recognised", recognised, net)
        lines = [(line.id, line.amount) for line in rated.lines]
        if difference(rated, self._said) is None and self._contract.partner_shares(lines):
            shares = self._contract.partner_shares(lines).values()
            self._counts["shared"] += 1
            paid = -sum(
                self._minor(str(entry.amount.amount))
                for booking in self._bookings
                for entry in booking.entries
                if str(entry.account).startswith("partner_payable")
            )
            right = sum(self._minor(str(each.amount)) for each in shares)
            self._expect("partners' shares", paid, right)

    def _added(self, entries: Sequence[Any]) -> Counter[str]:
        kinds: Counter[str] = Counter()
        for entry in entries:
            minor = self._minor(str(entry.amount.amount))
            kinds[str(entry.account.kind)] += minor
            self._balances[str(entry.account.kind), entry.amount.currency] += minor
        return kinds

    def _minor(self, text: str) -> int:
        """Read an amount as minor units, digit by digit."""
        whole, _, decimals = text.partition(".")
        return int(whole + decimals.ljust(self._decimals, "0"))

    def _expect(self, what: str, said: int, right: int) -> None:
        if said != right:
            self.wrong.append(f"{what} is {said}, expected {right}")


def _case(random: Random) -> dict[str, Any]:
    case = random_case(random)
    if "base_fee" in case["terms"] and random.random() < 0.5:
        case["terms"]["guarantee"] = GUARANTEE
    return case


def _usage(random: Random, case: dict[str, Any]) -> dict[str, Any]:
    usage = random_usage(random, case)
    if case["terms"].get("guarantee"):
        usage["execution"] = {"now": [_states(random, case) for _ in case["machines"]]}
    return usage


def _states(random: Random, case: dict[str, Any]) -> dict[str, int]:
    whole = Period.parse(*case["period"]).duration_us
    down = random.choice([0, whole // 20, whole // 7, whole])
    return {"ACTIVE": whole - down, "INTERRUPTED": down}


def _shared(random: Random, contract: Contract) -> Contract:
    if random.random() < 0.5:
        return contract
    split = [{"party": "helper", "share": random.choice(_SHARES)}]
    return Contract.from_content(
        contract.to_content() | {"parties": OTHERS, "revenue_split": split}
    )


def _half_away(exact: str, unit: int) -> int:
    value = Fraction(exact) * unit
    magnitude = int(abs(value) + Fraction(1, 2))
    return magnitude if value >= 0 else -magnitude


def _by_currency(balances: Sums) -> Counter[str]:
    sums: Counter[str] = Counter()
    for (_, currency), amount in balances.items():
        sums[currency] += amount
    return sums
