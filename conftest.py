"""What every test run has: shared data, browsers, loud notices about what is absent."""

from hypothesis import settings

pytest_plugins = ["tests.notices", "tests.scratch", "tests.shared_data", "tests.warm"]

# A busy machine is no reason to fail; a failing example is printed so that it can become a test.
settings.register_profile("lineshaft", deadline=None, print_blob=True)
settings.load_profile("lineshaft")
