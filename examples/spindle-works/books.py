"""The books of two years: what was sold, installed, paid, worked and made. All of it is made up.

The machines that are sold are those of the network, at its margins. `generate.py` writes them.
"""

import csv
import datetime as dt
import io
from collections.abc import Iterable, Sequence
from decimal import Decimal
from fractions import Fraction
from random import Random

Row = list[object]
Table = tuple[list[str], list[Row]]
Line = tuple[str, ...]
"""Item, kind, binding, class, line, recurring, quantity, machine, bundle, cost, alone, amount."""
Document = tuple[dt.date, str, str, list[Line]]
RESEARCH, FINANCE = "research_and_development", "finance_and_insurance"
# What was sold in each quarter of 2016 and 2017: machines, and motor spindles as spares.
SOLD = {
    "tm-100": (4, 4, 5, 5, 5, 4, 5, 4),
    "tm-v5": (3, 3, 4, 4, 4, 3, 4, 4),
    "tm-l2": (9, 9, 9, 9, 9, 9, 10, 9),
    "motor-spindle": (1, 1, 1, 1, 0, 1, 1, 1),
}
# Price and cost of one: the margins are those of network/lines.csv. A five-axis centre is sold
# ready to work: 389 500 - 310 000 - 6 200 - 2 300 = 71 000.
PRICES = {
    "tm-100": ("310000.00", "248000.00"),
    "tm-v5": ("389500.00", "310000.00"),
    "tm-l2": ("128000.00", "110000.00"),
    "motor-spindle": ("24500.00", "15500.00"),
}
# Machines that were there before 2016, so that the numbers of those that are sold go on from them.
BEFORE = {"tm-100": 12, "tm-v5": 6, "tm-l2": 20}
STEMS = {"tm-100": "tm100", "tm-v5": "tmv5", "tm-l2": "tml2"}
TURNKEY = (("commissioning", "6200.00", "10000.00"), ("operator-training", "2300.00", "4000.00"))
"""What comes with it, its cost, and its price alone; the machine alone costs 396 000.00."""
BUYERS = {
    "tm-100": ("fenland", "lowmill", "harbour-gear", "corrib"),
    "tm-v5": ("stonebridge", "fenland", "corrib"),
    "tm-l2": ("lowmill", "harbour-gear", "tyne-tool-trade", "corrib"),
}
# Services: binding, class, service line, whether it comes again; price and cost of one.
SERVICES = {
    "repair": ("product_bound", "other_business", "repairs", "no", "5200.00", "4300.00"),
    "care": ("product_bound", "other_business", "care", "yes", "9300.00", "6100.00"),
    "spindle-overhaul": (
        "product_bound",
        "other_business",
        "overhaul",
        "no",
        "11800.00",
        "8400.00",
    ),
    "delivery": ("product_bound", "transport_and_storage", "delivery", "no", "3400.00", "3100.00"),
    "dealer-portal": ("stand_alone", "communication", "software", "yes", "4500.00", "1400.00"),
    "planning-software": ("stand_alone", "communication", "software", "yes", "14700.00", "4600.00"),
    "process-study": ("stand_alone", RESEARCH, "studies", "no", "18500.00", "13200.00"),
    "finance-brokerage": ("stand_alone", FINANCE, "finance", "no", "5200.00", "900.00"),
    "turning-course": ("stand_alone", "other_business", "training", "no", "480.00", "350.00"),
    "insight": ("stand_alone", "communication", "insight", "yes", "5400.00", "1250.00"),
}
# How many of them were delivered in each quarter; the insight follows from CONNECTED.
DELIVERED = {
    ("harbour-gear", "repair"): (9, 10, 8, 9, 9, 8, 9, 7),
    ("lowmill", "repair"): (7, 6, 8, 7, 6, 7, 6, 6),
    ("fenland", "care"): (14, 15, 16, 18, 20, 22, 24, 26),
    ("stonebridge", "care"): (9, 10, 12, 13, 15, 17, 18, 20),
    ("corrib", "spindle-overhaul"): (2, 1, 2, 2, 3, 3, 4, 4),
    ("tyne-tool-trade", "delivery"): (4, 4, 5, 4, 5, 5, 5, 6),
    ("tyne-tool-trade", "dealer-portal"): (0, 0, 1, 1, 1, 1, 2, 2),
    ("corrib", "planning-software"): (1, 1, 2, 2, 3, 3, 4, 5),
    ("lowmill", "process-study"): (1, 0, 1, 2, 1, 2, 2, 3),
    ("stonebridge", "finance-brokerage"): (1, 1, 0, 1, 1, 2, 1, 2),
    ("open-course", "turning-course"): (6, 8, 5, 9, 8, 11, 9, 12),
}
SELLS = {
    "tm-100": ("0.41", "0.06", "0.08"),
    "tm-v5": ("0.46", "0.12", "0.05"),
    "tm-l2": ("0.22", "-0.04", "0.02"),
    "motor-spindle": ("0.62", "0.18", "0.11"),
    "axis-set": ("0.35", "0.02", "0.03"),
    "machine-bed": ("0.18", "-0.02", "0.01"),
}
# Machines sold, share of the world's output, own value added in sales, and how vulnerable that was.
YEARS = {
    2012: (58, "0.00061", "0.44", "0.31"),
    2013: (60, "0.00062", "0.44", "0.32"),
    2014: (61, "0.00062", "0.45", "0.34"),
    2015: (64, "0.00064", "0.46", "0.37"),
    2016: (68, "0.00067", "0.47", "0.40"),
    2017: (70, "0.00068", "0.49", "0.43"),
}
# Machines whose readings arrive, and since when: their owners buy what the readings say.
CONNECTED = {
    "tm100-013": "2016-07-01",
    "tm100-014": "2016-07-01",
    "tmv5-008": "2016-10-01",
    "tm100-021": "2017-01-01",
    "tm100-022": "2017-01-01",
    "tmv5-007": "2017-01-01",
    "tmv5-013": "2017-01-01",
    "tm100-026": "2017-04-01",
    "tm100-027": "2017-04-01",
    "lowmill-mazak": "2017-06-01",
    "tmv5-016": "2017-07-01",
    "tm100-031": "2017-07-01",
}
READ_BY_HAND = {"tml2-021": "2017-07-01"}
"""Machines that are not connected: somebody types in what their counters say."""
HELD_BY_LINESHAFT = {"tm100-021", "tm100-022", "tmv5-007", "lowmill-mazak"}
OWNERS = {"tm100-021": "harbour-gear", "tm100-022": "harbour-gear", "tmv5-007": "stonebridge"}
CREDIT_QUARTER = 6
SITES = {"repair": "plauen", "spindle-overhaul": "plauen", "delivery": "plauen"}
# Lines of the two sites: product, value of a unit, hours of a unit, and when they were connected.
MADE = {
    ("goeppingen", "mill-turn"): ("tm-100", 310_000, 420, "2016-10-01"),
    ("goeppingen", "five-axis"): ("tm-v5", 390_000, 520, "2017-04-01"),
    ("goeppingen", "lathes"): ("tm-l2", 128_000, 190, ""),
    ("plauen", "axes"): ("axis-set", 7_200, 9, "2017-07-01"),
    ("plauen", "beds"): ("machine-bed", 24_000, 46, ""),
    ("plauen", "overhaul"): ("spindle-overhaul", 11_800, 34, ""),
}
QUARTERS = [(year, quarter) for year in (2016, 2017) for quarter in (1, 2, 3, 4)]
WAGE = Decimal("46.00")
SEED = 20180101
# Margin of an hour of each activity in the first and in the last month, and hours of a month.
ACTIVITIES = {
    "research_and_design": (58, 66, 620),
    "product_management": (47, 50, 240),
    "shop_floor_operation": (31, 27, 5_200),
    "control_service": (26, 24, 410),
    "worker_service": (22, 21, 380),
    "transport_service": (25, 24, 260),
    "marketing": (37, 39, 330),
    "after_sales_service": (49, 57, 900),
    "remanufacturing": (55, 64, 180),
}
# Service inputs of a month in the first and in the last one.
INPUTS = {
    "6300 freight": ("purchased_service", "transport_and_storage", "", 41_000, 43_000),
    "6420 data lines and software": ("purchased_service", "communication", "", 12_000, 23_000),
    "6600 insurance and bank": ("purchased_service", FINANCE, "", 18_000, 18_500),
    "6700 engineering offices": ("purchased_service", RESEARCH, "", 26_000, 31_000),
    "6800 advice and cleaning": ("purchased_service", "other_business", "", 22_000, 22_000),
    "4100 pay of development": ("service_payroll", RESEARCH, "research", 68_000, 79_000),
    "4200 pay of field service": ("service_payroll", "", "maintenance", 54_000, 72_000),
    "4300 pay of the workshops": ("other", "", "", 262_000, 255_000),
    "5100 material": ("other", "", "", 742_000, 748_000),
    "5300 energy": ("other", "", "", 31_000, 30_000),
    "5700 depreciation": ("other", "", "", 58_000, 63_000),
}  # fmt: skip


def books() -> dict[str, str]:
    """All tables of the books."""
    tables = {
        "revenue": revenue(),
        "installed_base": installed_base(),
        "service_inputs": service_inputs(),
        "activities": activities(),
        "hours": hours(),
        "assets": assets(),
        "purchases": purchases(),
        "payroll": payroll(),
        "output": output(),
        "roll_out": roll_out(),
        "usage": usage(),
        "machines": machines(),
        "competitiveness": competitiveness(),
        "upgrading": upgrading(),
    }
    return {f"books/{name}.csv": text_of(*table) for name, table in tables.items()}


def sales() -> list[tuple[int, str, str, str]]:
    """Quarter from 0, item, machine and customer of each machine that was sold."""
    found = []
    for item, counts in SOLD.items():
        number = BEFORE.get(item, 0)
        for quarter, count in enumerate(counts):
            for _ in range(count):
                number += 1
                machine = f"{STEMS[item]}-{number:03}" if item in STEMS else ""
                buyers = BUYERS.get(item, ("harbour-gear", "fenland"))
                buyer = OWNERS.get(machine, buyers[number % len(buyers)])
                found.append((quarter, item, machine, buyer))
    return sorted(found, key=lambda each: each[0])


def documents() -> list[Document]:
    """Day, number, customer and lines of each document: one for a machine, one for a service."""
    found = []
    for place, (quarter, item, machine, customer) in enumerate(sales()):
        day = dt.date(*month_of(quarter, place % 3), 1 + place % 27)
        found.append((day, customer, product_lines(item, machine)))
    for quarter in range(len(QUARTERS)):
        found += [(last_day(quarter), *each) for each in services(quarter)]
    return [
        (day, f"{'C' if lines[0][-1] < '0' else 'B'}{day:%y}-{place:04}", customer, lines)
        for place, (day, customer, lines) in enumerate(sorted(found, key=lambda each: each[0]), 1)
    ]


def revenue() -> Table:
    """Invoice lines."""
    header = ["date", "document", "line", "customer", "customer_class", "item", "kind", "binding"]
    header += ["service_class", "service_line", "recurring", "quantity", "amount", "currency"]
    header += ["cost", "site", "machine", "bundle", "stand_alone_price"]
    found: list[Row] = []
    for day, number, customer, lines in documents():
        for line, (*what, machine, bundle, cost, alone, amount) in enumerate(lines, 1):
            row = [day, number, line, customer, class_of(customer), *what, amount, "EUR", cost]
            found.append([*row, SITES.get(what[0], "goeppingen"), machine, bundle, alone])
    return header, found


def usage() -> Table:
    """The usage that an insight is billed by, and the machine whose meter counted it."""
    header = ["document", "line", "usage_record", "meter", "machine"]
    rows: list[Row] = [
        [number, line, f"{machine}/{day:%Y-%m}", "cut-time", machine]
        for day, number, _, lines in documents()
        for line, (item, *_, machine, _, _, _, _) in enumerate(lines, 1)
        if item == "insight"
    ]
    return header, rows


def product_lines(item: str, machine: str) -> list[Line]:
    """A product; a five-axis centre comes with its commissioning and a training, for one price."""
    price, cost = PRICES[item]
    product = (item, "product", "", "", "", "no", "1", machine)
    if item != "tm-v5":
        return [(*product, "", cost, "", price)]
    found = [(*product, "turnkey", cost, "396000.00", price)]
    for name, its_cost, alone in TURNKEY:
        bound = (name, "service", "product_bound", "other_business", "commissioning", "no", "1")
        found.append((*bound, machine, "turnkey", its_cost, alone, "0.00"))
    return found


def services(quarter: int) -> list[tuple[str, list[Line]]]:
    """Customer and lines of what was delivered in a quarter."""
    found: list[tuple[str, list[Line]]] = []
    for (customer, item), counts in DELIVERED.items():
        if counts[quarter]:
            found.append((customer, [service_line(item, counts[quarter])]))
    owners = {machine: customer for _, _, machine, customer in sales()}
    for machine, since in (CONNECTED | READ_BY_HAND).items():
        if since <= first_day(quarter).isoformat():
            line = service_line("insight", 1, machine)
            found.append((owners.get(machine, "lowmill"), [line]))
    if quarter == CREDIT_QUARTER:
        *what, _, _, _ = service_line("care", 1)
        found.append(("fenland", [(*what, "0.00", "", "-1260.00")]))
    return found


def service_line(item: str, count: int, machine: str = "") -> Line:
    """So many of a service."""
    *what, price, cost = SERVICES[item]
    amounts = [f"{Decimal(each) * count:.2f}" for each in (cost, price)]
    return (item, "service", *what, str(count), machine, "", amounts[0], "", amounts[1])


def class_of(customer: str) -> str:
    return {"tyne-tool-trade": "circulation", "open-course": "consumer"}.get(customer, "producer")


def month_of(quarter: int, month: int = 0) -> tuple[int, int]:
    """Year and month of a month from 0 of a quarter."""
    year, number = QUARTERS[quarter]
    return year, 3 * number - 2 + month


def first_day(quarter: int) -> dt.date:
    return dt.date(*month_of(quarter), 1)


def last_day(quarter: int) -> dt.date:
    year, month = month_of(quarter, 2)
    return dt.date(year + month // 12, month % 12 + 1, 1) - dt.timedelta(days=1)


def named(quarter: int) -> str:
    return "{}-Q{}".format(*QUARTERS[quarter])


def installed_base() -> Table:
    """The machines of customers: those from before 2016, those sold since, and the real one."""
    header = ["machine", "product", "customer", "installed_on", "removed_on", "connected"]
    header += ["contract_from", "contract_to"]
    rows: list[Row] = []
    for item, count in BEFORE.items():
        for number in range(1, count + 1):
            machine = f"{STEMS[item]}-{number:03}"
            day = dt.date(2012 + number % 4, 1 + number % 12, 15)
            removed = "2016-09-30" if number == 1 else ""
            customer = BUYERS[item][number % len(BUYERS[item])]
            rows.append([machine, item, customer, day, removed, "no", "", ""])
    for quarter, item, machine, customer in sales():
        if machine:
            is_cared = customer in {"fenland", "stonebridge"} and machine not in HELD_BY_LINESHAFT
            connected = "yes" if machine in CONNECTED else "no"
            since = last_day(quarter) + dt.timedelta(days=1) if is_cared else ""
            rows.append([machine, item, customer, last_day(quarter), "", connected, since, ""])
    rows.append(["lowmill-mazak", "mazak-integrex", "lowmill", "2017-06-01", "", "yes", "", ""])
    return header, rows


def machines() -> Table:
    """Which machines are connected, and since when."""
    owners = {machine: customer for _, _, machine, customer in sales()}
    rows: list[Row] = [[m, since, owners.get(m, "thornmere")] for m, since in CONNECTED.items()]
    rows += [[machine, "", owners[machine]] for machine in READ_BY_HAND]
    return ["machine", "connected_on", "owner"], rows


def between(first: int, last: int, step: int, steps: int) -> Decimal:
    """A value on the straight way from the first to the last, to the cent."""
    value = first + Fraction(step, steps - 1) * (last - first)
    return Decimal(round(value * 100)) / 100


def months() -> list[str]:
    return [
        "{}-{:02}".format(*month_of(quarter, month)) for quarter in range(8) for month in range(3)
    ]


def service_inputs() -> Table:
    """What a month cost, by account."""
    header = ["month", "account", "kind", "service_class", "function", "amount", "currency", "site"]
    rows = [
        [
            month,
            account,
            kind,
            class_,
            function,
            f"{between(*amounts, step, 24):.2f}",
            "EUR",
            "goeppingen",
        ]
        for step, month in enumerate(months())
        for account, (kind, class_, function, *amounts) in INPUTS.items()
    ]
    return header, rows


def activities() -> Table:
    """Hours of each activity, and what the ledger gives it."""
    random = Random(SEED)  # noqa: S311 - a seed makes the same books at every run
    rows: list[Row] = []
    for step, month in enumerate(months()):
        for activity, (first, last, usual) in ACTIVITIES.items():
            worked = usual + random.randint(-usual // 40, usual // 40)
            margin = between(first, last, step, 24) + Decimal(random.randint(-150, 150)) / 100
            cost = WAGE * worked
            row = [month, activity, "goeppingen", worked, cost + margin * worked, cost, "EUR"]
            rows.append([*row[:4], f"{row[4]:.2f}", f"{row[5]:.2f}", row[6]])
    return ["month", "activity", "site", "hours", "revenue", "cost", "currency"], rows


def units(line: str, quarter: int) -> int:
    """Good units of a line in a quarter: machines as they were sold, parts as they were needed."""
    sold = {item: counts[quarter] for item, counts in SOLD.items()}
    return {
        "mill-turn": sold["tm-100"],
        "five-axis": sold["tm-v5"],
        "lathes": sold["tm-l2"],
        "axes": 3 * (sold["tm-100"] + sold["tm-v5"]) + 2 * sold["tm-l2"],
        "beds": sold["tm-100"] + sold["tm-v5"] + sold["tm-l2"],
        "overhaul": 3 + quarter // 2,
    }[line]


def each_quarter() -> list[tuple[int, str, str, int, bool]]:
    """Quarter, site, line, good units, and whether the line was connected all the time."""
    return [
        (
            quarter,
            site,
            line,
            units(line, quarter),
            bool(on) and on <= first_day(quarter).isoformat(),
        )
        for quarter in range(8)
        for (site, line), (_, _, _, on) in MADE.items()
    ]


def hours() -> Table:
    """Where a line is connected, its readings inspect; people who did it do field service."""
    header = ["quarter", "site", "line", "activity", "hours", "wage_cost", "currency", "monitored"]
    random = Random(SEED + 1)  # noqa: S311 - as above
    rows: list[Row] = []
    for quarter, site, line, good, is_connected in each_quarter():
        usual = good * MADE[site, line][2]
        parts = {"assembly": (97, "no"), "inspection": (12, "no")}
        if is_connected:
            parts = {"assembly": (94, "no"), "inspection": (4, "yes"), "field_service": (7, "no")}
        for activity, (percent, monitored) in parts.items():
            worked = Decimal(usual * percent * random.randint(980, 1020)) / 100_000
            worked = worked.quantize(Decimal("0.1"))
            cost = worked * (WAGE + Decimal(quarter) / 4)
            row = [named(quarter), site, line, activity, worked, f"{cost:.2f}", "EUR", monitored]
            rows.append(row)
    return header, rows


def assets() -> Table:
    """What machines, buildings and computers of a line cost in a quarter."""
    header = ["asset", "kind", "site", "line", "user_cost", "currency"]
    rows: list[Row] = []
    for (site, line), (_, value, _, on) in MADE.items():
        cost = f"{value * units(line, 0) // 25 + 9_000}.00"
        rows.append([f"hall-{line}", "operating", site, line, cost, "EUR", "2016-Q1", ""])
        rows.append([f"terminals-{line}", "it", site, line, "900.00", "EUR", "2016-Q1", ""])
        if on:
            since = next(named(q) for q in range(8) if first_day(q).isoformat() == on)
            rows.append([f"gateway-{line}", "it", site, line, "2600.00", "EUR", since, ""])
    return [*header, "first_quarter", "last_quarter"], rows


def purchases() -> Table:
    """Parts and services of a line; the price of goods rises by half a percent a quarter."""
    header = ["date", "site", "line", "supplier", "kind", "service_class", "amount", "currency"]
    random = Random(SEED + 2)  # noqa: S311 - as above
    rows: list[Row] = []
    for quarter, site, line, good, is_connected in each_quarter():
        index = 1 + Decimal(quarter) / 200
        parts = good * MADE[site, line][1] * Decimal(random.randint(505, 515)) / 1000 * index
        where = [last_day(quarter), site, line]
        rows.append([*where, "various", "goods", "", f"{parts:.2f}", "EUR", index])
        other = good * MADE[site, line][1] / Decimal(50)
        rows.append([*where, "beacon", "service", "other_business", f"{other:.2f}", "EUR", 1])
        if is_connected:
            rows.append([*where, "loomnet", "service", "communication", "3100.00", "EUR", 1])
    return [*header, "price_index"], rows


def payroll() -> Table:
    """Functions that book no hours on a line."""
    header = ["quarter", "site", "line", "function", "is_service_function", "amount", "currency"]
    rows: list[Row] = []
    for quarter, site, line, _, _ in each_quarter():
        index = 1 + Decimal(quarter) / 200
        for function, is_service, amount in (
            ("planning", "yes", 14_000),
            ("foremen", "no", 19_000),
        ):
            row = [named(quarter), site, line, function, is_service, f"{amount * index:.2f}", "EUR"]
            rows.append([*row, index])
    return [*header, "price_index"], rows


def output() -> Table:
    """What each line made; a connected one spoils less and takes less energy."""
    header = ["quarter", "site", "line", "product", "good", "bad", "unit_value", "currency"]
    rows: list[Row] = []
    for quarter, site, line, good, is_connected in each_quarter():
        product, value, need, _ = MADE[site, line]
        index = 1 + Decimal(quarter) / 250
        bad = (good // 12 if is_connected else good // 6) if good > 5 else 0
        energy = good * need * (11 if is_connected else 12)
        row = [named(quarter), site, line, product, good, bad, f"{value * index:.2f}", "EUR"]
        rows.append([*row, index, energy])
    return [*header, "price_index", "energy"], rows


def roll_out() -> Table:
    """When each line was connected."""
    rows = [[site, line, on] for (site, line), (_, _, _, on) in MADE.items()]
    return ["site", "line", "connected_on"], rows


def competitiveness() -> Table:
    """How what is sold sells: offers won, price over comparable offers, share of the market."""
    header = ["item", "win_rate", "price_premium", "market_share"]
    return header, [[item, *measures] for item, measures in SELLS.items()]


def upgrading() -> Table:
    """Scale and control through the years; more of what is sold are five-axis centres."""
    header = ["year", "world_share", "domestic_value_added_share", "vulnerability", "volume"]
    price = {year: f"{208_000 + 3_100 * (year - 2012)}.00" for year in YEARS}
    rows: list[Row] = [[year, *rest, sold, price[year]] for year, (sold, *rest) in YEARS.items()]
    return [*header, "unit_value"], rows


def text_of(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return file.getvalue()
