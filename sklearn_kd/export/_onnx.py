"""An MLPStudent with its encoder as an ONNX model."""

from collections.abc import Sequence

import numpy as np
from sklearn.preprocessing import MaxAbsScaler, StandardScaler
from sklearn.utils.validation import check_is_fitted

from sklearn_kd._messages import show
from sklearn_kd.export._advice import what_to_pass
from sklearn_kd.export._graph import Graph
from sklearn_kd.export._nominal import fits_int64, input_kind, read_level
from sklearn_kd.export._numeric import encode_numbers, in_range, subtract
from sklearn_kd.export._rounding import warn_of_rounding
from sklearn_kd.export._student import read_decision, unwrap
from sklearn_kd.students.encoder._encoder import TabularEncoder
from sklearn_kd.students.encoder._levels import level_vectors
from sklearn_kd.students.mlp.student import MLPStudent

_ACTIVATIONS = {"relu": "Relu", "tanh": "Tanh", "logistic": "Sigmoid"}

_LABELS = {"i": "INT64", "U": "STRING", "O": "STRING", "b": "BOOL", "f": "DOUBLE"}

_OUTPUTS = ("label", "probabilities")


def to_onnx(estimator, *, outputs=_OUTPUTS):
    """Write a fitted student, with its encoder, as an ONNX model.

    Parameters
    ----------
    estimator : MLPStudent or DistilledClassifier
        Fitted; a :class:`DistilledClassifier` whose ``student_`` is an
        :class:`MLPStudent`, with or without a ``decision_threshold``. Or either in a
        fitted :class:`~sklearn.model_selection.FixedThresholdClassifier` or
        :class:`~sklearn.model_selection.TunedThresholdClassifierCV`, whose threshold
        decides the label. The encoder of the student is a
        :class:`TabularEncoder`, a :class:`~sklearn.preprocessing.StandardScaler`, a
        :class:`~sklearn.preprocessing.MaxAbsScaler` or None.
    outputs : sequence of {"label", "probabilities"}, default=("label", "probabilities")
        Outputs of the model, in this order.

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
        double. ``probabilities`` is float32 of shape (N, n_classes).

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
        judged by the values that the encoder has stored.

    See Also
    --------
    MLPStudent : The student.
    sklearn_kd.inspection.pickled_size : Bytes of a pickle, which runs code when loaded;
        a model in ONNX does not.

    Notes
    -----
    .. versionadded:: 0.1

    The model computes in float32, and :meth:`MLPStudent.predict_proba` on few rows in
    float64: for the same float32 numbers, probabilities agree to about 1e-6. A label
    may differ where two classes are that close. Numbers of more digits than float32 has
    must be rounded when the input is made: see the warning. Infinity is not refused: a
    :class:`TabularEncoder` counts it as the end of the range; with other encoders it
    may give NaN.

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
    _check_outputs(outputs)
    student, threshold = _find_student(estimator)
    classes = _labels(estimator.classes_)
    encoder = student.encoder_
    if not (
        encoder is None
        or type(encoder) in (TabularEncoder, StandardScaler, MaxAbsScaler)
    ):
        raise TypeError(
            f"to_onnx does not cover the encoder {type(encoder).__name__}: expected a "
            "TabularEncoder, a StandardScaler, a MaxAbsScaler or None. Convert "
            "that transformer by skl2onnx, and the student fitted on its output with "
            "encoder=None by to_onnx."
        )
    graph, names, kinds = _start(student)
    layer = _first_layer(graph, names, kinds, student)
    layer = _later_layers(graph, student, layer)
    proba = graph.add("Softmax", layer, axis=1)
    proba = _widened(graph, estimator.classes_, student, proba)
    for name in outputs:
        if name == "label":
            code = _codes(graph, proba, threshold)
            graph.add("Gather", classes, code, output="label")
            graph.result("label", _LABELS[classes.dtype.kind])
        else:
            graph.add("Identity", proba, output="probabilities")
            graph.result("probabilities", "FLOAT", len(classes))
    model = graph.model()
    warn_of_rounding(student)
    return model


def _check_outputs(outputs):
    if not isinstance(outputs, Sequence):
        raise TypeError(
            f"outputs must be a list or tuple of names out of {list(_OUTPUTS)}, got "
            f"{type(outputs).__name__}. Pass, for example, outputs=['probabilities']."
        )
    known = not isinstance(outputs, str) and all(name in _OUTPUTS for name in outputs)
    if not known or not outputs:
        raise ValueError(
            f"outputs must be names out of {list(_OUTPUTS)}, got {show(outputs)}. "
            "Pass, for example, outputs=['probabilities']."
        )
    if len(set(outputs)) < len(outputs):
        raise ValueError(
            f"outputs must name each output once, got {show(outputs)}. Remove the "
            "repeated name."
        )


def _find_student(estimator):
    """Give the MLPStudent inside, and columns and threshold that decide the label."""
    if isinstance(estimator, type) or not hasattr(estimator, "fit"):
        raise TypeError(
            "estimator must be a fitted MLPStudent, or a DistilledClassifier with one, "
            f"got {show(estimator)}."
        )
    student, deciding, path = unwrap(estimator)
    check_is_fitted(student)
    if type(student) is not MLPStudent:
        raise TypeError(
            f"to_onnx covers MLPStudent, got {type(student).__name__}. "
            f"{what_to_pass(student, f'estimator{path}', deciding)}"
        )
    return student, read_decision(deciding, estimator.classes_)


def _labels(classes):
    """Labels in a dtype that ONNX has."""
    kinds = {type(label) for label in classes.tolist()}
    if classes.dtype.kind in "iu" or kinds == {int}:
        wide = [label for label in classes.tolist() if not fits_int64(label)]
        if wide:
            raise ValueError(
                f"to_onnx cannot write the label {wide[0]}, which is beyond int64, the "
                "widest integers of ONNX labels. Fit on smaller labels or on strings."
            )
        return classes.astype(np.int64)
    if classes.dtype.kind == "f" or kinds == {float}:
        doubles = classes.astype(np.float64)
        if (doubles != classes).any():
            raise ValueError(
                f"to_onnx cannot write labels of dtype {classes.dtype} that float64 "
                "does not hold. Fit on integers or strings."
            )
        return doubles
    if kinds == {str}:
        return classes.astype(object)
    if kinds == {bool}:
        return classes.astype(bool)
    names = ", ".join(sorted(kind.__name__ for kind in kinds))
    raise TypeError(
        f"to_onnx covers labels that are all numbers or all strings, got {names}. Fit "
        "on such labels."
    )


def _start(student):
    """Begin a graph; give it with the names and kinds of its inputs."""
    encoder, n_columns = student.encoder_, student.n_features_in_
    if type(encoder) is not TabularEncoder or "nominal" not in encoder.kinds_:
        return Graph([("X", "FLOAT", n_columns)]), ["X"], ["FLOAT"]
    names = [f"x{column}" for column in range(n_columns)]
    names = [str(name) for name in getattr(student, "feature_names_in_", names)]
    taken = set(names) & set(_OUTPUTS)
    if taken:
        raise ValueError(
            f"Columns named {show(sorted(taken))} would be inputs of the same name as "
            "an output. Rename them before fitting."
        )
    kinds = [input_kind(encoder, *column) for column in enumerate(names)]
    inputs = [(name, kind, 1) for name, kind in zip(names, kinds, strict=True)]
    return Graph(inputs), names, kinds


def _first_layer(graph, names, kinds, student):
    """Add the encoder and the first layer before its activation."""
    encoder = student.encoder_
    coef, intercept = student.coefs_[0], student.intercepts_[0].astype(np.float32)
    if type(encoder) is not TabularEncoder:
        X = _scaled(graph, encoder, names[0])
        return graph.add("Gemm", X, coef.astype(np.float32), intercept)
    numeric = [j for j, kind in enumerate(encoder.kinds_) if kind == "numeric"]
    blocks, n_numeric = [], 0
    if numeric:
        X = names[0]
        if len(names) > 1:
            X = graph.add("Concat", *[names[column] for column in numeric], axis=1)
        blocks = encode_numbers(graph, encoder, X, numeric)
        n_numeric = encoder._n_numbers()
    if not n_numeric:  # one column of zeros brings the intercept into every row
        n_rows = graph.add("Shape", names[0], end=1)
        shape = graph.add("Concat", n_rows, np.array([1]), axis=0)
        blocks = [graph.add("ConstantOfShape", shape)]
    encoded = graph.add("Concat", *blocks, axis=1) if len(blocks) > 1 else blocks[0]
    weights = coef[:n_numeric] if n_numeric else np.zeros((1, len(intercept)))
    layer = graph.add("Gemm", encoded, weights.astype(np.float32), intercept)
    for column, levels, vectors in level_vectors(encoder, coef):
        vectors = read_level(graph, names[column], kinds[column], levels, vectors)
        layer = graph.add("Add", layer, vectors)
    return layer


def _scaled(graph, encoder, X):
    """Scale as one of scikit-learn's scalers does."""
    if encoder is None:
        return X
    columns = np.arange(encoder.n_features_in_)
    if getattr(encoder, "with_mean", False):
        X = subtract(graph, X, in_range(encoder.mean_, columns))
    if encoder.scale_ is not None:
        scale = in_range(encoder.scale_, columns)
        X = graph.add("Div", X, scale.astype(np.float32))
    # a parameter of MaxAbsScaler from scikit-learn 1.9 on
    if getattr(encoder, "clip", False):
        one = np.array(1, dtype=np.float32)
        X = graph.add("Clip", X, -one, one)
    return X


def _later_layers(graph, student, layer):
    """Add the layers behind the first, and activations between."""
    rest = zip(student.coefs_[1:], student.intercepts_[1:], strict=True)
    for coef, intercept in rest:
        if student.activation != "identity":
            layer = graph.add(_ACTIVATIONS[student.activation], layer)
        layer = graph.add(
            "Gemm", layer, coef.astype(np.float32), intercept.astype(np.float32)
        )
    return layer


def _widened(graph, classes, student, proba):
    """Add columns for classes in which the teacher left no mass to learn from."""
    if len(student.classes_) == len(classes):
        return proba
    place = np.zeros((len(student.classes_), len(classes)), dtype=np.float32)
    columns = np.searchsorted(classes, student.classes_)
    place[np.arange(len(columns)), columns] = 1
    return graph.add("MatMul", proba, place)


def _codes(graph, proba, threshold):
    """Number the class of each row: the most probable, or by a threshold."""
    if threshold is None:
        return graph.add("ArgMax", proba, axis=1, keepdims=0)
    column, other, value = threshold
    score = graph.add("Gather", proba, np.array(column), axis=1)
    above = graph.add("GreaterOrEqual", score, np.array(value, dtype=np.float32))
    return graph.add("Where", above, np.array(column), np.array(other))
