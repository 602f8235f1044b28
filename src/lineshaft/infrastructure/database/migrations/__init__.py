"""Hand-written migrations: see the README of the package above."""
