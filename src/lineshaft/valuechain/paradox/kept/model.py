"""What the hub knows of a version of the world's trade. Pure."""

from typing import Any

import msgspec

from lineshaft.core.errors import Invalid

YEARS_MAX = 12
"""Of one version."""
FILE_BYTES_MAX = 1024 * 1024 * 1024
NAMES_MAX = 10_000
"""Countries or products of one version that have a name."""
NAME_CHARACTERS_MAX = 300
FORMAT = "lineshaft-world-trade/1"


class TradeVersion(msgspec.Struct, frozen=True):
    """What a version holds; its figures are a file that is named by its hash.

    Attributes:
        version: counts from 1.
        edition: of the files, such as `BACI HS17 V202401`.
        years: rising, without a gap.
        file, size_bytes: SHA-256 and size of the column file.
        countries: names by the numeric code, of all that trade; a code where no name is known.
        products: descriptions by six digits, where they are known.
    """

    version: int
    edition: str
    years: tuple[int, ...]
    file: str
    size_bytes: int
    countries: dict[int, str]
    products: dict[str, str]

    @classmethod
    def from_content(cls, version: int, content: dict[str, Any]) -> "TradeVersion":
        """Read it as it is kept."""
        return cls(
            version,
            content["edition"],
            tuple(content["years"]),
            content["file"],
            content["size_bytes"],
            {int(code): name for code, name in content["countries"].items()},
            content["products"],
        )

    def to_content(self) -> dict[str, Any]:
        """Return the JSON content, as it is kept; the version is told beside it."""
        return {
            "format": FORMAT,
            "edition": self.edition,
            "years": list(self.years),
            "file": self.file,
            "size_bytes": self.size_bytes,
            "countries": {str(code): name for code, name in self.countries.items()},
            "products": self.products,
        }


def check_years(years: list[int]) -> None:
    """Pass years that a version can have.

    Raises:
        Invalid: for years that are there twice, a gap, or more than `YEARS_MAX`.
    """
    given = sorted(years)
    is_row = given == list(range(given[0], given[0] + len(given)))
    if not is_row or len(given) > YEARS_MAX:
        msg = f"years {', '.join(map(str, given))}: expected each once, without a gap, and at most "
        raise Invalid(msg + f"{YEARS_MAX}")
