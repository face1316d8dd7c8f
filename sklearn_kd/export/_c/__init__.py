"""A program as a C99 header."""
