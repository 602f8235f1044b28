"""Tables between countries and industries, and the indicators on them."""
