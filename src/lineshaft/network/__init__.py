"""Talks to machines, and gets every reading in once."""
