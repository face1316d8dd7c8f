"""A fitted object of each kind that is saved; each is fitted once a process."""

from functools import cache

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix
from sklearn.base import clone
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import LogisticRegression, QuantileRegressor, Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.tree import DecisionTreeClassifier
from skorch import NeuralNetClassifier, NeuralNetRegressor
from skorch.callbacks import EpochScoring
from teacher_alone import alone
from torch import nn
from wine import FOREST, X, distil, y
from xgboost import XGBClassifier

from sklearn_kd import (
    CascadeClassifier,
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
from sklearn_kd.inspection import (
    ColumnCoverage,
    Comparison,
    DistillationReport,
    size_scorer,
)
from sklearn_kd.losses import LOSSES
from sklearn_kd.metrics import agreement_scorer
from sklearn_kd.model_selection import smallest_student
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
SCORED = clone(NET).set_params(callbacks=[EpochScoring("accuracy", name="score")])
NUMBERS_NET = NeuralNetRegressor(TabularMLP, max_epochs=1, verbose=0)
FIXED = NeuralNetClassifier(Fixed, max_epochs=1, verbose=0)
LEVELS = [QuantileRegressor(quantile=level) for level in (0.1, 0.9)]
TREES = RandomForestRegressor(2)
NUMBERS_OF_LEVELS = MLPStudentRegressor(
    (4,), loss="pinball", quantiles=(0.1, 0.9), random_state=0
)
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
    "net with a score": lambda: SkorchStudent(SCORED).fit(X, y),
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
    "cost scorer": lambda: size_scorer(),
    "choice": lambda: smallest_student(latency_budget=100),
    "coverage": lambda: ColumnCoverage([], 1, 0.0),
    "report": lambda: DistillationReport(Comparison([], "teacher"), 1),
    "cascade": lambda: CascadeClassifier(
        clone(SMALL).fit(X, y), FOREST, max_disagreement=0.9
    ).fit(X),
    "comparison": lambda: Comparison([{"model": "teacher"}], "teacher"),
}


@cache
def fitted(kind):
    """An object of a kind; not to be changed."""
    return FITS[kind]()
