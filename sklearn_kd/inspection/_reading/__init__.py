"""What was passed: models and what stands around them, rows, baselines."""
