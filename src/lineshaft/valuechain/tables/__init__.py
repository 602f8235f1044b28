"""Typed tables from CSV files and Excel workbooks, with every mistake named."""
