"""`python -m lineshaft.cli`."""

from lineshaft.cli.main import run

run()
