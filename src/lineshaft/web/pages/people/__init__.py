"""People: their accounts, and who may come in."""
