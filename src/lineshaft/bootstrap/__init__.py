"""The only builder: settings in, use cases and programs out."""
