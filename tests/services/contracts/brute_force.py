"""Another way to the classes of time: look at each second on its own."""

from collections.abc import Sequence

from lineshaft.core.period import Instant, Period
from lineshaft.services.contracts.indicators.classification import Cause, Claim, TimeClass

BY_PRIORITY = (
    (Cause.FORCE_MAJEURE, TimeClass.EXCLUDED),
    (Cause.CUSTOMER, TimeClass.DOWN_CUSTOMER),
    (Cause.MAINTENANCE, TimeClass.EXCLUDED),
    (Cause.PROVIDER, TimeClass.DOWN_PROVIDER),
    (Cause.UNKNOWN, TimeClass.UNKNOWN),
)
"""Force majeure > customer > agreed maintenance > provider down > unknown."""


def classes_by_the_second(
    required: Sequence[Period], claims: Sequence[Claim]
) -> dict[int, TimeClass]:
    """Return the class of each unit of required time, by looking at what is claimed of it."""
    found = {}
    for at in sorted({at for period in required for at in range(period.start, period.end)}):
        claimed = {each.cause for each in claims if each.period.contains(Instant(at))}
        of_each = (time_class for cause, time_class in BY_PRIORITY if cause in claimed)
        found[at] = next(of_each, TimeClass.UP)
    return found
