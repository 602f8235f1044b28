"""The pages: one of two skins over the use cases. No rule lives here."""

import importlib

from lineshaft.infrastructure.imports import without

# The server's end of the page's connection; its client's end would take both: 12 MB.
with without("aiohttp", "requests"):
    importlib.import_module("engineio")
