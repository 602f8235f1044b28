"""Write the readings that this business bills from, out of the recorded day that Lineshaft ships.

python make_readings.py FILE.csv
"""

import csv
import sys
from pathlib import Path

from lineshaft.core.period import format_instant
from lineshaft.core.reading import Reading
from lineshaft.network.connectors.model import ConnectorConfig
from lineshaft.network.connectors.service import decode_recording, sample_day

SIGNALS = {"mazak01/cut_time", "mazak01/execution"}


def main() -> None:
    recording, devices = sample_day()
    options = {"host": "127.0.0.1", "port": 7878, "devices": str(devices), "device": "Mazak01"}
    connector = ConnectorConfig(id="day", kind="mtconnect", machine="mazak01", options=options)
    with Path(sys.argv[1]).open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(["signal", "ts", "value", "status"])
        for item, _ in decode_recording(connector, recording):
            if isinstance(item, Reading) and item.signal in SIGNALS:
                value = "" if item.value is None else getattr(item.value, "mantissa", item.value)
                rows.writerow([item.signal, format_instant(item.ts), value, item.status])


if __name__ == "__main__":
    main()
