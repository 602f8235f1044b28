"""Estimates that stand for usage of which nothing was recorded."""
