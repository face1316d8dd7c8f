"""Teachers of trees: counted, and walked by the compiled core."""

from sklearn_kd.teachers.trees._count import count_trees
from sklearn_kd.teachers.trees._walked import TEACHER, Walkers

__all__ = ["TEACHER", "Walkers", "count_trees"]
