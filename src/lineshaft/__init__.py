"""Lineshaft: the open industrial internet for makers who sell outcomes."""

__version__ = "0.1.0"
