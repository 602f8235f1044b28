"""Takes segments off the bus and makes them durable: what the historian stores."""
