"""A maker of two machines: a few parts, three suppliers, two guarantees, four cures. Synthetic."""

import datetime as dt
from pathlib import Path

from lineshaft.valuechain.supplynetwork.disruption import Shock, ShockKind

START = dt.date(2026, 3, 1)
TABLES = {
    "items": """item,name,unit
mill,Milling machine,C62
lathe,Lathe,C62
head,Milling head,C62
spindle,Spindle,C62
bearing,Bearing,C62
casting,Casting,C62
coolant,Coolant,LTR
""",
    "bill_of_material": """parent,child,quantity
mill,head,1
mill,casting,2
lathe,spindle,1
lathe,casting,1
head,spindle,1
head,bearing,4
lathe,coolant,0.5
spindle,bearing,2
""",
    "suppliers": """supplier,name,country
acme,Acme Spindles,DE
borr,Borr Bearings,SE
cast,Foundry,CN
""",
    "sites": """site,supplier,country,port
acme-1,acme,DE,
borr-1,borr,SE,Gothenburg
cast-1,cast,CN,Ningbo
""",
    "sourcing": """item,supplier,site,share,lead_days,unit_price,contract_end,qualified,\
requalification_days,capacity_per_week
spindle,acme,acme-1,1,5,9000.00,2026-12-31,yes,,
spindle,borr,borr-1,0,10,9900.00,,no,40,
bearing,borr,borr-1,0.6,14,35.50,2027-06-30,yes,,
bearing,acme,acme-1,0.4,5,38.00,,yes,,14
casting,cast,cast-1,1,30,700.00,,yes,,
""",
    "sub_tier": """supplier,item,tier,country,share
acme,spindle,2,CN,0.5
acme,spindle,2,JP,0.25
acme,spindle,3,CN,0.25
""",
    "stock": """item,quantity,as_of
spindle,40,2026-02-27
spindle,50,2026-02-28
bearing,60,2026-02-28
casting,200,2026-02-28
mill,3,2026-02-28
""",
    "orders": """order,item,quantity,due_on,customer,margin
o-1,mill,9,2026-03-08,Riverside,180000
o-2,mill,21,2026-03-29,Hillside,420000
o-3,lathe,1,2026-03-02,Riverside,9000
""",
    "lines": """line,item,margin,currency,planned_per_week,capacity_per_week
mills,mill,20000,EUR,7,14
lathes,lathe,9000.50,EUR,7,
spares,spindle,1500,EUR,3.5,
""",
    "owners": """item,owner,action,due_on
spindle,Li Wei,qualify borr,2026-06-30
""",
    "cures": """cure,kind,item,cost,currency,quantity,share,ready_days
more-spindles,buffer,spindle,90000.00,EUR,75,,
many-spindles,buffer,spindle,250000,EUR,200,,
second,second_source,spindle,120000,EUR,,1,20
new-head,redesign,spindle,60000,EUR,,0.4,0
""",
    "guarantees": """contract,guarantee,item,kind,target,bands,slope,cap,group,contract_cap,\
monthly_fee,currency,machines,repair_hours
riverside,restored,spindle,restoration_time,48,,0.5,30,down,40,10000,EUR,1,8
riverside,up,spindle,availability,98,95:5;90:10;0:25,,25,down,40,10000,EUR,2,8
hillside,restored,casting,restoration_time,72,120:5;:15,,15,,,8000,EUR,1,4
""",
}


def write_tables(folder: Path, **changed: str | None) -> Path:
    """Write the tables into a folder, some of them others or none."""
    folder.mkdir(exist_ok=True)
    for name, text in (TABLES | changed).items():
        if text is not None:
            (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return folder


def outage_of(kind: str, target: str, days: int) -> Shock:
    return Shock(ShockKind(kind), (target,), START, days)
