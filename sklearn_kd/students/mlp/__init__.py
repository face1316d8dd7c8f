"""The default student: a small network on NumPy, its training and its predictions."""
