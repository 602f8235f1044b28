"""What is read out of the store files."""
