"""Names of countries and products, from the two lists that CEPII publishes beside BACI.

`country_codes_V….csv` has `country_code` and `country_name`, `product_codes_HS….csv` has `code` and
`description`. Not tried on real files: made to that description.
"""

import csv
from pathlib import Path

from lineshaft.valuechain.paradox.errors import UnreadableTrade
from lineshaft.valuechain.paradox.kept.model import NAME_CHARACTERS_MAX, NAMES_MAX

COUNTRIES, PRODUCTS = ("country_code", "country_name"), ("code", "description")


def read_names(path: Path, columns: tuple[str, str]) -> dict[str, str]:
    """Read names by code.

    Raises:
        UnreadableTrade: naming the file and what is wrong.
    """
    code, name = columns
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file)
            if not {code, name} <= set(rows.fieldnames or ()):
                msg = f"{path.name} row 1: expected columns {code} and {name}"
                raise UnreadableTrade(msg)
            found = {
                (row[code] or "").strip(): (row[name] or "").strip()[:NAME_CHARACTERS_MAX]
                for row in rows
            }
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        msg = f"{path.name}: expected a CSV file with {code} and {name}, {error}"
        raise UnreadableTrade(msg) from error
    if len(found) > NAMES_MAX:
        msg = f"{path.name}: expected at most {NAMES_MAX} rows, got {len(found)}"
        raise UnreadableTrade(msg)
    return found
