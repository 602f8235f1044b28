"""English: contracts, usage, guarantees."""

CONTRACTS: dict[str, str] = {
    "class.down_customer": "Down, customer's responsibility",
    "class.down_provider": "Down, supplier's responsibility",
    "class.excluded": "Excluded by agreement",
    "class.unknown": "Unknown, nothing received",
    "class.up": "Up",
    "contract.customer": "Customer",
    "contract.earlier": "Period before",
    "contract.from": "In force from",
    "contract.invoices": "Invoices of this contract",
    "contract.later": "Period after",
    "contract.lead": "{supplier} for {customer}",
    "contract.legal_id": "Company register {id}",
    "contract.measuring": "Measuring the period from the stored readings…",
    "contract.no_invoices.text": (
        "Once a billed period is over, its invoice can be issued and is listed here."
    ),
    "contract.no_invoices.title": "No invoice yet",
    "contract.open_end": "No end agreed",
    "contract.over": "Period is over",
    "contract.parties": "Parties and duration",
    "contract.running": "Period is running",
    "contract.supplier": "Supplier",
    "contract.terms": "What was agreed",
    "contract.until": "Until",
    "contract.usage": "Usage and charges so far",
    "contract.vat_id": "VAT ID {id}",
    "contract.version": "Version",
    "contracts.customer": "Customer and supplier",
    "contracts.lead": "What was agreed, what was used, and whether the promise was kept.",
    "contracts.machines": "Machines",
    "contracts.none.text": (
        "Contracts are written as plant files and applied from the command line. The starter "
        "plant has one with comments."
    ),
    "contracts.none.title": "No contracts yet",
    "contracts.none_customer.text": (
        "Your supplier has not put a contract in force for your organisation yet."
    ),
    "contracts.none_customer.title": "No contracts yet",
    "contracts.search": "Search contracts",
    "contracts.service": "Service",
    "contracts.since": "In force from",
    "contracts.state": "State",
    "contracts.title": "Contracts",
    "cores.actions": "Actions",
    "cores.back": "Grade {grade}, inspected by {person}",
    "cores.delivered": "Delivered",
    "cores.grade": "Grade",
    "cores.grade_share": "{grade}: {percent} % of the deposit",
    "cores.item": "Price with the deposit",
    "cores.machine": "Machine",
    "cores.model": "Part that is delivered",
    "cores.none.text": (
        "Each part that is delivered for a deposit is listed here, wi"
        "th the used one that comes back."
    ),
    "cores.none.title": "No part delivered yet",
    "cores.open": "Open",
    "cores.part": "Part",
    "cores.person": "Inspected by",
    "cores.received": "Came back",
    "cores.record": "Record a delivery",
    "cores.record_text": "The deposit is due from this delivery on, until the used part is back.",
    "cores.reference": "Delivery note",
    "cores.return": "Record the return",
    "cores.return_text": "The grade says how much of the deposit is given back.",
    "cores.returned": "Came back",
    "cores.returned_model": "Part that came back",
    "cores.title": "Parts on deposit",
    "guarantee.availability": "Availability",
    "guarantee.class": "Class",
    "guarantee.classes": "Time by class",
    "guarantee.credit": "Service credit, of the base fee",
    "guarantee.duration": "Time",
    "guarantee.met": "Met",
    "guarantee.missed": "Missed",
    "guarantee.not_applicable": "Not applicable",
    "guarantee.not_judged": "Nothing to judge yet",
    "guarantee.share": "Share",
    "guarantee.target": "Guaranteed",
    "guarantee.timeline": "Time line of the period by class",
    "guarantee.title": "Availability guarantee",
    "guarantee.verdict": "Result",
    "indicator.availability": "Availability",
    "indicator.energy": "Energy for each unit of output",
    "indicator.oee": "Overall equipment effectiveness",
    "indicator.production_availability": "Production-based availability",
    "indicator.quality": "Quality ratio",
    "indicator.response_time": "Response time",
    "indicator.restoration_time": "Restoration time",
    "indicator.throughput": "Throughput against plan",
    "meter.counter": "Counter",
    "meter.demand": "Peak demand",
    "meter.expression": "Formula over several meters",
    "meter.good_count": "Good count",
    "meter.integral": "Integral over time",
    "meter.state_duration": "Time in states",
    "meter.sum": "Sum of events",
    "meter.time_weighted_mean": "Mean over time",
    "meter.unique": "Different values",
    "promised.all": "All guarantees together",
    "promised.at_least": "{name}: at least {target}",
    "promised.at_most": "{name}: at most {target}",
    "promised.band": (
        "Missed, up to and including {until}: {credit}\N{NO-BREAK SPACE}% of the base fee "
        "is credited"
    ),
    "promised.band_last": "Missed by more: {credit}\N{NO-BREAK SPACE}% of the base fee is credited",
    "promised.before_cap": "Before exclusivity and cap",
    "promised.group": "Only the largest credit of the group “{group}” is granted",
    "promised.incident": "Incident",
    "promised.incidents": "Time by incident",
    "promised.not_required": "Blank is time outside the agreed hours: it is not required.",
    "promised.slope": (
        "Each unit or point that is missed: {credit}\N{NO-BREAK SPACE}% of the base fee is credited"
    ),
    "promised.time": "Time",
    "statement.incomplete": (
        "Incomplete: readings of {signal} of {machine} were received for {percent} of the "
        "period; {refused} were refused and {excluded} excluded."
    ),
    "statement.title": "Please note",
    "stocks.count_first": "Count the stock first",
    "stocks.counted": "Last count",
    "stocks.enough": "Enough",
    "stocks.item": "Consumable",
    "stocks.machines": "Machines",
    "stocks.never": "Never",
    "stocks.now": "Stock now",
    "stocks.order_now": "Order now",
    "stocks.proposal": "Proposal",
    "stocks.reorder_point": "Reorder point",
    "stocks.title": "Stocks",
    "stocks.too_early": "Too few days to say",
    "stocks.unknown": "Unknown",
    "terms.billing": "Billing",
    "terms.billing_text": "{period}, by the calendar of {zone}",
    "terms.bundle.part": "{part}: {alone} a month alone",
    "terms.cap": "At most {cap}\N{NO-BREAK SPACE}% of the base fee is credited",
    "terms.core": (
        "{amount} deposit for each part delivered, given back when the used one comes within "
        "{days} days"
    ),
    "terms.core.grade": "Grade {grade}: {percent}\N{NO-BREAK SPACE}% of the deposit is given back",
    "terms.core.upgrade": "{old} returned for {new}: {amount} is taken off",
    "terms.credit": "A credit of {amount} is taken off each billed period",
    "terms.discount": "Discount: {amount}",
    "terms.discount_percent": "Discount: {percent}\N{NO-BREAK SPACE}%",
    "terms.fees_due": "Monthly fees",
    "terms.fees_due.advance": "Billed in advance: with the document of the period before",
    "terms.flat": "{amount} for each billed period",
    "terms.indexation": "Prices follow published indices: {fixed} fixed, {indices}",
    "terms.lease.advance": (
        "{amount} for each machine, at the start of each month, {months} instalments"
    ),
    "terms.lease.arrears": (
        "{amount} for each machine, at the end of each month, {months} instalments"
    ),
    "terms.lease.bought": "{machine} was bought by this option",
    "terms.lease.class.finance": (
        "Finance lease at {rate}\N{NO-BREAK SPACE}% a year: each is interest and principal"
    ),
    "terms.lease.class.operating": "Operating lease",
    "terms.lease.purchase_option": "At the end each machine may be bought for {amount}",
    "terms.lease.residual": "Residual value of each machine at the end: {amount}",
    "terms.maximum": "At most {amount}",
    "terms.minimum": "At least {amount}",
    "terms.other_states": "any other state",
    "terms.package": "{amount} for each {size} begun",
    "terms.per_unit": "{amount} per {unit}",
    "terms.period.day": "Each day",
    "terms.period.month": "Each month",
    "terms.proration.30/360": "{amount} a month, divided by days of a month of 30",
    "terms.proration.ACT_DAYS": "{amount} a month, divided by days",
    "terms.proration.ACT_SECONDS": "{amount} a month, divided by seconds",
    "terms.reorder": (
        "Reorder point: {days} days from order to delivery, {level}\N{NO-BREAK SPACE}% service "
        "level, from the last {history} days"
    ),
    "terms.replenishment": "{amount} per {unit} consumed, corrected where the stock is counted",
    "terms.saving": (
        "{percent}\N{NO-BREAK SPACE}% of the energy that is saved, at {tariff} per {unit}"
    ),
    "terms.saving.adjustment.non_routine": (
        "Non-routine adjustment: {quantity} a month, {period} – {reason} (approved by {by}, {at})"
    ),
    "terms.saving.adjustment.routine": (
        "Routine adjustment: {quantity} a month, {period} – {reason} (approved by {by}, {at})"
    ),
    "terms.saving.baseline": (
        "Baseline {id}, version {version}, from {since} on: {terms} ({source})"
    ),
    "terms.saving.carried_in": "{quantity} is still to be made up for from before",
    "terms.saving.carry.contract_year": (
        "More energy than the baseline lowers the savings of the next periods of the contract year"
    ),
    "terms.saving.carry.none": "More energy than the baseline changes no other period",
    "terms.saving.carry_max": "At most {quantity} is carried",
    "terms.saving.fixed.30/360": "{quantity} a month of 30 days",
    "terms.saving.fixed.ACT_DAYS": "{quantity} a month, divided by days",
    "terms.saving.fixed.ACT_SECONDS": "{quantity} a month, divided by seconds",
    "terms.share": "{percent}\N{NO-BREAK SPACE}% of: {lines}",
    "terms.state": "{state}: {price}",
    "terms.step": (
        "From {from_}\N{NO-BREAK SPACE}% up to below {below}\N{NO-BREAK SPACE}%: {credit}"
        "\N{NO-BREAK SPACE}% of the base fee is credited"
    ),
    "terms.step_last": (
        "Below {below}\N{NO-BREAK SPACE}%: {credit}\N{NO-BREAK SPACE}% of the base fee is credited"
    ),
    "terms.stock.machine": "Each machine has a stock of its own",
    "terms.stock.site": "All machines draw on one stock",
    "terms.take_or_pay.month": "Take or pay: {quantity} a month, each that is missing {amount}",
    "terms.take_or_pay.year": "Take or pay: {quantity} a contract year, each missing {amount}",
    "terms.target": "At least {target}\N{NO-BREAK SPACE}% availability is guaranteed",
    "terms.tier_fee": ", and {amount} once",
    "terms.tier_first": "Up to {up_to} {unit}: {amount} per {unit}",
    "terms.tier_last": "Above {above} {unit}: {amount} per {unit}",
    "terms.tier_middle": "Above {above} up to {up_to} {unit}: {amount} per {unit}",
    "terms.unknown.ASSUME_LAST": "Time of which nothing is known counts as before the gap",
    "terms.unknown.EXCLUDED": "Time of which nothing is known is not counted",
    "terms.unknown.PROVIDER_DOWN": "Time of which nothing is known counts as the supplier's",
    "terms.vat": "Value-added tax",
    "terms.vat.AE": "Reverse charge",
    "terms.vat.E": "Exempt",
    "terms.vat.G": "Export",
    "terms.vat.K": "Intra-community supply",
    "terms.vat.O": "Outside the scope of tax",
    "terms.vat.S": "{rate}\N{NO-BREAK SPACE}%, standard rate",
    "terms.vat.Z": "Zero-rated",
    "terms.volume": "All usage of the period at the price of one tier:",
}
