"""A fitted student as a program: the list of steps that every export writes down."""

from dataclasses import dataclass
from itertools import starmap

import numpy as np
from sklearn.preprocessing import MaxAbsScaler, StandardScaler
from sklearn.utils.validation import check_is_fitted

from sklearn_kd._messages import show
from sklearn_kd.export._advice import what_to_pass
from sklearn_kd.export._unwrap import read_decision, unwrap
from sklearn_kd.students.encoder._forms import MissingFlags, Ramps
from sklearn_kd.students.encoder.encoder import TabularEncoder
from sklearn_kd.students.mlp.student import MLPStudent


@dataclass(frozen=True, eq=False)
class Input:
    """A column of the rows.

    Parameters
    ----------
    name : str or int
        Its name; its position where the columns had no names.
    levels : list or None
        The levels that occurred in fit and are encoded; None stands for missing values.
        For a numeric column it is None instead of a list.
    """

    name: str | int
    levels: list | None


@dataclass(frozen=True, eq=False)
class Interpolate:
    """Functions of one column each: linear between knots, and level outside them.

    Parameters
    ----------
    columns : ndarray of shape (n_functions,), intp
        Position of the column that each is of.
    knots, values : list of ndarray, float64
        The increasing knots of each function, and its values there. A function without
        knots is 0.
    missing : float
        What each is for a missing value.
    """

    columns: np.ndarray
    knots: list
    values: list
    missing: float


@dataclass(frozen=True, eq=False)
class Rise:
    """Functions of one column each: 0 up to a value, 1 from another on, and linear.

    They are 0 for a missing value.

    Parameters
    ----------
    columns : ndarray of shape (n_functions,), intp
        Position of the column that each is of.
    lower, upper : ndarray of shape (n_functions,), float64
        Where each begins to rise, and where it ends.
    """

    columns: np.ndarray
    lower: np.ndarray
    upper: np.ndarray


@dataclass(frozen=True, eq=False)
class Flag:
    """Functions of one column each: 1 for a missing value, 0 for any other.

    Parameters
    ----------
    columns : ndarray of shape (n_functions,), intp
        Position of the column that each is of.
    """

    columns: np.ndarray


@dataclass(frozen=True, eq=False)
class Encode:
    """Numbers of a row as piecewise-linear functions of the numeric columns.

    Parameters
    ----------
    parts : tuple of Interpolate, Rise and Flag
        The functions; what they give stands side by side.
    """

    parts: tuple


@dataclass(frozen=True, eq=False)
class Scale:
    """All columns, ``(x - shift) / scale``.

    Parameters
    ----------
    shift, scale : ndarray of shape (n_features,), float64, or None
        None stands for zeros and for ones.
    clip : bool
        Whether the result is cut off at -1 and 1.
    mean : ndarray of shape (n_features,), float64, or None
        The means of the columns in fit, where there are any: no part of the step, but
        around them lie the values to expect.
    """

    shift: np.ndarray | None = None
    scale: np.ndarray | None = None
    clip: bool = False
    mean: np.ndarray | None = None


@dataclass(frozen=True, eq=False)
class Dense:
    """A product with weights, and biases added.

    Parameters
    ----------
    coef : ndarray of shape (n_inputs, n_outputs), float64
        Weights. Without inputs there are the biases alone.
    intercept : ndarray of shape (n_outputs,), float64
        Biases.
    """

    coef: np.ndarray
    intercept: np.ndarray


@dataclass(frozen=True, eq=False)
class AddLevel:
    """A vector, which the level of a nominal column decides, is added.

    Parameters
    ----------
    column : int
        Position of the column.
    levels : list
        None stands for a missing value.
    vectors : ndarray of shape (n_levels + 1, n_outputs), float64
        One each; the last is an unknown level's.
    """

    column: int
    levels: list
    vectors: np.ndarray


@dataclass(frozen=True, eq=False)
class Activate:
    """A function of the numbers: behind a layer, or the link behind the last.

    Parameters
    ----------
    function : {"relu", "tanh", "logistic", "softmax"}
        Its name. The first three are of each number, and "softmax" is of a row.
    """

    function: str


@dataclass(frozen=True, eq=False)
class Widen:
    """Columns of zeros for classes that the student was not fitted on.

    Parameters
    ----------
    columns : ndarray of shape (n_known,), intp
        Where the columns that there are go.
    n_columns : int
        How many there are to be.
    """

    columns: np.ndarray
    n_columns: int


@dataclass(frozen=True, eq=False)
class Greatest:
    """The decision for the most probable class."""


@dataclass(frozen=True, eq=False)
class Threshold:
    """The decision for one class of two from a probability on.

    Parameters
    ----------
    column, other : int
        The class whose probability is held against the threshold, and the other.
    value : float
        The threshold.
    """

    column: int
    other: int
    value: float


@dataclass(frozen=True, eq=False)
class Program:
    """From a row to probabilities and a label.

    Parameters
    ----------
    inputs : tuple of Input
        The columns of a row.
    steps : tuple
        Each takes what the one before it gave: first `Encode` or `Scale`, then `Dense`,
        an `AddLevel` for each nominal column, and pairs of `Activate` and `Dense`. The
        last, an `Activate` by the link of the task and sometimes `Widen`, give
        probabilities.
    decision : Greatest or Threshold
        Gives the position of the label.
    classes : ndarray of shape (n_classes,)
        The labels.
    """

    inputs: tuple
    steps: tuple
    decision: object
    classes: np.ndarray


def program_of(estimator, caller):
    """Write a fitted student down as a program.

    Parameters
    ----------
    estimator : MLPStudent or DistilledClassifier
        Fitted, as :func:`sklearn_kd.export.to_onnx` takes it.
    caller : str
        The function that exports, for messages.

    Returns
    -------
    Program
        Its arrays may be those of the student.

    Raises
    ------
    TypeError
        For another student and another encoder.
    ValueError
        For a threshold of a label that is not among the classes.
    """
    student, decision = _find_student(estimator, caller)
    coefs, intercepts = student._exact.coefs, student._exact.intercepts
    steps = [*_first_steps(student, coefs[0], intercepts[0], caller)]
    for layer in zip(coefs[1:], intercepts[1:], strict=True):
        steps += [*_activation(student.activation), Dense(*layer)]
    steps += _activation(student.out_activation_)
    classes, known = estimator.classes_, student.classes_
    if len(known) < len(classes):  # in the others the teacher left no mass
        steps.append(Widen(np.searchsorted(classes, known), len(classes)))
    return Program(_inputs(student), tuple(steps), decision, classes)


def _find_student(estimator, caller):
    """Give the MLPStudent inside, and how a label is decided on."""
    if isinstance(estimator, type) or not hasattr(estimator, "fit"):
        raise TypeError(
            "estimator must be a fitted MLPStudent, or a DistilledClassifier with one, "
            f"got {show(estimator)}."
        )
    student, deciding, path = unwrap(estimator)
    check_is_fitted(student)
    if type(student) is not MLPStudent:
        raise TypeError(
            f"{caller} covers MLPStudent, got {type(student).__name__}. "
            f"{what_to_pass(student, f'estimator{path}', caller, deciding)}"
        )
    decision = read_decision(deciding, estimator.classes_)
    return student, Greatest() if decision is None else Threshold(*decision)


def _inputs(student):
    """Describe the columns that a student reads."""
    encoder, columns = student.encoder_, range(student.n_features_in_)
    names = getattr(student, "feature_names_in_", columns)
    levels = dict.fromkeys(columns)
    if type(encoder) is TabularEncoder:
        for column, kind in enumerate(encoder.kinds_):
            if kind == "nominal":  # one that does not vary has none
                levels[column] = list(encoder.layout_.known_levels.get(column, ()))
    return tuple(Input(name, levels[column]) for column, name in enumerate(names))


def _activation(function):
    """Make the step of a function, none of one that changes nothing."""
    return [] if function == "identity" else [Activate(function)]


def _part(columns, functions):
    """Describe some functions of these columns of the input by plain arrays."""
    columns = np.take(columns, functions.column)
    if type(functions) is Ramps:
        return Rise(columns, functions.lower, functions.upper)
    if type(functions) is MissingFlags:
        return Flag(columns)
    return Interpolate(columns, *functions.curves(), functions.missing)


def _first_steps(student, coef, intercept, caller):
    """Make the steps from a row to the first layer, before its activation."""
    encoder = student.encoder_
    if type(encoder) is TabularEncoder:
        layout = encoder.layout_
        yield Encode(tuple(starmap(_part, layout.numbers.parts)))
        yield Dense(coef[: len(layout.numbers)], intercept)
        for each in layout.fold_levels(coef):
            yield AddLevel(*each)
        return
    if encoder is None:
        yield Scale()
    elif type(encoder) in (StandardScaler, MaxAbsScaler):
        mean = getattr(encoder, "mean_", None)
        shift = mean if getattr(encoder, "with_mean", False) else None
        # a parameter of MaxAbsScaler from scikit-learn 1.9 on
        clip = bool(getattr(encoder, "clip", False))
        yield Scale(shift, encoder.scale_, clip, mean)
    else:
        raise TypeError(
            f"{caller} does not cover the encoder {type(encoder).__name__}: expected a "
            "TabularEncoder, a StandardScaler, a MaxAbsScaler or None. Convert "
            "that transformer by skl2onnx, and the student fitted on its output with "
            f"encoder=None by {caller}."
        )
    yield Dense(coef, intercept)
