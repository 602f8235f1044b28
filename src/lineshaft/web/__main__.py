"""`python -m lineshaft.web`: how the supervisor starts the program that serves pages and API."""

from lineshaft.infrastructure.imports import leave_out

# pyarrow takes it where it finds it: a second of the start, and 60 MB.
leave_out("pandas")

from lineshaft.web.program import run  # noqa: E402 - only now

run()
