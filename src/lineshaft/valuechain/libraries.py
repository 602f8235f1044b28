"""Heavy libraries of the extra `lineshaft[valuechain]`, imported when they are first needed."""

import importlib
from types import ModuleType

from lineshaft.infrastructure.imports import bring_back
from lineshaft.valuechain.errors import ExtraMissing


def needed(name: str, *beside: str) -> ModuleType:
    """Import a library, also where this process left out the others that it needs.

    Raises:
        ExtraMissing: when it is not installed.
    """
    bring_back(*beside)
    try:
        return importlib.import_module(name)
    except ImportError as error:
        msg = f"this needs {name.partition('.')[0]}, which is not installed: "
        msg += "expected the extra, as in pip install 'lineshaft[valuechain]'"
        raise ExtraMissing(msg) from error
