"""Teachers of trees, walked by the compiled core while rows are labelled."""

from sklearn_kd.teachers.trees._walked import TEACHER, TOLERANCE, TRIED_ROWS, Walkers

__all__ = ["TEACHER", "TOLERANCE", "TRIED_ROWS", "Walkers"]
