"""Teacher and student of a distilled classifier, as the displays ask them."""

from sklearn_kd._run.autologging import no_autologging
from sklearn_kd.inspection._reading.pair import teacher_and_student
from sklearn_kd.metrics._models import read_rows
from sklearn_kd.metrics._tasks import common_task

_NAMES = ("the teacher", "the student")


def predict_both(predict, estimator, X, refusal):
    """Predict rows with the teacher and with the student of a fitted classifier.

    Parameters
    ----------
    predict : callable
        One of :mod:`sklearn_kd.metrics._models`.
    estimator : estimator
        As for :func:`teacher_and_student`, which raises for others.
    X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
        Rows.
    refusal : str
        What is said of a regressor after its name.

    Returns
    -------
    list of length 2
        What `predict` gives.

    Raises
    ------
    TypeError
        For a regressor.
    """
    models = dict(zip(_NAMES, teacher_and_student(estimator), strict=True))
    if common_task(models) == "regression":
        raise TypeError(f"{type(estimator).__name__} predicts numbers{refusal}")
    X = read_rows(X, models.values())
    with no_autologging():
        return [predict(name, model, X) for name, model in models.items()]
