"""What every export of a student costs, and how exact it is, on public tables."""
