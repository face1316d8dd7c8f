"""Students that learn soft targets by sample weights."""
