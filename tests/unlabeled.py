"""Rows without labels beside the wine data."""

import numpy as np
from given_rows import on_given_rows
from wine import FOREST as TEACHER
from wine import STUDENT

U = np.random.default_rng(0).normal(size=(60, 13))


def distil(student=STUDENT, teacher=TEACHER, **params):
    return on_given_rows(teacher, student, random_state=0, **params)
