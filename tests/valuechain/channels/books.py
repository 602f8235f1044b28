"""Two lines of one site over three quarters, small enough to be counted by hand. Synthetic."""

from pathlib import Path

TABLES = {
    # In 2026-Q1 the line mill makes a tenth more, in 2026-Q2 twice as much of everything.
    "output": """quarter,site,line,good,bad,unit_value,currency,energy
2025-Q4,ulm,mill,100,25,10,EUR,500
2026-Q1,ulm,mill,110,10,10,EUR,500
2026-Q2,ulm,mill,220,20,10,EUR,1000
2025-Q4,ulm,turn,200,0,5,EUR,300
2026-Q1,ulm,turn,210,0,5,EUR,300
2026-Q2,ulm,turn,210,0,5,EUR,300
""",
    "hours": """quarter,site,line,activity,hours,wage_cost,currency,monitored
2025-Q4,ulm,mill,inspection,20,200,EUR,no
2025-Q4,ulm,mill,machining,20,200,EUR,no
2026-Q1,ulm,mill,inspection,8,80,EUR,yes
2026-Q1,ulm,mill,machining,23,230,EUR,no
2026-Q1,ulm,mill,programming,5,50,EUR,no
2026-Q2,ulm,mill,inspection,16,160,EUR,yes
2026-Q2,ulm,mill,machining,46,460,EUR,no
2026-Q2,ulm,mill,programming,10,100,EUR,no
2025-Q4,ulm,turn,machining,50,500,EUR,no
2026-Q1,ulm,turn,machining,50,500,EUR,no
2026-Q2,ulm,turn,machining,50,500,EUR,no
""",
    "assets": """asset,kind,site,line,user_cost,currency,first_quarter,last_quarter
mill-1,operating,ulm,mill,200,EUR,2020-Q1,
mill-2,operating,ulm,mill,200,EUR,2026-Q2,
sensors,it,ulm,mill,100,EUR,2024-Q1,
gateway,it,ulm,mill,50,EUR,2026-Q1,
cloud,it,ulm,mill,150,EUR,2026-Q2,2026-Q2
lathe,operating,ulm,turn,300,EUR,2020-Q1,
""",
    "purchases": """date,site,line,supplier,kind,service_class,amount,currency,price_index
2025-11-02,ulm,mill,Foundry,goods,,200,EUR,
2026-02-02,ulm,mill,Foundry,goods,,242,EUR,1.1
2026-05-02,ulm,mill,Foundry,goods,,484,EUR,1.1
2025-11-02,ulm,mill,Carrier,service,transport_and_storage,60,EUR,
2026-01-31,ulm,mill,Carrier,service,transport_and_storage,40,EUR,
2026-02-28,ulm,mill,Carrier,service,transport_and_storage,40,EUR,
2026-06-30,ulm,mill,Carrier,service,transport_and_storage,160,EUR,
2025-11-02,ulm,turn,Foundry,goods,,100,EUR,
2026-02-02,ulm,turn,Foundry,goods,,100,EUR,
2026-05-02,ulm,turn,Foundry,goods,,100,EUR,
""",
    "payroll": """quarter,site,line,function,is_service_function,amount,currency
2025-Q4,ulm,mill,research,yes,40,EUR
2026-Q1,ulm,mill,research,yes,50,EUR
2026-Q2,ulm,mill,research,yes,100,EUR
""",
    "roll_out": """site,line,connected_on
ulm,mill,2026-01-15
""",
    "usage": """document,line,usage_record,meter,machine
F-1,1,u-1,spindle-hours,M1
F-1,2,u-2,spindle-hours,M2
F-1,2,u-3,spindle-hours,M3
F-2,1,u-4,spindle-hours,M1
F-2,2,u-5,spindle-hours,M9
C-1,1,u-4,spindle-hours,M1
""",
    "machines": """machine,connected_on,owner
M1,2025-10-20,Riverside
M2,2025-06-01,Hillside
M3,,Hillside
""",
}


def write_books(folder: Path, **changed: str | None) -> Path:
    """Write the tables into a folder, some of them others or none."""
    folder.mkdir(exist_ok=True)
    for name, text in (TABLES | changed).items():
        if text is not None:
            (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return folder
