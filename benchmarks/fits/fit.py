"""Fit students one after another, as lines of JSON on standard input ask for it.

A process of its own for each state of the package: ``PYTHONPATH`` says which is
imported. Seconds are those of its processor, in one thread.
"""

import json
import sys
import warnings
from pathlib import Path
from time import process_time

from threadpoolctl import threadpool_limits

from benchmarks.quality.units import Unit
from benchmarks.shared.figures import IMBALANCED, fidelity, predicted, quality
from sklearn_kd import DistilledClassifier


def fit(name, teacher_name, seed, cache):
    """Fit the default student of a teacher, and give its figures.

    Parameters
    ----------
    name, teacher_name : str
        The table and the teacher.
    seed : int
        Of the split, the teacher and the student.
    cache : Path
        Folder of fitted teachers.

    Returns
    -------
    dict of str to number
        Seconds, and figures of the test rows.
    """
    unit = Unit(name, seed, None, None, cache)
    X, X_test, y, y_test = unit.split
    card, _ = unit.card(teacher_name, keep_model=True)
    teacher = unit.teacher(teacher_name)
    model = DistilledClassifier(teacher, random_state=seed)
    start = process_time()
    model.fit(X, y)
    seconds = process_time() - start
    proba, of_teacher = predicted(model, X_test), predicted(teacher, X_test)
    imbalanced = unit.facts["majority_share"] > IMBALANCED
    measured = quality(y_test, proba, unit.classes, imbalanced)
    return {
        "n_train": len(y),
        "teacher_seconds": card["fit_seconds"],
        "seconds": seconds,
        **fidelity(proba, of_teacher),
        "log_loss": measured["log_loss"],
        "score": measured["score"],
        "n_transfer_rows": model.n_transfer_rows_,
        "n_steps": model.student_.n_steps_,
    }


def main():
    """Answer line by line."""
    warnings.simplefilter("ignore")  # of tables that are wide, rare classes and such
    cache = Path(sys.argv[1])
    cache.mkdir(parents=True, exist_ok=True)
    with threadpool_limits(1):
        for line in sys.stdin:
            print(json.dumps(fit(*json.loads(line), cache)), flush=True)


if __name__ == "__main__":
    main()
