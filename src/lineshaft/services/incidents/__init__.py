"""Service incidents and agreed exclusions: the clocks and windows that guarantees read."""
