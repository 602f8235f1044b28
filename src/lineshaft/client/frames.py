"""Tables for those who work with pandas or Polars; both are extras."""

import importlib
from typing import Any

import pyarrow as pa


class ExtraMissing(ImportError):
    """A library is not installed; the message says which extra brings it."""


def to_pandas(table: pa.Table) -> Any:
    """Return a table as a pandas DataFrame; instants are in UTC.

    Raises:
        ExtraMissing: without pandas.
    """
    _extra("pandas")
    return table.to_pandas()


def to_polars(table: pa.Table) -> Any:
    """Return a table as a Polars DataFrame; instants are in UTC.

    Raises:
        ExtraMissing: without Polars.
    """
    return _extra("polars").from_arrow(table)


def _extra(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        msg = f"{name} is not installed: pip install 'lineshaft[{name}]'"
        raise ExtraMissing(msg) from error
