"""Exact hourly summaries of series that need no rows to be read."""
