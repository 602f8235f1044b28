"""English: strength beside dependence."""

DEPENDENCE: dict[str, str] = {
    "dependence.across": "competitiveness, percentile →",
    "dependence.advantage": "RCA",
    "dependence.after_years": "{part} (of the list {years} y before)",
    "dependence.choose_country": "Choose a country to see where its products stand.",
    "dependence.competitive": "Competitiveness",
    "dependence.controllability": "Controllability",
    "dependence.corner.dependent": "weak and dependent",
    "dependence.corner.dual": "dual paradox: strong and dependent",
    "dependence.corner.strong": "strong and in control",
    "dependence.corner.weak": "weak, not dependent",
    "dependence.country": "Country",
    "dependence.drawn": (
        "Drawn are all {listed} products of the list and the {others} largest imports beside "
        "it. At the upright line RCA is 1; above the other line CEPII’s rule holds. A figure "
        "r is drawn at r/(1+r)."
    ),
    "dependence.dual_stays": "Of older dual paradoxes, still there",
    "dependence.edition": "Edition",
    "dependence.field": "Field",
    "dependence.field.all": "all products",
    "dependence.field.dependent": "weak and dependent",
    "dependence.field.dual": "dual paradox",
    "dependence.field.listed": "on the list of dependencies",
    "dependence.field.strong": "strong",
    "dependence.field.weak": "weak",
    "dependence.first_source": "Concentration of sources",
    "dependence.imported": "Products imported",
    "dependence.imports": "Imports, 3 years, USD",
    "dependence.item": "Item",
    "dependence.items": "The items",
    "dependence.lead": (
        "Where strength stands beside dependence: what sells well and hangs on one source is "
        "the dual paradox. Of the firm’s own items, and of the products of a country."
    ),
    "dependence.list_stays": "Of older lists, still listed",
    "dependence.margin": "Margin to the rule",
    "dependence.no_country": "No trade of a country {country} is kept: choose one of the list.",
    "dependence.none_found": "No product is here.",
    "dependence.on_the_list": "Depended on, by CEPII’s rule",
    "dependence.own": "The firm’s own items",
    "dependence.own_none.text": (
        "It needs a supply network, and in the books the table competitiveness with four "
        "items at least: how often offers are won, at what price against others, with what "
        "share of the market."
    ),
    "dependence.own_none.title": "The items cannot be placed yet",
    "dependence.own_picture": "Competitiveness and vulnerability of what is sold",
    "dependence.own_text": (
        "To the right: how well an item sells against the others of the table. Up: how much "
        "its weakest bought part hangs on one source, few countries, a long requalification "
        "and little stock."
    ),
    "dependence.product": "Product (HS6)",
    "dependence.product_said": "{product}: {field}; RCA {advantage}, margin {margin}",
    "dependence.products": "The products",
    "dependence.products_text": (
        "The list: CEPII’s three conditions held in at least 2 of 3 years. Lists churn; the "
        "part of older ones that is still there stands above."
    ),
    "dependence.rule_held": "The rule held in",
    "dependence.said": (
        "{name}: {field}; competitiveness {competitive}, vulnerability {vulnerable} (percentiles)"
    ),
    "dependence.search": "Search products",
    "dependence.show": "Show",
    "dependence.title": "Strength and dependence",
    "dependence.to_books": "To the books",
    "dependence.to_network": "To the supply network",
    "dependence.trade": "Version of the trade",
    "dependence.up": "↑ vulnerability, percentile",
    "dependence.version": "version {version}: {years}",
    "dependence.vulnerability": "Vulnerability",
    "dependence.vulnerable": "Vulnerability, percentile",
    "dependence.weakest": "Weakest bought part",
    "dependence.world": "Countries, by product",
    "dependence.world_across": "comparative advantage in exports (RCA) →",
    "dependence.world_none.text": (
        "Get the yearly files of BACI from CEPII (free, Etalab 2.0), three years in a row or "
        "more, and keep what follows from them with this command. Lineshaft fetches nothing "
        "and ships no trade."
    ),
    "dependence.world_none.title": "No world trade yet",
    "dependence.world_picture": "Products of {country}",
    "dependence.world_text": (
        "To the right: exports of a product above the country’s share of the world (RCA "
        "above 1 is strong). Up: how near CEPII’s rule of dependence is, with concentrated "
        "sources, concentrated world exports, and more imports than exports. The European "
        "Commission’s three indicators are off, because their thresholds were not checked: "
        "lineshaft valuechain dependence --bloc --unverified."
    ),
    "dependence.world_up": "↑ margin to CEPII’s rule",
}
