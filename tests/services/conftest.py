"""What the services ask is answered by one query engine, as in a process of the product."""

from tests.platform.conftest import query_engine

__all__ = ["query_engine"]
