"""Indicators of a guarantee: one exact, pure formula for each file, with its source."""
