"""Indicators of the three channels and of the roll-out: one file each."""
