"""Exchanges of meters: recorded by one person, approved by another."""
