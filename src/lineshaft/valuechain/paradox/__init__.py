"""Where strength and dependence meet: of countries by product, and of a firm's own items."""
