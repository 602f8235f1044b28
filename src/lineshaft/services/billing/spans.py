"""The time that a document bills, over all of its lines; pure."""

from collections.abc import Mapping
from typing import Any

from lineshaft.core.period import Period, format_instant


def billed_span(document: Mapping[str, Any]) -> dict[str, str]:
    """Return start and end of the time that the lines of a document are for.

    A line without a period of its own is for the service period. So a document with fees in advance
    reaches beyond its service period, and the opening document of a contract begins with it.

    Args:
        document: its content.
    """
    said = [line.get("period", document["service_period"]) for line in document["lines"]]
    spans = [Period.parse(each["start"], each["end"]) for each in said]
    if not spans:
        return {name: document["service_period"][name] for name in ("start", "end")}
    start, end = min(each.start for each in spans), max(each.end for each in spans)
    return {"start": format_instant(start), "end": format_instant(end)}
