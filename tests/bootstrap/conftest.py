"""An installation to build on."""

from tests.installation import application, clock, data_dir, empty_installation

__all__ = ["application", "clock", "data_dir", "empty_installation"]
