"""Blocks and proofs rebuilt from the rows, and the check of the whole store."""
