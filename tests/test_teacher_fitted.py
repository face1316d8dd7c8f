"""A fitted teacher is used as it is; one that only looks fitted is fitted."""

import itertools
import warnings

import joblib
import numpy as np
import pandas as pd
import pytest
import skorch
import torch
from given_rows import on_given_rows
from lightgbm import LGBMClassifier
from numpy.testing import assert_allclose, assert_array_equal
from recorder import Recorder, soft_targets
from scipy.sparse import csr_array
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_wine
from sklearn.ensemble import (
    AdaBoostClassifier,
    BaggingClassifier,
    ExtraTreesClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    FixedThresholdClassifier,
    GridSearchCV,
    cross_val_score,
    cross_validate,
)
from sklearn.multiclass import OneVsOneClassifier, OneVsRestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC
from sklearn.utils.validation import check_is_fitted
from xgboost import XGBClassifier

from sklearn_kd import MLPStudent
from sklearn_kd.teachers._trust import permutation_score

WINE = load_wine(as_frame=True)
FRAME = WINE.data
X = StandardScaler().fit_transform(FRAME).astype(np.float32)
y = WINE.target.to_numpy()
# 20 epochs are a few hundred steps on wine
STUDENT = MLPStudent((8,), max_iter=20, batch_size=16)


class Linear(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(13, 3)

    def forward(self, X):
        return torch.softmax(self.layer(X), dim=-1)


def net():
    return skorch.NeuralNetClassifier(
        Linear, max_epochs=5, lr=0.5, batch_size=16, train_split=None, verbose=0
    )


class Answers:
    """Nothing but ``predict_proba``, and what says which class a column stands for."""

    def __init__(self, model, order=(2, 0, 1), form=np.asarray, **attributes):
        self.model, self.order, self.form = model, list(order), form
        vars(self).update(attributes)

    def predict_proba(self, X):
        return self.form(self.model.predict_proba(X)[:, self.order])


def forest(X=X, y=y, **params):
    return RandomForestClassifier(10, random_state=0, **params).fit(X, y)


def named(proba):
    return pd.DataFrame(proba, columns=[2, 0, 1])


def fingerprint(teacher):
    """Changes when anything in a teacher does. (The hash of a net is not stable.)"""
    if isinstance(teacher, skorch.NeuralNet):
        weights = teacher.module_.state_dict() if teacher.initialized_ else {}
        return joblib.hash({name: value.numpy() for name, value in weights.items()})
    return joblib.hash(teacher)


def column_pipeline():
    """It names its columns, so only a DataFrame will do, and scales what it takes."""
    columns = list(FRAME.columns[:8])
    steps = make_column_transformer((StandardScaler(), columns)), LogisticRegression()
    return make_pipeline(*steps)


def distil(teacher, student=STUDENT, **params):
    return on_given_rows(teacher, student, random_state=0, **params)


FITTED = {
    "forest": lambda: (forest(), X, {}),
    "pipeline of a frame": lambda: (column_pipeline().fit(FRAME, y), FRAME, {}),
    "frozen": lambda: (FrozenEstimator(forest()), X, {}),
    "only predict_proba": lambda: (Answers(forest(), classes_=[2, 0, 1]), X, {}),
    "returns a frame": lambda: (Answers(forest(), form=named), X, {}),
    "classes given": lambda: (Answers(forest()), X, {"teacher_classes": [2, 0, 1]}),
    "skorch": lambda: (net().fit(X, y), X, {}),
    "lightgbm": lambda: (
        LGBMClassifier(n_estimators=5, verbose=-1, n_jobs=1).fit(X, y),
        X,
        {},
    ),
    "xgboost": lambda: (XGBClassifier(n_estimators=5, n_jobs=1).fit(X, y), X, {}),
    "calibrated svm": lambda: (CalibratedClassifierCV(LinearSVC()).fit(X, y), X, {}),
    "threshold": lambda: (
        FixedThresholdClassifier(forest(X, y == 1), threshold=0.9).fit(X, y == 1),
        X,
        {},
    ),
}
each_fitted = pytest.mark.parametrize("name", FITTED)


@pytest.mark.filterwarnings("ignore:.*predicts by a threshold:UserWarning")
@each_fitted
def test_a_fitted_teacher_is_asked_and_nothing_else(name, monkeypatch):
    teacher, rows, params = FITTED[name]()
    labels = y == 1 if name == "threshold" else y
    before = fingerprint(teacher)

    def refuse(*args, **kwargs):
        raise AssertionError("the teacher was fitted")

    if hasattr(teacher, "fit"):
        monkeypatch.setattr(type(teacher), "fit", refuse)
    distilled = clone(distil(teacher, alpha=1.0, **params)).fit(rows, labels)
    assert distilled.teacher is teacher
    assert distilled.teacher_ is teacher
    assert fingerprint(teacher) == before

    # the student learnt from it: classes are in their own order for each of them
    proba = np.asarray(teacher.predict_proba(rows))
    order = np.argsort(getattr(teacher, "classes_", [2, 0, 1]))
    proba = proba[:, order]
    assert_allclose(soft_targets(distilled, rows, labels), proba, atol=1e-6)
    teacher_labels = np.unique(labels)[proba.argmax(axis=1)]
    student = clone(distilled).set_params(student=STUDENT).fit(rows, labels)
    assert np.mean(student.predict(rows) == teacher_labels) > 0.9


@pytest.mark.filterwarnings("ignore:.*predicts by a threshold:UserWarning")
def test_a_threshold_moves_predict_and_no_probability():
    plain = forest(X, y == 1)
    strict = FixedThresholdClassifier(plain, threshold=0.9).fit(X, y == 1)
    distilled = distil(strict).fit(X, y == 1)
    assert (strict.predict(X) != plain.predict(X)).any()
    assert_array_equal(distilled.teacher_.predict(X), strict.predict(X))
    assert_allclose(
        soft_targets(distilled, X, y == 1), strict.predict_proba(X), atol=1e-7
    )


# ---- what only looks fitted, and what is not


def test_a_pipeline_with_a_frozen_last_step_is_fitted():
    """scikit-learn's check looks at the last step only."""
    inner = forest()
    teacher = make_pipeline(StandardScaler(), FrozenEstimator(inner))
    check_is_fitted(teacher)
    distilled = distil(teacher).fit(X, y)
    assert distilled.teacher_ is not teacher
    assert distilled.teacher_[-1].estimator is inner
    with pytest.raises(NotFittedError):
        check_is_fitted(teacher[0])
    assert distilled.teacher_.score(X, y) > 0.9


@pytest.mark.parametrize("initialized", [False, True])
def test_a_net_that_has_seen_no_label_is_fitted(initialized):
    """An initialised net passes scikit-learn's check, and answers."""
    teacher = net().initialize() if initialized else net()
    before = fingerprint(teacher)
    distilled = distil(teacher).fit(X, y)
    assert distilled.teacher_ is not teacher
    assert fingerprint(teacher) == before
    assert distilled.teacher_.score(X, y) > 0.9
    assert distilled.score(X, y) > 0.8


UNFITTED = {
    "forest": RandomForestClassifier(10),
    "pipeline": make_pipeline(SimpleImputer(), LogisticRegression()),
    "lightgbm": LGBMClassifier(n_estimators=5, verbose=-1, n_jobs=1),
    "xgboost": XGBClassifier(n_estimators=5, n_jobs=1),
    "calibrated svm": CalibratedClassifierCV(LinearSVC()),
    "search": GridSearchCV(LogisticRegression(), {"C": [0.1, 1.0]}, cv=2),
    "soft vote": VotingClassifier([("a", RandomForestClassifier(5))], voting="soft"),
    "stack": StackingClassifier(
        [("a", RandomForestClassifier(5))], final_estimator=LogisticRegression(), cv=2
    ),
}


@pytest.mark.parametrize("name", UNFITTED)
def test_an_unfitted_teacher_is_cloned_and_fitted(name):
    teacher = UNFITTED[name]
    before = fingerprint(teacher)
    distilled = distil(teacher).fit(X, y)
    assert distilled.teacher is teacher
    assert type(distilled.teacher_) is type(teacher)
    assert fingerprint(teacher) == before
    with pytest.raises(NotFittedError):
        check_is_fitted(teacher)
    assert distilled.score(X, y) > 0.8


def test_a_teacher_is_seeded_where_its_user_left_it_open():
    open_teacher = make_pipeline(StandardScaler(), RandomForestClassifier(5))
    chosen = RandomForestClassifier(5, random_state=7)
    first = distil([open_teacher, chosen]).fit(X, y).teacher_.teachers
    second = distil([open_teacher, chosen]).fit(X, y).teacher_.teachers
    other = distil([open_teacher, chosen]).set_params(random_state=1).fit(X, y)
    assert first[1].random_state == 7
    assert isinstance(first[0][-1].random_state, int)
    answers = [teachers[0].predict_proba(X) for teachers in (first, second)]
    assert_array_equal(*answers)
    assert (answers[0] != other.teacher_.teachers[0].predict_proba(X)).any()


class Foreign:
    """An estimator of another library: it can be cloned, and has no tags."""

    def __init__(self, C=1.0):
        self.C = C

    def get_params(self, deep=True):
        return {"C": self.C}

    def set_params(self, **params):
        vars(self).update(params)
        return self

    def fit(self, X, y):
        self.model_ = LogisticRegression(C=self.C).fit(X, y)
        self.classes_ = self.model_.classes_
        return self

    def predict_proba(self, X):
        return self.model_.predict_proba(X)


def test_an_estimator_of_another_library():
    """Nothing but what it has learned says whether it is fitted."""
    fitted, unfitted = Foreign().fit(X, y), Foreign()
    assert clone(distil(fitted)).fit(X, y).teacher_ is fitted
    teacher = distil(unfitted).fit(X, y).teacher_
    assert type(teacher) is Foreign
    assert not hasattr(unfitted, "model_")
    distilled = distil(unfitted).set_params(teacher__C=0.5)
    assert distilled.fit(X, y).teacher_.model_.C == 0.5


# ---- which class a column stands for


def test_teacher_classes_count_more_than_codes():
    """XGBoost wants 0, 1, 2 for labels, and says so in its ``classes_``."""
    names = np.array(["high", "low", "mid"])
    teacher = XGBClassifier(n_estimators=5, n_jobs=1).fit(X, y)
    with pytest.raises(ValueError, match="does not know 3 of the 3 classes"):
        distil(teacher).fit(X, names[y])
    distilled = distil(teacher, teacher_classes=names)
    soft = soft_targets(distilled, X, names[y])
    assert_allclose(soft, teacher.predict_proba(X), atol=1e-7)


def test_a_frame_may_name_its_columns_by_strings():
    """Some frames have no other names (polars), some files neither."""

    def strings(proba):
        return pd.DataFrame(proba, columns=["2", "0", "1"])

    teacher = Answers(forest(), form=strings)
    expected = forest().predict_proba(X)
    assert_allclose(soft_targets(distil(teacher), X, y), expected, atol=1e-7)
    pair = distil([teacher, forest()])
    assert_allclose(soft_targets(pair, X, y), expected, atol=1e-7)
    assert_allclose(pair.teacher_.predict_proba(X), expected, atol=1e-12)


# ---- several, none


def test_several_teachers_are_averaged_by_weight():
    fitted, unfitted = forest(), LogisticRegression()
    distilled = distil([fitted, unfitted], teacher_weights=[1, 3])
    soft = soft_targets(distilled, X, y)
    expected = 0.25 * fitted.predict_proba(X)
    expected += 0.75 * clone(unfitted).fit(X, y).predict_proba(X)
    assert_allclose(soft, expected, atol=1e-6)

    teacher = distilled.teacher_
    assert teacher.teachers[0] is fitted
    assert_allclose(teacher.predict_proba(X), expected, atol=1e-6)
    assert_array_equal(teacher.predict(X), expected.argmax(axis=1))
    assert_array_equal(teacher.classes_, [0, 1, 2])
    even = soft_targets(distil((fitted, unfitted)), X, y)
    twice = soft_targets(distil([fitted, unfitted], teacher_weights=[2, 2]), X, y)
    assert_array_equal(even, twice)


def test_several_fitted_teachers_come_through_a_clone():
    fitted, unfitted = forest(), LogisticRegression()
    twin = clone(distil([fitted, unfitted]))
    assert twin.teacher[0] is fitted
    assert twin.teacher[1] is not unfitted


def test_equal_unfitted_teachers_are_not_the_same_one_twice():
    pair = [RandomForestClassifier(5), RandomForestClassifier(5)]
    one, two = distil(pair).fit(X, y).teacher_.teachers
    assert (one.predict_proba(X) != two.predict_proba(X)).any()
    one, two = distil([net(), net()]).fit(X, y).teacher_.teachers
    assert (one.predict_proba(X) != two.predict_proba(X)).any()


@pytest.mark.parametrize("sparse", [False, True])
def test_without_a_teacher_an_ensemble_is_fitted(sparse):
    distilled = on_given_rows(student=STUDENT, random_state=0)
    teacher = distilled.fit(csr_array(X) if sparse else X, y).teacher_
    if sparse:
        assert isinstance(teacher, ExtraTreesClassifier)
    else:
        types = [HistGradientBoostingClassifier, ExtraTreesClassifier]
        assert [type(one) for one in teacher.teachers] == types
    assert distilled.score(csr_array(X) if sparse else X, y) > 0.8


# ---- one fitted teacher through scikit-learn


BINARY = y > 0  # no wrapper changes the meaning of two classes in order

WRAPPERS = {
    "pipeline": lambda kd: make_pipeline(StandardScaler(with_std=False), kd),
    "search": lambda kd: GridSearchCV(kd, {"alpha": [0.5, 1.0]}, cv=2),
    "bagging": lambda kd: BaggingClassifier(kd, 2, random_state=0),
    "one-vs-rest": OneVsRestClassifier,
    "one-vs-one": OneVsOneClassifier,
    "adaboost": lambda kd: AdaBoostClassifier(kd, n_estimators=2, random_state=0),
    "calibrated": lambda kd: CalibratedClassifierCV(kd, cv=2),
    "vote": lambda kd: VotingClassifier([("kd", kd)], voting="soft"),
    "stack": lambda kd: StackingClassifier([("kd", kd)], cv=2),
}


def fitted_parts(wrapper):
    """Every DistilledClassifier that a wrapper has fitted."""
    parts = getattr(wrapper, "estimators_", None)
    if parts is None and hasattr(wrapper, "calibrated_classifiers_"):
        parts = [one.estimator for one in wrapper.calibrated_classifiers_]
    if parts is None:
        parts = [getattr(wrapper, "best_estimator_", wrapper)]
    return [part[-1] if hasattr(part, "steps") else part for part in parts]


@pytest.mark.parametrize("kind", ["raw", "frozen", "only predict_proba"])
@pytest.mark.parametrize("name", WRAPPERS)
def test_a_fitted_teacher_survives_wrappers(name, kind):
    """By reference: not unfitted, refitted, copied, nor reseeded (bagging does)."""
    teacher = RandomForestClassifier(10).fit(X, BINARY.astype(int))
    if kind == "frozen":
        teacher = FrozenEstimator(teacher)
    elif kind == "only predict_proba":
        teacher = Answers(teacher, order=[0, 1], classes_=[0, 1])
    before = fingerprint(teacher)
    wrapper = WRAPPERS[name](distil(teacher))
    wrapper = clone(wrapper).fit(X, BINARY.astype(int))
    parts = fitted_parts(wrapper)
    assert all(part.teacher_ is teacher for part in parts)
    assert len(parts) > 0
    assert fingerprint(teacher) == before
    assert wrapper.score(X, BINARY.astype(int)) > 0.85


def test_a_fitted_teacher_survives_cross_validation():
    teacher = RandomForestClassifier(10).fit(X, y)
    before = fingerprint(teacher)
    results = cross_validate(distil(teacher), X, y, cv=3, return_estimator=True)
    assert all(one.teacher_ is teacher for one in results["estimator"])
    search = GridSearchCV(distil(teacher), {"alpha": [0.5, 1.0]}, cv=2)
    nested = cross_validate(search, X, y, cv=2, return_estimator=True)
    assert all(one.best_estimator_.teacher_ is teacher for one in nested["estimator"])
    assert fingerprint(teacher) == before


def test_a_fitted_teacher_survives_worker_processes():
    teacher = forest()
    search = GridSearchCV(distil(teacher), {"alpha": [0.5, 1.0]}, cv=2)
    here = clone(search).fit(X, y)
    there = clone(search).set_params(n_jobs=2).fit(X, y)
    assert there.best_estimator_.teacher_ is teacher
    for scores in ("mean_test_score", "split0_test_score"):
        assert_array_equal(there.cv_results_[scores], here.cv_results_[scores])
    assert_array_equal(there.predict_proba(X), here.predict_proba(X))


# ---- as a parameter: a leaf


def test_a_fitted_teacher_is_a_leaf_among_the_parameters():
    def nested(teacher):
        return [n for n in distil(teacher).get_params() if n.startswith("teacher__")]

    assert nested(forest()) == []
    assert nested(FrozenEstimator(forest())) == []
    assert "teacher__n_estimators" in nested(RandomForestClassifier())
    half = make_pipeline(StandardScaler(), FrozenEstimator(forest()))
    assert "teacher__standardscaler__with_mean" in nested(half)
    params = distil(forest()).get_params()
    assert "student__max_iter" in params
    assert "teacher_weights" in params  # a name that only begins alike


@pytest.mark.parametrize("frozen", [False, True])
def test_parameters_of_a_fitted_teacher_cannot_be_set(frozen):
    teacher = FrozenEstimator(forest()) if frozen else forest()
    before = fingerprint(teacher)
    inner = "estimator" if frozen else "n_estimators"
    with pytest.raises(ValueError, match=f"teacher__{inner} cannot be set: .* fitted"):
        distil(teacher).set_params(**{f"teacher__{inner}": 3})
    with pytest.raises(ValueError, match="cannot be set"):
        distil(LogisticRegression()).set_params(
            teacher=teacher, **{f"teacher__{inner}": 3}
        )
    with pytest.raises(ValueError, match="cannot be set"):
        GridSearchCV(distil(teacher), {f"teacher__{inner}": [1]}, cv=2).fit(X, y)
    assert fingerprint(teacher) == before


def test_parameters_of_several_teachers_cannot_be_set():
    with pytest.raises(ValueError, match="there are several teachers"):
        distil([LogisticRegression()]).set_params(teacher__C=1.0)


def test_parameters_of_an_unfitted_teacher_can_be_set():
    distilled = distil(forest())
    distilled.set_params(teacher=RandomForestClassifier(), teacher__n_estimators=3)
    assert distilled.teacher.n_estimators == 3
    search = GridSearchCV(
        distil(RandomForestClassifier()), {"teacher__n_estimators": [2, 4]}, cv=2
    ).fit(X, y)
    chosen = search.best_params_["teacher__n_estimators"]
    assert len(search.best_estimator_.teacher_.estimators_) == chosen


def test_fitted_teachers_as_grid_values():
    """The search clones grid values by itself: only FrozenEstimator keeps them."""
    teacher = forest()
    raw = GridSearchCV(distil(None), {"teacher": [teacher]}, cv=2).fit(X, y)
    assert raw.best_estimator_.teacher_ is not teacher
    frozen = FrozenEstimator(teacher)
    kept = GridSearchCV(distil(None), {"teacher": [frozen]}, cv=2).fit(X, y)
    assert kept.best_estimator_.teacher_.estimator is teacher


# ---- wrappers that re-encode y


ENCODERS = {
    "one-vs-rest": OneVsRestClassifier,
    "one-vs-one": OneVsOneClassifier,
    "bagging": WRAPPERS["bagging"],
    "vote": WRAPPERS["vote"],
    "stack": WRAPPERS["stack"],
}
SPELLINGS = {
    "strings": np.array(["a", "b", "c"])[y],
    "gaps": np.array([3, 7, 9])[y],
    "from one": y + 1,
}


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("name", ENCODERS)
def test_wrappers_that_re_encode_labels(name, spelling):
    """Bagging makes 0, 1, 2 of any labels: silent and ruinous with a fitted teacher."""
    labels = SPELLINGS[spelling]
    fitted = forest(y=labels)
    with pytest.raises(ValueError, match="re-encoded by a wrapper"):
        ENCODERS[name](distil(fitted)).fit(X, labels)
    unfitted = ENCODERS[name](distil(clone(fitted))).fit(X, labels)
    assert unfitted.score(X, labels) > 0.8


@pytest.mark.parametrize("shift", [1, 2])
def test_permuted_labels_are_warned_about(shift):
    """All classes are there, and each stands for another: only the fit tells."""
    with pytest.warns(UserWarning, match="no higher probability than labels drawn"):
        distil(forest(y=(y + shift) % 3)).fit(X, y)


def test_the_permutation_score_is_exact():
    rng = np.random.default_rng(0)
    proba, codes = rng.dirichlet(np.ones(3), size=6), np.array([0, 0, 1, 1, 2, 2])
    rows = np.arange(6)
    means = [proba[rows, codes[list(p)]].mean() for p in itertools.permutations(rows)]
    expected = (proba[rows, codes].mean() - np.mean(means)) / np.std(means)
    assert permutation_score(proba, codes) == pytest.approx(expected)
    assert permutation_score(np.full((6, 3), 1 / 3), codes) == np.inf


def test_a_teacher_that_is_right_is_not_warned_about():
    """Few rows, a rare class, and a teacher that is little better than chance."""
    rng = np.random.default_rng(0)
    distil(forest()).fit(X[::20], y[::20])
    rare = np.r_[np.flatnonzero(y == 0), np.flatnonzero(y == 1)[:3]]
    distil(forest()).fit(X[rare], y[rare])
    noisy = np.where(rng.random(len(y)) < 0.7, rng.integers(0, 3, len(y)), y)
    distil(forest()).fit(X, noisy)


# ---- classes that only one of them knows


def answers(proba, classes):
    """A fitted teacher that gives these probabilities, whatever it is asked."""

    class Table:
        def predict_proba(self, X):
            return proba[X[:, 0].astype(int)]

    teacher = Table()
    teacher.classes_ = classes
    return teacher


ROWS = np.c_[np.arange(40.0), np.arange(40.0) % 7]
LABELS = np.arange(40) % 4
SURE = 0.9 * np.eye(4)[LABELS] + 0.025


def test_a_class_that_the_teacher_lacks_has_probability_0():
    three = SURE[:, :3] / SURE[:, :3].sum(axis=1, keepdims=True)
    soft = soft_targets(distil(answers(three, [0, 1, 2])), ROWS, LABELS)
    assert_allclose(soft[:, :3], three, atol=1e-7)
    assert_array_equal(soft[:, 3], 0)
    with pytest.raises(ValueError, match="does not know 3 of the 4 classes in y"):
        distil(answers(np.ones((40, 1)), [0])).fit(ROWS, LABELS)


@pytest.mark.parametrize("outside", [0.04, 0.06])
def test_a_class_that_only_the_teacher_knows(outside):
    """Its mass is removed and the rest renormalised, up to 5 % in the mean."""
    wide = np.c_[np.full(40, outside), SURE * (1 - outside)]
    distilled = distil(answers(wide, [9, 0, 1, 2, 3]))
    if outside > 0.05:
        with pytest.raises(ValueError, match=r"puts 6.0% of its mass on classes"):
            distilled.fit(ROWS, LABELS)
    else:
        assert_allclose(soft_targets(distilled, ROWS, LABELS), SURE, atol=1e-7)


def test_a_row_with_all_mass_outside_learns_its_label():
    wide = np.c_[np.zeros(40), SURE]
    wide[5] = [1, 0, 0, 0, 0]
    distilled = distil(answers(wide, [9, 0, 1, 2, 3]))
    with pytest.warns(UserWarning, match="all mass on classes .* for 1 of 40 rows"):
        soft = soft_targets(distilled, ROWS, LABELS)
    assert_array_equal(soft[5], np.eye(4)[LABELS[5]])
    assert_allclose(np.delete(soft, 5, axis=0), np.delete(SURE, 5, axis=0), atol=1e-7)


def test_silent_teachers_have_no_vote_among_several():
    wide = np.c_[np.zeros(40), SURE]
    wide[5] = [1, 0, 0, 0, 0]
    pair = [answers(wide, [9, 0, 1, 2, 3]), answers(SURE[:, ::-1], [3, 2, 1, 0])]
    distilled = distil(pair, Recorder()).fit(ROWS, LABELS, X_unlabeled=ROWS[3:8])
    soft = distilled.student_.soft_.proba
    assert_allclose(soft, np.vstack([SURE, SURE[3:8]]), atol=1e-7)
    assert_allclose(distilled.teacher_.predict_proba(ROWS), SURE, atol=1e-12)


def test_rows_of_weight_0_say_nothing_about_the_match():
    """Their labels are no classes, so what the teacher says of them lies outside."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        distilled = distil(forest()).fit(X, y, sample_weight=(y < 2).astype(float))
    assert_array_equal(distilled.classes_, [0, 1])


def test_a_teacher_may_spell_integers_otherwise():
    """1, 1.0, np.int8(1) and True are one label: they are equal."""
    labels = LABELS % 2
    two = np.c_[0.1 + 0.8 * (labels == 0), 0.1 + 0.8 * (labels == 1)]
    for classes in ([0.0, 1.0], np.array([0, 1], dtype=np.int8), [False, True]):
        soft = soft_targets(distil(answers(two, classes)), ROWS, labels)
        assert_allclose(soft, two, atol=1e-7)


def test_a_fitted_pipeline_that_selects_columns_takes_wider_frames():
    teacher = column_pipeline().fit(FRAME[FRAME.columns[:8]], y)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        distilled = distil(teacher).fit(FRAME, y)
    assert distilled.teacher_ is teacher
    assert cross_val_score(distil(teacher), FRAME, y, cv=2).mean() > 0.8
