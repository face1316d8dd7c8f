"""Labelling a table on disk: rows a second, and memory."""
