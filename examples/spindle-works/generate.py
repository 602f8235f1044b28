"""Write what follows from other files of this business, and its books.

    python generate.py            # beside this file
    python generate.py FOLDER     # elsewhere

`network/guarantees.csv` is what the contracts of `plant/` promise, for the items of
`network/dependencies.csv`: no credit is typed twice. `network-last-week/` is `network/` but for
what happened since. Everything is exact, and the same at every run.
"""

import csv
import io
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from books import books, text_of

HERE = Path(__file__).parent
TODAY, LAST_WEEK = "2017-12-29", "2017-12-22"
REGISTER_TABLES = (
    "items",
    "bill_of_material",
    "suppliers",
    "sites",
    "sourcing",
    "sub_tier",
    "stock",
    "lines",
    "owners",
)
# What a row was a week ago. Two spindles instead of three: one went into a TM-100. Jizera says that
# its qualification takes a month more. The ball screws of Wiesental failed their test. Alster's
# drives are qualified. The control is secured for two years more.
SINCE_LAST_WEEK = {
    "stock": {
        "motor-spindle,2,": "motor-spindle,3,",
        "cnc-control,7,": "cnc-control,8,",
    },
    "sourcing": {
        "motor-spindle,jizera,jizera-1,0,21,13800.00,,no,120,": (
            "motor-spindle,jizera,jizera-1,0,21,13800.00,,no,90,"
        ),
        "ball-screw,dajia,dajia-1,1,": "ball-screw,dajia,dajia-1,0.7,",
        "ball-screw,wiesental,wiesental-1,0,10,1090.00,,no,45,": (
            "ball-screw,wiesental,wiesental-1,0.3,10,1090.00,,yes,,"
        ),
        "servo-drive,keya,keya-1,0.6,": "servo-drive,keya,keya-1,1,",
        "servo-drive,alster,alster-1,0.4,10,1720.00,2018-12-31,yes,,6": (
            "servo-drive,alster,alster-1,0,10,1720.00,,no,30,6"
        ),
        "cnc-control,minato,minato-1,1,40,11800.00,2020-03-31,": (
            "cnc-control,minato,minato-1,1,40,11800.00,2018-03-31,"
        ),
    },
    "owners": {"guard,J. Roth,,\n": ""},
}


def main() -> None:
    to = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE
    for name, text in {**network(), **last_week(), **books()}.items():
        path = to / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def network() -> dict[str, str]:
    """What the contracts promise for the items that they depend on."""
    plant = tomllib.loads((HERE / "plant/plant.toml").read_text(encoding="utf-8"))
    terms_of = {each["id"]: each["terms"] for each in plant["offering"]}
    contracts = {each["id"]: each for each in plant["contract"]}
    rows = []
    for each in rows_of(HERE / "network/dependencies.csv"):
        contract = contracts[each["contract"]]
        terms = terms_of[contract["offering"]["id"]]
        row = [each["contract"], each["guarantee"], each["item"]]
        row += promise(terms, each["guarantee"])
        row += [terms.get("credits_cap", 100), f"{terms['base_fee']['amount_per_month']:.2f}"]
        rows.append([*row, "EUR", len(contract["machines"]), each["repair_hours"]])
    header = ["contract", "guarantee", "item", "kind", "target", "bands", "slope", "cap", "group"]
    header += ["contract_cap", "monthly_fee", "currency", "machines", "repair_hours"]
    return {"network/guarantees.csv": text_of(header, rows)}


def promise(terms: Mapping[str, Any], guarantee: str) -> list[object]:
    """Kind, target, bands, slope, cap and group of a guarantee."""
    if "guarantee" in terms:
        only = terms["guarantee"]
        bands = [f"{step['at_least']}:{step['credit']}" for step in only["steps"]]
        return ["availability", only["target"], ";".join(bands), "", only["cap"], ""]
    one = next(each for each in terms["guarantees"] if each["id"] == guarantee)
    credit = one["credit"]
    bands = [f"{band.get('until', '')}:{band['credit']}" for band in credit.get("bands", ())]
    shown = [";".join(bands), credit.get("slope", ""), credit["cap"], credit.get("group", "")]
    return [one["indicator"], one["target"], *shown]


def last_week() -> dict[str, str]:
    """The tables of the register as they were."""
    found = {}
    for name in REGISTER_TABLES:
        text = (HERE / f"network/{name}.csv").read_text(encoding="utf-8")
        for now, then in SINCE_LAST_WEEK.get(name, {}).items():
            assert text.count(now) == 1, now
            text = text.replace(now, then)
        found[f"network-last-week/{name}.csv"] = text.replace(TODAY, LAST_WEEK)
    return found


def rows_of(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))))


if __name__ == "__main__":
    main()
