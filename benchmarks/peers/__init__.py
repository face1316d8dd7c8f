"""The students of other packages beside ours."""
