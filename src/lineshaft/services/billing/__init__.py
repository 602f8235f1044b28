"""From usage to a signed document and its postings."""
