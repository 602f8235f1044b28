"""English: the report of the value chain."""

REPORT: dict[str, str] = {
    "report.bring": "How to bring what is missing",
    "report.bring_text": (
        "Import the supply network and the firm's books as versions, each with the tables that "
        "are named above; save an outage as a scenario to have its days, credits and cures in "
        "the report. Which tables there are, and their columns, stands in docs/supply-network.md, "
        "docs/servitization.md and docs/channels.md."
    ),
    "report.choose": "Choose",
    "report.counts": "{numbers} key figures, {plots} plots, {tables} tables",
    "report.empty": "no data",
    "report.files": "The report",
    "report.holds": "It holds",
    "report.lacks": "It lacks",
    "report.language": "Language",
    "report.lead": (
        "Register, outage, servitization, channels, smile and quadrant on a few pages for the "
        "board; every number with its definition."
    ),
    "report.no_scenario": "without an outage",
    "report.no_scenarios": "No outage has been saved as a scenario yet; the report leaves it out.",
    "report.nothing": "one line that says what is missing",
    "report.open": "Open in the browser",
    "report.partly": "in part",
    "report.question": "What it is to say",
    "report.scenario": "Outage",
    "report.section": "Section",
    "report.sections": "What it will hold",
    "report.state": "Data",
    "report.title": "Report",
    "report.whole": "complete",
}
