"""The example contract of the first machine, and parts to make others from."""

from typing import Any

from lineshaft.services.contracts.model import Contract, Offering

DAY = ("2017-06-22T00:00:00Z", "2017-06-23T00:00:00Z")

SUPPLIER: dict[str, Any] = {
    "id": "northwind-machines",
    "name": "Northwind Machines GmbH",
    "address_lines": ["Werkstraße 4", "70565 Stuttgart"],
    "country": "DE",
    "vat_id": "DE123456789",
    "legal_id": "HRB 12345",
}
CUSTOMER: dict[str, Any] = {
    "id": "riverside-parts",
    "name": "Riverside Parts GmbH",
    "address_lines": ["Am Ufer 12", "68159 Mannheim"],
    "country": "DE",
    "vat_id": "DE987654321",
    "legal_id": "",
}
BASE_FEE: dict[str, Any] = {
    "id": "base-fee",
    "description": {"en": "Base fee", "zh-Hans": "基本费"},
    "amount_per_month": "3000.00",
    "proration": "ACT_SECONDS",
}
CUTTING_TIME: dict[str, Any] = {
    "id": "cutting-time",
    "description": {"en": "Cutting time", "zh-Hans": "切削时间"},
    "meter": {
        "id": "cutting-time",
        "signal": "cut_time",
        "kind": "counter",
        "unit": "SEC",
        "parameters": {"rate_max": "1", "resolution": "1"},
    },
    "price": {
        "model": "graduated",
        "unit": "HUR",
        "tiers": [
            {"up_to": "2", "unit_price": "45.00"},
            {"up_to": None, "unit_price": "30.00"},
        ],
    },
}
GUARANTEE: dict[str, Any] = {
    "id": "guarantee",
    "description": {"en": "Service credit: availability", "zh-Hans": "服务抵扣：可用率"},
    "meter": {
        "id": "execution",
        "signal": "execution",
        "kind": "state_duration",
        "unit": "SEC",
        "parameters": {"states": ["ACTIVE"]},
    },
    "classes": {
        "ACTIVE": "up",
        "READY": "up",
        "STOPPED": "up",
        "INTERRUPTED": "down_provider",
        "FEED_HOLD": "down_customer",
        "UNAVAILABLE": "unknown",
    },
    "unknown_policy": "EXCLUDED",
    "target": "90",
    "steps": [{"at_least": "80", "credit": "5"}, {"at_least": "0", "credit": "10"}],
    "cap": "20",
}
TERMS: dict[str, Any] = {
    "base_fee": BASE_FEE,
    "usage_prices": [CUTTING_TIME],
    "guarantee": GUARANTEE,
    "vat": {"category": "S", "rate": "19"},
}
OFFERING: dict[str, Any] = {
    "id": "machining-as-a-service",
    "version": 1,
    "name": {"en": "Machining as a service", "zh-Hans": "加工即服务"},
    "currency": "EUR",
    "terms": TERMS,
}
CONTRACT: dict[str, Any] = {
    "id": "c-1001",
    "version": 1,
    "supplier": SUPPLIER,
    "customer": CUSTOMER,
    "organisation": "riverside",
    "offering": {"id": "machining-as-a-service", "version": 1},
    "currency": "EUR",
    "terms": TERMS,
    "machines": ["mazak01"],
    "start": DAY[0],
    "end": None,
    "time_zone": "UTC",
    "billing_period": "day",
    "invoice_series": "NM-2017",
}


def contract(**changes: Any) -> Contract:
    """Return the example contract with some fields changed."""
    return Contract.from_content(CONTRACT | changes)


def offering(**changes: Any) -> Offering:
    """Return the example offering with some fields changed."""
    return Offering.from_content(OFFERING | changes)


def terms(**changes: Any) -> dict[str, Any]:
    """Return the content of the example terms with some parts changed."""
    return TERMS | changes
