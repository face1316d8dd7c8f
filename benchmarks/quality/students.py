"""The models that are compared: our students, and alternatives to distilling."""

import inspect
from contextlib import ExitStack, contextmanager
from functools import partial
from time import process_time
from unittest import mock

from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.tree import DecisionTreeClassifier

from benchmarks.shared.figures import row_seconds
from benchmarks.shared.teachers import lightgbm, network, numbered, scaled
from sklearn_kd.teachers.out_of_sample._out_of_bag import OutOfBag

#: Rivals that learn from the labels, whatever the teacher and the package are.
RIVALS = {
    "mlp": network,
    "logistic": lambda seed, mixed: scaled(LogisticRegression(max_iter=1000), mixed),
    "tree": lambda seed, mixed: numbered(
        DecisionTreeClassifier(min_samples_leaf=5, ccp_alpha=3e-4, random_state=seed),
        mixed,
    ),
    "lightgbm_30": lambda seed, mixed: numbered(
        lightgbm(seed, n_estimators=30, num_leaves=15), mixed
    ),
    "lightgbm_100": lambda seed, mixed: numbered(
        lightgbm(seed, n_estimators=100, num_leaves=31), mixed
    ),
    "hist_gradient_boosting": lambda seed, mixed: numbered(
        HistGradientBoostingClassifier(random_state=seed), mixed
    ),
}

#: What depends on the package: distilled at the defaults, as a faithful copy, or from
#: the training rows alone; the student on labels of the first of these; LightGBM cut to
#: the student's latency.
OURS = ("student", "fidelity", "rows_only", "no_teacher", "lightgbm_latency")


def distil(task, teacher, X, y, seed, **settings):
    """Distil at the defaults, and time it.

    Returns
    -------
    model : estimator
        The fitted distiller of the task.
    figures : dict
        Seconds of `fit`, and those of the teacher's predictions, as a whole or
        by those of its trees that were not fitted on a row; steps, transfer rows, and
        the shares of the pool.
    """
    model = task.distil(teacher, seed, **settings)
    teachers = teacher if isinstance(teacher, list) else [teacher]
    labelling = {(type(each), task.teacher_method) for each in teachers}
    labelling.add((OutOfBag, "label"))
    with _clock(labelling) as spent:
        start = process_time()
        model.fit(X, y)
        seconds = process_time() - start
    shares = {f"pool_{name}": share for name, share in model.pool_weights_.items()}
    return model, shares | {
        "fit_seconds": seconds,
        "labelling_seconds": spent[0],
        "n_steps": getattr(model.student_, "n_steps_", None),
        "n_transfer_rows": model.n_transfer_rows_,
    }


@contextmanager
def _clock(methods):
    """Add up the seconds inside methods of classes, as a list of one number.

    Classes are wrapped and not objects: the package checks the type of a teacher.
    """
    spent, inside = [0.0], []

    def timed(original, kind):
        def method(self, *args, **kwargs):
            if inside:
                return original.__get__(self, kind)(*args, **kwargs)
            inside.append(True)
            start = process_time()
            try:
                return original.__get__(self, kind)(*args, **kwargs)
            finally:
                spent[0] += process_time() - start
                inside.pop()

        return method

    with ExitStack() as stack:
        for kind, name in methods:
            original = inspect.getattr_static(kind, name)
            stack.enter_context(mock.patch.object(kind, name, timed(original, kind)))
        yield spent


def cut_to_latency(X, y, seed, mixed, X_test, budget):
    """Fit LightGBM with as many trees of 31 leaves as predict a row in some seconds.

    One tree at least, 100 at most. On arrays it mostly is one: LightGBM's own call
    costs more than the whole student.
    """
    full = RIVALS["lightgbm_100"](seed, mixed).fit(X, y)
    few, many = 1, 101  # the largest that keeps to the budget lies in between
    while many - few > 1:
        middle = (few + many) // 2
        call = partial(_ask_first_trees, full, middle)
        seconds = row_seconds(call, X_test, 100)
        few, many = (middle, many) if seconds <= budget else (few, middle)
    model = numbered(lightgbm(seed, n_estimators=few, num_leaves=31), mixed)
    start = process_time()
    model.fit(X, y)
    return model, {"fit_seconds": process_time() - start, "n_trees": few}


def _ask_first_trees(model, n_trees, X):
    *encoder, booster = model if isinstance(model, Pipeline) else [model]
    for step in encoder:
        X = step.transform(X)
    return booster.predict_proba(X, num_iteration=n_trees)
