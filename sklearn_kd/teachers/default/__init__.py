"""The teachers that the package brings: the default ensemble and the small booster."""
