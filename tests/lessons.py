"""Labelled rows as the teacher stage gets them."""

import numpy as np

from sklearn_kd.teachers import Lesson


def lesson_of(X, codes, classes, y=None):
    """Give rows that all have weight 1."""
    n_rows = len(codes)
    y = codes if y is None else y
    return Lesson(X, y, codes, np.ones(n_rows), classes, np.arange(n_rows), n_rows)
