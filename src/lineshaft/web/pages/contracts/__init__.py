"""Contracts: what was agreed, what was used, what was promised."""
