"""The cache of the teacher's part of a fit."""
