"""What a model costs: its size, and how fast it predicts."""
