"""English: the design desk, and profit and loss."""

DESK: dict[str, str] = {
    "cost.energy": "Energy",
    "cost.financing": "Financing",
    "cost.hours": "Hours of work",
    "cost.other": "Other costs",
    "cost.spare_parts": "Spare parts",
    "desk.as_contracted": "As contracted",
    "desk.from_to": "{first} to {last}",
    "desk.lead": (
        "What would another tariff have earned? History answers, with the figures of the invoices."
    ),
    "desk.make": "Create study",
    "desk.months": "Months",
    "desk.name": "Name of the study",
    "desk.new": "New study",
    "desk.new_tariff": "New tariff",
    "desk.new_text": (
        "It compares the contracts as they are with a copy of an offering, which you then "
        "change. Nothing that is sold changes until you publish."
    ),
    "desk.no_offerings.text": (
        "A study compares offerings. Define one first; contracts and readings give it a history."
    ),
    "desk.no_offerings.title": "No offering yet",
    "desk.none.text": (
        "Create one: choose an offering, change its prices or its guarantee, and see every "
        "month and machine under it."
    ),
    "desk.none.title": "No studies yet",
    "desk.offering": "Offering",
    "desk.saved": "Saved",
    "desk.study": "Study",
    "desk.title": "Design desk",
    "desk.variants": "Variants",
    "figures.costs": "Costs",
    "figures.credits": "Credits",
    "figures.margin": "Margin",
    "figures.net": "Revenue less credits",
    "figures.revenue": "Revenue",
    "group.contract": "By contract",
    "group.machine": "By machine",
    "group.month": "By month",
    "group.offering": "By offering",
    "profit.all": "All",
    "profit.amount": "Amount",
    "profit.by_month": "Revenue, costs and margin by month",
    "profit.csv": "Table (CSV)",
    "profit.entries": "Documents and costs: {name}",
    "profit.entries_csv": "All amounts (CSV)",
    "profit.entries_xlsx": "All amounts (Excel)",
    "profit.import": "Record costs",
    "profit.import_text": (
        "Paste rows with a line of names as below. Dates are days in UTC, the end is not "
        "included. Either all rows are recorded or none; longer files go through lineshaft "
        "desk import-costs."
    ),
    "profit.kind": "Kind",
    "profit.lead": "Net of tax: issued documents less recorded costs, exact to the cent.",
    "profit.more": "{count} more are in the file of all amounts.",
    "profit.nobody": "No contract",
    "profit.none.text": (
        "No document was issued and no cost recorded for these months. Issue invoices from "
        "the pages of the contracts, or record costs with these columns:"
    ),
    "profit.none.title": "Nothing earned and nothing spent yet",
    "profit.origin": "Document or cost",
    "profit.record": "Record",
    "profit.recorded": "{count} costs recorded",
    "profit.refused": "Nothing was recorded",
    "profit.rows": "Rows",
    "profit.show": "Show",
    "profit.title": "Profit and loss",
    "profit.xlsx": "Table (Excel)",
    "study.add": "Add variant",
    "study.add_confirm": "Add",
    "study.all_machines": "Machines (none chosen: all)",
    "study.alone": "{count} one by one:",
    "study.anew": "Take what is known now",
    "study.apply": "Apply and compute",
    "study.comparison": "Who pays more, who pays less",
    "study.credits_band": "Credits of a period: 5 / 50 / 95\N{NO-BREAK SPACE}%",
    "study.csv": "Figures of the saved study (CSV)",
    "study.details": "Each machine and month: {label}",
    "study.distribution": "Credits in simulated periods",
    "study.each_contract": "Each contract as it is",
    "study.edit": "Edit tariff",
    "study.edit_title": "Tariff of {label}",
    "study.failures": "Failures in its history",
    "study.first": "First month",
    "study.incomplete.text": (
        "Rated is what was received, as on invoices; the table of machines and months marks "
        "where something is missing."
    ),
    "study.incomplete.title": "Some usage is incomplete",
    "study.incomplete_mark": "Incomplete",
    "study.known_at": "Data known as of {at}",
    "study.label": "Name of the variant",
    "study.last": "Last month",
    "study.machine": "Machine",
    "study.machines": "Machines",
    "study.margin_band": "Margin of a period: 5 / 50 / 95\N{NO-BREAK SPACE}%",
    "study.margin_by_machine": "Margin by machine",
    "study.margin_by_month": "Margin by month",
    "study.mean_credit": "Mean credit of a period",
    "study.mean_down": "Mean time down",
    "study.mean_up": "Mean time between failures",
    "study.missed": "Target missed in",
    "study.month": "Month",
    "study.more": "Pays more",
    "study.nothing.text": (
        "No billed period of an active contract is over in these months, or none could be "
        "rated. Choose other months or machines, or activate a contract."
    ),
    "study.nothing.title": "Nothing to rate",
    "study.of_offering": "All contracts under {name}, from version {version}",
    "study.periods": "periods",
    "study.plots": "Plots",
    "study.publish": "Publish",
    "study.publish_confirm": "Publish",
    "study.publish_text": (
        "It becomes the next version of the offering. Contracts that exist keep their terms."
    ),
    "study.publish_title": "Publish {label}?",
    "study.published": "Published: {name}, version {version}",
    "study.question": "Question",
    "study.rated": (
        "{label}: {bulk} billed periods were added up and rated in bulk, {alone} one by one."
    ),
    "study.remove": "Remove",
    "study.revenue_by_month": "Revenue less credits by month",
    "study.risk": "Risk of the guarantee: {label}",
    "study.risk_lead": (
        "Simulated from each machine's own failures and repair times. Only availability is "
        "simulated; how uncertain a short history is itself is not in the bands."
    ),
    "study.run": "Compute",
    "study.running": "Measuring and rating history…",
    "study.save": "Save",
    "study.saved": "Saved as version {version}",
    "study.seeded": "{runs} simulated periods, seed {seed}: the same every time.",
    "study.sums": "Sums",
    "study.unrated": "{label}: {count} periods could not be rated",
    "study.variant": "Variant",
    "study.who_pays": (
        "Machines in all: {all}. Under the second variant {more} pay more, {less} less."
    ),
    "tariff.amount": "Amount",
    "tariff.amount_per_month": "Amount for each month",
    "tariff.at_least": "From this availability on (%)",
    "tariff.cap": "Most that is credited (% of the base fee)",
    "tariff.credit": "Credit (% of the base fee)",
    "tariff.credits_cap": "Most that all guarantees credit (% of the base fee)",
    "tariff.flat_fee": "Fee of the tier",
    "tariff.other_price": "Price of other states",
    "tariff.package_price": "Price of a package",
    "tariff.percent": "Share (%)",
    "tariff.quantity": "Committed quantity",
    "tariff.size": "Size of a package",
    "tariff.slope": "Credit for each unit that is missed (%)",
    "tariff.target": "Target",
    "tariff.unit_price": "Price of a unit",
    "tariff.until": "Up to and including this value",
    "tariff.up_to": "Up to this quantity",
    "tariff_place": "{name}, step {place}",
    "unknowable.no_guarantee": "{contract}: no guarantee of availability, so nothing to simulate.",
    "unknowable.too_few_failures": (
        "{contract}: cannot tell. {machine} has {failures} failures in these months; at "
        "least 5 are needed. Choose more months."
    ),
}
