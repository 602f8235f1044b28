"""`python -m lineshaft.web`: the program with pages and API."""

import os

from lineshaft.bootstrap.api_program import run_api
from lineshaft.infrastructure.settings import load_settings
from lineshaft.web.main import create_app

run_api(load_settings(os.environ), create_app)
