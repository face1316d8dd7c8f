"""The tables of the docs, and table and picture of the README, from results files."""
