"""Which program a model is, and which parts of it other packages convert."""

from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from sklearn_kd._compat import BaseSearchCV
from sklearn_kd.export._onnx.others.estimators import convert_front, estimator_program
from sklearn_kd.export._program.advice import NETWORKS
from sklearn_kd.export._program.layers import layers_of_net
from sklearn_kd.export._program.program import program_of, program_of_student
from sklearn_kd.export._program.unwrap import unwrap
from sklearn_kd.students.skorch._base import BaseSkorch

CALLER = "to_onnx"


def read(model):
    """Read a fitted model as a program, some steps of which ONNX alone has.

    Parameters
    ----------
    model : estimator
        As :func:`~sklearn_kd.export.to_onnx` takes it.

    Returns
    -------
    program : Program
        The student.
    front : Front or None
        Steps of a pipeline in front of it.
    """
    student, earlier, deciding, distilled = _find(model)
    if type(student) in NETWORKS:
        program = _network_program(student, deciding, model)
        front = convert_front(earlier, model, program) if earlier else None
        return program, front
    if not distilled:
        return program_of(model, CALLER), None  # which says what is covered
    if earlier:
        student = Pipeline([*earlier, ("student", student)])
    return estimator_program(student, deciding, model), None


def _find(model):
    """Find the student, the steps before it, its threshold, and if it was distilled."""
    part, earlier, deciding, distilled = model, [], None, False
    while not isinstance(part, type):
        part, own, path = unwrap(part)
        deciding = own if deciding is None else deciding
        distilled = distilled or ".student_" in path
        if isinstance(part, Pipeline):
            check_is_fitted(part)
            steps = part.steps[:-1]
            earlier += [each for each in steps if each[1] not in ("passthrough", None)]
            part = part.steps[-1][1]
        elif isinstance(part, BaseSearchCV) and hasattr(part, "best_estimator_"):
            part = part.best_estimator_
        elif isinstance(part, FrozenEstimator):
            part = part.estimator
        else:
            break
    return part, earlier, deciding, distilled


def _network_program(student, deciding, model):
    """Give the program of a network; that of other modules is written by torch."""
    check_is_fitted(student)
    if isinstance(student, BaseSkorch) and isinstance(layers_of_net(student), str):
        # here, since it imports torch, as the net has done
        from sklearn_kd.export._onnx.others.nets import net_program

        return net_program(student, deciding, model)
    return program_of_student(student, deciding, model, CALLER)
