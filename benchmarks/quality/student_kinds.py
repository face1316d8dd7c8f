"""The kinds of students that `benchmarks.quality --students` compares.

What takes numbers only stands behind the encoders of the teachers. Like these, every
maker takes ``seed`` and ``mixed``; seeds are set by :class:`DistilledClassifier`.
"""

from functools import partial

from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    VotingClassifier,
)
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import SplineTransformer
from sklearn.tree import DecisionTreeClassifier

from benchmarks.shared.teachers import lightgbm, numbered, scaled
from sklearn_kd import MLPStudent


def _network(seed, mixed):
    import torch
    from skorch import NeuralNetClassifier
    from skorch.callbacks import EarlyStopping, LRScheduler

    from sklearn_kd.torch import TabularMLP

    return NeuralNetClassifier(
        TabularMLP,
        optimizer=torch.optim.AdamW,
        optimizer__weight_decay=0.2,
        lr=6e-3,
        batch_size=128,
        max_epochs=60,
        callbacks=[
            ("rate", LRScheduler(policy="CosineAnnealingLR", T_max=60)),
            ("stop", EarlyStopping(patience=30, load_best=True)),
        ],
        verbose=0,
    )


def _splines(seed, mixed):
    encoder, model = SplineTransformer(5), LogisticRegression(C=10, max_iter=100)
    return scaled(make_pipeline(encoder, model), mixed)


def _xgboost(seed, mixed):
    from xgboost import XGBClassifier

    return numbered(XGBClassifier(n_estimators=100, n_jobs=1), mixed)


def _catboost(seed, mixed):
    from catboost import CatBoostClassifier

    model = CatBoostClassifier(
        iterations=100, verbose=0, thread_count=1, allow_writing_files=False
    )
    return numbered(model, mixed)


def _vote(seed, mixed):
    members = [
        ("logistic", scaled(LogisticRegression(max_iter=300), mixed)),
        ("tree", _tree(seed, mixed, max_depth=8)),
        ("lightgbm", _lightgbm(seed, mixed, n_estimators=30, num_leaves=15)),
    ]
    return VotingClassifier(members, voting="soft")


def _tree(seed, mixed, **settings):
    return numbered(DecisionTreeClassifier(**settings), mixed)


def _lightgbm(seed, mixed, **settings):
    return numbered(lightgbm(seed, **settings), mixed)


def _of_sums(model, seed, mixed):
    return scaled(model, mixed)


def _of_trees(model, seed, mixed):
    return numbered(model, mixed)


#: Every kind: what it is called in the table, and a maker that takes seed and mixed.
STUDENTS = {
    "mlp": ("MLPStudent, the default", lambda seed, mixed: MLPStudent()),
    "skorch": ("skorch: TabularMLP, AdamW, early stopping", _network),
    "logistic": (
        "LogisticRegression, scaled",
        partial(_of_sums, LogisticRegression(max_iter=300)),
    ),
    "logistic_rows": (
        "the same from the training rows alone",
        partial(_of_sums, LogisticRegression(max_iter=300)),
    ),
    "splines": ("LogisticRegression on splines", _splines),
    "splines_rows": ("the same from the training rows alone", _splines),
    "sgd": (
        "SGDClassifier, scaled",
        partial(_of_sums, SGDClassifier(loss="log_loss", average=True)),
    ),
    "naive_bayes": ("GaussianNB, scaled", partial(_of_sums, GaussianNB())),
    "tree_8": (
        "DecisionTreeClassifier, 8 levels",
        partial(_tree, max_depth=8, min_samples_leaf=20),
    ),
    "tree": (
        "DecisionTreeClassifier, 20 a leaf",
        partial(_tree, min_samples_leaf=20),
    ),
    "forest_20": (
        "RandomForestClassifier, 20 trees",
        partial(_of_trees, RandomForestClassifier(20, min_samples_leaf=5)),
    ),
    "hist_gradient_boosting": (
        "HistGradientBoosting, 100 trees of 31 leaves",
        partial(_of_trees, HistGradientBoostingClassifier(early_stopping=False)),
    ),
    "lightgbm_31": (
        "LightGBM, 100 trees of 31 leaves",
        partial(_lightgbm, n_estimators=100, num_leaves=31),
    ),
    "lightgbm_127": (
        "LightGBM, 100 trees of 127 leaves",
        partial(_lightgbm, n_estimators=100, num_leaves=127),
    ),
    "xgboost": ("XGBoost, 100 trees of 6 levels", _xgboost),
    "catboost": ("CatBoost, 100 trees of 6 levels", _catboost),
    "vote": ("VotingClassifier: logistic, tree, LightGBM", _vote),
    "calibrated_tree": (
        "CalibratedClassifierCV of a tree",
        partial(
            _of_trees,
            CalibratedClassifierCV(
                DecisionTreeClassifier(min_samples_leaf=20), method="isotonic", cv=3
            ),
        ),
    ),
}

#: Settings of the distillation that go with a student, where it has its own.
SETTINGS = {"logistic_rows": {"transfer": None}, "splines_rows": {"transfer": None}}
