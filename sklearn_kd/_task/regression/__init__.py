"""Regression as one object: numbers, their scale, links and quantiles."""
