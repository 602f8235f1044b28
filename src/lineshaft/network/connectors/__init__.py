"""Connectors: one folder per protocol, all of one shape."""
