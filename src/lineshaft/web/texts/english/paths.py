"""English: the American, German and Chinese paths."""

PATHS: dict[str, str] = {
    "paths.about": "About",
    "paths.actor": "Actor or thing",
    "paths.actors": "Who acts on whom",
    "paths.actors_text": (
        "An arrow leads from who acts to what is acted on. A box leads to its row in the "
        "table below."
    ),
    "paths.acts_on": "Acts on",
    "paths.all": "Show all",
    "paths.alone": "No link in the records:",
    "paths.axis": "Axis",
    "paths.choose": "Path to show",
    "paths.comparison": "Path beside path",
    "paths.comparison_text": "A name opens to the quote, its source, and how sure it is.",
    "paths.confidence": "How sure",
    "paths.contradicted_link": "contradicted by other sources",
    "paths.corrected": "other sources differ",
    "paths.corrections": "What the papers say, and what others say",
    "paths.corrections_text": (
        "Both are kept: the words of the paper, and the sources that say otherwise."
    ),
    "paths.counts": "Counted",
    "paths.every.axis": "All axes",
    "paths.every.path": "All paths",
    "paths.every.type": "All types of actors",
    "paths.filter.axis": "Axis",
    "paths.filter.path": "Path",
    "paths.filter.type": "Type of actor",
    "paths.founded": "Founded",
    "paths.lead": (
        "How the United States, Germany and China joined manufacturing and the internet, in "
        "records with their sources. None of the paths is the best, and nothing here is a "
        "score."
    ),
    "paths.links": "Actors and links",
    "paths.means.contradicted": "another source says otherwise",
    "paths.means.high": "another source than the paper says it too",
    "paths.means.low": "the paper says it, and names no source",
    "paths.means.medium": "the paper says it, and names its source",
    "paths.nav": "National paths",
    "paths.no_actor": "No actor among the records that are shown.",
    "paths.no_event": "No record that is shown has a year.",
    "paths.none.text": "No record is of this path, axis and type at once. Only actors have a type.",
    "paths.none.title": "No such record",
    "paths.nothing": "none",
    "paths.of_no_path": "Services in exports",
    "paths.others_say": "Other sources say",
    "paths.paper_says": "The paper says",
    "paths.picture_of": "{path}: {count} links between actors",
    "paths.quote": "Quote",
    "paths.records": "Records",
    "paths.reorganised": "Re-organised",
    "paths.role": "Role",
    "paths.show": "Show",
    "paths.source": "Source",
    "paths.sources": "Sources, and what the marks mean",
    "paths.timeline": "Time line",
    "paths.timeline_text": (
        "Each event opens to its source. Where sources differ, both years stand here."
    ),
    "paths.title": "National paths",
    "paths.type": "Type",
    "paths.until": "until {year}",
}
