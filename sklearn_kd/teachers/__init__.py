"""What the teacher knows: resolving, fitting, cross-fitting and asking teachers."""

from sklearn_kd.teachers._context import Context
from sklearn_kd.teachers._default import default_teachers
from sklearn_kd.teachers._fitted import check_teacher
from sklearn_kd.teachers._given import read_teacher_proba
from sklearn_kd.teachers._leaf import TeacherParameterMixin
from sklearn_kd.teachers._routing import fit_parameters, router, student_wants_weights
from sklearn_kd.teachers._teach import Knowledge, Lesson, teach

__all__ = [
    "Context",
    "Knowledge",
    "Lesson",
    "TeacherParameterMixin",
    "check_teacher",
    "default_teachers",
    "fit_parameters",
    "read_teacher_proba",
    "router",
    "student_wants_weights",
    "teach",
]
