"""Which of our classes, at which path, the pickle of a fitted object names.

A file of today has to load tomorrow, so these paths are public: when one of them is
moved, files of users break. ``docs/guide/ship.rst`` has the list for skops.
"""

import io
import pickle
import re
from importlib import import_module
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_matrix
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import LogisticRegression, QuantileRegressor, Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.tree import DecisionTreeClassifier
from skorch import NeuralNetClassifier, NeuralNetRegressor
from teacher_alone import alone
from torch import nn
from wine import FOREST, X, distil, y
from xgboost import XGBClassifier

from sklearn_kd import (
    DistilledRegressor,
    MLPStudent,
    MLPStudentRegressor,
    MungeSampler,
    Pool,
    SkorchStudent,
    SkorchStudentRegressor,
    SoftPredictions,
    SoftTargets,
    TabularEncoder,
    UnlabeledRows,
)
from sklearn_kd.inspection import Comparison
from sklearn_kd.losses import LOSSES
from sklearn_kd.metrics import agreement_scorer
from sklearn_kd.torch import DistillationLoss, RegressionDistillationLoss, TabularMLP

FRAME = pd.DataFrame(X).rename(columns="c{}".format).assign(job=y.astype(str))
NAMES = np.array(["a", "b", "c"])[y]
ENCODED = make_pipeline(OneHotEncoder(handle_unknown="ignore"), LogisticRegression())


class Fixed(nn.Linear):
    """A module that cannot follow an encoder."""

    def __init__(self):
        super().__init__(X.shape[1], 3)


SMALL = MLPStudent((4,), max_iter=2)
NUMBERS = MLPStudentRegressor((4,), max_iter=2)
NET = NeuralNetClassifier(TabularMLP, max_epochs=1, verbose=0)
NUMBERS_NET = NeuralNetRegressor(TabularMLP, max_epochs=1, verbose=0)
FIXED = NeuralNetClassifier(Fixed, max_epochs=1, verbose=0)
LEVELS = [QuantileRegressor(quantile=level) for level in (0.1, 0.9)]
TREES = RandomForestRegressor(2)
NUMBERS_OF_LEVELS = MLPStudentRegressor((4,), loss="pinball", quantiles=(0.1, 0.9))
QUANTILE_TEACHERS = [Ridge(), [Ridge(), TREES], LEVELS, GridSearchCV(TREES, {}, cv=2)]
TWO = y < 2
SHIPPED = ("kl", "mse_logit", "dkd", "kl_standardized")
OF_NUMBERS = ("squared_error", "absolute_error", "huber", "poisson", "gamma")
FITS = {
    "mixed columns": lambda: distil(ENCODED, SMALL).fit(FRAME, NAMES),
    "sparse": lambda: distil(FOREST, SMALL).fit(csr_matrix(X), y),
    "unscaled": lambda: MLPStudent((4,), max_iter=2, encoder=None).fit(X, y),
    "tree": lambda: distil(
        FOREST, make_pipeline(StandardScaler(), DecisionTreeClassifier())
    ).fit(X, y),
    "threshold": lambda: distil(
        LogisticRegression(), SMALL, decision_threshold=0.3
    ).fit(X[TWO], y[TWO]),
    "without its teacher": lambda: distil(student=SMALL).fit(X, y).without_teacher(),
    "teachers": lambda: distil([FOREST, LogisticRegression()], SMALL).fit(X, y),
    "default teacher": lambda: distil(None, SMALL).fit(X[::6], y[::6]),
    "calibrated": lambda: distil(
        RandomForestClassifier(30), SMALL, objective=alone(calibration="prior"), cv=3
    ).fit(X, y),
    "boosters": lambda: distil(
        XGBClassifier(n_estimators=2), XGBClassifier(n_estimators=2)
    ).fit(X, NAMES),
    "net": lambda: distil(FOREST, NET).fit(X, y),
    "net alone": lambda: SkorchStudent(NET).fit(X, y),
    "net of numbers": lambda: SkorchStudentRegressor(NUMBERS_NET).fit(X, y),
    "numbers": lambda: NUMBERS.fit(FRAME, y),
    "distilled numbers": lambda: DistilledRegressor(
        Ridge(), NUMBERS, transfer=None
    ).fit(X, y),
    "quantiles": lambda: [
        DistilledRegressor(
            teacher, NUMBERS, quantiles=(0.1, 0.9), transfer=None, random_state=0
        ).fit(X, X[:, 0])
        for teacher in [*QUANTILE_TEACHERS, NUMBERS_OF_LEVELS.fit(X, X[:, 0])]
    ],
    "stream of numbers": lambda: MLPStudentRegressor((4,)).partial_fit(X, y),
    "soft predictions": lambda: SoftPredictions(y),
    "net of a fixed width": lambda: SkorchStudent(FIXED).fit(X, y),
    "sampler": lambda: distil(FOREST, SMALL, transfer=MungeSampler(20)).fit(X, y),
    "pooled": lambda: distil(
        LogisticRegression(), NET, transfer=MungeSampler(20), objective=Pool()
    ).fit(X, y),
    "stream": lambda: MLPStudent((4,)).partial_fit(X, y, classes=[0, 1, 2]),
    "encoder": lambda: TabularEncoder().fit(FRAME, y),
    "soft targets": lambda: SoftTargets(np.eye(3)[y], [0, 1, 2]),
    "unlabelled rows": lambda: UnlabeledRows(X),
    "scorer": lambda: agreement_scorer(FOREST),
    "losses": lambda: [LOSSES[name](2.0) for name in SHIPPED],
    "losses of numbers": lambda: [
        *(LOSSES[name]() for name in OF_NUMBERS),
        LOSSES["pinball"]((0.5,)),
    ],
    "torch loss": DistillationLoss,
    "torch loss of numbers": RegressionDistillationLoss,
    "comparison": lambda: Comparison([{"model": "teacher"}], "teacher"),
}

#: Every class of the package that such a file names.
SAVED = [
    "sklearn_kd.decoded.DecodedClassifier",
    "sklearn_kd.distilled.DistilledClassifier",
    "sklearn_kd.distilled_regressor.DistilledRegressor",
    "sklearn_kd.inspection.comparison.Comparison",
    "sklearn_kd.losses.decoupled.DecoupledKL",
    "sklearn_kd.losses.kl.KLDivergence",
    "sklearn_kd.losses.logit_mse.LogitMSE",
    "sklearn_kd.losses.means.GammaDeviance",
    "sklearn_kd.losses.means.PoissonDeviance",
    "sklearn_kd.losses.means.SquaredError",
    "sklearn_kd.losses.medians.AbsoluteError",
    "sklearn_kd.losses.medians.Huber",
    "sklearn_kd.losses.medians.Pinball",
    "sklearn_kd.losses.standardized.StandardizedKL",
    "sklearn_kd.metrics.scorer.TeacherScorer",
    "sklearn_kd.pool.pool.Pool",
    "sklearn_kd.students.encoder.encoder.TabularEncoder",
    "sklearn_kd.students.encoder.plain_numbers.PlainNumbers",
    "sklearn_kd.students.mlp.regressor.MLPStudentRegressor",
    "sklearn_kd.students.mlp.student.MLPStudent",
    "sklearn_kd.students.skorch.criterion.NetLoss",
    "sklearn_kd.students.skorch.criterion.NumberLoss",
    "sklearn_kd.students.skorch.criterion.Numbers",
    "sklearn_kd.students.skorch.criterion.Probabilities",
    "sklearn_kd.students.skorch.regressor.SkorchStudentRegressor",
    "sklearn_kd.students.skorch.student.SkorchStudent",
    "sklearn_kd.targets.SoftPredictions",
    "sklearn_kd.targets.SoftTargets",
    "sklearn_kd.teachers.average.AveragedRegressors",
    "sklearn_kd.teachers.average.AveragedTeachers",
    "sklearn_kd.teachers.dropped.DroppedTeacher",
    "sklearn_kd.teachers.quantiles.adapters.GivenQuantiles",
    "sklearn_kd.teachers.quantiles.adapters.ListedQuantiles",
    "sklearn_kd.teachers.quantiles.forests.LeafQuantiles",
    "sklearn_kd.teachers.quantiles.leaves.LeafTargets",
    "sklearn_kd.teachers.quantiles.residuals.ResidualQuantiles",
    "sklearn_kd.torch.loader.TensorBatchLoader",
    "sklearn_kd.torch.loss.DistillationLoss",
    "sklearn_kd.torch.modules.TabularMLP",
    "sklearn_kd.torch.regression.RegressionDistillationLoss",
    "sklearn_kd.transfer.munge.MungeSampler",
    "sklearn_kd.transfer.unlabeled.UnlabeledRows",
]


#: The rooms with public classes.
ROOMS = [
    f"sklearn_kd{room}"
    for room in ("", ".inspection", ".losses", ".metrics", ".torch", ".transfer")
]


class Reader(pickle.Unpickler):
    """Notes what a file names, as it is loaded."""

    def __init__(self, fitted):
        super().__init__(io.BytesIO(pickle.dumps(fitted)))
        self.names = set()
        self.load()

    def find_class(self, module, name):
        self.names.add(f"{module}.{name}")
        return super().find_class(module, name)


@pytest.fixture(scope="module")
def named():
    """Names by kind of object, those of this package alone."""
    return {
        kind: {name for name in Reader(fit()).names if name.startswith("sklearn_kd.")}
        for kind, fit in FITS.items()
    }


def test_files_name_these_classes_and_no_others(named):
    assert sorted(set().union(*named.values())) == SAVED


def test_no_path_in_a_file_is_private():
    private = [name for name in SAVED if re.search(r"\._", name)]
    assert not private


def test_every_public_class_is_at_a_public_path():
    """Whatever of it is kept in a file: an object of it, or the class itself."""
    rooms = [import_module(name) for name in ROOMS]
    classes = {
        value
        for room in rooms
        for value in (getattr(room, name) for name in room.__all__)
        if isinstance(value, type)
    }
    assert len(classes) > 15
    private = [kind for kind in classes if "._" in kind.__module__]
    assert not private


def test_the_guide_lists_what_is_in_a_file_by_kind_of_student(named):
    guide = Path(__file__).parents[1] / "docs" / "guide" / "ship.rst"
    blocks = re.findall(r"((?:^   sklearn_kd\.[\w.]+\n)+)", guide.read_text(), re.M)
    students = [FITS["mixed columns"]().student_, FITS["numbers"]()]
    files = set().union(*(Reader(student).names for student in students))
    student = {name for name in files if name.startswith("sklearn_kd.")}
    kinds = ("net alone", "net of numbers", "net of a fixed width")
    nets = set().union(*(named[kind] for kind in kinds)) - student
    listed = [sorted(student), sorted(nets), sorted(set(SAVED) - student - nets)]
    assert [block.split() for block in blocks] == listed
