"""The FIGARO tables of Eurostat, industry by industry or product by product, as CSV in matrix form.

Rows and columns `AT_A01`; final demand `AT_P3_S13`, `AT_P3_S14`, `AT_P3_S15`, `AT_P51G`, `AT_P5M`
(inventories and valuables); rows of primary inputs begin with `W2_`. Not tried on a real file.
"""

import re

from lineshaft.valuechain.inputoutput.model import Table, TableFile, Tell
from lineshaft.valuechain.inputoutput.readers.labelled import Layout, read_labelled

LAYOUT = Layout(
    publisher="Eurostat FIGARO",
    currency="EUR",
    primary=re.compile(r"W2_(D21X31|OP_RES|OP_NRES|D1|D29X39|B2A3G)"),
    inventories="P5M",
)


def read(source: TableFile, tell: Tell) -> Table:
    """Read a file of FIGARO.

    Raises:
        UnreadableTable: naming file and row.
    """
    return read_labelled(source, LAYOUT, tell)
