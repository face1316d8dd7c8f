"""Each metric of two fitted models on the same rows, as a scorer computes it."""

from collections.abc import Callable
from typing import NamedTuple

from sklearn.metrics import get_scorer

from sklearn_kd._compat import scorer_sign
from sklearn_kd.metrics._agreement import agreement_score, share_equal
from sklearn_kd.metrics._divergence import FLOOR, kl_divergence
from sklearn_kd.metrics._fidelity import (
    fidelity_r2_score,
    prediction_difference,
    r2,
    read_sides,
)
from sklearn_kd.metrics._models import (
    in_one_order,
    predicted_labels,
    predicted_numbers,
    predicted_proba,
    read_rows,
)
from sklearn_kd.metrics._retention import kept, warn_of_nan
from sklearn_kd.metrics._tasks import common_task

_NAMES = ("the teacher", "the student")


class Metric(NamedTuple):
    """How a metric of two models is computed, and of which models.

    Called as ``compute(models, X, y, sample_weight, **options)`` with teacher and
    student. ``task`` is None for a metric of both tasks.
    """

    compute: Callable
    task: str | None
    method: str = "predict"
    needs_y: bool = False
    options: dict = {}


def _agreement(models, X, y, sample_weight):
    sides = _predicted(predicted_labels, models, X)
    return agreement_score(*sides, sample_weight=sample_weight)


def _kl_divergence(models, X, y, sample_weight, floor):
    probas, _ = in_one_order(_predicted(predicted_proba, models, X))
    return -kl_divergence(*probas, sample_weight=sample_weight, floor=floor)


def _fidelity_r2(models, X, y, sample_weight):
    sides = _predicted(predicted_numbers, models, X)
    return fidelity_r2_score(*sides, sample_weight=sample_weight)


def _prediction_difference(models, X, y, sample_weight):
    sides = _predicted(predicted_numbers, models, X)
    return -prediction_difference(y, *sides, sample_weight=sample_weight)


def _retention(models, X, y, sample_weight, scoring):
    """Divide the scores of both; the default is that of ``score``, by ``predict``."""
    task, sign = common_task(dict(zip(_NAMES, models, strict=True))), 1
    if scoring is not None:
        scorer = get_scorer(scoring)
        sign = scorer_sign(scorer)
        weighted = {} if sample_weight is None else {"sample_weight": sample_weight}
        scores = [sign * scorer(model, X, y, **weighted) for model in models]
    elif task == "classification":
        scores = [
            share_equal(sample_weight, y=y, y_pred=labels)
            for labels in _predicted(predicted_labels, models, X)
        ]
    else:
        scores = [
            r2(*read_sides(y=y, y_pred=numbers), sample_weight)
            for numbers in _predicted(predicted_numbers, models, X)
        ]
    return warn_of_nan(kept(*scores, greater_is_better=sign > 0), *scores)


def _predicted(predict, models, X):
    """Predict rows with each of the models, by a function of :mod:`._models`."""
    X = read_rows(X, models)
    return [predict(name, model, X) for name, model in zip(_NAMES, models, strict=True)]


METRICS = {
    "agreement": Metric(_agreement, "classification"),
    "kl_divergence": Metric(
        _kl_divergence, "classification", "predict_proba", options={"floor": FLOOR}
    ),
    "fidelity_r2": Metric(_fidelity_r2, "regression"),
    "prediction_difference": Metric(_prediction_difference, "regression", needs_y=True),
    "retention": Metric(_retention, None, needs_y=True, options={"scoring": None}),
}
