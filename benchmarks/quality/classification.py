"""The task of the benchmark: labels, and probabilities for them."""

import numpy as np

from benchmarks.quality.students import OURS, RIVALS
from benchmarks.quality.task import Task
from benchmarks.report import goals
from benchmarks.shared.figures import IMBALANCED, fidelity, predicted, quality
from benchmarks.shared.results import COLUMNS, FOLDER
from benchmarks.shared.tables import PUBLIC, read_table
from benchmarks.shared.teachers import STRONG, TEACHERS
from sklearn_kd import DistilledClassifier


class Classification(Task):
    """Labels: soft targets are probabilities, and splits are stratified."""

    public = PUBLIC
    teachers, other_teachers, rivals, ours = TEACHERS, STRONG, RIVALS, OURS
    results, other_results = FOLDER / "quality.csv", FOLDER / "strong.csv"
    columns = COLUMNS
    method = "predict_proba"
    distiller = DistilledClassifier
    read = staticmethod(read_table)
    report = staticmethod(goals.report)

    def strata(self, y):
        """Return what a split is stratified by."""
        return y

    def facts(self, y):
        """Describe targets of training rows, as columns of a row."""
        counts = np.unique(y, return_counts=True)[1]
        return {"n_classes": len(counts), "majority_share": counts.max() / len(y)}

    def outputs(self, model, X):
        """Predict what is compared with the targets."""
        return predicted(model, X)

    def figures(self, unit, outputs, teacher_outputs):
        """Compare predictions for the test rows with targets and with the teacher's."""
        imbalanced = unit.facts["majority_share"] > IMBALANCED
        y, classes = unit.split[3], unit.classes
        figures = quality(y, outputs, classes, imbalanced)
        best = quality(y, teacher_outputs, classes, imbalanced)["score"]
        figures |= fidelity(outputs, teacher_outputs)
        return figures | {"retention": figures["score"] / best}

    def likeness(self, outputs, other_outputs):
        """Compare two teachers of a kind, as students are with their teacher."""
        return fidelity(outputs, other_outputs)["agreement"]

    def shown(self, figures):
        """Write the figures that a line of the log has."""
        return (
            f"score {figures['score']:.4f}, log loss {figures['log_loss']:.4f}, "
            f"agreement {figures['agreement']:.4f}, KL {figures['kl']:.4f}"
        )


CLASSIFICATION = Classification()
