"""What a thing is, and what it is doing now."""
