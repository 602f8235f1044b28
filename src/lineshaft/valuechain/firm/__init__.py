"""What is shown of the firm: its kept books and what the hub has billed, together."""
