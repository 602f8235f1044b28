"""The segment: the unit of transport, deduplication, durability and evidence (`docs/formats`)."""
