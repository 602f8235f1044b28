"""What an edge counts, by source."""

from prometheus_client import Counter, Gauge

_LABELS = ("source",)

RECORDS = Counter("lineshaft_edge_records", "Records spooled", (*_LABELS, "kind"))
SPOOL_BYTES = Gauge("lineshaft_edge_spool_bytes", "Bytes that the hub has not stored yet", _LABELS)
SPOOL_FULL = Gauge("lineshaft_edge_spool_full", "Whether machines are held because it is", _LABELS)
SKEW_CORRECTED = Gauge("lineshaft_edge_skew_corrected", "Readings moved by clock skew", _LABELS)
LIVE_DROPPED = Counter("lineshaft_edge_live_dropped", "Live batches without a bus", _LABELS)
CONNECTED = Gauge(
    "lineshaft_edge_connected", "Whether a connector has its machine", (*_LABELS, "connector")
)
