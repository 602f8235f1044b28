"""Offsets of the sources' clocks: recorded, never applied to what is stored."""
