"""The audit chain: who did what, written inside the unit of work."""
