"""A network with its encoder as an ONNX model."""

from collections.abc import Sequence

import numpy as np

from sklearn_kd._messages import show
from sklearn_kd.export._files import check_path, write
from sklearn_kd.export._onnx.graph import Graph
from sklearn_kd.export._onnx.levels import input_kind, read_level
from sklearn_kd.export._onnx.numbers import encode_numbers, scale_numbers
from sklearn_kd.export._program.levels import plain_labels
from sklearn_kd.export._program.metadata import metadata_of
from sklearn_kd.export._program.program import program_of
from sklearn_kd.export._program.rounding import warn_of_rounding
from sklearn_kd.export._program.steps import (
    Activate,
    AddLevel,
    Ascend,
    Dense,
    Encode,
    Greatest,
    Scale,
    Unscale,
    Widen,
)

#: The operator of each activation, with its attributes.
_ACTIVATIONS = {
    "relu": ("Relu", {}),
    "tanh": ("Tanh", {}),
    "logistic": ("Sigmoid", {}),
    "exp": ("Exp", {}),
    "softmax": ("Softmax", {"axis": 1}),
}

_LABELS = {"i": "INT64", "O": "STRING", "b": "BOOL", "f": "DOUBLE"}


def to_onnx(estimator, path=None, *, outputs=None):
    """Write a fitted student, with its encoder, as an ONNX model.

    Parameters
    ----------
    estimator : MLPStudent, MLPStudentRegressor, DistilledClassifier or \
DistilledRegressor
        Fitted; the ``student_`` of a distilled estimator is one of the two networks,
        with or without a ``decision_threshold``. A classifier may stand in a fitted
        :class:`~sklearn.model_selection.FixedThresholdClassifier` or
        :class:`~sklearn.model_selection.TunedThresholdClassifierCV`, whose threshold
        decides the label. The encoder of the student is a
        :class:`TabularEncoder`, a :class:`~sklearn.preprocessing.StandardScaler`, a
        :class:`~sklearn.preprocessing.MaxAbsScaler` or None.
    path : str, os.PathLike or None, default=None
        The file to write, such as ``"student.onnx"``; None writes none.
    outputs : sequence of str or None, default=None
        Outputs of the model, in this order: of "label" and "probabilities" for a
        classifier, and of "prediction" for a regressor, with quantiles of "prediction"
        and "quantiles". None means all of them.

    Returns
    -------
    onnx.ModelProto
        A model that ``onnx.checker`` has passed, in opset 17 (and 3 of ``ai.onnx.ml``
        where there are nominal columns): ONNX Runtime 1.17 and later read it.

        Its input is ``X``, float32 of shape (N, n_features). Where columns are nominal,
        each column is an input of its own instead, of shape (N, 1) and in the order of
        the columns, named as in ``feature_names_in_`` or ``x0``, ``x1``, ...: float32
        for a numeric one, string or int64 for the levels of a nominal one. A missing
        value is NaN, the empty string or the least int64; where one of the latter two
        was a level, and missing values did not occur, it is that level.

        ``label``, of shape (N,), has the dtype of ``classes_``: int64, string, bool or
        double. ``probabilities`` is float32 of shape (N, n_classes). ``prediction`` is
        double, of shape (N,), or (N, n_outputs) for several outputs of ``y``, and
        ``quantiles`` double of shape (N, n_quantiles) or (N, n_outputs, n_quantiles).

        Its metadata properties are ``sklearn_kd_version``, ``task``, and as JSON
        ``feature_names``, ``feature_levels``, ``classes``, ``threshold`` and
        ``quantiles``, as far as there are any.

    Raises
    ------
    ImportError
        Without the package ``onnx``.
    TypeError
        For another student, another encoder, labels or levels that are neither
        numbers nor strings, and `outputs` that are no list or tuple.
    ValueError
        For numbers outside the range of float32, labels or levels outside that of
        int64, a column in which both missing values and what stands for them are
        levels, and unknown or repeated `outputs`.

    Warns
    -----
    UserWarning
        For columns in which rounding to float32 moves a probability by more than .001,
        or a number by more than .001 standard deviations of ``y``, judged by the values
        that the encoder has stored.

    See Also
    --------
    MLPStudent, MLPStudentRegressor : The students.
    sklearn_kd.inspection.pickled_size : Bytes of a pickle, which runs code when loaded;
        a model in ONNX does not.

    Notes
    -----
    .. versionadded:: 0.1

    The model computes in float32, and :meth:`MLPStudent.predict_proba` on few rows in
    float64: for the same float32 numbers, probabilities agree to about 1e-6, and
    numbers to about 1e-6 standard deviations of ``y``, whose mean and deviation are
    applied in float64. A label may differ where two classes are that close. Numbers of
    more digits than float32 has must be rounded when the input is made: see the
    warning. Infinity is not refused: a :class:`TabularEncoder` counts it as the end of
    the range; with other encoders it may give NaN.

    Examples
    --------
    >>> from sklearn.datasets import load_wine
    >>> from sklearn_kd import MLPStudent
    >>> from sklearn_kd.export import to_onnx
    >>> X, y = load_wine(return_X_y=True)
    >>> student = MLPStudent(hidden_layer_sizes=16, random_state=0).fit(X, y)
    >>> model = to_onnx(student)
    >>> [output.name for output in model.graph.output]
    ['label', 'probabilities']
    >>> content = model.SerializeToString()  # the bytes of a .onnx file
    """
    check_path(path)
    program = program_of(estimator, "to_onnx")
    outputs = _check_outputs(outputs, program.outputs)
    graph, names, kinds = _start(program)
    value = None
    for step in program.steps:
        value = _NODES[type(step)](graph, step, value, names, kinds)
    for name in outputs:
        _RESULTS[name](graph, value, program)
    model = graph.model(metadata_of(program))
    warn_of_rounding(program, "ONNX model")
    write(path, model.SerializeToString(deterministic=True))
    return model


def _check_outputs(outputs, known):
    """Refuse what is no list of distinct names of outputs; None means all."""
    if outputs is None:
        return known
    example = f"Pass, for example, outputs=[{known[-1]!r}]."
    if not isinstance(outputs, Sequence):
        raise TypeError(
            f"outputs must be a list or tuple of names out of {list(known)}, got "
            f"{type(outputs).__name__}. {example}"
        )
    are_known = not isinstance(outputs, str) and all(name in known for name in outputs)
    if not are_known or not outputs:
        raise ValueError(
            f"outputs must be names out of {list(known)}, got {show(outputs)}. "
            f"{example}"
        )
    if len(set(outputs)) < len(outputs):
        raise ValueError(
            f"outputs must name each output once, got {show(outputs)}. Remove the "
            "repeated name."
        )
    return outputs


def _start(program):
    """Begin a graph; give it with its inputs and the kinds of the columns of rows."""
    inputs = program.inputs
    if all(column.levels is None for column in inputs):
        return Graph([("X", "FLOAT", len(inputs))]), ["X"], ["FLOAT"] * len(inputs)
    names = [each.label for each in inputs]
    taken = set(names) & set(program.outputs)
    if taken:
        raise ValueError(
            f"Columns named {show(sorted(taken))} would be inputs of the same name as "
            "an output. Rename them before fitting."
        )
    kinds = list(map(input_kind, inputs))
    columns = [(name, kind, 1) for name, kind in zip(names, kinds, strict=True)]
    return Graph(columns), names, kinds


def _encode(graph, step, value, names, kinds):
    """Add the functions of numeric columns; a column of zeros if there are none."""
    if not step.parts:
        n_rows = graph.add("Shape", names[0], end=1)
        shape = graph.add("Concat", n_rows, np.array([1]), axis=0)
        return graph.add("ConstantOfShape", shape)
    X, held = names[0], [j for j, kind in enumerate(kinds) if kind == "FLOAT"]
    if len(names) > 1:
        X = graph.add("Concat", *[names[column] for column in held], axis=1)
    blocks = encode_numbers(graph, step.parts, X, held)
    return graph.add("Concat", *blocks, axis=1) if len(blocks) > 1 else blocks[0]


def _dense(graph, step, value, names, kinds):
    """Add a product; without inputs, one with the column of zeros."""
    coef = step.coef if len(step.coef) else np.zeros((1, len(step.intercept)))
    weights = coef.astype(np.float32), step.intercept.astype(np.float32)
    return graph.add("Gemm", value, *weights)


def _add_level(graph, step, value, names, kinds):
    """Add the vector of a level."""
    column = step.column
    vectors = read_level(graph, names[column], kinds[column], step)
    return graph.add("Add", value, vectors)


def _activate(graph, step, value, names, kinds):
    """Add a function of the numbers."""
    operator, attributes = _ACTIVATIONS[step.function]
    return graph.add(operator, value, **attributes)


def _widen(graph, step, value, names, kinds):
    """Spread the columns over those of all classes."""
    place = np.zeros((len(step.columns), step.n_columns), dtype=np.float32)
    place[np.arange(len(step.columns)), step.columns] = 1
    return graph.add("MatMul", value, place)


def _ascend(graph, step, value, names, kinds):
    """Add up quantiles: each further one adds its softplus to the one before."""
    each = graph.add("Reshape", value, np.array([0, -1, step.n_levels]))
    ends, axis = np.array([0, 1, step.n_levels]), np.array([2])
    lowest, further = (
        graph.add("Slice", each, ends[k : k + 1], ends[k + 1 : k + 2], axis)
        for k in (0, 1)
    )
    parts = graph.add("Concat", lowest, graph.add("Softplus", further), axis=2)
    return graph.add("Flatten", graph.add("CumSum", parts, np.array(2)))


def _unscale(graph, step, value, names, kinds):
    """Bring numbers to the units of the targets, in float64."""
    value = graph.add("Mul", graph.add("Cast", value, to=11), step.scale)  # double
    return graph.add("Add", value, step.shift)


#: What writes a step: from the name of what the step before it gave to another name.
_NODES = {
    Encode: _encode,
    Scale: lambda graph, step, value, names, kinds: scale_numbers(graph, step, *names),
    Dense: _dense,
    AddLevel: _add_level,
    Activate: _activate,
    Widen: _widen,
    Ascend: _ascend,
    Unscale: _unscale,
}


def _label(graph, proba, program):
    """Write the label of each row."""
    classes = plain_labels(program.classes, "to_onnx")
    code = _codes(graph, proba, program.decision)
    graph.add("Gather", classes, code, output="label")
    graph.result("label", _LABELS[classes.dtype.kind])


def _probabilities(graph, proba, program):
    """Write the probabilities of all classes."""
    graph.add("Identity", proba, output="probabilities")
    graph.result("probabilities", "FLOAT", len(program.classes))


def _prediction(graph, value, program):
    """Write the numbers that are predicted, in one dimension for one target."""
    decision = program.decision
    n_columns, step = len(decision.deviation), decision.n_levels
    chosen = np.arange(decision.place, n_columns, step)
    widths = [len(chosen)] * (len(chosen) > 1)
    columns = chosen if widths else np.array(decision.place)
    graph.add("Gather", value, columns, axis=1, output="prediction")
    graph.result("prediction", "DOUBLE", *widths)


def _quantiles(graph, value, program):
    """Write all quantiles, with a dimension for the targets where there are several."""
    decision = program.decision
    n_targets = len(decision.deviation) // decision.n_levels
    widths = [n_targets] * (n_targets > 1) + [decision.n_levels]
    graph.add("Reshape", value, np.array([0, *widths]), output="quantiles")
    graph.result("quantiles", "DOUBLE", *widths)


#: What writes an output, by its name.
_RESULTS = {
    "label": _label,
    "probabilities": _probabilities,
    "prediction": _prediction,
    "quantiles": _quantiles,
}


def _codes(graph, proba, decision):
    """Number the class of each row: the most probable, or by a threshold."""
    if isinstance(decision, Greatest):
        return graph.add("ArgMax", proba, axis=1, keepdims=0)
    column, other = np.array(decision.column), np.array(decision.other)
    score = graph.add("Gather", proba, column, axis=1)
    least = np.array(decision.value, dtype=np.float32)
    above = graph.add("GreaterOrEqual", score, least)
    return graph.add("Where", above, column, other)
