"""A network with its encoder as an ONNX model."""

from collections.abc import Sequence

from sklearn_kd._messages import show
from sklearn_kd._parameters import check_boolean
from sklearn_kd._run.files import check_path, write
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
    estimator : estimator
        Fitted: an :class:`MLPStudent`, :class:`MLPStudentRegressor`,
        :class:`SkorchStudent` or :class:`SkorchStudentRegressor`, or a
        :class:`DistilledClassifier` or :class:`DistilledRegressor` with one of these
        or with a student of scikit-learn. The encoder of a network is a
        :class:`TabularEncoder`, a :class:`~sklearn.preprocessing.StandardScaler`, a
        :class:`~sklearn.preprocessing.MaxAbsScaler` or None.

        It may be the last step of a :class:`~sklearn.pipeline.Pipeline`, what a search
        has found, and in a :class:`~sklearn.model_selection.FixedThresholdClassifier`
        or :class:`~sklearn.model_selection.TunedThresholdClassifierCV`, whose threshold
        decides the label, as a ``decision_threshold`` does.
    path : str, os.PathLike or None, default=None
        The file to write, such as ``"student.onnx"``; None writes none.
    outputs : sequence of str or None, default=None
        Outputs of the model, in this order: of "label" and "probabilities" for a
        classifier, and of "prediction" for a regressor, with quantiles of "prediction"
        and "quantiles". None means all of them.
    quantize : bool, default=False
        Whether the weights of a network are rounded to eight bits, by ONNX Runtime's
        own quantiser.

    Returns
    -------
    onnx.ModelProto
        A model that ``onnx.checker`` has passed, in opset 17, or 18 for a module that
        torch has written (and 3 of ``ai.onnx.ml`` where there are nominal columns):
        ONNX Runtime 1.17 and later read it. The same student gives the same bytes.

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
        ``quantiles``, as far as there are any. With `quantize` there are
        ``int8_mean_change`` and ``int8_largest_change``, of a single probability, or of
        a number in standard deviations of ``y``.

    Raises
    ------
    ImportError
        Without the package ``onnx``, or another one that the model needs.
    TypeError
        For another model, another encoder, labels or levels that are neither numbers
        nor strings, what ``torch.onnx.export`` or skl2onnx do not convert, steps of a
        pipeline that do not tell what their columns hold, `quantize` with a student
        that is no network, and `outputs` that are no list or tuple.
    ValueError
        For numbers outside the range of float32, labels or levels outside that of
        int64, a column in which both missing values and what stands for them are
        levels, and unknown or repeated `outputs`.

    Warns
    -----
    UserWarning
        For columns in which rounding to float32 moves a probability by more than .001,
        or a number by more than .001 standard deviations of ``y``, judged by the values
        that the encoder has stored. Only columns that a network of this package reads
        first are judged.

    See Also
    --------
    register_skl2onnx : Let skl2onnx convert any model that contains a student.
    MLPStudent, MLPStudentRegressor : The students.
    sklearn_kd.inspection.pickled_size : Bytes of a pickle, which runs code when loaded;
        a model in ONNX does not.

    Notes
    -----
    .. versionadded:: 0.1

    **What it needs**: ``pip install sklearn-kd[onnx]``. The steps of a pipeline and the
    students of scikit-learn are converted by skl2onnx, and the module of a skorch net
    by torch's own exporter, of torch 2.6 and later, unless it is a
    :class:`sklearn_kd.torch.TabularMLP` with "relu", "tanh" or "logistic". The model
    itself needs ONNX Runtime and no Python.

    **What is lost**: the model computes in float32, and
    :meth:`MLPStudent.predict_proba` on few rows in float64: for the same float32
    numbers, probabilities agree to about 1e-6, and numbers to about 1e-6 standard
    deviations of ``y``, whose mean and deviation are applied in float64. A label may
    differ where two classes are that close. Numbers of more digits than float32 has
    must be rounded when the input is made: see the warning. Infinity is not refused: a
    :class:`TabularEncoder` counts it as the end of the range; with other encoders it
    may give NaN.

    **With** ``quantize=True`` probabilities move by some hundredths at most, as the
    metadata say. That is measured on rows drawn from the program: at and between the
    knots of the encoder, with known and unknown levels and missing values. The inputs
    of each layer are rounded too, on a scale that all rows of a call share, so that a
    prediction depends a little on the rows beside it. A file gets smaller where most of
    it is weights, from some ten thousand on; a small network may grow.

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
