"""The Inter-Country Input-Output tables of the OECD, as CSV.

Editions 2021, 2023 and later: rows and columns `AUS_A01_02`; final demand `AUS_HFCE`, `AUS_NPISH`,
`AUS_GGFC`, `AUS_GFCF`, `AUS_INVNT`, `AUS_DPABR`; rows `TLS` and `VA` (or `AUS_TAXSUB` and `VALU`);
output `OUT` (or `OUTPUT`, `TOTAL`). In the extended edition China and Mexico have rows by kind of
firm. Not tried on a real file.
"""

import re

from lineshaft.valuechain.inputoutput.model import Table, TableFile, Tell
from lineshaft.valuechain.inputoutput.readers.labelled import Layout, read_labelled

EXTENDED = {
    f"{part}{n}": country for part, country in (("CN", "CHN"), ("MX", "MEX")) for n in "1234"
}
LAYOUT = Layout(
    publisher="OECD ICIO",
    currency="USD",
    primary=re.compile(r"TLS|VA|VALU|\w+_TAXSUB"),
    inventories="INVNT",
    output=frozenset({"OUT", "OUTPUT", "TOTAL"}),
    merged=EXTENDED,
)


def read(source: TableFile, tell: Tell) -> Table:
    """Read a file of ICIO.

    Raises:
        UnreadableTable: naming file and row.
    """
    return read_labelled(source, LAYOUT, tell)
