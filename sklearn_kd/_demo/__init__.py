"""The parts of the demo, ``python -m sklearn_kd``."""
