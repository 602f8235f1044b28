"""The report of the value chain: one model, as HTML, PDF, Excel and JSON, in two languages."""
