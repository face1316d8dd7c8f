"""What a search over students chooses."""

from sklearn_kd.model_selection.smallest import SmallestStudent, smallest_student

__all__ = ["SmallestStudent", "smallest_student"]
