"""What ours is compared with: AutoGluon's ensemble and students, TabTune's students."""

import os
import shutil
import sys
import tempfile
import time
from pathlib import Path
from time import process_time
from types import ModuleType

import joblib
import numpy as np
from sklearn.metrics import accuracy_score, log_loss

from sklearn_kd.inspection import pickled_size
from sklearn_kd.metrics import kl_divergence

TEACHER = ("GBM", "CAT", "RF", "XT")
STUDENTS = ("NN_TORCH", "GBM")
LABEL = "target"


class AutoGluonModel:
    """One model of a predictor as a fitted classifier, with a clock.

    Parameters
    ----------
    predictor : TabularPredictor
        Fitted.
    model : str
        Its name there.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Labels, sorted.
    seconds : float
        Seconds that its predictions have taken so far.
    """

    def __init__(self, predictor, model):
        self.predictor = predictor
        self.model = model
        labels = np.asarray(predictor.class_labels, dtype=str)
        self._order = np.argsort(labels)
        self.classes_ = labels[self._order]
        self.seconds = 0.0
        predictor.persist([model])  # or each call reads it from the disk

    def predict_proba(self, X):
        """Predict with columns in the order of ``classes_``."""
        start = process_time()
        # an array, since a frame of predictions would cost AutoGluon time for nothing
        proba = self.predictor.predict_proba(X, model=self.model, as_pandas=False)
        proba = proba[:, self._order]
        self.seconds += process_time() - start
        return proba


def import_autogluon():
    """Import AutoGluon before anything is timed, set our clock, correct a defect.

    LightGBM from version 4 on gives a metric predictions of shape (n_samples,
    n_classes); AutoGluon 1.6 reshapes them as the flat array that they once were, so
    that distilling three or more classes is stopped by a scrambled score, mostly after
    the first round. A rival with that defect would be too easy to beat.
    """
    import catboost  # noqa: F401
    import lightgbm  # noqa: F401
    import torch
    from autogluon.core.constants import SOFTCLASS
    from autogluon.tabular import TabularPredictor
    from autogluon.tabular.models.lgb import lgb_utils

    torch.set_num_threads(1)
    if time.time.__name__ == "time":
        start = time.time() - process_time()
        time.time = lambda: start + process_time()
    make_metric = lgb_utils.func_generator

    def make_mended_metric(*args, **kwargs):
        metric = make_metric(*args, **kwargs)
        if SOFTCLASS not in (*args, *kwargs.values()):
            return metric

        def corrected(scores, data):
            return metric(np.ravel(scores, order="F"), data)

        corrected.__name__ = metric.__name__
        return corrected

    if "corrected" not in make_metric.__name__:
        lgb_utils.func_generator = make_mended_metric
    return TabularPredictor


def figures(model, teacher_proba, X_test, y_test):
    """Measure a fitted classifier against the labels and against the teacher."""
    # with two classes AutoGluon's students are regressors, which leave [0, 1]
    proba = np.clip(model.predict_proba(X_test), 1e-6, None)
    proba /= proba.sum(axis=1, keepdims=True)
    labels = model.classes_[proba.argmax(axis=1)]
    teacher_labels = model.classes_[teacher_proba.argmax(axis=1)]
    return {
        "n_test": len(y_test),
        "n_classes": len(model.classes_),
        "accuracy": accuracy_score(y_test, labels),
        "log_loss": log_loss(y_test, proba, labels=model.classes_),
        "agreement": np.mean(labels == teacher_labels),
        "kl": kl_divergence(teacher_proba, proba, floor=0),
        "load": os.getloadavg()[0],
    }


def run_autogluon(data, folder, fit_limit, distil_limit):
    """Fit AutoGluon's ensemble, distil it, and give a row for it and for each student.

    Parameters
    ----------
    data : tuple
        Of :func:`split`.
    folder : Path
        Where the predictor is saved.
    fit_limit, distil_limit : float
        Seconds for the ensemble, and for each student: in one limit for both, the
        first would leave the second nothing.

    Returns
    -------
    list of dict
        Figures by column.
    """
    TabularPredictor = import_autogluon()
    X, X_test, y, y_test = data
    shutil.rmtree(folder, ignore_errors=True)  # what an ended run has left
    predictor = TabularPredictor(
        LABEL, eval_metric="log_loss", path=folder, verbosity=2
    )
    start = process_time()
    predictor.fit(
        X.assign(**{LABEL: y}),
        hyperparameters={kind: {} for kind in TEACHER},
        time_limit=fit_limit,
        num_cpus=1,
        num_gpus=0,
    )
    fitted = process_time()
    teacher = predictor.model_best
    limits = {"num_cpus": 1, "num_gpus": 0, "max_time_limit": distil_limit}
    students = predictor.distill(
        time_limit=distil_limit * len(STUDENTS),
        hyperparameters={kind: {"ag_args_fit": limits} for kind in STUDENTS},
    )
    distilled = process_time()
    students = [name for name in students if not name.startswith("WeightedEnsemble")]
    board = predictor.leaderboard(silent=True).set_index("model")
    fits = board.loc[students, "fit_time"]
    chosen = board.loc[students, "score_val"].idxmax()
    # making and labelling rows counts for each of them, the other's fit does not
    seconds = {name: distilled - fitted - fits.drop(name).sum() for name in students}
    seconds[teacher] = fitted - start
    teacher_proba = AutoGluonModel(predictor, teacher).predict_proba(X_test)
    rows = []
    for name in (teacher, *students):
        model = AutoGluonModel(predictor, name)
        rows.append(
            figures(model, teacher_proba, X_test, y_test)
            | {
                "model": "teacher" if name == teacher else name.removesuffix("_DSTL"),
                "chosen": int(name == chosen),
                "n_train": len(y),
                "valid_log_loss": -board.loc[name, "score_val"],
                "seconds": seconds[name],
                "bytes": deployed_bytes(predictor, name),
            }
        )
    return rows


def teacher_name(predictor):
    """Name the ensemble: the best of the models that are not distilled from it."""
    board = predictor.leaderboard(silent=True).set_index("model")["score_val"]
    return board[~board.index.str.contains("_DSTL")].idxmax()


def deployed_bytes(predictor, model):
    """Size of what AutoGluon itself would deploy to predict with one model."""
    with tempfile.TemporaryDirectory() as folder:
        smallest = predictor.clone_for_deployment(
            Path(folder) / "clone", model=model, return_clone=True
        )
        return smallest.disk_usage()


class TabTuneModel:
    """TabTune's distiller with a teacher of ours, as a classifier.

    Parameters
    ----------
    kind : {"lgbm", "mlp"}
        The student.
    """

    def __init__(self, kind):
        self.kind = kind

    def fit(self, teacher, X, y):
        """Distil at TabTune's defaults: it needs numbered labels and a pipeline."""
        # imported in its `fit` and not used there with a given teacher; the real one
        # takes ten foundation models and their libraries along
        name = "tabtune.TabularPipeline"
        sys.modules[name] = ModuleType(name)
        sys.modules[f"{name}.pipeline"] = ModuleType(f"{name}.pipeline")
        sys.modules[f"{name}.pipeline"].TabularPipeline = None
        from tabtune.distillation import TabDistiller

        teacher.tuning_strategy = "given"  # else it would be refitted on folds
        self.classes_ = teacher.classes_
        codes = np.searchsorted(self.classes_, y)
        distiller = TabDistiller([teacher], student=self.kind, random_state=0)
        self.distiller = distiller.fit(X, codes)
        # as its own `save` does, so that size and pickle are the student's
        distiller.teacher_pipelines_ = distiller._teacher_objects = None
        distiller.soft_labels_ = None
        return self

    def predict_proba(self, X):
        """Predict with columns in the order of ``classes_``."""
        return self.distiller.predict_proba(X)


def run_tabtune(data, folder):
    """Distil a saved ensemble with TabTune, and give a row for each student.

    Parameters
    ----------
    data : tuple
        Of training and test rows, and their labels. All columns are numbers: others
        TabTune would leave out.
    folder : Path
        Of the saved predictor.

    Returns
    -------
    list of dict
        Figures by column.
    """
    X, X_test, y, y_test = data
    predictor = import_autogluon().load(folder)
    teacher = AutoGluonModel(predictor, teacher_name(predictor))
    teacher_proba = teacher.predict_proba(X_test)
    rows = []
    for kind in ("lgbm", "mlp"):
        teacher.seconds = 0.0
        start = process_time()
        model = TabTuneModel(kind).fit(teacher, X, y)
        seconds = process_time() - start
        label_seconds = teacher.seconds
        joblib.dump(model, folder / f"TabTune-{kind}.joblib")
        rows.append(
            figures(model, teacher_proba, X_test, y_test)
            | {
                "model": f"TabTune-{kind}",
                "n_train": len(y),
                "seconds": seconds,
                "label_seconds": label_seconds,
                "bytes": pickled_size(model),
            }
        )
    return rows
