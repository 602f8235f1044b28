"""What every indicator says of itself."""

import msgspec


class Indicator(msgspec.Struct, frozen=True):
    """An indicator: how it is written, computed and bounded, and where its definition stands.

    Attributes:
        unit: code of UN/ECE Rec 20; `C62` is a ratio of 0 to 1, empty where the meters give it.
        range: of its values, as an interval.
    """

    symbol: str
    unit: str
    formula: str
    source: str
    range: str
