"""The machining day of the example contract as a document, with its golden figures."""

from typing import Any

from lineshaft.core import canonical


def usage(meter: str, kind: str, unit: str, quantity: str, **fields: Any) -> dict[str, Any]:
    content = {
        "meter": {
            "id": meter,
            "machine": "mazak01",
            "signal": f"mazak01/{meter}",
            "kind": kind,
            "unit": unit,
            "parameters": {},
        },
        "period": {"start": "2017-06-22T00:00:00Z", "end": "2017-06-23T00:00:00Z"},
        "known_at": "2017-06-23T06:00:00Z",
        "quantity": {"amount": quantity, "unit": unit},
        "covered_us": 34_796_348_886,
        "completeness": "5799391481/14400000000",
        "is_complete": False,
        "exclusions": [],
        "refusal_count": 21,
        "ranges": [
            {
                "source": "edge-1",
                "epoch": 1,
                "first_ordinal": 1,
                "last_ordinal": 9_214,
                "first_header": 1,
                "last_header": 112,
            }
        ],
        "evidence_root": "7f83b1657ff1fc53b92dc18148a1d65dfc2d4b1fa3d677284addd200126d9069",
    }
    return content | fields


def shown(exact: str, text: str, unit: str, symbol: str) -> dict[str, str]:
    return {"exact": exact, "shown": text, "unit": unit, "symbol": symbol}


def text(en: str, zh: str) -> dict[str, str]:
    return {"en": en, "zh-Hans": zh}


VAT = {"category": "S", "rate": "19"}

BASE_FEE = {
    "id": "base",
    "kind": "base_fee",
    "description": text(
        "Base fee: connection, monitoring and remote service", "基本费：联网、监测与远程服务"
    ),
    "quantity": shown("1/30", "0.033333", "MON", "mo"),
    "steps": [
        {
            "kind": "proration",
            "basis": "ACT_SECONDS",
            "month": "2017-06",
            "part": "86400",
            "whole": "2592000",
            "unit": "SEC",
            "amount_per_month": "3000.00",
            "amount_exact": "100",
        },
        {
            "kind": "rounding",
            "rule": "half_away_from_zero",
            "decimals": 2,
            "amount_exact": "100",
            "amount": "100.00",
        },
    ],
    "amount_exact": "100",
    "amount": "100.00",
    "vat": VAT,
    "usage": [],
}
CUTTING = {
    "id": "cutting",
    "kind": "usage",
    "description": text("Cutting time", "切削时间"),
    "quantity": shown("6289/1800", "3.493889", "HUR", "h"),
    "steps": [
        {"kind": "usage", "usage": 0, "quantity": shown("12578", "12578", "SEC", "s")},
        {
            "kind": "conversion",
            "factor": "1/3600",
            "quantity": shown("6289/1800", "3.493889", "HUR", "h"),
        },
        {
            "kind": "tier",
            "unit_price": "45.00",
            "amount_exact": "90",
            "quantity": shown("2", "2", "HUR", "h"),
            "above": "0",
            "up_to": "2",
        },
        {
            "kind": "tier",
            "unit_price": "30.00",
            "amount_exact": "2689/60",
            "quantity": shown("2689/1800", "1.493889", "HUR", "h"),
            "above": "2",
            "up_to": None,
        },
        {
            "kind": "rounding",
            "rule": "half_away_from_zero",
            "decimals": 2,
            "amount_exact": "8089/60",
            "amount": "134.82",
        },
    ],
    "amount_exact": "8089/60",
    "amount": "134.82",
    "vat": VAT,
    "usage": [0],
}
CREDIT = {
    "id": "availability",
    "kind": "service_credit",
    "description": text("Service credit for missed availability", "可用率未达标的服务抵扣"),
    "quantity": shown("1", "1", "C62", "1"),
    "steps": [
        {
            "kind": "credit",
            "base_line": "base",
            "base_exact": "100",
            "percent": "10",
            "amount_exact": "-10",
        },
        {
            "kind": "rounding",
            "rule": "half_away_from_zero",
            "decimals": 2,
            "amount_exact": "-10",
            "amount": "-10.00",
        },
    ],
    "amount_exact": "-10",
    "amount": "-10.00",
    "vat": VAT,
    "usage": [1],
}
GUARANTEE = {
    "class_us": {
        "up": 26_751_062_748,
        "down_provider": 8_027_652_138,
        "down_customer": 17_634_000,
        "excluded": 0,
        "unknown": 51_603_651_114,
    },
    "required_us": 86_400_000_000,
    "excluded_us": 51_621_285_114,
    "down_us": 8_027_652_138,
    "availability": {"exact": "4458510458/5796452481", "percent": "76.918"},
    "target": "9/10",
    "credit": "1/10",
    "usage": [1],
}


def document() -> dict[str, Any]:
    """Return the content of the golden document."""
    content: dict[str, Any] = {
        "format": "lineshaft/invoice/1",
        "type": "380",
        "number": "LS-2017-000001",
        "issued_at": "2017-06-23T06:00:01.5Z",
        "currency": "EUR",
        "supplier": {
            "id": "supplier",
            "name": "Hartmann Werkzeugmaschinen GmbH",
            "address_lines": ["Industriestraße 12", "73033 Göppingen"],
            "country": "DE",
            "vat_id": "DE136695976",
            "legal_id": "HRB 721034",
        },
        "customer": {
            "id": "customer",
            "name": "Precision Parts 精密零件（苏州）有限公司",
            "address_lines": ["No. 88 Jinji Lake Avenue", "Suzhou 215028"],
            "country": "CN",
            "vat_id": "",
            "legal_id": "91320594MA1N0XXXXX",
        },
        "contract": {
            "id": "mazak01-cutting",
            "version": 1,
            "terms": {"guarantee": {"unknown_policy": "EXCLUDED"}},
        },
        "service_period": {
            "start": "2017-06-22T00:00:00Z",
            "end": "2017-06-23T00:00:00Z",
            "time_zone": "UTC",
        },
        "known_at": "2017-06-23T06:00:00Z",
        "engine": {"lineshaft": "0.1.0", "tzdata": "2026.6"},
        "lines": [BASE_FEE, CUTTING, CREDIT],
        "usage": [
            usage("cut_time", "counter", "SEC", "12578"),
            usage("execution", "state_duration", "SEC", "17374936623/500000"),
        ],
        "guarantee": GUARANTEE,
        "totals": {
            "net": "224.82",
            "vat": [VAT | {"base": "224.82", "amount": "42.72"}],
            "gross": "267.54",
        },
        "statements": [
            {
                "code": "usage_incomplete",
                "usage": [0],
                "completeness": "40.27",
                "text": text(
                    "Incomplete: the readings for cut_time on mazak01 cover 40.27 % of the "
                    "period; 21 were refused and 0 excluded.",
                    "数据不完整：mazak01 的 cut_time 读数覆盖计费期的 40.27 %；"
                    "拒收 21 条，排除 0 条。",
                ),
            },
            {
                "code": "proof_of_what_was_received",
                "usage": [],
                "text": text(
                    "Billed and proven is what was received; the missing time was not estimated.",
                    "计费和证明仅以已收到的数据为准；缺失的时段未作估算。",
                ),
            },
        ],
    }
    return content


def document_file(content: dict[str, Any]) -> bytes:
    """Return the bytes of INVOICE.json, with a signature that nobody made."""
    return canonical.encode({"document": content, "key_id": "k1", "signature": "00" * 64})
