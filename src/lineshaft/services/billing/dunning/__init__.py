"""Letters that remind of what is owed: written once, signed, never changing the document."""
