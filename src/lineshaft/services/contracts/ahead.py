"""Fees that are billed in advance: which document bills which period's, over all versions; pure."""

from collections.abc import Sequence

from lineshaft.core.period import Instant, Period
from lineshaft.services.contracts.content import TermsInvalid
from lineshaft.services.contracts.contract import Contract

Reigns = Sequence[tuple[Contract, Period]]
"""The versions that bind with the time that each holds, in time order (`life.reigns`)."""


def opening_in(reigns: Reigns, period: Period) -> Contract | None:
    """Return the contract whose opening document a period stands for, if there is one."""
    contract = reigns[0][0] if reigns else None
    return contract if contract is not None and contract.is_opening(period) else None


def opening_around(reigns: Reigns, instant: Instant) -> Period | None:
    """Return the opening period around an instant before a contract, if it has one."""
    opening = reigns[0][0].opening if reigns else None
    return opening if opening is not None and opening.contains(instant) else None


def fees_of(reigns: Reigns, contract: Contract, period: Period) -> Period | None:
    """Return the period whose fees are billed with the document of a period, in advance.

    That is the billed period behind it while the version holds. The first document of a version
    that follows another one bills its own period's fees too: nobody billed them in advance.

    Args:
        reigns: of all versions of the contract.
        contract: the version that is in force over the period, with fees in advance.
        period: a billed period of it, or its opening.

    Raises:
        TermsInvalid: for a part of a billed period: its fees are billed whole, and once.
    """
    place = [each.version for each, _ in reigns].index(contract.version)
    reign = reigns[place][1]
    if contract.is_opening(period):
        return contract.billed_period(reign.start).intersection(reign)
    billed = contract.billed_period(period.start).intersection(reign)
    if billed != period:
        msg = f"contract {contract.id} bills fees in advance, and {period} is a part of a billed "
        raise TermsInvalid(msg + f"period: expected the whole of {billed}", contract=contract.id)
    is_followed = period.end < reign.end
    end = min(contract.billed_period(period.end).end, reign.end) if is_followed else period.end
    start = period.start if place and period.start == reign.start else period.end
    return Period(start, end) if start < end else None
