"""A slice of the long run `random_invoices`."""

from collections import Counter

from tests.long_runs.random_invoices import batch

DOCUMENTS = 250


def test_nothing_drifts() -> None:
    counts, balances, wrong = batch((1, DOCUMENTS))
    assert wrong == []
    assert counts["documents"] >= DOCUMENTS
    assert counts["shared"] > 0
    sums: Counter[str] = Counter()
    for (_, currency), amount in balances.items():
        sums[currency] += amount
    assert set(sums.values()) == {0}
    kinds = {kind for kind, _ in balances}
    assert {"contract_liability", "partner_payable", "revenue", "service_credits"} <= kinds
