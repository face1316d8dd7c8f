"""The task: all that makes this classification."""
