"""A fitted student as a program: the list of steps that every export writes down."""

from dataclasses import dataclass
from itertools import starmap

import numpy as np
from sklearn.preprocessing import MaxAbsScaler, StandardScaler
from sklearn.utils.validation import check_is_fitted

from sklearn_kd._messages import show
from sklearn_kd.export._program.advice import NETWORKS, what_to_pass
from sklearn_kd.export._program.layers import layers_of
from sklearn_kd.export._program.steps import (
    Activate,
    AddLevel,
    Ascend,
    Dense,
    Encode,
    Flag,
    Greatest,
    Input,
    Interpolate,
    Middle,
    Rise,
    Scale,
    Threshold,
    Unscale,
    Widen,
)
from sklearn_kd.export._program.unwrap import read_decision, unwrap
from sklearn_kd.students._tasks import LearnsNumbers
from sklearn_kd.students.encoder._forms import MissingFlags, Ramps
from sklearn_kd.students.encoder.encoder import TabularEncoder
from sklearn_kd.students.encoder.plain_numbers import PlainNumbers


@dataclass(frozen=True, eq=False)
class Program:
    """From a row to probabilities and a label, or to predictions of numbers.

    Parameters
    ----------
    inputs : tuple of Input
        The columns of a row.
    steps : tuple
        Each takes what the one before it gave: first `Encode` or `Scale`, then `Dense`,
        an `AddLevel` for each nominal column, and pairs of `Activate` and `Dense`. The
        last belong to the task: an `Activate` by its link, where that is not the
        identity, and sometimes `Widen`, give probabilities; `Ascend` for quantiles, or
        `Unscale` and an `Activate` for logarithms, and `Unscale` give numbers.
    decision : Greatest, Threshold or Middle
        Gives the position of the label, or the numbers that are predicted.
    classes : ndarray of shape (n_classes,), or None
        The labels; None for numbers.
    """

    inputs: tuple
    steps: tuple
    decision: object
    classes: np.ndarray | None

    @property
    def threshold(self):
        """The class that is predicted from a probability on, and that; None if none."""
        if not isinstance(self.decision, Threshold):
            return None
        return self.classes[self.decision.column], self.decision.value

    @property
    def outputs(self):
        """Names of what the model gives."""
        if self.classes is not None:
            return "label", "probabilities"
        quantiles = self.decision.quantiles is not None
        return ("prediction", "quantiles") if quantiles else ("prediction",)


def program_of(estimator, caller):
    """Write a fitted student down as a program, for the function that exports.

    It takes what every export takes; its arrays may be those of the student.
    """
    student, deciding = _find_student(estimator, caller)
    return program_of_student(student, deciding, estimator, caller)


def program_of_student(student, deciding, model, caller):
    """Write a student down that has been found in a model.

    Parameters
    ----------
    student : estimator
        A fitted network.
    deciding : estimator or None
        What decides the label by a threshold.
    model : estimator
        The whole, whose classes and predictions these are to be.
    caller : str
        The function that exports, for messages.

    Returns
    -------
    Program
        Its arrays may be those of the student.

    Raises
    ------
    TypeError
        For another encoder, and a net with another module.
    ValueError
        For a threshold of a label that is not among the classes.
    """
    network = layers_of(student, caller)
    coefs, intercepts = network.coefs, network.intercepts
    steps = [*first_steps(student, coefs[0], intercepts[0], caller)]
    for layer in zip(coefs[1:], intercepts[1:], strict=True):
        steps += [*_activation(network.activation), Dense(*layer)]
    steps += _activation(network.link)
    return finished(steps, student, deciding, model, inputs_of(student))


def finished(steps, student, deciding, model, inputs):
    """Make a program of steps that give probabilities or the outputs of a network.

    Parameters
    ----------
    steps : list
        Up to the link of a classifier, or the last layer of a regressor.
    student : estimator
        The fitted student that they are of.
    deciding : estimator or None
        What decides the label by a threshold.
    model : estimator
        The whole, whose classes and predictions these are to be.
    inputs : tuple of Input
        The columns of a row.

    Returns
    -------
    Program
        With the steps that belong to the task.
    """
    if isinstance(student, LearnsNumbers):
        steps = [*steps, *_to_units(student._task)]
        return Program(inputs, tuple(steps), _middle(student._task), None)
    threshold = read_decision(deciding, model.classes_)
    decision = Greatest() if threshold is None else Threshold(*threshold)
    classes, known = model.classes_, student.classes_
    if len(known) < len(classes):  # in the others the teacher left no mass
        steps = [*steps, Widen(np.searchsorted(classes, known), len(classes))]
    return Program(inputs, tuple(steps), decision, classes)


def _to_units(task):
    """Make the steps from the outputs of a network to the units of the targets."""
    if task.n_levels > 1:
        yield Ascend(task.n_levels)
    if task.factor is not None:
        yield Unscale(task.factor, np.zeros(task.n_targets))
        yield Activate("exp")
    yield Unscale(task.link.scale, task.link.shift)


def _middle(task):
    """Describe what a regression predicts of its outputs."""
    place = 0 if task.quantiles is None else task.middle_level
    return Middle(task.quantiles, place, np.repeat(task.scale, task.n_levels))


def _find_student(estimator, caller):
    """Give the network inside, and what decides behind it by a threshold."""
    if isinstance(estimator, type) or not hasattr(estimator, "fit"):
        raise TypeError(
            "estimator must be a fitted MLPStudent or MLPStudentRegressor, or a "
            f"DistilledClassifier or DistilledRegressor with one, got "
            f"{show(estimator)}."
        )
    student, deciding, path = unwrap(estimator)
    check_is_fitted(student)
    if type(student) not in NETWORKS:
        raise TypeError(
            f"{caller} covers MLPStudent and MLPStudentRegressor, and SkorchStudent "
            f"and SkorchStudentRegressor with a TabularMLP, got "
            f"{type(student).__name__}. "
            f"{what_to_pass(student, f'estimator{path}', caller, deciding)}"
        )
    return student, deciding


def inputs_of(student):
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


def first_steps(student, coef, intercept, caller):
    """Make the steps from a row to the first layer, before its activation."""
    encoder = student.encoder_
    if type(encoder) is TabularEncoder:
        layout = encoder.layout_
        yield Encode(tuple(starmap(_part, layout.numbers.parts)))
        yield Dense(coef[: len(layout.numbers)], intercept)
        for each in layout.fold_levels(coef):
            yield AddLevel(*each)
        return
    if encoder is None or type(encoder) is PlainNumbers:
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
