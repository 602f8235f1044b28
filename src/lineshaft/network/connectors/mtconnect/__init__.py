"""MTConnect adapters over SHDR (simple hierarchical data representation)."""
