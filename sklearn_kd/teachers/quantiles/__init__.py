"""Teachers of quantiles: an adapter for each way in which a model gives them."""
