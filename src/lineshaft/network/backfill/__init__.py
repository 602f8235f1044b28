"""Reads a file of old readings and sends it as a source of its own."""
