"""The machinery that Lineshaft did not invent, each behind a small class with named limits."""
