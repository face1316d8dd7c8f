"""The comparison on labels."""

import numpy as np
from sklearn.metrics import accuracy_score, log_loss

from benchmarks.peers.rivals import AutoGluonClassifier
from benchmarks.peers.task import Task
from benchmarks.quality.classification import CLASSIFICATION as QUALITY
from benchmarks.shared.results import FOLDER
from benchmarks.shared.tables import load_folder, load_public
from sklearn_kd.metrics import kl_divergence


class Classification(Task):
    """Labels: soft targets are probabilities.

    The metric is log loss: accuracy would not show which of two students has the better
    probabilities, and AutoGluon then chooses on its validation rows by what its
    students are trained for.
    """

    quality = QUALITY
    #: Numeric and nominal, clean and noisy, two classes to 26, 700 rows to 34 000.
    sets = (
        *("phoneme", "magic", "satimage", "spambase", "splice", "credit_data"),
        *("hpc_jobs", "german_credit", "optdigits", "kr_vs_kp", "adult", "letter"),
    )
    read_public, read_folder = staticmethod(load_public), staticmethod(load_folder)
    results = FOLDER / "peers.csv"
    phases = ("theirs", "ours", "tabtune", "latency")
    limits = (60, 150)
    model = AutoGluonClassifier
    metric, valid = "log_loss", "valid_log_loss"
    shown = {
        "accuracy": ("accuracy", ".4f"),
        "log_loss": ("log loss", ".4f"),
        "agreement": ("agreement", ".4f"),
        "kl": ("KL", ".4f"),
    }
    score, error, likeness = "accuracy", "log_loss", "agreement"
    further = ("n_classes",)

    def figures(self, model, teacher_proba, X_test, y_test):
        """Measure a fitted classifier against the labels and against the teacher."""
        # with two classes AutoGluon's students are regressors, which leave [0, 1]
        proba = np.clip(model.predict_proba(X_test), 1e-6, None)
        proba /= proba.sum(axis=1, keepdims=True)
        labels = model.classes_[proba.argmax(axis=1)]
        teacher_labels = model.classes_[teacher_proba.argmax(axis=1)]
        return {
            "n_classes": len(model.classes_),
            "accuracy": accuracy_score(y_test, labels),
            "log_loss": log_loss(y_test, proba, labels=model.classes_),
            "agreement": np.mean(labels == teacher_labels),
            "kl": kl_divergence(teacher_proba, proba, floor=0),
        }


CLASSIFICATION = Classification()
