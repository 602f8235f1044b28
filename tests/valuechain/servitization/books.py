"""A small firm whose figures are counted by hand, in the comments beside its lines."""

from pathlib import Path

HEAD = (
    "date,document,line,customer,customer_class,item,kind,binding,service_class,service_line,"
    "recurring,amount,currency,cost,machine,bundle,stand_alone_price,site\n"
)
# Q1: products 70,000; services 6,000 + 4,000 - 1,000 + 1,000 = 10,000.
# Q2: the bundle of 20,000 is 15,000 for the mill and 5,000 for care (18,000 to 6,000 alone);
# services 5,000 + 5,000 = 10,000, products 15,000.
REVENUE = HEAD + (
    "2026-01-15,INV-1,1,acme,producer,mill,product,,,,no,70000.00,EUR,50000.00,,,,north\n"
    "2026-01-15,INV-1,2,acme,producer,care,service,product_bound,other_business,,yes,6000.00,EUR,"
    "3000.00,mill-1,,,north\n"
    "2026-02-10,INV-2,1,school,consumer,course,service,stand_alone,other_business,academy,no,"
    "4000.00,EUR,3000.00,,,,south\n"
    "2026-02-28,CN-1,1,acme,producer,care,service,product_bound,other_business,,yes,-1000.00,EUR,"
    "0.00,mill-1,,,north\n"
    "2026-03-05,INV-3,1,ship,circulation,freight,service,stand_alone,transport_and_storage,,no,"
    "1000.00,EUR,,,,,south\n"
    "2026-04-01,INV-4,1,acme,producer,watch,service,stand_alone,communication,monitor,yes,5000.00,"
    "EUR,1000.00,mill-1,,,north\n"
    "2026-04-02,INV-5,1,bolt,producer,mill,product,,,,no,20000.00,EUR,9000.00,mill-2,line,"
    "18000.00,north\n"
    "2026-04-02,INV-5,2,bolt,producer,care,service,product_bound,other_business,,yes,0.00,EUR,"
    "2000.00,mill-2,line,6000.00,north\n"
)
# On 31 March mill-1 and mill-2 are there, one of them with a contract of the books.
INSTALLED = (
    "machine,product,customer,installed_on,removed_on,contract_from\n"
    "mill-1,mill,acme,2025-01-01,,2026-01-01\n"
    "mill-2,mill,bolt,2026-02-01,,\n"
    "mill-0,mill,acme,2020-01-01,2026-03-01,\n"
)
# Q1: (20,000 + 10,000) / 100,000.
INPUTS = (
    "month,account,kind,amount,currency\n"
    "2026-01,4100,purchased_service,20000.00,EUR\n"
    "2026-02,6200,service_payroll,10000.00,EUR\n"
    "2026-03,4000,other,70000.00,EUR\n"
    "2026-04,4000,other,50000.00,EUR\n"
)
# Margins per hour 40, 10, 30, 10, 30: no curve through five activities.
ACTIVITIES = (
    "month,activity,hours,revenue,cost,currency\n"
    "2026-01,research_and_design,10,500.00,100.00,EUR\n"
    "2026-01,product_management,10,200.00,100.00,EUR\n"
    "2026-01,control_service,10,400.00,100.00,EUR\n"
    "2026-02,transport_service,10,200.00,100.00,EUR\n"
    "2026-02,after_sales_service,10,400.00,100.00,EUR\n"
    "2026-04,remanufacturing,0,0.00,0.00,EUR\n"
)


def write_books(folder: Path, **replaced: str) -> Path:
    """Write the folder of the firm, with some tables replaced."""
    folder.mkdir(exist_ok=True)
    tables = {
        "revenue": REVENUE,
        "installed_base": INSTALLED,
        "service_inputs": INPUTS,
        "activities": ACTIVITIES,
    }
    for name, text in (tables | replaced).items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return folder
