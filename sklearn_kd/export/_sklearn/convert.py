"""A fitted student as fitted estimators of scikit-learn."""

import numpy as np
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import FixedThresholdClassifier
from sklearn.pipeline import Pipeline

from sklearn_kd._messages import show
from sklearn_kd.export._program.metadata import metadata_of
from sklearn_kd.export._program.program import program_of
from sklearn_kd.export._program.steps import (
    Activate,
    Ascend,
    Dense,
    Threshold,
    Unscale,
    Widen,
)
from sklearn_kd.export._sklearn.columns import features_of
from sklearn_kd.export._sklearn.network import (
    Layers,
    classifier_of,
    quantiles_of,
    regressor_of,
)


def to_sklearn(estimator):
    """Write a fitted student, with its encoder, as a fitted estimator of scikit-learn.

    It predicts where this package is not installed.

    Parameters
    ----------
    estimator : MLPStudent, MLPStudentRegressor, DistilledClassifier or \
DistilledRegressor
        Fitted, as :func:`to_onnx` takes it, with a threshold or without.

    Returns
    -------
    Pipeline, FixedThresholdClassifier or TransformedTargetRegressor
        Fitted, made of classes and functions of scikit-learn, NumPy and SciPy alone.
        ``predict_proba`` and ``predict`` give what those of the student give, to about
        1e-6: of many rows the student computes in float32, and this in float64. With
        quantiles, ``predict`` gives all of them, of shape (n_samples, n_outputs *
        n_quantiles): those of one output stand side by side, in the order of the
        student's `quantiles`.

        It has ``n_features_in_`` and, where the student was fitted on a frame,
        ``feature_names_in_``. In ``sklearn_kd_metadata_`` it carries a dict of str to
        str: ``sklearn_kd_version``, ``task``, and as JSON ``feature_names``,
        ``feature_levels``, ``classes``, ``threshold`` and ``quantiles``, as far as
        there are any.

    Raises
    ------
    TypeError
        For another student, another encoder, and levels that are bytes or strings that
        end with a null character.
    ValueError
        For knots of a column beyond 1e290, or less than 1e-300 apart.

    See Also
    --------
    to_onnx : The same outside Python.
    MLPStudent, MLPStudentRegressor : The students.

    Notes
    -----
    .. versionadded:: 0.1

    **What it needs.** scikit-learn, 1.7 or newer, NumPy and SciPy, in the versions that
    a pickle or a file of joblib or skops was written with, and neither this package nor
    pandas. Pickles run code when they are loaded. skops asks to trust what is no type
    of scikit-learn: ``numpy.asarray``, ``numpy.clip``, ``numpy.nan_to_num``,
    ``sklearn.utils.validation.check_array``, ``scipy.interpolate._bsplines.BSpline``,
    and with newer versions of SciPy
    ``scipy._lib.array_api_compat.numpy._aliases.asarray``.

    **What is lost.** Time: a row takes longer than in the student. Checks of the input:
    infinity counts as the end of the range, text that is a number as that number, and a
    level is what it is as text, so that the number 5 is the level "5" too. ``None``,
    NaN and the marks of pandas are missing values (``pandas.NA`` among numbers of dtype
    object is refused), and so are the texts "nan", "NaN", "None", "<NA>" and "NaT"
    where these are no levels. What is fitted anew, after ``clone``, is an ordinary
    network that knows no teacher.

    Numeric columns go through a :class:`~sklearn.preprocessing.SplineTransformer` of
    degree 1, whose knots are all those of the student's encoder, and nominal ones
    through a :class:`~sklearn.preprocessing.OneHotEncoder`; both give sparse columns,
    and the first layer of a network of scikit-learn holds the sums of what the student
    makes of them.

    Examples
    --------
    >>> import pickle
    >>> import numpy as np
    >>> from sklearn.datasets import load_wine
    >>> from sklearn_kd import MLPStudent
    >>> from sklearn_kd.export import to_sklearn
    >>> X, y = load_wine(return_X_y=True)
    >>> student = MLPStudent(hidden_layer_sizes=16, random_state=0).fit(X, y)
    >>> model = to_sklearn(student)
    >>> type(model), type(model[-1])
    (<class 'sklearn.pipeline.Pipeline'>, <class \
'sklearn.neural_network._multilayer_perceptron.MLPClassifier'>)
    >>> loaded = pickle.loads(pickle.dumps(model))  # needs no sklearn_kd
    >>> bool(np.allclose(loaded.predict_proba(X), student.predict_proba(X)))
    True
    """
    program = program_of(estimator, "to_sklearn")
    _check_labels(program.classes)
    features, layers, later = features_of(program)
    for step in later:
        _STEPS[type(step)](layers, step)
    if program.classes is None:
        network = regressor_of(layers)
    else:
        network = classifier_of(layers, program.classes)
    steps = [("columns", features)] * (features is not None) + [("network", network)]
    names = [column.name for column in program.inputs]
    if all(isinstance(name, str) for name in names):
        steps[0][1].feature_names_in_ = np.array(names).astype(object)
    model = Pipeline(steps)
    if layers.n_levels > 1:
        model = quantiles_of(layers, model)
    if isinstance(program.decision, Threshold):
        model = _with_threshold(model, program)
    model.sklearn_kd_metadata_ = metadata_of(program)
    return model


#: What changes the layers of a network by a step behind the columns.
_STEPS = {
    Dense: lambda layers, step: layers.add(step.coef, step.intercept),
    Activate: Layers.activate,
    Widen: Layers.widen,
    Ascend: Layers.ascend,
    Unscale: Layers.unscale,
}


def _check_labels(classes):
    """Refuse labels that an array of strings would shorten."""
    for label in [] if classes is None else classes.tolist():
        if isinstance(label, str) and label.endswith("\0"):
            raise ValueError(
                f"to_sklearn cannot write the label {show(label)}: an array of strings "
                "drops a null character at the end. Fit on labels without it."
            )


def _with_threshold(model, program):
    """Put what decides by a threshold around a fitted pipeline."""
    label, threshold = program.threshold
    whole = FixedThresholdClassifier(
        FrozenEstimator(model),
        threshold=threshold,
        pos_label=label.item() if isinstance(label, np.generic) else label,
        response_method="predict_proba",
    )
    return whole.fit(np.zeros((2, len(program.inputs))), program.classes)
