"""World trade that the hub keeps: what countries buy and sell of each product, by year."""
