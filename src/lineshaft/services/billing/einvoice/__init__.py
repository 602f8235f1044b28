"""Electronic invoices of EN 16931: one semantic model, its writers and its checks."""
