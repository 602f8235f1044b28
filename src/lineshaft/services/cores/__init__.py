"""Cores: used parts that come back for a deposit."""
