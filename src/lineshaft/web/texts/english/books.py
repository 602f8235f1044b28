"""English: the firm's own books."""

BOOKS: dict[str, str] = {
    "books.absent": "not there",
    "books.archive": "Download as a zip",
    "books.checking": "Checking {table}, row {row}…",
    "books.feeds": "Feeds",
    "books.files": "Files",
    "books.import_text": (
        "An Excel workbook with a sheet for each table, or a zip of CSV files, at most {size}; "
        "every table may be absent, but not all of them. Every row is checked first; when one is "
        "wrong, nothing changes and all wrong rows are shown."
    ),
    "books.lead": (
        "What the firm knows and Lineshaft does not bill: revenue, activities, costs, hours, "
        "assets, output. With the documents of Lineshaft it is what the pages of the firm show."
    ),
    "books.none.text": (
        "Import at least one of these tables, as an Excel workbook or a zip of CSV files. The "
        "sample shows the columns of all of them; what Lineshaft bills is known already."
    ),
    "books.none.title": "No books yet",
    "books.note": "Note",
    "books.says": "What it says",
    "books.shown": "This version",
    "books.size": "Size",
    "books.table": "Table",
    "books.table.activities": "Hours, revenue and cost of each activity in a month",
    "books.table.assets": "What serves for longer, and its user cost in a quarter",
    "books.table.competitiveness": "How each own item sells: offers won, price, market share",
    "books.table.hours": "Hours worked on each line, and what they cost",
    "books.table.installed_base": "Machines of the firm's make that customers run",
    "books.table.machines": "Since when each machine is connected",
    "books.table.output": "What each line made, good and bad, and what it is worth",
    "books.table.payroll": "What functions of the house cost",
    "books.table.purchases": "Goods and services bought for each line",
    "books.table.revenue": "Lines of invoices and credit notes that Lineshaft does not bill",
    "books.table.roll_out": "When each line was connected",
    "books.table.service_inputs": "What was spent on services and on all else, by account",
    "books.table.upgrading": "Share of the world, value added, volume and unit value by year",
    "books.table.usage": "Which usage record an invoice line bills",
    "books.tables": "Tables",
    "books.title": "Books",
    "books.until": "Until",
}
