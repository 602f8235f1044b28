"""Stocks: deliveries and counts of consumables."""
