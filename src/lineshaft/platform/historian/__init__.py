"""Every record that a source spooled, stored exactly once (`README.md`)."""
