"""The encoder: a table of any columns as numbers that a network learns from."""
