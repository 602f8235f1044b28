"""`python -m lineshaft.web`: how the supervisor starts the program that serves pages and API."""

from lineshaft.infrastructure.imports import leave_out

# Before anything loads pyarrow, which takes it where it finds it and slows each start.
leave_out("pandas")

from lineshaft.web.program import run  # noqa: E402 - see above

run()
