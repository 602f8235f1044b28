"""English: servitization and the document lines behind it."""

SERVITIZATION: dict[str, str] = {
    "servitization.advice": "Advice",
    "servitization.advice.embedded": (
        "It lives inside the product. Price it visibly, so that customers learn what it is worth."
    ),
    "servitization.advice.feeding_back": (
        "It brings the product business along. Protect what links the two."
    ),
    "servitization.advice.growing": (
        "It begins to stand on its own. Watch its margin before more is put into it."
    ),
    "servitization.advice.independent": (
        "It lives without the product. Decide whether it should also serve the customers of others."
    ),
    "servitization.advice.spin_off_candidate": (
        "Half of it or more is sold without a product, and it pays for itself. Consider accounts "
        "of its own."
    ),
    "servitization.alarm.costs_more": "it costs more than it earns",
    "servitization.alarm.falling": "its revenue grows while its margin falls",
    "servitization.alarm_of": "{line}: {why} ({margins})",
    "servitization.alarms": "Service paradox: more service, less earned",
    "servitization.amount": "Amount",
    "servitization.ask.all": "Everything",
    "servitization.ask.currency": "Currency to count in",
    "servitization.ask.first": "First month",
    "servitization.ask.grain": "Periods",
    "servitization.ask.last": "Last month",
    "servitization.ask.rates": "Rates into it",
    "servitization.ask.show": "Show",
    "servitization.ask.site": "Site",
    "servitization.band": "{low}–{high} %: literature, no promise",
    "servitization.band_text": (
        "The band is context and no promise: on average the value of 477 US firms rose with the "
        "service share of revenue only from 20 to 30 % on (Fang, Palmatier and Steenkamp 2008). "
        "It says nothing of one firm."
    ),
    "servitization.before": "a year before:",
    "servitization.class": "Sold as",
    "servitization.cost": "Cost",
    "servitization.customer": "Customer",
    "servitization.date": "Date",
    "servitization.definition": "Definition",
    "servitization.document": "Document",
    "servitization.every_site": "All sites",
    "servitization.every_year": "All months",
    "servitization.grain.month": "Months",
    "servitization.grain.quarter": "Quarters",
    "servitization.growth": "Growth in a year",
    "servitization.in_bundle": "of the bundle {bundle}",
    "servitization.input.purchased_service": "Firm form, purchased services",
    "servitization.input.service_payroll": "Firm form, in-house services",
    "servitization.input.whole": "Firm form, all services",
    "servitization.input_means.purchased_service": "Only what is bought from others",
    "servitization.input_means.service_payroll": (
        "Only the payroll of in-house functions that are services, such as research and maintenance"
    ),
    "servitization.input_means.whole": (
        "Purchased services and the payroll of in-house service functions, divided by all cost"
    ),
    "servitization.inputs": "Input servitization",
    "servitization.inputs_text": (
        "The share of services in the cost of the firm, each definition under its name. National "
        "tables define it in four other ways: direct, complete, share and value added; these "
        "differ by up to four times, so that no two of them are compared."
    ),
    "servitization.item": "Item",
    "servitization.key.binding": "Binding",
    "servitization.key.currency": "Currency",
    "servitization.key.customer_class": "Customer class",
    "servitization.key.kind": "Kind",
    "servitization.key.month": "Months",
    "servitization.key.recurring": "Recurring",
    "servitization.key.service_class": "Kind of service",
    "servitization.key.service_line": "Service line",
    "servitization.key.site": "Site",
    "servitization.kind.product": "Product",
    "servitization.kind.service": "Service",
    "servitization.kinds": "The five kinds of service",
    "servitization.kinds_text": (
        "Shares of the revenue of services, as the literature divides them."
    ),
    "servitization.lead": (
        "How far the firm has moved from product to product and service, from its own documents. "
        "Every number opens to how it was computed, and leads to its document lines."
    ),
    "servitization.line_count": "Document lines",
    "servitization.line_of": "line {line}",
    "servitization.lines": "Document lines",
    "servitization.lines_behind": "Document lines",
    "servitization.lines_lead": (
        "The lines that a figure was computed from. A document of this hub leads on to its "
        "invoice, and from there to machines and readings."
    ),
    "servitization.lines_of": "Lines of",
    "servitization.machine": "Machine",
    "servitization.matrix": "To whom, and with or without a product",
    "servitization.matrix_corner": "Customer class",
    "servitization.matrix_text": (
        "Shares of the revenue of services; a cell is as dark as its share. All cells add up to "
        "100 %."
    ),
    "servitization.means.attach_rate": "of the installed machines have a service contract",
    "servitization.means.output_servitization": "of all revenue comes from services",
    "servitization.means.recurring_share": "of all revenue comes again without being sold again",
    "servitization.means.service_gross_margin": (
        "of the revenue of services is left after the cost of delivering them"
    ),
    "servitization.means.stand_alone_share": (
        "of the revenue of services is sold without a product"
    ),
    "servitization.months": "Months",
    "servitization.name.attach_rate": "Attach rate",
    "servitization.name.output_servitization": "Service share of revenue",
    "servitization.name.recurring_share": "Recurring share",
    "servitization.name.service_gross_margin": "Margin of services",
    "servitization.name.stand_alone_share": "Stand-alone share",
    "servitization.no_lines.text": (
        "No document line has all of these keys. Follow a figure from the page of servitization."
    ),
    "servitization.no_lines.title": "No such lines",
    "servitization.no_service": "No service was sold in these months.",
    "servitization.none.text": (
        "Servitization is computed from what this hub has billed and from the firm's books. "
        "Import the books with at least the table of revenue; installed base and costs of "
        "services add the attach rate and input servitization."
    ),
    "servitization.none.title": "No revenue yet",
    "servitization.not_measured": "Not measured:",
    "servitization.not_read": "This question cannot be answered as it stands",
    "servitization.not_said": "Not said",
    "servitization.period": "Period",
    "servitization.recurring.no": "Sold once",
    "servitization.recurring.yes": "Recurring",
    "servitization.revenue": "Revenue",
    "servitization.service_line": "Service line",
    "servitization.service_revenue": "Revenue of services",
    "servitization.share": "Share of cost",
    "servitization.stage": "Stage",
    "servitization.stage.embedded": "Embedded",
    "servitization.stage.feeding_back": "Feeding back",
    "servitization.stage.growing": "Growing",
    "servitization.stage.independent": "Independent",
    "servitization.stage.spin_off_candidate": "Spin-off candidate",
    "servitization.stage_unknown": "Not known",
    "servitization.stages": "Where each service line stands",
    "servitization.stages_text": (
        "At the end of the last quarter, from the four quarters {months}. The thresholds are of "
        "Lineshaft: this is advice and decides nothing."
    ),
    "servitization.thin": "Too little is known for a number that could be trusted",
    "servitization.thin_text": (
        "Nothing is estimated in its place. Import what is missing, or choose other months or "
        "sites."
    ),
    "servitization.title": "Servitization",
    "servitization.to_books": "Go to the firm's books",
    "servitization.trend": "Trend",
    "servitization.trend_said": (
        "Shares of services by period, with the band of 20 to 30 percent of the literature as "
        "context"
    ),
    "servitization.trend_table": "The trend as figures",
    "servitization.what_it_counts": "What it counts",
    "servitization.years": "Years",
}
