"""A job that is killed half way, and started again, asks about the rest alone."""

from functools import partial

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from processes import kill_python, printed_by

#: A job that labels rows in chunks. Its teacher writes down what it is asked, and after
#: so many rows it waits for ever.
JOB = """
import os, sys, time
import numpy as np
from sklearn.datasets import load_wine
from sklearn.linear_model import LogisticRegression
from sklearn_kd import DistilledClassifier, MLPStudent, MungeSampler
from sklearn_kd import compute_soft_targets
from sklearn_kd.teachers import _label

job, folder, asked, result, last = sys.argv[1:]
X, y = load_wine(return_X_y=True)
X = (X - X.mean(axis=0)) / X.std(axis=0)
_label.CHUNK = 20


class Teacher(LogisticRegression):
    cache_key = "one"

    def predict_proba(self, X):
        if hasattr(self, "watched") and len(X) > 1:
            with open(asked, "a") as file:
                file.write(f"{len(X)}\\n")
            if sum(map(int, open(asked))) > int(last):
                time.sleep(600)
        return super().predict_proba(X)


teacher = Teacher().fit(X, y)
teacher.watched = True
if job == "compute":
    given = compute_soft_targets(teacher, X, batch_size=20, memory=folder)
else:
    student = MLPStudent((8,), max_iter=3)
    sampler = MungeSampler(100)
    model = DistilledClassifier(
        teacher, student, memory=folder, transfer=sampler, random_state=0
    )
    given = model.fit(X, y).predict_proba(X)
np.save(result, given)
"""


@pytest.mark.parametrize(
    ("job", "last", "n_rows"), [("compute", 90, 178), ("fit", 230, 278)]
)
def test_a_killed_job_asks_about_the_missing_rows_alone(job, last, n_rows, tmp_path):
    def start(run, name, folder, last=10**9, result="result.npy"):
        paths = [tmp_path / each for each in (folder, name, result)]
        run("-c", JOB, job, *map(str, paths), str(last))

    def asked(name):
        path = tmp_path / name
        return list(map(int, path.read_text().split())) if path.exists() else []

    kill = partial(kill_python, lambda: sum(asked("killed")) > last)
    start(kill, "killed", "kept", last)
    assert not (tmp_path / "result.npy").exists()
    done = asked("killed")[:-1]  # the last one was not completed
    assert 0 < sum(done) < n_rows
    start(printed_by, "again", "kept")
    assert sum(asked("again")) == n_rows - sum(done)
    start(printed_by, "alone", "empty", result="alone.npy")
    assert sum(asked("alone")) == n_rows
    resumed, alone = (np.load(tmp_path / f"{name}.npy") for name in ("result", "alone"))
    assert_array_equal(resumed, alone)
