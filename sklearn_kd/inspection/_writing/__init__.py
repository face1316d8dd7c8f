"""How measures are written for people: numbers, text tables, HTML."""
