"""The Python client of a hub: questions in, Arrow tables out."""

from lineshaft.client.client import Client
from lineshaft.client.frames import ExtraMissing, to_pandas, to_polars

__all__ = ["Client", "ExtraMissing", "to_pandas", "to_polars"]
