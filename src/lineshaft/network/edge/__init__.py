"""The edge: every reading numbered, on disk, signed, and sent until the historian has it."""
