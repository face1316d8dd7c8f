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

from sklearn_kd.inspection import pickled_size

TEACHER = ("GBM", "CAT", "RF", "XT")
STUDENTS = ("NN_TORCH", "GBM")
LABEL = "target"


class AutoGluonModel:
    """One model of a predictor as a fitted model, with a clock.

    Parameters
    ----------
    predictor : TabularPredictor
        Fitted.
    model : str
        Its name there.

    Attributes
    ----------
    seconds : float
        Seconds that its predictions have taken so far.
    """

    def __init__(self, predictor, model):
        self.predictor = predictor
        self.model = model
        self.seconds = 0.0
        predictor.persist([model])  # or each call reads it from the disk

    def _ask(self, call, X):
        """Predict by a method of the predictor, and add up the seconds."""
        start = process_time()
        # an array, since a frame of predictions would cost AutoGluon time for nothing
        outputs = call(X, model=self.model, as_pandas=False)
        self.seconds += process_time() - start
        return outputs


class AutoGluonClassifier(AutoGluonModel):
    """A model of labels: ``classes_`` of shape (n_classes,) are sorted."""

    def __init__(self, predictor, model):
        super().__init__(predictor, model)
        labels = np.asarray(predictor.class_labels, dtype=str)
        self._order = np.argsort(labels)
        self.classes_ = labels[self._order]

    def predict_proba(self, X):
        """Predict with columns in the order of ``classes_``."""
        return self._ask(self.predictor.predict_proba, X)[:, self._order]


class AutoGluonRegressor(AutoGluonModel):
    """A model of numbers."""

    def predict(self, X):
        """Predict a number for each row."""
        return self._ask(self.predictor.predict, X)


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


def measured(task, model, teacher_outputs, data):
    """Measure a fitted model, and say on how many rows and beside what load."""
    _, X_test, y, y_test = data
    return task.figures(model, teacher_outputs, X_test, y_test) | {
        "n_train": len(y),
        "n_test": len(y_test),
        "load": os.getloadavg()[0],
    }


def run_autogluon(task, data, folder, fit_limit, distil_limit):
    """Fit AutoGluon's ensemble, distil it, and give a row for it and for each student.

    Parameters
    ----------
    task : Task
        Labels or numbers.
    data : tuple
        Of its `split`.
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
    X, X_test, y, _ = data
    shutil.rmtree(folder, ignore_errors=True)  # what an ended run has left
    predictor = TabularPredictor(
        LABEL,
        problem_type=task.problem_type,
        eval_metric=task.metric,
        path=folder,
        verbosity=2,
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
    teacher_outputs = task.predictor(task.model(predictor, teacher))(X_test)
    rows = []
    for name in (teacher, *students):
        model = task.model(predictor, name)
        rows.append(
            measured(task, model, teacher_outputs, data)
            | {
                "model": "teacher" if name == teacher else name.removesuffix("_DSTL"),
                "chosen": int(name == chosen),
                task.valid: -board.loc[name, "score_val"],
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


def run_tabtune(task, data, folder):
    """Distil a saved ensemble with TabTune, and give a row for each student.

    Parameters
    ----------
    task : Task
        Labels.
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
    X, X_test, y, _ = data
    predictor = import_autogluon().load(folder)
    teacher = task.model(predictor, teacher_name(predictor))
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
            measured(task, model, teacher_proba, data)
            | {
                "model": f"TabTune-{kind}",
                "seconds": seconds,
                "label_seconds": label_seconds,
                "bytes": pickled_size(model),
            }
        )
    return rows
