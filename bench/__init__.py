"""Measured promises and long runs; both append what they found to `results.jsonl`."""
