"""What brings a customer together: the home page, requests."""
