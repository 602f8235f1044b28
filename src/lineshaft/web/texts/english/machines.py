"""English: fleet, machines, charts, refused readings."""

MACHINES: dict[str, str] = {
    "category.CONDITION": "Condition",
    "category.EVENT": "State or event",
    "category.SAMPLE": "Measured value",
    "chart.caption": "{count} readings, each one drawn",
    "chart.caption_buckets": "{count} readings: mean, with minimum and maximum as a band",
    "chart.caption_states": "{count} spans",
    "chart.closer": "Zoom in",
    "chart.cut": "Only the first {count} spans are drawn. Zoom in to see all of them.",
    "chart.description": "Readings of the signal over time.",
    "chart.earlier": "Earlier",
    "chart.export": "Export as CSV",
    "chart.hint": "Drag to move, Ctrl and wheel to zoom",
    "chart.later": "Later",
    "chart.mean": "Mean",
    "chart.minimum": "Minimum",
    "chart.none.text": (
        "As soon as the first reading of this signal is stored, its chart appears here."
    ),
    "chart.none.title": "No readings yet",
    "chart.other_states": "Other states",
    "chart.spread": "Minimum to maximum",
    "chart.value": "Value",
    "chart.wider": "Zoom out",
    "condition.FAULT": "Fault",
    "condition.NORMAL": "Normal",
    "condition.WARNING": "Warning",
    "contact.last": "Last contact:",
    "contact.live": "Live",
    "contact.never": "Not heard yet",
    "contact.silent": "Silent",
    "fleet.lead": "What every machine says now. Values come in by themselves.",
    "fleet.none.text": (
        "Machines are described in plant files. Write a starter plant, look at what it would do"
        ", and apply it:"
    ),
    "fleet.none.title": "No machines yet",
    "fleet.none_customer.text": (
        "You see a machine here as soon as a contract for it is in force for your organisation."
    ),
    "fleet.none_customer.title": "No machines yet",
    "fleet.search": "Search machines",
    "fleet.title": "Fleet",
    "kind.CORRECTION": "Correction",
    "kind.COUNT": "Count record",
    "kind.READING": "Reading",
    "kind.REFUSAL": "Refused",
    "kind.STATUS": "Status",
    "machine.area": "Area",
    "machine.asset": "Asset id",
    "machine.live_refused": (
        "Live values are not part of what you were granted for the present time."
    ),
    "machine.manufacturer": "Manufacturer",
    "machine.model": "Model",
    "machine.no_signals.text": (
        "The signals come from the device file of the machine's connector. Add a connector to "
        "the plant files and apply them again."
    ),
    "machine.no_signals.title": "No signals yet",
    "machine.plate": "Nameplate",
    "machine.refusals": "Refused readings",
    "machine.search": "Search signals",
    "machine.serial": "Serial number",
    "machine.signal_count": "Signals",
    "machine.signals": "Signals",
    "machine.site": "Site",
    "range.all": "All",
    "range.custom": "Choose a range",
    "range.day": "Last day",
    "range.from": "From",
    "range.hour": "Last hour",
    "range.label": "Range, up to the last reading",
    "range.show": "Show",
    "range.to": "To",
    "refusals.all": "All machines",
    "refusals.at": "Instant",
    "refusals.cut": "of {size}",
    "refusals.lead": (
        "What connectors could not take. The periods concerned are marked incomplete, and "
        "invoices say so."
    ),
    "refusals.machine": "Machine",
    "refusals.no_signal": "No known signal",
    "refusals.none.text": (
        "When a machine says something that cannot be understood, it is kept here with the "
        "reason and the raw bytes."
    ),
    "refusals.none.title": "Nothing was refused",
    "refusals.raw": "Raw bytes",
    "refusals.reason": "Reason",
    "refusals.signal": "Signal",
    "refusals.title": "Refused readings",
    "signal.at": "As of",
    "signal.kind": "Kind",
    "signal.title": "Signal",
    "signal.unit": "Unit",
    "signal.value": "Value",
}
