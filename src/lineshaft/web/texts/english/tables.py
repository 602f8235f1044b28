"""English: national input-output tables and what-ifs on them."""

TABLES: dict[str, str] = {
    "tables.add": "Add a change",
    "tables.add_text": "Choose what changes. A coefficient also needs who buys.",
    "tables.after": "Then",
    "tables.all_industries": "All industries",
    "tables.amount": "{value} million {currency}",
    "tables.assumptions": (
        "Quantities only: prices stay, and so do all other coefficients. An industry whose "
        "value added per unit changes makes no more and no less."
    ),
    "tables.balances": "Balances",
    "tables.before": "In the table",
    "tables.benchmark": "Benchmark: manufacturing of a country",
    "tables.benchmark_none": "Keep a national table",
    "tables.benchmark_text": (
        "The same question asked of a national table: how much of what manufacturing takes "
        "in is services, by four definitions that differ by up to four times. A benchmark of "
        "a country, not a goal for a firm."
    ),
    "tables.benchmark_without": (
        "No national table is kept, so there is no benchmark beside the firm's own numbers."
    ),
    "tables.by_country": "What it does to countries: value added",
    "tables.by_country_output": "Output",
    "tables.by_industry": "The ten industries that change most",
    "tables.change": "Change",
    "tables.change.coefficient": "What it buys of another industry",
    "tables.change.demand": "Final demand",
    "tables.change.value_added": "Value added per unit of output",
    "tables.change_of.coefficient": "{buyer} buys of {seller}, per unit of output",
    "tables.change_of.demand": "Final demand for {seller}",
    "tables.change_of.value_added": "Value added of {seller}, per unit of output",
    "tables.changes": "What changes",
    "tables.choose": "Choose",
    "tables.country": "Country",
    "tables.currency": "in million {currency}",
    "tables.detail": "Also toys and unverified indicators",
    "tables.detail_less": "Without toys and unverified indicators",
    "tables.detail_text": (
        "Some decompositions and the Ghosh model say little of a firm unless a table is "
        "calibrated for it. They are off unless they are asked for, and labelled."
    ),
    "tables.downstreamness": "Downstreamness D",
    "tables.drop": "Drop",
    "tables.drop_text": (
        "The table {name} and its files are removed. It can be kept again from its "
        "publisher's file."
    ),
    "tables.drop_yes": "Drop the table",
    "tables.figures": "All indicators",
    "tables.format": "Format",
    "tables.format.csv": "Our own CSV",
    "tables.format.exiobase": "EXIOBASE 3",
    "tables.format.figaro": "Eurostat FIGARO",
    "tables.format.icio": "OECD ICIO",
    "tables.format.wiod": "WIOD 2013",
    "tables.formats": "Formats that are read",
    "tables.headline": "In short",
    "tables.indicator": "Indicator",
    "tables.indicator.backward_linkage": "Backward linkage",
    "tables.indicator.directly_absorbed_value_added": "Directly absorbed value added in exports",
    "tables.indicator.domestic_content": "Domestic content of exports",
    "tables.indicator.domestic_double_counting": "Domestic double counting",
    "tables.indicator.domestic_value_added_in_exports": "Domestic value added in exports",
    "tables.indicator.downstreamness": "Downstreamness: stages since primary inputs",
    "tables.indicator.extraction_loss": "Value added lost without the industry (upper bound)",
    "tables.indicator.final_demand_share": "Share of final demand in output",
    "tables.indicator.foreign_content": "Foreign content of exports",
    "tables.indicator.foreign_double_counting": "Foreign double counting",
    "tables.indicator.foreign_value_added_in_exports": "Foreign value added in exports",
    "tables.indicator.forward_linkage": "Forward linkage",
    "tables.indicator.ghosh_loss": "Loss in the Ghosh model",
    "tables.indicator.gross_exports": "Gross exports",
    "tables.indicator.gvc_backward": "Participation through imported inputs (backward)",
    "tables.indicator.gvc_exports": "Exports within global value chains",
    "tables.indicator.gvc_forward": "Participation through others' exports (forward)",
    "tables.indicator.input_servitization_complete": "Input servitization, complete",
    "tables.indicator.input_servitization_direct": "Input servitization, direct",
    "tables.indicator.input_servitization_share": "Input servitization, share",
    "tables.indicator.kww_participation": "Participation (Koopman, Wang & Wei)",
    "tables.indicator.kww_position": "Position (Koopman, Wang & Wei): above 0 is upstream",
    "tables.indicator.oecd_gvc_forward": "Forward participation, OECD variant",
    "tables.indicator.output_multiplier": "Output multiplier",
    "tables.indicator.production_length_position": "Position by production length",
    "tables.indicator.reflection": "Domestic value added that returns home",
    "tables.indicator.services_in_manufacturing_exports": "Services in manufacturing exports",
    "tables.indicator.services_in_manufacturing_exports_domestic": "Of it domestic services",
    "tables.indicator.services_in_manufacturing_exports_foreign": "Of it foreign services",
    "tables.indicator.upstreamness": "Upstreamness: stages until final demand",
    "tables.indicator.value_added_comparative_advantage": "Comparative advantage in value added",
    "tables.indicator.value_added_effect": "Value added effect",
    "tables.indicator.value_added_exports": "Value added absorbed abroad",
    "tables.indicator.value_added_multiplier": "Value added multiplier",
    "tables.indicator.value_added_share": "Share of value added in output",
    "tables.indicator.wwz_foreign_double_counting": "Foreign double counting (WWZ)",
    "tables.indicator.wwz_foreign_value_added": "Foreign value added (WWZ)",
    "tables.industry": "Industry",
    "tables.keep_sample": "Keep the synthetic sample",
    "tables.kept": "Tables that are kept",
    "tables.kept_by": "Kept",
    "tables.lead": (
        "How a country and its industries stand in the world's input-output table: a "
        "benchmark beside the firm's own numbers, and not more."
    ),
    "tables.licence": "Licence",
    "tables.limit": (
        "Sector tables cannot show which single country a firm depends on: that needs "
        "products or suppliers."
    ),
    "tables.moved": "Output and value added, and what changes",
    "tables.name": "Name",
    "tables.nav": "National tables",
    "tables.no_answer": "No answer with these changes",
    "tables.no_licence": "not noted",
    "tables.none.text": (
        "Get a table from its publisher and keep it with the command below, or keep the "
        "synthetic sample to see what a table answers."
    ),
    "tables.none.title": "No national table yet",
    "tables.not_replaceable": "{part} of what was to be replaced has no other origin.",
    "tables.not_tried": "not tried on a real file",
    "tables.output": "Output",
    "tables.percent": "Percent",
    "tables.position": "Place of each industry in the chain",
    "tables.position_text": (
        "Upstreamness counts the mean number of stages until final demand, downstreamness "
        "those since primary inputs; both are at least 1."
    ),
    "tables.region": "Country of the industry",
    "tables.remove": "Remove the change: {name}",
    "tables.replaced": "Replaced by other countries, %",
    "tables.reset": "Reset",
    "tables.sample": "Sample as CSV",
    "tables.size": "Size",
    "tables.size_of": "{countries} countries, {industries} industries",
    "tables.stop": "What if deliveries stop",
    "tables.stop_run": "Compute",
    "tables.stop_text": (
        "All deliveries of the chosen country, of one industry or of all, end. Without "
        "substitutes that is an upper bound."
    ),
    "tables.table": "Table",
    "tables.title": "National input-output tables",
    "tables.to_industry": "Industry that buys",
    "tables.to_region": "Country that buys",
    "tables.toy": "toy",
    "tables.tried": "Tried on",
    "tables.tried_own": "files of this format",
    "tables.undo": "Undo",
    "tables.unverified": "not verified",
    "tables.upper_bound": "upper bound: nothing is replaced",
    "tables.upstreamness": "Upstreamness U",
    "tables.value_added": "Value added",
    "tables.what": "What",
    "tables.what_if": "What if",
    "tables.what_if_lead": (
        "Move a slider and see at once what it comes to, in every country and industry."
    ),
    "tables.whole_country": "Country",
    "tables.with_replaced": "{part} replaced by other countries",
    "tables.world": "World",
    "tables.world_loses": "The world loses {part} of its value added.",
    "tables.year": "Year",
}
