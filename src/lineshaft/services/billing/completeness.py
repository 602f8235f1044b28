"""Whether a rated period is known well enough to be billed; pure.

`metering/completeness.py` judges one usage record; here the whole of a document is judged, by the
terms of its contract. What is blocked needs readings, an approved estimate, or a reason.
"""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import msgspec
from msgspec.structs import replace

from lineshaft.core.reading import signal_id
from lineshaft.services.billing.model import RatedDocument
from lineshaft.services.billing.release import Release
from lineshaft.services.contracts.model import Contract, MeterTerms
from lineshaft.services.metering.model import Meter, UsageRecord
from lineshaft.services.metering.service import Verdict, judge


class Shortfall(msgspec.Struct, frozen=True):
    """A usage record that may not be billed as it is.

    Attributes:
        place: in the list of usage records of the document.
        minimum: share that the contract asks for; None: the record has no quantity to bill.
    """

    place: int
    record: UsageRecord
    minimum: Fraction | None

    @property
    def known(self) -> Fraction:
        """Share of the time that counts that is known or estimated."""
        counted_us = self.record.counted_us
        known_us = self.record.covered_us + self.record.estimated_us
        return Fraction(known_us, counted_us) if counted_us else Fraction(1)


def shortfalls(rated: RatedDocument) -> tuple[Shortfall, ...]:
    """Return what blocks the document of a period, in the order of its usage.

    A guarantee that nothing can be said of is not applicable and blocks nothing; a price without a
    quantity, or with one below zero, does.
    """
    return tuple(_shortfalls(rated))


def released(rated: RatedDocument, release: Release) -> RatedDocument:
    """Return the document as somebody bills it in spite of what is missing; it says so."""
    return replace(rated, release=release, statements=(*rated.statements, _statement(release)))


def _shortfalls(rated: RatedDocument) -> Iterator[Shortfall]:
    for place, record in enumerate(rated.usage):
        priced = _terms_of(record.meter, _priced(rated.contract))
        promised = _terms_of(record.meter, _promised(rated.contract))
        shares = [terms.completeness_share for terms in (*priced, *promised)]
        minimum = max((share for share in shares if share is not None), default=None)
        if record.is_undefined and not priced:
            continue
        if (priced or minimum is not None) and judge(record, minimum) is Verdict.BLOCKED:
            yield Shortfall(place, record, minimum)


def _priced(contract: Contract) -> list[MeterTerms]:
    return [price.meter for price in contract.terms.usage_prices if price.meter is not None]


def _promised(contract: Contract) -> list[MeterTerms]:
    one = contract.terms.guarantee
    meters = [] if one is None else [one.meter]
    return meters + [meter for each in contract.terms.promised for meter in each.meters()]


def _terms_of(meter: Meter, terms: list[MeterTerms]) -> list[MeterTerms]:
    return [
        each
        for each in terms
        if each.id == meter.id and signal_id(meter.machine, each.signal) == meter.signal
    ]


def _statement(release: Release) -> dict[str, Any]:
    return {
        "code": "issued_incomplete",
        "usage": list(release.usage),
        "text": {
            "en": f"Issued although less is known than the contract asks for: {release.reason}",
            "zh-Hans": f"已知数据少于合同要求，仍予开具。原因：{release.reason}",
        },
    }
