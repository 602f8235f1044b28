"""English: the three channels of servitization."""

CHANNELS: dict[str, str] = {
    "channels.amount": "Amount",
    "channels.before_after_change": "Change after the connection",
    "channels.capital": "Capital: one factor in the place of another",
    "channels.capital_text": (
        "Movement along the frontier: how much more or less of each factor a unit of output "
        "took than in the quarter before, weighed by cost shares (Törnqvist). The band is "
        "what the shares of either quarter alone would give; that of a mean of quarters is a "
        "95 % interval."
    ),
    "channels.claim.before_after_only": (
        "A change after the connection. It is no effect: too few lines that are not yet "
        "connected show what would have happened without it."
    ),
    "channels.claim.design_allows_estimate": (
        "An estimate of the effect, if lines that are connected later would have moved as "
        "those that were connected first; the placebo found no sign that they did not."
    ),
    "channels.claim.estimate_not_tested": (
        "An estimate with its interval against lines that are not yet connected, and no "
        "more: no placebo tests whether both were on the same path: there are too few "
        "quarters before the connection."
    ),
    "channels.claim.no_effect_shown": (
        "No effect is shown: the design allows an estimate, and its interval holds zero."
    ),
    "channels.claim.not_measured": "Not measured: the books do not say it.",
    "channels.claim.placebo_failed": (
        "No effect can be claimed: lines that were connected moved differently from the "
        "others before they were connected."
    ),
    "channels.date": "Date",
    "channels.digital": "Digital: services that connected machines bill",
    "channels.digital_by_quarter": "The digital channel by quarter",
    "channels.digital_change": "Change",
    "channels.digital_of_site": "Revenue is known by site, not by line: this is the whole site.",
    "channels.digital_revenue": "Digital revenue",
    "channels.digital_share": "Part of stand-alone services",
    "channels.digital_text": (
        "Revenue of services sold alone whose usage records all read machines that were "
        "connected by then. It is a join of invoice line, usage record and machine, not a "
        "regression."
    ),
    "channels.document": "Document and line",
    "channels.efficiency_change": "Efficiency change",
    "channels.events": "Effect on {outcome}, by quarter from the connection",
    "channels.events_by_quarter": "The effect by quarter from the connection, as a table",
    "channels.events_text": (
        "0 is the quarter in which a line was connected; all are held against the quarter "
        "before it (−1). Before it nothing should be seen. Whiskers are 95 % intervals."
    ),
    "channels.factor.it_capital": "IT capital",
    "channels.factor.labour": "Labour",
    "channels.factor.materials": "Materials",
    "channels.factor.operating_capital": "Machines and buildings",
    "channels.factor.services": "Services",
    "channels.factors": "The factors by quarter",
    "channels.factors_text": (
        "What each factor adds: its share in cost times its change against output. All five "
        "and productivity sum to zero. It is substitution when IT and services rise against "
        "output while labour and machines fall."
    ),
    "channels.firm": "The whole firm",
    "channels.from_connection": "Quarters from the connection",
    "channels.frontier_shift": "Frontier shift",
    "channels.growth": "Productivity",
    "channels.growth_by_quarter": "Productivity by quarter",
    "channels.hours": "Hours released by quarter",
    "channels.hours_released": "Hours released",
    "channels.hours_text": (
        "Hours that monitored activities no longer took at the rate of the quarter before, "
        "and the activities that took more. The books do not say who moved where."
    ),
    "channels.hours_went": "Hours that monitoring released, by where they went",
    "channels.indicator.digital_revenue": "Digital revenue",
    "channels.indicator.digital_revenue_change": "Change of digital revenue",
    "channels.indicator.digital_share": "Part of stand-alone services",
    "channels.indicator.hours_released": "Hours released",
    "channels.indicator.malmquist_index": "Malmquist index",
    "channels.indicator.substitution_effect": "Substitution effect",
    "channels.indicator.total_factor_productivity": "Productivity",
    "channels.is.machine_unknown": "machine not known",
    "channels.is.metered": "connected machine",
    "channels.is.no_usage_record": "no usage record",
    "channels.is.not_connected": "machine not connected",
    "channels.is_substitution": "substitution",
    "channels.lead": (
        "What servitization changes through capital, technology and digital services, "
        "quarter by quarter, from the firm’s own books; and what connecting lines did."
    ),
    "channels.lines": "Invoice lines of services sold alone",
    "channels.lines_text": "Only lines that end at connected machines count as digital.",
    "channels.link": "Link",
    "channels.machines": "Machines and usage records",
    "channels.malmquist_index": "Malmquist index",
    "channels.mean.substitution_effect": "Mean substitution, {quarters}",
    "channels.mean.total_factor_productivity": "Mean growth of productivity, {quarters}",
    "channels.method": "Method",
    "channels.more_missing": "{count} more reasons are in the file.",
    "channels.no_place": "The books know no place {place}: the whole firm is shown.",
    "channels.none.text": (
        "The channels are computed from the books of the firm. Each needs its tables; bring "
        "them as a folder, a zip or a workbook."
    ),
    "channels.none.title": "No books yet",
    "channels.not_measured": "Not measured, and what is missing",
    "channels.of": "From {books}. Every figure opens to its formula, table, quarter and coverage.",
    "channels.other_activities": "other activities",
    "channels.outcome": "What the roll-out is to have moved",
    "channels.outcome.labour_productivity": "output per hour",
    "channels.outcome.quality_ratio": "quality ratio",
    "channels.place": "Site and line",
    "channels.quarter": "Quarter",
    "channels.roll_out": "What connecting the lines did",
    "channels.roll_out_effect": "Effect on connected lines",
    "channels.roll_out_placebo": "Placebo: two quarters too early",
    "channels.roll_out_text": (
        "All lines of the firm: those that were connected, against those that were not yet "
        "(difference in differences, Callaway & Sant’Anna 2021), in {outcome}."
    ),
    "channels.service": "Service",
    "channels.show": "Show",
    "channels.shown": "{first} to {last} of {count}",
    "channels.site": "Site {site}",
    "channels.substitution": "Substitution effect",
    "channels.technology": "Technology: more good output from the same",
    "channels.technology_text": (
        "Shift of the frontier: growth of quality-adjusted output that no factor explains. "
        "With enough comparable lines by the Malmquist index, else by growth accounting; the "
        "table names the method and why."
    ),
    "channels.title": "Three channels",
    "channels.to_books": "To the books",
    "channels.to_nobody": "to no activity of it",
    "channels.what_is_missing": "What is missing",
    "channels.where_to": "Where to",
}
