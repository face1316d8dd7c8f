"""The tasks of the benchmark whose targets are numbers: predict them, or quantiles."""

import numpy as np
from sklearn.metrics import r2_score

from benchmarks.quality.task import Task
from benchmarks.report import quantiles as quantiles_report
from benchmarks.report import regression as regression_report
from benchmarks.shared.figures import batch_seconds
from benchmarks.shared.regression_figures import fidelity, interval, quality
from benchmarks.shared.regression_tables import PUBLIC, read_table
from benchmarks.shared.regressors import (
    LEVELS,
    QUANTILE_TEACHERS,
    RIVALS,
    TEACHERS,
    for_targets,
)
from benchmarks.shared.results import COLUMNS, FOLDER
from sklearn_kd import DistilledRegressor

#: Columns of classification that say nothing here.
_OF_LABELS = (
    *("n_classes", "majority_share", "score", "accuracy", "roc_auc", "log_loss"),
    *("brier", "ece", "agreement", "kl", "n_trees"),
)


def _columns(*figures):
    """Put figures of numbers where those of labels are in other results files."""
    kept = [name for name in COLUMNS if name not in _OF_LABELS]
    place = kept.index("n_features") + 1
    kept[place:place] = ["n_targets"]
    place = kept.index("retention")
    kept[place:place] = figures
    place = kept.index("teacher_row_seconds") + 1
    kept[place:place] = ["batch_seconds", "teacher_batch_seconds"]
    return kept


class Regression(Task):
    """Numbers: a student learns what a teacher predicts."""

    public = PUBLIC
    teachers, rivals = TEACHERS, RIVALS
    ours = ("student", "fidelity", "no_teacher")
    results = FOLDER / "quality_regression.csv"
    columns = _columns("r2", "rmse", "mae", "fidelity", "difference")
    method = "predict"
    distiller = DistilledRegressor
    read = staticmethod(read_table)
    report = staticmethod(regression_report.report)

    def make(self, name, seed, mixed, y):
        """Make a teacher or rival for a table with these targets."""
        model = super().make(name, seed, mixed, y)
        return for_targets(model, name, self.facts(y)["n_targets"])

    def facts(self, y):
        """Describe targets of training rows, as columns of a row."""
        return {"n_targets": 1 if y.ndim == 1 else y.shape[1]}

    def outputs(self, model, X):
        """Predict what is compared with the targets."""
        return np.asarray(getattr(model, self.method)(X), dtype=np.float64)

    def costs(self, model, X, n_calls=200):
        """Measure size and speed on test rows, also of 2000 rows at once."""
        seconds = batch_seconds(getattr(model, self.method), X)
        return super().costs(model, X, n_calls) | {"batch_seconds": seconds}

    def beside(self, teacher, X):
        """Time a teacher once more, right beside a student."""
        seconds = batch_seconds(getattr(teacher, self.method), X, n_calls=3)
        return super().beside(teacher, X) | {"teacher_batch_seconds": seconds}

    def figures(self, unit, outputs, teacher_outputs):
        """Compare predictions for the test rows with targets and with the teacher's."""
        y = unit.split[3]
        figures = quality(y, outputs) | fidelity(y, outputs, teacher_outputs)
        best = quality(y, teacher_outputs)["r2"]
        return figures | {"retention": figures["r2"] / best if best > 0 else np.nan}

    def likeness(self, outputs, other_outputs):
        """Compare two teachers of a kind, as students are with their teacher."""
        return r2_score(other_outputs, outputs)

    def shown(self, figures):
        """Write the figures that a line of the log has."""
        return (
            f"R2 {figures['r2']:.4f}, kept {figures['retention']:.4f}, "
            f"RMSE {figures['rmse']:.4g}, fidelity {figures['fidelity']:.4f}"
        )


class Quantiles(Regression):
    """Quantiles of numbers: a student learns those that boosters predict."""

    teachers, rivals = QUANTILE_TEACHERS, {}
    ours = ("student", "fidelity")
    results = FOLDER / "quantiles.csv"
    columns = _columns(
        *("coverage", "width", "pinball", "crossing", "fidelity", "difference")
    )
    method, teacher_method = "predict_quantiles", "predict"
    report = staticmethod(quantiles_report.report)

    def as_teacher(self, model):
        """Return a booster for each level."""
        return model.models_

    def distil(self, teacher, seed, **settings):
        """Make a distiller of quantiles."""
        return super().distil(teacher, seed, quantiles=LEVELS, **settings)

    def figures(self, unit, outputs, teacher_outputs):
        """Judge quantiles of the test rows; retention is of the pinball loss."""
        y = unit.split[3]
        outputs = np.reshape(outputs, np.shape(teacher_outputs))
        figures = interval(y, outputs, LEVELS) | fidelity(y, outputs, teacher_outputs)
        best = interval(y, teacher_outputs, LEVELS)["pinball"]
        return figures | {"retention": best / figures["pinball"]}

    def shown(self, figures):
        """Write the figures that a line of the log has."""
        return (
            f"coverage {figures['coverage']:.3f}, width {figures['width']:.3f}, "
            f"pinball {figures['pinball']:.4f}, fidelity {figures['fidelity']:.4f}"
        )


REGRESSION, QUANTILES = Regression(), Quantiles()
