"""From readings to exact quantities of a period: meters and usage records."""
