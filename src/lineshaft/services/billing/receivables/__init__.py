"""What customers owe: payments, reminders, disputes."""
