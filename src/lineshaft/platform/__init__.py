"""What a thing is, what happened, what it means."""
