"""Facts of machines that people record: the door to all kinds of them."""

from lineshaft.services.facts.cores import Core, CoreReturn
from lineshaft.services.facts.stocks import StockKind, StockRecord
from lineshaft.services.facts.versions import (
    FACTS_MAX,
    TEXT_CHARACTERS_MAX,
    VERSIONS_MAX,
    F,
    Fact,
    FactVersion,
    in_force,
)

__all__ = [
    "FACTS_MAX",
    "TEXT_CHARACTERS_MAX",
    "VERSIONS_MAX",
    "Core",
    "CoreReturn",
    "F",
    "Fact",
    "FactVersion",
    "StockKind",
    "StockRecord",
    "in_force",
]
