"""A program as one SELECT."""
