"""Measuring models: their predictions for the same rows, and what they cost."""

from sklearn_kd._run.autologging import no_autologging
from sklearn_kd.inspection._costs.size import count_parameters, pickled_size
from sklearn_kd.inspection._costs.speed import prediction_latency, throughput
from sklearn_kd.inspection._measures.classification import Classifiers
from sklearn_kd.inspection._measures.regression import Regressors
from sklearn_kd.metrics._tasks import check_model, common_task

#: The predictions of the models of a task, and what is measured of them.
_KINDS = {"classification": Classifiers, "regression": Regressors}


def check_models(named):
    """Give the task of fitted models, by what messages call them; refuse others."""
    task = common_task(named)
    methods = ("predict", "predict_proba") if task == "classification" else ("predict",)
    for name, model in named.items():
        check_model(name, model, task, *methods)
    return task


def predict(task, models, *rows):
    """Predict rows with models; the parameters are those of the kinds of predictions.

    Returns Classifiers or Regressors.
    """
    with no_autologging():
        return _KINDS[task](models, *rows)


def measure_costs(model, X, timing):
    """Measure size and speed of a model; no size of one that cannot be pickled."""
    median, p99 = prediction_latency(model, X, **timing)
    return {
        "n_parameters": _if_pickled(count_parameters, model),
        "pickled_size": _if_pickled(pickled_size, model),
        "latency_median": median,
        "latency_p99": p99,
        "rows_per_second": throughput(model, X, n_jobs=timing["n_jobs"]),
    }


def _if_pickled(measure, model):
    """Measure a model; None where it cannot be pickled."""
    try:
        return measure(model)
    except TypeError:
        return None  # a lambda in it, a local class, an open file
