"""A network with its encoder as an ONNX model."""

from collections.abc import Sequence

from sklearn_kd._messages import show
from sklearn_kd._parameters import check_boolean
from sklearn_kd.export._files import check_path, write
from sklearn_kd.export._onnx.build import build
from sklearn_kd.export._onnx.int8 import to_int8
from sklearn_kd.export._onnx.parts import Converted, Estimated
from sklearn_kd.export._onnx.read import read
from sklearn_kd.export._program.rounding import warn_of_rounding

#: Steps of which is not known how they read rounded numbers.
_OTHERS = (Converted, Estimated)


def to_onnx(estimator, path=None, *, outputs=None, quantize=False):
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
    check_boolean("quantize", quantize)
    program, front = read(estimator)
    outputs = _check_outputs(outputs, program.outputs)
    model = build(program, outputs, front)
    if quantize:
        model = to_int8(model, program)
    if front is None and not any(isinstance(step, _OTHERS) for step in program.steps):
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
