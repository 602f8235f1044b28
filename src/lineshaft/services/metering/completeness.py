"""Whether usage may be billed, by how much of it is known. Pure."""

import enum
from fractions import Fraction

from lineshaft.services.metering.model import UsageRecord


class Verdict(enum.StrEnum):
    """What a usage record means for the document that would be made of it."""

    ALLOWED = "allowed"
    """It is whole."""
    FLAGGED = "flagged"
    """It may be billed, and the document says that it is not whole."""
    BLOCKED = "blocked"
    """Nothing is billed before somebody has looked."""


def judge(record: UsageRecord, minimum: Fraction | None) -> Verdict:
    """Judge a usage record by the least completeness that the contract asks for.

    What has no quantity, or one below zero, is never billed by itself: the first is nothing, and
    the second pays back for another period. A refused or excluded reading flags the usage however
    complete it is. Estimated time counts as known for the minimum, and flags the usage.

    Args:
        record: what was measured.
        minimum: ratio from 0 to 1; reached when the exact completeness is not below it. None: the
            contract asks for none.
    """
    known_us = record.covered_us + record.estimated_us
    is_too_little = minimum is not None and known_us < minimum * record.counted_us
    if record.is_undefined or record.quantity.amount < 0 or is_too_little:
        return Verdict.BLOCKED
    return Verdict.ALLOWED if record.is_complete else Verdict.FLAGGED
