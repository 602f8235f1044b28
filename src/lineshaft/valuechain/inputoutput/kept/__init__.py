"""National tables that the hub keeps: by name, as they were read, with what they answer."""
