"""What finance works from: the month's close, what is owed, what became known late."""
