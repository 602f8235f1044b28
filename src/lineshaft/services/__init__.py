"""Sell the outcome: metering, contracts, billing, evidence."""
