"""Teacher and student in a fitted estimator."""

from sklearn.pipeline import Pipeline


def teacher_and_student(estimator):
    """Find the teacher and the student in a distilled estimator, or around one."""
    if hasattr(estimator, "teacher_") and hasattr(estimator, "student_"):
        return estimator.teacher_, estimator.student_
    if isinstance(estimator, Pipeline):
        pair = teacher_and_student(estimator[-1])
        return tuple(Pipeline([*estimator.steps[:-1], ("last", one)]) for one in pair)
    for name in ("best_estimator_", "regressor_", "estimator_"):
        if hasattr(estimator, name):
            return teacher_and_student(getattr(estimator, name))
    raise TypeError(f"{type(estimator).__name__} has no teacher_ and student_.")
