"""Teachers of trees: counted, and walked by the compiled core."""

from sklearn_kd.teachers.trees._count import count_trees
from sklearn_kd.teachers.trees._walked import TEACHER, TOLERANCE, TRIED_ROWS, Walkers

__all__ = ["TEACHER", "TOLERANCE", "TRIED_ROWS", "Walkers", "count_trees"]
