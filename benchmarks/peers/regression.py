"""The comparison on numbers."""

from benchmarks.peers.rivals import AutoGluonRegressor
from benchmarks.peers.task import Task
from benchmarks.quality.regression import REGRESSION as QUALITY
from benchmarks.shared.regression_figures import fidelity, quality
from benchmarks.shared.regression_tables import load_folder, load_public
from benchmarks.shared.results import FOLDER


class Regression(Task):
    """Numbers: students learn what the ensemble predicts.

    The metric is AutoGluon's own for numbers.
    """

    quality = QUALITY
    #: Numeric and mixed, a strength, an age and a count, 1000 rows to 8600.
    sets = ("concrete_strength", "abalone_rings", "bikeshare_hourly")
    read_public, read_folder = staticmethod(load_public), staticmethod(load_folder)
    results = FOLDER / "peers_regression.csv"
    phases = ("theirs", "ours", "latency")
    limits = (30, 60)
    model = AutoGluonRegressor
    problem_type = "regression"
    metric, valid = "root_mean_squared_error", "valid_rmse"
    shown = {
        "r2": ("R2", ".4f"),
        "rmse": ("RMSE", "#.4g"),
        "mae": ("MAE", "#.4g"),
        "fidelity": ("R2 against the teacher", ".4f"),
        "difference": ("difference from it in sd", ".3f"),
    }
    score, error, likeness = "r2", "mae", "fidelity"

    def read(self, name, folder):
        """Read the features and the targets of a table that has one target."""
        X, y = super().read(name, folder)
        if y.ndim > 1:
            raise SystemExit(
                f"{name} has {y.shape[1]} targets, and AutoGluon predicts one: leave "
                "it out of --sets."
            )
        return X, y

    def figures(self, model, teacher_outputs, X_test, y_test):
        """Measure a fitted regressor against the targets and against the teacher."""
        outputs = model.predict(X_test)
        return quality(y_test, outputs) | fidelity(y_test, outputs, teacher_outputs)


REGRESSION = Regression()
