"""How the United States, Germany and China went: sourced records, none of them the best."""
