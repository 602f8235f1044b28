"""The guarantee of a contract, judged on the state records of a period."""

from collections import Counter
from collections.abc import Sequence

from lineshaft.services.billing.errors import UsageMismatch
from lineshaft.services.billing.model import GuaranteeResult
from lineshaft.services.contracts.model import (
    Contract,
    availability,
    classify_states,
    credit_rate,
)
from lineshaft.services.metering.model import UsageRecord


def guarantee_result(contract: Contract, usage: Sequence[UsageRecord]) -> GuaranteeResult | None:
    """Judge the guarantee; None where the contract has none.

    Several machines are weighed by their time: durations are added, never percentages.

    Args:
        contract: with the guarantee.
        usage: one record for each of `contract.meters()`; the guarantee's are the last.
    """
    guarantee = contract.terms.guarantee
    if guarantee is None:
        return None
    places = range(len(usage) - len(contract.machines), len(usage))
    states_us: Counter[str] = Counter()
    unknown_after_us: Counter[str] = Counter()
    for place in places:
        states_us.update(usage[place].states)
        unknown_after_us.update(usage[place].unknown_after)
    policy = guarantee.unknown_policy
    unknown_us = sum(usage[place].unknown_us for place in places)
    durations = classify_states(states_us, unknown_us, unknown_after_us, guarantee.classes, policy)
    _check_whole(durations.required_us, [usage[place] for place in places])
    judged = availability(durations, policy)
    terms = guarantee.credit_terms
    credit = credit_rate(judged.value, terms)
    return GuaranteeResult(durations, judged, terms.target, credit, tuple(places))


def _check_whole(required_us: int, records: Sequence[UsageRecord]) -> None:
    """Refuse records in which a moment has no class or two: classes add up to required time."""
    whole_us = sum(record.period.duration_us for record in records)
    if required_us != whole_us:
        msg = f"the classes of a guarantee add up to {required_us} us: expected {whole_us}"
        raise UsageMismatch(msg)
