"""Invoices, down to the readings behind each line."""
