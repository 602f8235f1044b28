"""Write the readings of a made-up month of a compressor station, the same with every run.

    python make_readings.py DIRECTORY

No machine said this. Every third hour there are the volume counter, the pressure dew point after
the dryer, and the contact of the dew-point monitor, which opens above +3 °C. The last two days of
the month go into a file of their own: the logger was cut off and delivered them later.
"""

import csv
import sys
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random

SEED = 8573
START = datetime(2025, 5, 31, 22, tzinfo=UTC)  # 1 June, 00:00 in Berlin
HOURS = 30 * 24
LOGGED_EVERY = 3
LATE_AFTER = 28 * 24
EXCHANGED_AT = 396
OLD_START, NEW_START = 481_250, 12
LIMIT = Decimal("3.0")
WET = {*range(243, 252), *range(694, 703)}  # the hours in which the dryer failed: 9 and 9


def rows() -> list[list[str]]:
    random = Random(SEED)  # noqa: S311 - made-up readings
    counter, found = OLD_START, []
    for hour in range(HOURS + 1):
        ts = (START + timedelta(hours=hour)).isoformat().replace("+00:00", "Z")
        dew_point = Decimal(random.randint(52, 79) if hour in WET else random.randint(8, 27)) / 10
        state = "ABOVE" if dew_point > LIMIT else "IN_CLASS"
        if hour % LOGGED_EVERY == 0:
            found += [
                ["compressor/air_volume", ts, str(counter)],
                ["compressor/dew_point", ts, str(dew_point)],
                ["compressor/dew_point_state", ts, state],
            ]
        if hour == EXCHANGED_AT:  # the new meter counts on from here
            counter = NEW_START
        counter += random.randint(28, 52)
    return found


def main() -> None:
    found = rows()
    cut = 3 * (LATE_AFTER // LOGGED_EVERY + 1)
    for name, part in (("readings.csv", found[:cut]), ("late.csv", found[cut:])):
        with (Path(sys.argv[1]) / name).open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows([["signal", "ts", "value"], *part])


if __name__ == "__main__":
    main()
