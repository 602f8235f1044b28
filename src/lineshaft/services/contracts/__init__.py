"""Parties, offerings, prices, contracts and their guarantees."""
