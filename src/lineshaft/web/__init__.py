"""The pages: one of two skins over the use cases. No rule lives here."""
