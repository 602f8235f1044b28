"""The close of a month: what is to be billed, what is in its way, what is done."""
