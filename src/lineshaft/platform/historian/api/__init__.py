"""The historian over HTTP; `web` mounts the router and says who is asking."""

from lineshaft.platform.historian.api.routes import PREFIX, router

__all__ = ["PREFIX", "router"]
