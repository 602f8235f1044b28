"""`python -m lineshaft.web`: how the supervisor starts the program that serves pages and API."""

from lineshaft.infrastructure.imports import leave_out

# Before anything loads pyarrow or structlog, which take them where they find them: that slows each
# start.
leave_out("pandas", "rich")

from lineshaft.web.program import run  # noqa: E402 - see above

run()
