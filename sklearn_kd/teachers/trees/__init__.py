"""Teachers of trees, walked by the compiled core while rows are labelled."""

from sklearn_kd.teachers.trees._walked import TEACHER, Walkers

__all__ = ["TEACHER", "Walkers"]
